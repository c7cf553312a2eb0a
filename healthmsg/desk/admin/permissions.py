"""Writing permissions down: a yes, a no, a stop, and taking a mistake back."""

from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from healthmsg.clinic import consent
from healthmsg.clinic.models import (
    ConsentRecord,
    Contact,
    GivenHow,
    Patient,
    Phone,
    Purpose,
    StaffUser,
    Wording,
)
from healthmsg.clinic.phone import spoken
from healthmsg.cockpit import fields

_BY_STAFF = (GivenHow.AT_DESK, GivenHow.ON_PAPER, GivenHow.BY_PHONE, GivenHow.BY_MESSAGE)
YES, NO, STOP = "yes", "no", "stop"


class PermissionForm(forms.Form):
    """What somebody allowed or not, and how we know."""

    contact = fields.row(gettext_lazy("Who said it"), Contact.objects.none())
    answer = fields.choice(
        gettext_lazy("What they said"),
        [
            (YES, gettext_lazy("yes, write to me")),
            (NO, gettext_lazy("no")),
            (STOP, gettext_lazy("stop: no longer")),
        ],
    )
    purposes = fields.several(
        gettext_lazy("For"), [(p.value, p.label) for p in consent.LEDGER_PURPOSES]
    )
    how = fields.choice(gettext_lazy("How"), [(how.value, how.label) for how in _BY_STAFF])
    wording = fields.row(
        gettext_lazy("The words they agreed to"), Wording.objects.none(), required=False
    )
    evidence = fields.long_text(
        gettext_lazy("Evidence"),
        help_text=gettext_lazy("What they said, or where the paper is kept."),
    )

    def __init__(self, *args: Any, patient: Patient, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        contacts = Contact.objects.filter(patient=patient, phone__isnull=False)
        who = self.fields["contact"]
        wording = self.fields["wording"]
        assert isinstance(who, fields.RowField)  # noqa: S101 - declared above
        assert isinstance(wording, forms.ModelChoiceField)  # noqa: S101 - declared above
        who.queryset = contacts.select_related("phone").order_by("rank", "pk")
        who.in_words = _in_words
        wording.queryset = Wording.objects.filter(clinic=patient.clinic_id).order_by(
            "-version", "language"
        )
        if first := who.queryset.first():
            who.initial = first.pk


class MistakeForm(forms.Form):
    """Why a line does not count."""

    evidence = fields.long_text(gettext_lazy("What happened"))


class StopForm(forms.Form):
    """How somebody asked us to stop everything."""

    how = fields.choice(gettext_lazy("How"), [(how.value, how.label) for how in _BY_STAFF])
    evidence = fields.long_text(gettext_lazy("What they said"))


def write_down(patient: Patient, values: dict[str, Any], *, by: StaffUser, at: datetime) -> str:
    """Write what was said into the ledger; return one sentence."""
    contact: Contact = values["contact"]
    phone = _phone_of(contact)
    purposes = [Purpose(value) for value in values["purposes"]]
    evidence = consent.Evidence(
        how=GivenHow(values["how"]),
        given_by=contact.relationship,
        recorded_by=by,
        wording=values["wording"],
        text=values["evidence"],
    )
    verb = {YES: consent.grant, NO: consent.decline, STOP: consent.withdraw}[values["answer"]]
    lines = verb(patient, phone, purposes, evidence=evidence, at=at)
    words = ngettext("Wrote down %d permission.", "Wrote down %d permissions.", len(lines))
    return words % len(lines)


def take_back(record: ConsentRecord, values: dict[str, Any], *, by: StaffUser, at: datetime) -> str:
    """Note that a line was entered by mistake."""
    evidence = consent.Evidence(how=GivenHow.AT_DESK, recorded_by=by, text=values["evidence"])
    consent.correct(record, evidence=evidence, at=at)
    return _("The line stays, marked as a mistake, and no longer counts.")


def stop_number(phone: Phone, values: dict[str, Any], *, by: StaffUser, at: datetime) -> str:
    """Stop every purpose for everybody on the number."""
    evidence = consent.Evidence(
        how=GivenHow(values["how"]), recorded_by=by, text=values["evidence"]
    )
    consent.stop(phone, evidence=evidence, at=at)
    return _("Nothing more is sent to this number.")


def _phone_of(contact: Contact) -> Phone:
    if contact.phone is None:
        raise LookupError("the form offers contacts with a number only")
    return contact.phone


def _in_words(contact: Contact) -> str:
    number = spoken(contact.phone.number) if contact.phone else ""
    return f"{contact.name} ({contact.get_relationship_display()}), {number}"
