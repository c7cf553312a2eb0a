"""A new visit that somebody asks for: for whom, what for and where, one question at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from django.db.models import Q

from healthmsg.clinic.availability import Need
from healthmsg.clinic.free_slots import Slot
from healthmsg.clinic.models import Clinician, Patient, Phone, Site, VisitKind
from whatsapp import answers, household, phrases
from whatsapp.buttons import Tap, Verb
from whatsapp.draft import Button
from whatsapp.models import Reply, ReplyOutcome
from whatsapp.rendering import MOST_ROWS

_Named = TypeVar("_Named", VisitKind, Site)


@dataclass(frozen=True)
class Asked:
    """Who asks, and what is known so far of what they ask for."""

    reply: Reply
    phone: Phone
    tap: Tap
    now: datetime

    def say(self, phrase: str, *rows: Button, **more: Any) -> None:
        answers.send(self.reply, self.phone, phrase, now=self.now, buttons=rows, **more)

    def title(self, phrase: str) -> str:
        return phrases.say(self.language, phrase, clinic=self.reply.clinic)

    @property
    def language(self) -> str:
        return answers.language_of(self.reply, self.phone)

    def at(self, site: Site) -> dict[str, Any]:
        """What a moment needs to be said."""
        return {"zone": site.zone, "language": self.language}

    @property
    def talk(self) -> Button:
        """Every list of a machine leads to a person as well."""
        return Button(Verb.TALK, self.title("row_talk"))


@dataclass(frozen=True)
class Wish:
    """All that has to be known before times are looked for."""

    patient: Patient
    kind: VisitKind
    site: Site

    @property
    def need(self) -> Need:
        people = Clinician.objects.filter(clinic=self.site.clinic_id, is_active=True)
        return Need(
            self.site, self.kind.length, patient=self.patient, is_with_anybody=people.exists()
        )

    def button(self, verb: Verb, title: str, slot: Slot | None = None) -> Button:
        at, who = (slot.starts_at, slot.clinician_id) if slot else (None, None)
        about = self.patient.pk
        return Button(verb, title, about, at, who, kind=self.kind.pk, site=self.site.pk)


def wish_of(asked: Asked) -> Wish | ReplyOutcome:
    """Return what is wished for; where something is still to be asked, or a person has to, that."""
    found = _patient(asked)
    return _wish(asked, found) if isinstance(found, Patient) else found


def leave_to_a_person(asked: Asked) -> ReplyOutcome:
    asked.say("new_noted")
    return ReplyOutcome.FOR_A_PERSON


def _patient(asked: Asked) -> Patient | ReplyOutcome:
    """Of a family ask who; for whom we do not know nobody books."""
    today = asked.now.astimezone(asked.reply.clinic.zone).date()
    patients = household.named(asked.phone, today=today)
    if asked.tap.about is None and len(patients) > 1:
        rows = (
            Button(Verb.NEW_VISIT, patient.given_name, about=patient.pk)
            for patient in patients[: MOST_ROWS - 1]
        )
        asked.say("which_patient", *rows, asked.talk)
        return ReplyOutcome.ASKED_WHICH
    meant = [patient for patient in patients if asked.tap.about in {None, patient.pk}]
    return meant[0] if meant else leave_to_a_person(asked)


def _wish(asked: Asked, patient: Patient) -> Wish | ReplyOutcome:
    """Ask what for and where, where there is a choice; a kind has to be open to patients."""
    kinds = VisitKind.objects.filter(
        clinic=asked.reply.clinic_id, is_active=True, booked_by_patients=True
    )
    open_kinds = list(kinds.exclude(discretion__in=household.SILENT).order_by("name"))
    kind = _meant(open_kinds, asked.tap.kind)
    if kind is None:
        rows = [
            Button(Verb.NEW_VISIT, one.name, about=patient.pk, kind=one.pk) for one in open_kinds
        ]
        return _ask(asked, "new_which_kind", rows, is_asked=asked.tap.kind is None)
    has_hours = ~Q(opening_hours={}) | Q(working_hours__isnull=False)
    sites = list(Site.objects.filter(has_hours, clinic=asked.reply.clinic_id).distinct())
    site = _meant(sites, asked.tap.site)
    if site is None:
        rows = [
            Button(Verb.NEW_VISIT, one.name, about=patient.pk, kind=kind.pk, site=one.pk)
            for one in sorted(sites, key=lambda site: site.name)
        ]
        return _ask(asked, "new_which_site", rows, is_asked=asked.tap.site is None)
    return Wish(patient, kind, site)


def _meant(ones: Sequence[_Named], key: int | None) -> _Named | None:
    """Return the one that was chosen, or the only one there is."""
    if key is None:
        return ones[0] if len(ones) == 1 else None
    return next((one for one in ones if one.pk == key), None)


def _ask(asked: Asked, phrase: str, rows: Sequence[Button], *, is_asked: bool) -> ReplyOutcome:
    if not rows or not is_asked:
        return leave_to_a_person(asked)
    asked.say(phrase, *rows[: MOST_ROWS - 1], asked.talk)
    return ReplyOutcome.ASKED_WHICH
