"""Numbers: whether messages arrive on them, and which get real messages in practice."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from healthmsg.clinic.admin.search import phones_like
from healthmsg.clinic.models import Phone, PhoneState
from healthmsg.clinic.phone import spoken
from healthmsg.cockpit import ClinicAdmin, Tone, countries_of, mark, sees_details

_TONES = {
    PhoneState.NEW: Tone.QUIET,
    PhoneState.REACHED: Tone.GOOD,
    PhoneState.FAILING: Tone.ASKS,
    PhoneState.WRONG_PERSON: Tone.BAD,
    PhoneState.STOPPED: Tone.BAD,
}


def phone_mark(phone: Phone) -> str:
    return mark(phone.get_state_display(), _TONES[PhoneState(phone.state)])


@admin.register(Phone)
class PhoneAdmin(ClinicAdmin[Phone]):
    """One row for a number, shared by all patients reached on it."""

    list_filter = ("state", "is_test")
    search_fields = ("number",)
    search_help_text = _("The number, or its last digits")
    ordering = ("-pk",)
    fields = ("shown", "how_it_goes", "last_inbound_at", "is_test")
    readonly_fields = ("shown", "how_it_goes", "last_inbound_at")

    def get_list_display(self, request: HttpRequest) -> tuple[Any, ...]:
        number = "shown" if sees_details(request.user) else "masked_number"
        return (number, "how_it_goes", "last_inbound_at", "is_test")

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

    @admin.display(description=_("number"))
    def shown(self, phone: Phone) -> str:
        return spoken(phone.number)

    @admin.display(description=_("number"))
    def masked_number(self, phone: Phone) -> str:
        return phone.masked

    @admin.display(description=_("state"))
    def how_it_goes(self, phone: Phone) -> str:
        return phone_mark(phone)
