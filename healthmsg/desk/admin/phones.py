"""Numbers: whether messages arrive on them, whose they are, and which get real ones in practice."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from healthmsg import clock
from healthmsg.clinic import consent
from healthmsg.clinic.admin.phones import phone_mark
from healthmsg.clinic.admin.search import phones_like
from healthmsg.clinic.models import Patient, Phone, PhoneState, StaffUser
from healthmsg.clinic.phone import spoken
from healthmsg.cockpit import (
    Act,
    ClinicAdmin,
    Tone,
    act_page,
    act_path,
    countries_of,
    mark,
    owned,
    recording,
    row_or_404,
    sees_details,
)
from reminders import patients
from whatsapp import wrong_numbers

# A school's or a home's number has more: the list of patients finds them by it.
_NAMED = 20
_STOPPED = (PhoneState.WRONG_PERSON, PhoneState.FAILING)


@admin.register(Phone)
class PhoneAdmin(ClinicAdmin[Phone]):
    """One row for a number, shared by all patients reached on it."""

    list_empty = gettext_lazy("A number stands here as soon as somebody is reached on it.")
    list_filter = ("state", "is_test")
    search_fields = ("number",)
    search_help_text = gettext_lazy("The number, or its last digits")
    ordering = ("-pk",)
    change_form_outer_before_template = "desk/phone_acts.html"
    fields = ("shown", "how_it_goes", "last_inbound_at", "is_test")
    readonly_fields = ("shown", "how_it_goes", "last_inbound_at")

    def get_list_display(self, request: HttpRequest) -> tuple[Any, ...]:
        number = "shown" if sees_details(request.user) else "masked_number"
        return (number, "how_it_goes", "last_inbound_at", "for_tests")

    def get_fields(self, request: HttpRequest, obj: Phone | None = None) -> tuple[Any, ...]:
        number = "shown" if sees_details(request.user) else "masked_number"
        return (number, "how_it_goes", "last_inbound_at", "is_test")

    def get_readonly_fields(
        self, request: HttpRequest, obj: Phone | None = None
    ) -> tuple[Any, ...]:
        return ("shown", "masked_number", "how_it_goes", "last_inbound_at")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Phone | None = None) -> bool:
        return False

    def find(
        self, request: HttpRequest, rows: QuerySet[Phone], typed: str
    ) -> tuple[QuerySet[Phone], bool]:
        if not typed or not sees_details(request.user):
            return rows, False
        return phones_like(rows, typed, countries=countries_of(request.user)), False

    @admin.display(description=gettext_lazy("number"))
    def shown(self, phone: Phone) -> str:
        return spoken(phone.number)

    @admin.display(description=gettext_lazy("number"))
    def masked_number(self, phone: Phone) -> str:
        return phone.masked

    @admin.display(description=gettext_lazy("state"))
    def how_it_goes(self, phone: Phone) -> str:
        return phone_mark(phone)

    @admin.display(description=gettext_lazy("test phone"))
    def for_tests(self, phone: Phone) -> str:
        return mark(_("test phone"), Tone.WAITING) if phone.is_test else ""

    def get_urls(self) -> list[URLPattern]:
        return [
            act_path(self, "wrong-person", self.mark_wrong),
            act_path(self, "theirs", self.clear_wrong),
            *super().get_urls(),
        ]

    def mark_wrong(self, request: HttpRequest, object_id: int) -> HttpResponse:
        phone = row_or_404(self, request, str(object_id), "clinic.change_phone")

        def do(_values: dict[str, Any]) -> str:
            count = wrong_numbers.mark(phone, now=clock.now())
            return _("Nothing more goes to this number; %(count)d waiting were taken back.") % {
                "count": count
            }

        act = Act(
            title=_("This number belongs to somebody else"),
            button=_("It belongs to somebody else"),
            explanation=_(
                "Nothing more is sent to it, and what waits is taken back. The patient's permission"
                " stays: on a number of their own they are written to."
            ),
            do=do,
            is_dangerous=True,
        )
        return act_page(self, request, phone, act)

    def clear_wrong(self, request: HttpRequest, object_id: int) -> HttpResponse:
        phone = row_or_404(self, request, str(object_id), "clinic.change_phone")

        def do(_values: dict[str, Any]) -> str:
            now = clock.now()
            by = request.user if isinstance(request.user, StaffUser) else None
            if not wrong_numbers.clear(phone, now=now, by=by):
                return _("Nothing had to be changed.")
            for patient in consent.patients_on(phone):
                patients.replan_future(patient, now=now)
            return _("Messages go to this number again.")

        act = Act(
            title=_("Checked: this number is theirs"),
            button=_("I have checked it"),
            explanation=_("Only after asking the patient, not by a message to this number."),
            do=do,
        )
        return act_page(self, request, phone, act)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        phone = self.get_object(request, object_id)
        shown: dict[str, Any] = {}
        if phone is not None and sees_details(request.user):
            here = Patient.objects.filter(pk__in=phone.contacts.values("patient_id"))
            theirs = list(owned(here, request.user).order_by("pk")[:_NAMED])
            recording.shows(request, theirs)
            shown = {"title": spoken(phone.number), "phone_patients": theirs}
        shown |= {
            "phone": phone,
            "phone_is_wrong": phone is not None and phone.state in _STOPPED,
            "phone_may_change": request.user.has_perm("clinic.change_phone"),
        }
        return super().change_view(request, object_id, form_url, shown | (extra_context or {}))
