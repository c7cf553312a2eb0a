"""What reception does, and what the sender and patients would do, in few words."""

import itertools
from datetime import datetime, timedelta

from healthmsg.clinic.models import Appointment, Clinic, Patient
from reminders import booking, queueing, rules
from reminders.booking import Booking
from reminders.models import Reminder
from tests import factories
from whatsapp.buttons import Tap, Verb
from whatsapp.models import Message, Reply, Sender, Template
from whatsapp.signals import reply_received
from whatsapp.status import Status

_ASKED = ("Confirmo", "Otro horario", "Cancelar")
_VERBS = ("confirm", "another_time", "cancel")
TEMPLATES: dict[str, tuple[str, bool]] = {
    "appointment_confirmation": (
        "Hola {{contact_name}}, reservado: {{when}}, {{site_name}}.",
        False,
    ),
    "appointment_moved": ("Hola {{contact_name}}, de {{old_when}} a {{when}}.", False),
    "appointment_cancelled": ("Hola {{contact_name}}, {{when}} fue cancelada.", False),
    "appointment_reminder_days": ("Hola {{contact_name}}, el {{when}}.", True),
    "appointment_reminder_tomorrow": ("Hola {{contact_name}}, mañana, {{when}}.", True),
    "appointment_tomorrow_confirmed": ("Hola {{contact_name}}, te esperamos {{when}}.", False),
    "appointment_missed": ("Hola {{contact_name}}, no te vimos el {{when}}.", False),
    "appointments_several": ("Hola {{contact_name}}, el {{day}}: {{visits}}.", True),
    "please_contact_us": ("Hola {{contact_name}}, llama a {{clinic_name}}.", False),
}
_number = itertools.count(1)


class Desk:
    """Reception of one clinic, with the default rules and templates."""

    def __init__(self, clinic: Clinic, sender: Sender) -> None:
        self.clinic, self.sender = clinic, sender
        self.site = factories.make_site(clinic)
        self.kind = factories.make_kind(clinic)
        self.rules = {rule.template_name: rule for rule in rules.install(clinic)}
        self.templates = {name: self.template(name) for name in TEMPLATES}

    def template(self, name: str, *, language: str = "es") -> Template:
        body, asks = TEMPLATES[name]
        return factories.make_template(
            self.sender.account,
            name=name,
            language=language,
            body=body,
            buttons=_ASKED if asks else (),
            verbs=_VERBS if asks else (),
        )

    def request(self, patient: Patient, starts_at: datetime, **fields: object) -> Booking:
        defaults: dict[str, object] = {
            "kind": self.kind,
            "site": self.site,
            "contact": patient.contacts.first(),
        }
        return Booking(patient=patient, starts_at=starts_at, **(defaults | fields))  # type: ignore[arg-type]

    def book(
        self, patient: Patient, starts_at: datetime, *, now: datetime, **fields: object
    ) -> Appointment:
        return booking.book(self.request(patient, starts_at, **fields), by=None, now=now)

    def family(self, size: int) -> list[Patient]:
        phone = factories.make_phone(self.clinic)
        return [factories.make_patient(self.clinic, phone=phone) for _ in range(size)]


def reminder(visit: Appointment, template: str, *, version: int | None = None) -> Reminder:
    return Reminder.objects.select_related("message", "rule").get(
        appointment=visit,
        rule__template_name=template,
        version=version or Appointment.objects.get(pk=visit.pk).version,
    )


def plan_of(visit: Appointment) -> dict[str, str]:
    """The present version's reminders: template to status, or the reason why not."""
    version = Appointment.objects.get(pk=visit.pk).version
    rows = Reminder.objects.filter(appointment=visit, version=version).select_related("rule")
    return {row.rule.template_name: row.reason or row.status for row in rows}


def tick(now: datetime) -> int:
    return queueing.queue_due(now=now, limit=10_000)


def leaves(
    message: Message | None, *, at: datetime, status: Status = Status.DELIVERED, reason: str = ""
) -> Message:
    """The message was sent, as far as `status` says."""
    assert message is not None
    Message.objects.filter(pk=message.pk, status=Status.QUEUED).update(
        status=status,
        reason=reason,
        send_after=None,
        accepted_at=at,
        wamid=f"wamid.{message.pk}",
    )
    message.refresh_from_db()
    return message


def told_of_booking(visit: Appointment, *, now: datetime) -> Message:
    """The confirmation was written and arrived; returns it."""
    later = now + timedelta(minutes=2)
    tick(later)
    return leaves(reminder(visit, "appointment_confirmation").message, at=later)


def tap(
    message: Message,
    verb: Verb,
    *,
    now: datetime,
    about: int | None = None,
    at: datetime | None = None,
    who: int | None = None,
) -> tuple[str | None, Message | None]:
    """A tap on a button; returns how it was taken and what we answered."""
    assert message.sender is not None
    reply = factories.make_reply(
        clinic=message.clinic,
        sender=message.sender,
        phone=message.phone,
        wamid=f"wamid.reply.{next(_number)}",
        kind="button",
        written_at=now,
    )
    heard = reply_received.send(
        sender=Reply, reply=reply, tap=Tap(verb, message.callback, about, at, who), now=now
    )
    outcome = next((said for _receiver, said in heard if said is not None), None)
    return outcome, Message.objects.filter(dedupe_key=f"reply:{reply.pk}:answer").first()
