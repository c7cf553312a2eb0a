"""Numbers to check: what had been sent there, and the three ways to settle it."""

from datetime import datetime
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from healthmsg import clock
from healthmsg.clinic import consent
from healthmsg.clinic import phone as numbers
from healthmsg.clinic.models import Contact, GivenHow, Purpose
from healthmsg.clinic.phone import spoken
from healthmsg.cockpit import (
    Act,
    StoryAdmin,
    Tone,
    act_page,
    act_path,
    fields,
    mark,
    row_or_404,
    sees_details,
)
from healthmsg.desk.admin.open_tasks import OpenFilter, person
from healthmsg.desk.register.models import Incident
from reminders import patients
from whatsapp import incidents, new_numbers, wrong_numbers
from whatsapp.models import IncidentEnd, NumberIncident
from whatsapp.new_numbers import NewNumber
from whatsapp.status import Status

_MAY = "whatsapp.change_numberincident"
_HOW = (GivenHow.BY_PHONE, GivenHow.AT_DESK)


class NewNumberForm(forms.Form):
    """What the patient said: the number, whose, and what may be written to it."""

    number = fields.text(gettext_lazy("New number"), most=30)
    contacts = fields.rows(gettext_lazy("Whose it is"), Contact.objects.none())
    purposes = fields.several(
        gettext_lazy("They allow, on this number"),
        [(p.value, p.label) for p in consent.LEDGER_PURPOSES],
        required=False,
    )
    how = fields.choice(gettext_lazy("How you know"), [(how.value, how.label) for how in _HOW])

    def __init__(self, *args: Any, incident: NumberIncident, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._incident = incident
        whose: Any = self.fields["contacts"]
        whose.queryset = Contact.objects.filter(phone=incident.phone_id).order_by("pk")
        whose.label_from_instance = lambda contact: f"{contact.name} ({contact.patient.full_name})"
        whose.queryset = whose.queryset.select_related("patient")

    def clean_number(self) -> str:
        typed: str = self.cleaned_data["number"].strip()
        try:
            number = numbers.e164(typed, country=self._incident.clinic.country)
        except numbers.Impossible as impossible:
            raise ValidationError(_(str(impossible))) from impossible
        if number in numbers.same_number(self._incident.phone.number):
            raise ValidationError(_("This is the number that is to be checked."))
        return number


class UnsettledFilter(OpenFilter):
    title = gettext_lazy("settled")
    open_words = gettext_lazy("to check")
    settled_field, open_first, newest_first = "settled_at", "at", "-at"


@admin.register(NumberIncident)
class NumberIncidentAdmin(StoryAdmin[NumberIncident]):
    """Nothing goes to these numbers; nobody has withdrawn a permission."""

    list_empty = gettext_lazy(
        "A number that may be somebody else's stands here until somebody has asked whose it is."
    )
    list_filter = (UnsettledFilter,)
    list_select_related = ("phone", "settled_by")
    change_form_outer_before_template = "desk/incident_story.html"

    def get_list_display(self, request: HttpRequest) -> tuple[Any, ...]:
        number = "number" if sees_details(request.user) else "masked_number"
        return ("at", number, "cause", "told_in_all", "standing", "settled_by")

    @admin.display(description=gettext_lazy("number"))
    def number(self, row: NumberIncident) -> str:
        return spoken(row.phone.number)

    @admin.display(description=gettext_lazy("number"))
    def masked_number(self, row: NumberIncident) -> str:
        return row.phone.masked

    @admin.display(description=gettext_lazy("state"))
    def standing(self, row: NumberIncident) -> SafeString:
        if row.settled_at is None:
            return mark(_("waits for a person"), Tone.ASKS)
        return mark(IncidentEnd(row.settled_as).label, Tone.GOOD)

    def get_urls(self) -> list[URLPattern]:
        return [
            act_path(self, "theirs", self.theirs),
            act_path(self, "new-number", self.new_number),
            act_path(self, "patient-told", self.patient_told),
            *super().get_urls(),
        ]

    def theirs(self, request: HttpRequest, object_id: int) -> HttpResponse:
        row = row_or_404(self, request, str(object_id), _MAY)

        def do(_values: dict[str, Any]) -> str:
            now = clock.now()
            if not wrong_numbers.clear(row.phone, now=now, by=person(request)):
                return _("Nothing had to be changed.")
            patients.replan_number(row.phone, now=now)
            return _("Messages go to this number again.")

        act = Act(
            title=_("Checked: this number is theirs"),
            button=_("I have checked it"),
            explanation=_("Only after asking the patient, not by a message to this number."),
            do=do,
        )
        return act_page(self, request, row, act)

    def new_number(self, request: HttpRequest, object_id: int) -> HttpResponse:
        row = row_or_404(self, request, str(object_id), _MAY)
        row_or_404(self, request, str(object_id), "clinic.view_patient_details")
        now = clock.now()

        def do(values: dict[str, Any]) -> str:
            told = NewNumber(
                number=values["number"],
                contacts=tuple(values["contacts"]),
                purposes=tuple(Purpose(value) for value in values["purposes"]),
                evidence=consent.Evidence(
                    GivenHow(values["how"]), given_by="contact", recorded_by=person(request)
                ),
            )
            phone = new_numbers.enter(row, told, key=settings.NUMBERS_KEY, now=now)
            patients.replan_number(phone, now=now)
            return _("They are reached on the new number from now on; the old one stays stopped.")

        act = Act(
            title=_("Enter the new number"),
            button=_("They are reached here now"),
            form=NewNumberForm,
            form_arguments={"incident": row},
            initial={
                "number": numbers.dialed(row.new_number) if row.new_number else "",
                "contacts": list(Contact.objects.filter(phone=row.phone_id)),
                "purposes": [p.value for p in new_numbers.had_allowed(row.phone, at=now)],
            },
            explanation=_(
                "Ask the patient themselves. What they had allowed on the old number is ticked:"
                " leave what they still allow. What the old number had asked us to stop stays so."
            ),
            do=do,
        )
        return act_page(self, request, row, act)

    def patient_told(self, request: HttpRequest, object_id: int) -> HttpResponse:
        row = row_or_404(self, request, str(object_id), _MAY)

        def do(_values: dict[str, Any]) -> str:
            end = IncidentEnd.PATIENT_TOLD
            if incidents.settle(row.phone_id, end, by=person(request), now=clock.now()):
                return _("Settled. The number stays stopped.")
            return _("Nothing had to be changed.")

        act = Act(
            title=_("The patient was told of it"),
            button=_("They know"),
            explanation=_(
                "The patient knows what somebody else may have read. The number stays stopped, and"
                " they are called about their visits."
            ),
            do=do,
        )
        return act_page(self, request, row, act)

    def story(self, request: HttpRequest, row: NumberIncident) -> dict[str, Any]:
        user = request.user
        details = sees_details(user)
        return {
            "incident": row,
            "incident_standing": self.standing(row),
            "incident_number": self.number(row) if details else self.masked_number(row),
            "incident_new": spoken(f"+{row.new_number}") if details and row.new_number else "",
            "incident_patients": consent.patients_on(row.phone) if details else [],
            "incident_told": [_told(line) for line in row.told],
            "incident_phone": reverse("admin:clinic_phone_change", args=[row.phone_id])
            if user.has_perm("clinic.view_phone")
            else "",
            "incident_entry": _entry_page(request, row),
            "incident_may": row.settled_at is None and user.has_perm(_MAY),
            "incident_may_enter": details,
        }


def _entry_page(request: HttpRequest, row: NumberIncident) -> str:
    if not request.user.has_perm("desk.view_incident"):
        return ""
    entry = Incident.objects.filter(number=row).values_list("pk", flat=True).first()
    return reverse("admin:desk_incident_change", args=[entry]) if entry else ""


def _told(line: dict[str, Any]) -> dict[str, Any]:
    return {
        "at": datetime.fromisoformat(line["at"]),
        "kind": Purpose(line["kind"]).label,
        "template": line["template"],
        "status": Status(line["status"]).label,
        "link": reverse("admin:whatsapp_message_change", args=[line["message"]]),
    }
