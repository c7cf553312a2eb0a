"""Who runs a clinic is told of what is kept too long; nothing goes by itself."""

from datetime import datetime, time, timedelta

import pytest
from django.conf import LazySettings
from django.core import mail as outgoing
from django.utils import translation

from healthmsg.clinic.models import Clinic, LegalHold, Patient
from healthmsg.desk import tasks
from healthmsg.desk.alarms import watching, words
from healthmsg.desk.alarms.kinds import Kind
from healthmsg.desk.alarms.models import Alarm, Watcher
from healthmsg.desk.alarms.moment import Moment
from healthmsg.desk.privacy import overdue, retention, rules
from healthmsg.desk.privacy.models import Kept, RetentionRule
from tests import factories
from tests.healthmsg.test_retention import YEAR, old_message
from whatsapp.models import Sender
from whatsapp.status import Status

pytestmark = pytest.mark.django_db

LOOKS = tuple(one for one in watching.LOOKS if Kind.KEPT_TOO_LONG in one.kinds)


def watch(at: datetime) -> list[Alarm]:
    """Look once, and return the alarms that are open then."""
    overdue.look(now=at)
    watching.watch(Moment(real=at, business=at, is_hurried=False), LOOKS)
    return list(Alarm.objects.filter(kind=Kind.KEPT_TOO_LONG, closed_at=None))


def test_what_is_a_month_too_old_is_an_alarm_until_it_is_removed(
    sender: Sender, willing_patient: Patient, noon: datetime
) -> None:
    message = old_message(sender, willing_patient, noon)

    (alarm,) = watch(noon)

    assert alarm.clinic_id == sender.clinic_id
    assert words.headline(alarm) == "Kept longer than this clinic wants: words of messages we sent."
    assert words.page_of(alarm) == "/admin/kept/"
    with translation.override("es"):
        assert "palabras de los mensajes" in words.headline(alarm)
    message.refresh_from_db()
    assert message.body == "Hola Ana"

    retention.begin(sender.clinic, Kept.MESSAGES, before=noon - YEAR, expected=1, by=None, now=noon)
    assert watch(noon) == []
    retention.go_on(now=noon, seconds=5)
    assert watch(noon) == []


@pytest.mark.parametrize(("days", "is_told"), [(365 + 30, False), (365 + 32, True)])
def test_a_month_is_given_for_looking(
    sender: Sender, willing_patient: Patient, noon: datetime, days: int, is_told: bool
) -> None:
    old_message(sender, willing_patient, noon, created_at=noon - timedelta(days=days))

    assert bool(watch(noon)) is is_told


def test_what_is_held_or_waits_is_no_reason(
    sender: Sender, willing_patient: Patient, noon: datetime
) -> None:
    LegalHold.objects.create(patient=willing_patient, reason="court", placed_at=noon)
    old_message(sender, willing_patient, noon)
    other = factories.make_patient(sender.clinic)
    waiting = {"send_after": noon, "status": Status.QUEUED, "created_at": noon - 2 * YEAR}
    factories.make_message(sender, other, **waiting)

    assert watch(noon) == []


def test_each_clinic_hears_of_its_own_by_its_own_rules(
    sender: Sender, willing_patient: Patient, noon: datetime
) -> None:
    other = factories.make_clinic(name="Elsewhere")
    old_message(sender, willing_patient, noon)
    rules.keep_for(sender.clinic, Kept.MESSAGES, days=3650)
    assert watch(noon) == []

    rules.keep_for(sender.clinic, Kept.MESSAGES, days=60)
    (alarm,) = watch(noon)

    assert alarm.subject == f"clinic:{sender.clinic_id}"
    assert not RetentionRule.objects.filter(clinic=other).exists()
    assert rules.days(sender.clinic)[Kept.MESSAGES] == 60


def test_the_hourly_task_looks(sender: Sender, willing_patient: Patient) -> None:
    old_message(sender, willing_patient, factories.NOON - 5 * YEAR)

    assert tasks.look_for_old() == 1


def test_the_tasks_write_a_mail_that_says_what_and_where_to_look(
    sender: Sender, willing_patient: Patient, settings: LazySettings
) -> None:
    """As beat runs them: look, watch, tell."""
    settings.EMAIL_URL, settings.PUBLIC_URL = "memorymail://", "https://messages.example.org"
    Watcher.objects.create(
        clinic=sender.clinic,
        name="Alex",
        email="alex@example.org",
        # At any hour of the night in which this runs.
        day_begins=time.min,
        day_ends=time.max,
    )
    old_message(sender, willing_patient, factories.NOON - 5 * YEAR)

    for task in (tasks.look_for_old, tasks.watch, tasks.tell):
        task.apply(throw=True)

    (letter,) = [one for one in outgoing.outbox if "Kept longer" in one.subject]
    assert letter.to == ["alex@example.org"]
    assert (
        letter.subject
        == "healthmsg: Kept longer than this clinic wants: words of messages we sent."
    )
    assert "Look at how much would go, and let it be removed." in letter.body
    assert "What is under a legal hold stays." in letter.body
    assert "https://messages.example.org/admin/kept/" in letter.body
    assert "https://messages.example.org/alarm/" in letter.body
    assert "Ana" not in letter.subject + letter.body


def test_nothing_younger_than_the_clinic_keeps_it_is_ever_removed(
    sender: Sender, willing_patient: Patient, noon: datetime, sunrise_clinic: Clinic
) -> None:
    """The page sends the day; somebody may send another."""
    old_message(sender, willing_patient, noon, created_at=noon - timedelta(days=100))

    with pytest.raises(retention.Disagrees):
        retention.begin(
            sunrise_clinic,
            Kept.MESSAGES,
            before=noon - timedelta(days=90),
            expected=1,
            by=None,
            now=noon,
        )
