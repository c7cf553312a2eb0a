"""With which template a reminder goes, and the values that no fill-in knows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from hashlib import sha256

from healthmsg.clinic.models import Answer, Appointment, Discretion, Phone, Purpose
from reminders import last_look, links
from reminders.models import ReminderRule
from reminders.timing import Anchor, local_day
from whatsapp.catalog import Approved, Catalog
from whatsapp.draft import Draft, FromTemplate, Subject
from whatsapp.fill_ins import day_in_words, moment_in_words, time_in_words
from whatsapp.link_buttons import OTHER_TIMES
from whatsapp.models import Sender
from whatsapp.outbox import Desk
from whatsapp.status import Lane

PLEASE_CONTACT_US = "please_contact_us"
# Fill-ins that tell what a visit is for.
_TELLS_THE_KIND = frozenset({"kind_name", "preparation"})
_REMINDER_LANE = int(Lane.REMINDER)


@dataclass(frozen=True)
class Speech:
    """One visit as one rule speaks of it."""

    visit: Appointment
    rule: ReminderRule
    useful_until: datetime
    edition: int = 0
    old_starts_at: datetime | None = None  # the time the patient was told before a move

    @cached_property
    def discretion(self) -> Discretion:
        return last_look.discretion(self.visit)

    @property
    def phone(self) -> Phone:
        """Asked only after the last look, which wants a contact with a number."""
        contact = self.visit.contact
        if contact is None or contact.phone is None:
            raise LookupError("nobody can be reached about this visit")
        return contact.phone

    @property
    def language(self) -> str:
        return self.visit.contact.language if self.visit.contact else ""

    @property
    def is_confirmed(self) -> bool:
        return self.rule.anchor == Anchor.STARTS and self.visit.answer == Answer.CONFIRMED


class Wording:
    """The templates that can be used now, looked up once for a batch of work."""

    def __init__(self, desk: Desk | None = None) -> None:
        self._desk = desk
        self._catalogs: dict[int, Catalog | None] = {}
        self._found: dict[tuple[int, str, str], Approved | None] = {}

    def single(self, speech: Speech) -> tuple[Draft, FromTemplate]:
        """Return what to queue about one visit."""
        visit, rule = speech.visit, speech.rule
        key = f"visit:{visit.id or 'new'}:{visit.version}:rule:{rule.id}"
        draft = Draft(
            dedupe_key=f"{key}:{speech.edition}" if speech.edition else key,
            clinic=visit.clinic,
            phone=speech.phone,
            lane=_REMINDER_LANE,
            purpose=Purpose(rule.purpose),
            expires_at=speech.useful_until,
            subjects=(_subject(visit),),
            language=speech.language,
        )
        names = self._names(speech)
        values = {}
        if speech.old_starts_at is not None:
            values["old_when"] = moment_in_words(
                speech.old_starts_at,
                zone=visit.site.zone,
                language=self._language(speech, names),
            )
        if any(self._leads_to_other_times(speech, name) for name in names):
            values[OTHER_TIMES] = links.to_other_times(visit)
        return draft, FromTemplate(names, values)

    def may_be_several(self, speech: Speech) -> bool:
        """True where an approved template can name several visits in the contact's language."""
        name = speech.rule.several_template_name
        return bool(name) and self._find(speech, name) is not None

    def several(self, speeches: Sequence[Speech]) -> tuple[Draft, FromTemplate]:
        """Return what to queue about several visits of one number on one day, earliest first."""
        first = speeches[0]
        visit, name = first.visit, first.rule.several_template_name
        language = self._language(first, (name,))
        draft = Draft(
            dedupe_key=_day_key(speeches),
            clinic=visit.clinic,
            phone=first.phone,
            lane=_REMINDER_LANE,
            purpose=Purpose(first.rule.purpose),
            expires_at=min(speech.useful_until for speech in speeches),
            subjects=tuple(_subject(speech.visit) for speech in speeches),
            language=first.language,
        )
        day = day_in_words(visit.starts_at, zone=visit.site.zone, language=language)
        visits = ", ".join(hour_and_name(speech.visit, language) for speech in speeches)
        return draft, FromTemplate((name,), {"day": day, "visits": visits})

    def _names(self, speech: Speech) -> tuple[str, ...]:
        rule = speech.rule
        if speech.discretion == Discretion.CONTACT_US:
            return (PLEASE_CONTACT_US,)
        confirmed = rule.confirmed_template_name if speech.is_confirmed else ""
        names = tuple(filter(None, (confirmed or rule.template_name, rule.spare_template_name)))
        if speech.discretion == Discretion.FULL:
            return names
        return tuple(name for name in names if not self._tells_the_kind(speech, name))

    def _tells_the_kind(self, speech: Speech, name: str) -> bool:
        return self._has_gap_for(speech, name, _TELLS_THE_KIND)

    def _leads_to_other_times(self, speech: Speech, name: str) -> bool:
        found = self._find(speech, name)
        has_button = found is not None and bool(found.links)
        return has_button or self._has_gap_for(speech, name, frozenset({OTHER_TIMES}))

    def _has_gap_for(self, speech: Speech, name: str, fill_ins: frozenset[str]) -> bool:
        found = self._find(speech, name)
        return found is not None and any(found.bindings[gap] in fill_ins for gap in found.gaps)

    def _language(self, speech: Speech, names: Sequence[str]) -> str:
        """The language the outbox will find, so that our values read like the rest."""
        found = next(filter(None, (self._find(speech, name) for name in names)), None)
        return found.language if found else speech.language

    def _find(self, speech: Speech, name: str) -> Approved | None:
        key = (speech.visit.clinic_id, name, speech.language)
        if key not in self._found:
            clinic = speech.visit.clinic
            catalog = self._catalog(clinic.pk)
            found = catalog.find((name,), (speech.language, clinic.languages[0])) if catalog else ""
            self._found[key] = found if isinstance(found, Approved) else None
        return self._found[key]

    def _catalog(self, clinic_id: int) -> Catalog | None:
        if self._desk is not None:
            first = self._desk.first(clinic_id)
            return self._desk.catalog(first) if first else None
        if clinic_id not in self._catalogs:
            sender = (
                Sender.objects.filter(clinic=clinic_id)
                .select_related("account")
                .order_by("pk")
                .first()
            )
            self._catalogs[clinic_id] = Catalog(sender.account) if sender else None
        return self._catalogs[clinic_id]


def hour_and_name(visit: Appointment, language: str) -> str:
    """Return such as "10:30 Ana", by the site's clocks."""
    hour = time_in_words(visit.starts_at, zone=visit.site.zone, language=language)
    return f"{hour} {visit.patient.given_name}"


def _subject(visit: Appointment) -> Subject:
    return Subject(visit.patient, visit.contact, visit)


def _day_key(speeches: Sequence[Speech]) -> str:
    first = speeches[0]
    named = ",".join(sorted(f"{s.visit.pk}.{s.visit.version}.{s.edition}" for s in speeches))
    day = local_day(first.visit.starts_at, first.visit.site.zone)
    short = sha256(named.encode()).hexdigest()[:12]
    return f"day:{first.phone.pk}:{first.rule.pk}:{day}:{short}"
