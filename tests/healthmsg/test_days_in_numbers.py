"""Counts of days are the sums of the rows themselves, however often they are made."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import product

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.db.models import Sum
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from healthmsg.clinic.models import Appointment, Clinic, VisitStatus
from healthmsg.desk.daily import counting, rounds
from healthmsg.desk.daily.counting import MEASURES
from healthmsg.desk.models import CountedDay, DayCount
from reminders.models import Reminder, ReminderRule, ReminderStatus
from tests import factories
from whatsapp.models import Message, Sender
from whatsapp.status import Reason, Status

NOON = factories.NOON
TODAY = date(2026, 3, 10)
DAY = timedelta(days=1)

written = st.fixed_dictionaries(
    {
        "status": st.sampled_from(Status.values),
        # Around both midnights of the clinic, three hours behind.
        "hours": st.sampled_from((-13, -12.5, -11, 0, 3, 11.5, 12)),
        "site": st.integers(0, 1),
        "rule": st.integers(0, 2),
        "language": st.sampled_from(("es", "es_AR", "en", "")),
        "is_answered": st.booleans(),
        "visit": st.sampled_from((VisitStatus.BOOKED, VisitStatus.MISSED, VisitStatus.SEEN)),
    }
)


class Stage:
    """Two sites, two rules, and one patient of whom everything is told."""

    def __init__(self, sender: Sender) -> None:
        self.sender, self.clinic = sender, sender.clinic
        self.patient = factories.make_patient(self.clinic)
        self.sites = [factories.make_site(self.clinic) for _n in range(2)]
        self.kind = factories.make_kind(self.clinic)
        self.rules = [
            self.clinic.reminder_rules.create(
                name=f"rule {n}", anchor="STARTS", offset=-DAY, template_name="reminder"
            )
            for n in range(2)
        ]
        self.made = 0

    def write(self, one: dict[str, object]) -> Message:
        self.made += 1
        at = NOON + timedelta(hours=float(str(one["hours"])))
        visit = factories.make_visit(
            self.patient,
            starts_at=at + timedelta(minutes=self.made),
            kind=self.kind,
            site=self.sites[int(str(one["site"]))],
            status=one["visit"],
        )
        status = Status(str(one["status"]))
        message = factories.make_message(
            self.sender,
            self.patient,
            status=status,
            reason=Reason.TOO_LATE if status == Status.WITHHELD else "",
            send_after=None,
            created_at=at,
            language=one["language"],
            appointment=visit,
            appointment_version=1,
        )
        if (rule := int(str(one["rule"]))) < 2:
            self.remind(visit, self.rules[rule], message)
        if one["is_answered"]:
            self.answer(message, at + 3 * DAY)
        return message

    def remind(
        self, visit: Appointment, rule: ReminderRule, message: Message | None = None
    ) -> Reminder:
        at = visit.starts_at
        return Reminder.objects.create(
            appointment=visit,
            version=1,
            rule=rule,
            starts_at=at,
            site=visit.site,
            due_at=at,
            useful_until=at,
            status=ReminderStatus.QUEUED if message else ReminderStatus.PLANNED,
            message=message,
            planned_at=at,
            changed_at=at,
        )

    def answer(self, message: Message, at: datetime) -> None:
        for _n in range(2):
            factories.make_reply(
                clinic=self.clinic,
                sender=self.sender,
                wamid=f"{message.pk} {_n}",
                kind="button",
                answers=message,
                written_at=at,
            )


@pytest.fixture
def stage(sender: Sender) -> Stage:
    return Stage(sender)


def sums(**wanted: object) -> dict[str, int]:
    found = DayCount.objects.filter(**wanted).aggregate(**{one: Sum(one) for one in MEASURES})
    return {name: number or 0 for name, number in found.items()}


def of_the_rows(clinic: Clinic, day: date) -> dict[str, int]:
    """The same by Python, from the rows."""
    mine = [m for m in Message.objects.all() if m.created_at.astimezone(clinic.zone).date() == day]
    at = Counter(Status(message.status) for message in mine)
    visits = [
        visit.status
        for visit in clinic.appointments.exclude(status=VisitStatus.BOOKED)
        if visit.starts_at.astimezone(clinic.zone).date() == day
    ]
    arrived = at[Status.DELIVERED] + at[Status.READ]
    return {
        "to_come": 0,
        "written": len(mine),
        "waiting": at[Status.QUEUED] + at[Status.SENDING] + at[Status.UNCERTAIN],
        "under_way": at[Status.ACCEPTED] + at[Status.SENT],
        "arrived": arrived,
        "failed": at[Status.FAILED],
        "not_sent": at[Status.WITHHELD],
        "sent": at[Status.ACCEPTED] + at[Status.SENT] + arrived,
        "read": at[Status.READ],
        "answered": sum(message.replies.exists() for message in mine),
        "visits": len(visits),
        "missed": visits.count(VisitStatus.MISSED),
    }


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(written, max_size=8))
def test_every_cut_of_a_day_adds_up_to_its_rows(
    stage: Stage, lines: list[dict[str, object]]
) -> None:
    with transaction.atomic():
        for line in lines:
            stage.write(line)

        for day in (TODAY - DAY, TODAY, TODAY + DAY):
            counting.count(stage.clinic, day, now=NOON)
            counting.count(stage.clinic, day, now=NOON)

            expected = of_the_rows(stage.clinic, day)
            assert counting.whole(stage.clinic, day) == expected
            for cut in ("WHOLE", "RULE", "HOUR", "LANGUAGE", "KIND"):
                assert sums(day=day, cut=cut) == expected
            parts = ("waiting", "under_way", "arrived", "failed", "not_sent")
            assert sum(expected[part] for part in parts) == expected["written"]
        transaction.set_rollback(True)


def test_a_piece_is_told_apart(stage: Stage) -> None:
    for status, rule in product((Status.READ, Status.FAILED), (0, 1, 2)):
        stage.write(
            {
                "status": status,
                "hours": 1,
                "site": rule % 2,
                "rule": rule,
                "language": "es_AR",
                "is_answered": status == Status.READ,
                "visit": VisitStatus.MISSED,
            }
        )

    counting.count(stage.clinic, TODAY, now=NOON)

    first = str(stage.rules[0].pk)
    of_a_rule = sums(cut="RULE", key=first)
    assert (of_a_rule["written"], of_a_rule["read"], of_a_rule["answered"]) == (2, 1, 1)
    # One had a reminder that failed: nothing had arrived before that visit.
    assert (of_a_rule["missed"], sums(cut="RULE", key="")["missed"]) == (1, 4)
    assert sums(cut="HOUR", key="13")["written"] == 6
    assert sums(cut="LANGUAGE", key="es")["written"] == 6
    assert sums(cut="WHOLE", site=stage.sites[1])["written"] == 2


def test_the_hour_of_a_message_is_that_in_which_it_was_sent(stage: Stage) -> None:
    line: dict[str, object] = {"status": "READ", "site": 0, "rule": 0, "language": "es"}
    message = stage.write({**line, "hours": -9, "is_answered": True, "visit": VisitStatus.SEEN})
    Message.objects.filter(pk=message.pk).update(accepted_at=NOON - timedelta(hours=4))

    counting.count(stage.clinic, TODAY, now=NOON)

    at_three, at_eight = sums(cut="HOUR", key="3"), sums(cut="HOUR", key="8")
    assert (at_three["read"], at_three["visits"]) == (0, 1)
    assert [at_eight[name] for name in ("written", "sent", "read", "answered")] == [1, 1, 1, 1]


def test_what_is_still_planned_is_to_come(stage: Stage) -> None:
    visit = factories.make_visit(stage.patient, starts_at=NOON + timedelta(hours=2))
    stage.remind(visit, stage.rules[0])

    counting.count(stage.clinic, TODAY, now=NOON)

    assert sums(cut="RULE", key=str(stage.rules[0].pk))["to_come"] == 1


def test_other_clinics_and_answers_of_ours_are_not_counted(stage: Stage) -> None:
    factories.make_message(stage.sender, stage.patient, purpose="REPLY", lane=0)
    other = factories.make_sender(factories.make_clinic(), phone_number_id="1" * 15)
    factories.make_message(other, factories.make_patient(other.clinic))

    assert counting.whole(stage.clinic, TODAY)["written"] == 0


def test_today_is_counted_each_minute_and_last_week_each_hour(stage: Stage) -> None:
    line: dict[str, object] = {"status": "READ", "site": 0, "rule": 0, "language": "es"}
    line |= {"is_answered": False, "visit": VisitStatus.BOOKED}
    stage.write({**line, "hours": -24 * 9})
    days = rounds.go_on(now=NOON)

    again = rounds.go_on(now=NOON + timedelta(seconds=30))
    stage.write({**line, "hours": 0})
    next_minute = rounds.go_on(now=NOON + timedelta(seconds=61))
    next_hour = rounds.go_on(now=NOON + timedelta(hours=2))
    next_day = rounds.go_on(now=NOON + timedelta(hours=25))

    assert (days, again, next_minute, next_hour) == (10, 0, 2, 8)
    assert next_day == 10  # not the one counted 23 hours ago, whose hourly time has passed
    assert sums(cut="WHOLE", day=TODAY)["written"] == 1
    assert CountedDay.objects.count() == 11


def test_years_are_counted_in_portions(stage: Stage) -> None:
    factories.make_message(stage.sender, stage.patient, created_at=datetime(2020, 1, 1, tzinfo=UTC))
    rounds.go_on(now=NOON)

    assert CountedDay.objects.count() == rounds.MOST
    for _n in range(25):
        rounds.go_on(now=NOON)
    assert CountedDay.objects.count() == rounds.FURTHEST.days + 1


def test_a_range_is_counted_again_by_the_command(stage: Stage) -> None:
    counting.count(stage.clinic, TODAY, now=NOON)
    factories.make_message(stage.sender, stage.patient)

    call_command("count_days", "--from", "2026-03-09", "--until", "2026-03-11")

    assert sums(cut="WHOLE", day=TODAY)["written"] == 1
    with pytest.raises(CommandError, match="before the first"):
        call_command("count_days", "--from", "2026-03-09", "--until", "2026-03-01")
