"""One row each of what only people settle, and of a clinic's own words and menu."""

from datetime import datetime, timedelta

from django.db.models import Model

from healthmsg.desk.models import Incident
from whatsapp.models import (
    ClinicWords,
    Menu,
    Message,
    NumberIncident,
    RepeatRequest,
    Reply,
    StopDoubt,
)


def tasks_of(reply: Reply, message: Message, now: datetime) -> tuple[Model, ...]:
    clinic, phone = message.clinic, message.phone
    about = {"clinic": clinic, "phone": phone, "reply": reply}
    line = {"message": message.pk, "at": now.isoformat(), "kind": "APPOINTMENTS"}
    return (
        Menu.objects.create(clinic=clinic),
        ClinicWords.objects.create(
            clinic=clinic, language="es", key="button_undo", number=1, text="Volver", changed_at=now
        ),
        RepeatRequest.objects.create(
            **about, patient=message.patient, asked_at=now, due_at=now + timedelta(hours=1)
        ),
        StopDoubt.objects.create(**about, since=now),
        NumberIncident.objects.create(
            **about,
            cause="NOT_REACHED",
            at=now,
            told=[line | {"template": "reminder", "status": "READ"}],
            told_in_all=1,
        ),
        Incident.objects.create(
            clinic=clinic, what="LOST", known_at=now, entered_at=now, affected=3
        ),
    )
