"""How to speak with somebody: what each communication need means for a call, and what instead."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import OuterRef, Subquery
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from healthmsg.clinic.models import Appointment, Contact, Need, Patient, Phone, PhoneState
from healthmsg.clinic.phone import spoken
from whatsapp.models import Thread

_SILENT = (Need.NO_PHONE_CALLS, Need.SIGN_LANGUAGE)
_HOW = {
    Need.NO_PHONE_CALLS: gettext_lazy("Cannot use the telephone."),
    Need.SIGN_LANGUAGE: gettext_lazy("Speaks in signs: does not hear on the telephone."),
    Need.INTERPRETER: gettext_lazy("Call together with an interpreter."),
    Need.EASY_LANGUAGE: gettext_lazy("Use easy words and short sentences."),
    Need.LOW_VISION: gettext_lazy("Sees little: say the day and the time twice, send no letter."),
}


@dataclass(frozen=True)
class Speech:
    """How to reach somebody: a number to dial, or what to do instead."""

    dial: str = ""  # E.164, "" where nobody is to be dialed
    number: str = ""
    hints: tuple[str, ...] = ()
    instead: tuple[str, ...] = ()
    others: tuple[tuple[str, str, str], ...] = ()  # who, E.164, as it is spoken
    conversation: str = ""  # an address

    @property
    def is_silent(self) -> bool:
        return bool(self.instead)


def is_silent(patient: Patient) -> bool:
    """Say whether the telephone is of no use to somebody."""
    return any(need in _SILENT for need in patient.needs)


def _usable(visit: Appointment) -> Phone | None:
    phone = visit.contact.phone if visit.contact else None
    return phone if phone and phone.state != PhoneState.WRONG_PERSON else None


class Ways:
    """Looked up once for all lines: contacts besides the one who is told, and conversations."""

    def __init__(self, visits: Iterable[Appointment], *, details: bool) -> None:
        self._details = details
        # Whoever can be dialed is dialed: nothing more is asked of them.
        patients = {v.patient_id for v in visits if is_silent(v.patient) or _usable(v) is None}
        self._contacts: dict[int, list[Contact]] = defaultdict(list)
        self._threads: dict[int | None, int | None] = {}
        thread = Thread.objects.filter(
            phone=OuterRef("phone"), clinic=OuterRef("patient__clinic")
        ).order_by("-last_written_at")
        rows = Contact.objects.filter(patient__in=patients, phone__isnull=False)
        rows = rows.annotate(thread_id=Subquery(thread.values("pk")[:1]))
        for contact in rows.select_related("phone").order_by("rank", "pk"):
            self._contacts[contact.patient_id].append(contact)
            self._threads[contact.phone_id] = contact.thread_id

    def to(self, visit: Appointment) -> Speech:
        """Return how to speak about a visit."""
        phone = visit.contact.phone if visit.contact else None
        needs = [need for need in _HOW if need in visit.patient.needs]
        silent, usable = is_silent(visit.patient), _usable(visit)
        return Speech(
            dial=usable.number if usable and self._details and not silent else "",
            number=self._number(phone),
            hints=tuple(str(_HOW[need]) for need in needs if need not in _SILENT),
            instead=tuple(self._instead(needs)) if silent else (),
            others=self._others(visit, but=usable) if silent or usable is None else (),
            conversation=self._conversation(usable),
        )

    def _instead(self, needs: list[Need]) -> Iterable[str]:
        yield from (str(_HOW[need]) for need in needs if need in _SILENT)
        yield _("Write to them, ask who comes along, or send a letter.")

    def _others(self, visit: Appointment, *, but: Phone | None) -> tuple[tuple[str, str, str], ...]:
        """Whoever else may be told, on another number that is theirs."""
        if not self._details:
            return ()
        found = []
        for contact in self._contacts[visit.patient_id]:
            phone = contact.phone
            if phone is None or phone == but or phone.state == PhoneState.WRONG_PERSON:
                continue
            if contact.pk != visit.contact_id and contact.may_be_told != "NEVER":
                who = f"{contact.name} ({contact.get_relationship_display()})"
                found.append((who, phone.number, spoken(phone.number)))
        return tuple(found)

    def _conversation(self, phone: Phone | None) -> str:
        thread = self._threads.get(phone.pk) if phone else None
        return reverse("admin:whatsapp_thread_change", args=[thread]) if thread else ""

    def _number(self, phone: Phone | None) -> str:
        if phone is None:
            return _("no number")
        return spoken(phone.number) if self._details else phone.masked
