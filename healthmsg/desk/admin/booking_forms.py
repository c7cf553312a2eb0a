"""What reception types to book or move a visit; times are the site's own."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldBooleanWidget

from healthmsg.clinic import availability, opening
from healthmsg.clinic.models import (
    Appointment,
    Clinician,
    Contact,
    Patient,
    Site,
    VisitKind,
)
from healthmsg.cockpit import fields, owned
from healthmsg.cockpit.belonging import Person
from healthmsg.cockpit.fields import MinutesField
from reminders import concerns
from reminders.booking import Booking, Change
from reminders.refusals import OVERBOOK


@dataclass(frozen=True)
class Offered:
    """What can be chosen, in its order: read once, for the form and for what stands around it."""

    sites: tuple[Site, ...]
    clinicians: tuple[Clinician, ...]  # with their hours
    kinds: tuple[VisitKind, ...] = ()
    contacts: tuple[Contact, ...] = ()  # first who is told first


def offered_in(clinic_id: int, person: Person) -> Offered:
    """Return what a visit of this clinic can be moved to by somebody: sites are their own."""
    sites = owned(Site.objects.filter(clinic=clinic_id), person).select_related("clinic")
    people = availability.with_hours(Clinician.objects.filter(clinic=clinic_id, is_active=True))
    known = opening.with_closing_days(sites).order_by("name")
    return Offered(tuple(known), tuple(people.order_by("name")))


def offered_to(
    patient: Patient, person: Person, contacts: QuerySet[Contact] | None = None
) -> Offered:
    """
    Return what somebody can book for a patient, and who can be told.

    :param contacts: the patient's, where more of them is to be read than their numbers
    """
    kinds = VisitKind.objects.filter(clinic=patient.clinic_id, is_active=True)
    if contacts is None:
        contacts = patient.contacts.select_related("phone")
    return replace(
        offered_in(patient.clinic_id, person),
        kinds=tuple(kinds.order_by("name")),
        contacts=tuple(contacts.order_by("rank", "pk")),
    )


class FindForm(forms.Form):
    """Who comes: a name or its beginning, an identifier, the last digits of a number."""

    typed = fields.text(
        gettext_lazy("Patient"),
        help_text=gettext_lazy("Name or its beginning, identifier, or last digits of a number"),
    )


class TimeForm(forms.Form):
    """When, where, with whom."""

    site = fields.row(gettext_lazy("Site"), Site.objects.none())
    clinician = fields.row(gettext_lazy("Clinician"), Clinician.objects.none(), required=False)
    day = fields.day(gettext_lazy("Day"))
    time = fields.hour(gettext_lazy("Time"), help_text=gettext_lazy("By the clocks at the site."))
    minutes = MinutesField(
        label=gettext_lazy("Minutes"),
        required=False,
        min_value=1,
        max_value=24 * 60,
        help_text=gettext_lazy("Empty: as long as usual."),
    )
    is_overbooked = forms.BooleanField(
        label=gettext_lazy("Book anyway, beside another visit"),
        required=False,
        widget=UnfoldBooleanWidget(),
    )

    def __init__(self, *args: Any, offered: Offered, person: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.may_overbook = person.has_perm(OVERBOOK)
        self._offer("site", offered.sites)
        self._offer("clinician", offered.clinicians)
        if not self.may_overbook:
            del self.fields["is_overbooked"]

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        site, day, hour = values.get("site"), values.get("day"), values.get("time")
        if site is None or day is None or hour is None:
            return values
        local = datetime.combine(day, hour, site.zone)
        if local.astimezone(UTC).astimezone(site.zone).time() != hour:
            self.add_error("time", _("On this day the clocks skip this time."))
        values["starts_at"] = local
        return values

    def offer_overbooking(self) -> None:
        """Say how to book anyway, to those who may."""
        if self.may_overbook:
            self.add_error("is_overbooked", _("Mark this to book anyway."))

    def ends_at(self) -> datetime | None:
        minutes: timedelta | None = self.cleaned_data["minutes"]
        starts_at: datetime = self.cleaned_data["starts_at"]
        # Through UTC: a visit over a clock change still lasts its minutes.
        return (starts_at.astimezone(UTC) + minutes) if minutes else None

    def _against(self, usual: timedelta, clinician: Clinician | None) -> list[str]:
        site, starts_at = self.cleaned_data["site"], self.cleaned_data["starts_at"]
        ends_at = self.ends_at() or starts_at.astimezone(UTC) + usual
        found = concerns.about(site, starts_at=starts_at, ends_at=ends_at, clinician=clinician)
        return [str(one.label) for one in found]

    def _offer(self, name: str, rows: Sequence[Any]) -> None:
        field = self.fields[name]
        if not isinstance(field, fields.RowField):
            raise TypeError(name)
        field.offer(rows)
        if len(rows) == 1:
            field.initial = rows[0].pk


class BookingForm(TimeForm):
    """A new visit."""

    contact = fields.row(
        gettext_lazy("Who is told"),
        Contact.objects.none(),
        required=False,
        help_text=gettext_lazy("None: nobody is told."),
    )
    kind = fields.row(gettext_lazy("Kind of visit"), VisitKind.objects.none())
    field_order = ("contact", "kind", "site", "clinician", "day", "time", "minutes")

    def __init__(
        self,
        *args: Any,
        patient: Patient,
        person: Any,
        offered: Offered | None = None,
        **kwargs: Any,
    ) -> None:
        known = offered or offered_to(patient, person)
        super().__init__(*args, offered=known, person=person, **kwargs)
        self.patient = patient
        self._offer("kind", known.kinds)
        contact = self.fields["contact"]
        if not isinstance(contact, fields.RowField):
            raise TypeError("contact")
        contact.in_words = _contact_in_words
        contact.offer(known.contacts)
        contact.initial = known.contacts[0].pk if known.contacts else None

    def against(self) -> list[str]:
        """Say what speaks against the time, while it can still be another."""
        values = self.cleaned_data
        return self._against(values["kind"].length, values["clinician"])

    def booking(self) -> Booking:
        values = self.cleaned_data
        return Booking(
            patient=self.patient,
            kind=values["kind"],
            site=values["site"],
            starts_at=values["starts_at"],
            contact=values["contact"],
            clinician=values["clinician"],
            ends_at=self.ends_at(),
            is_overbooked=values.get("is_overbooked", False),
        )


class MoveForm(TimeForm):
    """Another time for a visit; what is not changed stays."""

    def __init__(
        self,
        *args: Any,
        visit: Appointment,
        person: Any,
        offered: Offered | None = None,
        **kwargs: Any,
    ) -> None:
        known = offered or offered_in(visit.clinic_id, person)
        local = visit.starts_at.astimezone(visit.site.zone)
        initial = {
            "site": visit.site_id,
            "clinician": visit.clinician_id,
            "day": local.date(),
            "time": local.strftime("%H:%M"),
            "is_overbooked": visit.is_overbooked,
        }
        super().__init__(*args, offered=known, person=person, initial=initial, **kwargs)
        self.visit = visit

    def against(self) -> list[str]:
        """Say what speaks against the time, while it can still be another."""
        visit = self.visit
        clinician = self.cleaned_data["clinician"] or visit.clinician
        return self._against(visit.ends_at - visit.starts_at, clinician)

    def change(self) -> Change:
        values = self.cleaned_data
        return Change(
            starts_at=values["starts_at"],
            ends_at=self.ends_at(),
            clinician=values["clinician"],
            site=values["site"],
            is_overbooked=values.get("is_overbooked"),
        )


def _contact_in_words(contact: Contact) -> str:
    # Kept apart from words that may run from right to left; an option can hold no <bdi>.
    number = f"\u2066{contact.phone.masked}\u2069" if contact.phone else _("no number")
    return f"{contact.name} ({contact.get_relationship_display()}), {number}"
