"""Writing permissions down: a yes, a no, a stop, and taking a mistake back."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.widgets import UnfoldBooleanWidget

from healthmsg import clock
from healthmsg.clinic import consent, languages, number_lines
from healthmsg.clinic.models import (
    Change,
    ConsentRecord,
    Contact,
    GivenHow,
    Patient,
    Phone,
    PhoneState,
    Purpose,
    StaffUser,
    Wording,
)
from healthmsg.clinic.phone import spoken
from healthmsg.cockpit import fields

_BY_STAFF = consent.TOLD_TO_US
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
    until = fields.day(
        gettext_lazy("A yes counts until"),
        required=False,
        help_text=gettext_lazy("The last day on which it counts; empty: until they end it."),
    )
    # Offered where a number of the patient's asked us to stop.
    told_today = forms.BooleanField(
        label=gettext_lazy("They told me so themselves, today"),
        required=False,
        widget=UnfoldBooleanWidget(),
    )

    def __init__(self, *args: Any, patient: Patient, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        contacts = Contact.objects.filter(patient=patient, phone__isnull=False)
        who = self.fields["contact"]
        wording = self.fields["wording"]
        assert isinstance(who, fields.RowField)  # noqa: S101 - declared above
        assert isinstance(wording, forms.ModelChoiceField)  # noqa: S101 - declared above
        who.queryset = contacts.select_related("phone__clinic").order_by("rank", "pk")
        who.in_words = _in_words
        wording.queryset = Wording.objects.filter(clinic=patient.clinic_id).order_by(
            "-version", "language"
        )
        if first := who.queryset.first():
            who.initial = first.pk
        warnings = [warning for contact in who.queryset if (warning := stop_of(contact))]
        if warnings:
            self.fields["told_today"].help_text = " ".join(warnings)
        else:
            del self.fields["told_today"]

    def clean_until(self) -> date | None:
        until: date | None = self.cleaned_data["until"]
        if until is not None and until < clock.now().date():
            raise ValidationError(_("This day is not ahead of us."))
        return until

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        contact, purposes = values.get("contact"), values.get("purposes", ())
        if contact is None or values.get("answer") != YES or values.get("told_today"):
            return values
        if number_lines.withdrawn(_phone_of(contact)).keys() & set(purposes):
            self.add_error("told_today", stop_of(contact))
        return values


class CodeForm(forms.Form):
    """Whose phone is to allow what, having read which words."""

    contact = fields.row(gettext_lazy("Whose phone"), Contact.objects.none())
    purposes = fields.several(
        gettext_lazy("For"), [(p.value, p.label) for p in consent.LEDGER_PURPOSES]
    )
    wording = fields.row(gettext_lazy("The words they read"), Wording.objects.none())

    def __init__(self, *args: Any, patient: Patient, number: str, **kwargs: Any) -> None:
        """
        Offer the newest words in each language.

        :param number: the clinic's on WhatsApp, "" where none is known
        """
        super().__init__(*args, **kwargs)
        self._number = number
        theirs = Contact.objects.filter(patient=patient, phone__isnull=False)
        who, wording = self.fields["contact"], self.fields["wording"]
        assert isinstance(who, fields.RowField)  # noqa: S101 - declared above
        assert isinstance(wording, fields.RowField)  # noqa: S101 - declared above
        usable = theirs.exclude(phone__state=PhoneState.WRONG_PERSON)
        who.queryset = usable.select_related("phone__clinic").order_by("rank", "pk")
        who.in_words = _in_words
        versions = Wording.objects.filter(clinic=patient.clinic_id)
        newest = versions.order_by("language", "-version").distinct("language")
        wording.queryset = versions.filter(pk__in=newest.values("pk")).order_by("language")
        wording.in_words = _version
        self.fields["purposes"].initial = [Purpose.APPOINTMENTS]
        if first := who.queryset.first():
            who.initial = first.pk
            spoken_by_them = [one for one in wording.queryset if one.language == first.language]
            wording.initial = next((one.pk for one in spoken_by_them), None)

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        if not self._number:
            raise ValidationError(
                _("The clinic's WhatsApp number is not known yet: nobody could send the code.")
            )
        return values


class MistakeForm(forms.Form):
    """Why a line does not count."""

    evidence = fields.long_text(gettext_lazy("What happened"))


class StopMistakeForm(MistakeForm):
    """Why the stop of a whole number does not count."""

    evidence = fields.long_text(gettext_lazy("What happened"), required=True)
    nobody_asked = forms.BooleanField(
        label=gettext_lazy("Nobody on this number asked us to stop"), widget=UnfoldBooleanWidget()
    )


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
    if values["answer"] == YES:
        verb = consent.grant_again if values.get("told_today") else consent.grant
        ends = _end_of(values.get("until"), patient)
        lines = verb(patient, phone, purposes, evidence=evidence, at=at, expires_at=ends)
    else:
        refuse = consent.decline if values["answer"] == NO else consent.withdraw
        lines = refuse(patient, phone, purposes, evidence=evidence, at=at)
    words = ngettext("Wrote down %d permission.", "Wrote down %d permissions.", len(lines))
    return words % len(lines)


def _end_of(day: date | None, patient: Patient) -> datetime | None:
    """Return the midnight after the day by the clinic's clocks."""
    if day is None:
        return None
    return datetime.combine(day + timedelta(days=1), time(), patient.clinic.zone)


def take_back(record: ConsentRecord, values: dict[str, Any], *, by: StaffUser, at: datetime) -> str:
    """Note that a line was entered by mistake."""
    evidence = consent.Evidence(how=GivenHow.AT_DESK, recorded_by=by, text=values["evidence"])
    consent.correct(record, evidence=evidence, at=at)
    return _("The line stays, marked as a mistake, and no longer counts.")


def is_of_a_stop(record: ConsentRecord) -> bool:
    """True where a line was written by a stop of the whole number."""
    lines = number_lines.of_one_act(record)
    return record.change == Change.WITHDRAWN and any(line.patient_id is None for line in lines)


def stop_of(contact: Contact) -> str:
    """Return a warning where the contact's number asked us to stop, else nothing."""
    phone = _phone_of(contact)
    withdrawn = number_lines.withdrawn(phone)
    if not withdrawn:
        return ""
    since = max(withdrawn.values()).astimezone(phone.clinic.zone)
    return _(
        "%(number)s: this number asked us to stop on %(day)s (%(purposes)s); write down only what"
        " the person told you today."
    ) % {
        "number": spoken(phone.number),
        "day": date_format(since, "DATE_FORMAT"),
        "purposes": ", ".join(str(p.label) for p in consent.LEDGER_PURPOSES if p in withdrawn),
    }


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


def _version(wording: Wording) -> str:
    language = languages.in_words(wording.language)
    told = {"version": wording.version, "language": language}
    return _("%(language)s, version %(version)d") % told


def _in_words(contact: Contact) -> str:
    number = spoken(contact.phone.number) if contact.phone else ""
    return f"{contact.name} ({contact.get_relationship_display()}), {number}"
