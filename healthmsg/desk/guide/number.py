"""Enters a clinic's WhatsApp number: what is no secret, asked of WhatsApp before it is kept."""

import re
from collections.abc import Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from healthmsg.clinic.models import Clinic
from healthmsg.desk import setting_up
from healthmsg.desk.guide.checks import in_words, meta
from healthmsg.desk.setting_up import NotPossible
from whatsapp.errors import SendError
from whatsapp.models import Sender

_ID = re.compile(r"[0-9]{5,20}")
_LIKE_A_PHONE = re.compile(r"\+|\d[\s().-]+\d")
# Source: Graph API and WhatsApp Cloud API, error codes, read 2026-11.
_NO_SUCH = 100
# So many of an account's numbers are named.
_NAMED = 5


class NumberForm(forms.Form):
    """What Meta shows of a number; its secrets stand where healthmsg runs."""

    waba_id = forms.CharField(
        label=gettext_lazy("ID of the WhatsApp Business Account"),
        max_length=60,
        widget=forms.TextInput({"inputmode": "numeric", "autocomplete": "off"}),
        help_text=gettext_lazy("Digits only. Meta shows both IDs where the app's number stands."),
    )
    phone_number_id = forms.CharField(
        label=gettext_lazy("ID of the phone number"),
        max_length=60,
        widget=forms.TextInput({"inputmode": "numeric", "autocomplete": "off"}),
        help_text=gettext_lazy("Not the telephone number itself: the ID that Meta gave it."),
    )
    name = forms.CharField(
        label=gettext_lazy("Name of the account"),
        required=False,
        max_length=80,
        widget=forms.TextInput({"autocomplete": "off"}),
        help_text=gettext_lazy("For lists here; patients never see it. Empty: the clinic's name."),
    )

    def __init__(self, *args: Any, clinic: Clinic, known: Sequence[Clinic], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        self._clinic, self._known = clinic, known

    def clean_waba_id(self) -> str:
        typed = _digits(self.cleaned_data["waba_id"])
        others = Sender.objects.filter(account__waba_id=typed).exclude(clinic__in=self._known)
        if others.exists():
            raise forms.ValidationError(_("Another clinic here uses this account already."))
        return typed

    def clean_phone_number_id(self) -> str:
        typed = _digits(self.cleaned_data["phone_number_id"])
        known = Sender.objects.filter(phone_number_id=typed).first()
        if known is not None and known.clinic_id != self._clinic.pk:
            raise forms.ValidationError(_("Another clinic here writes from this number already."))
        return typed

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        account, number = values.get("waba_id"), values.get("phone_number_id")
        if account and account == number:
            self.add_error(
                "phone_number_id",
                _("This is the account's ID once more. The number has an ID of its own."),
            )
        return values

    def enter(self) -> Sender | None:
        """Keep a number that WhatsApp knows on this account; else None, and why beside a field."""
        values = self.cleaned_data
        try:
            listed = {str(one.get("id")): one for one in meta().numbers(values["waba_id"])}
        except SendError as error:
            field = "waba_id" if error.code == _NO_SUCH else None
            self.add_error(field, in_words(error) + _practice())
            return None
        if values["phone_number_id"] not in listed:
            self.add_error("phone_number_id", _not_among(listed) + _practice())
            return None
        return self._keep(values)

    @transaction.atomic
    def _keep(self, values: dict[str, Any]) -> Sender | None:
        try:
            return setting_up.add_number(
                self._clinic,
                waba_id=values["waba_id"],
                phone_number_id=values["phone_number_id"],
                name=values["name"],
            )
        except NotPossible:
            self.add_error(None, _("This number stands here with another account already."))
            return None


def of_sender(sender: Sender | None) -> dict[str, str]:
    """Return what the form begins with: another number is mostly one of the same account."""
    account = sender.account if sender else None
    return {"waba_id": account.waba_id, "name": account.name} if account else {}


def _digits(typed: str) -> str:
    typed = typed.strip()
    if _ID.fullmatch(typed):
        return typed
    if _LIKE_A_PHONE.search(typed):
        raise forms.ValidationError(
            _("This looks like a telephone number. The ID that Meta shows is needed: digits only.")
        )
    raise forms.ValidationError(_("An ID has between 5 and 20 digits, and nothing else."))


def _not_among(listed: dict[str, Any]) -> str:
    if not listed:
        return _("WhatsApp says that this account has no number yet.")
    known = ", ".join(
        f"{one.get('display_phone_number') or '?'} (ID {key})"
        for key, one in list(listed.items())[:_NAMED]
    )
    return _("WhatsApp knows no such number on this account. It has: %s.") % known


def _practice() -> str:
    if not settings.USES_SANDBOX:
        return ""
    says = _("Asked was the practice WhatsApp of this computer: WHATSAPP_BASE_URL is not set.")
    return f" {says}"
