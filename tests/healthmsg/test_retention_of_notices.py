"""WhatsApp's notices as they came go by the rule of the clinic whose number they came for."""

import json
import signal
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from django.db.models.functions import Now
from django.utils import timezone

from healthmsg.clinic import erasure
from healthmsg.clinic.models import Patient, Phone
from healthmsg.desk import tasks
from healthmsg.desk.privacy import by_itself, overdue, retention, rules
from healthmsg.desk.privacy.models import Kept, RetentionRun, RunState
from tests import factories
from tests.healthmsg.test_retention import YEAR, begin
from tests.healthmsg.test_retention_killed import BETWEEN, OLD, UNCOMMITTED, ended, kill
from whatsapp import old_notices
from whatsapp import tasks as whatsapp_tasks
from whatsapp.models import Delivery, Sender

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
# A number that is none of ours, or was before.
NOBODYS = Sender(phone_number_id="777000000000001")


@pytest.fixture
def theirs() -> Sender:
    elsewhere = factories.make_clinic(name="Elsewhere")
    return factories.make_sender(elsewhere, phone_number_id="900000000000001")


def told(*senders: Sender, of: str = "5491155550107") -> bytes:
    """What somebody wrote to each of these numbers, in one body."""
    values = [
        {"metadata": {"phone_number_id": one.phone_number_id}, "messages": [{"from": of}]}
        for one in senders
    ]
    changes = [{"field": "messages", "value": value} for value in values]
    return json.dumps({"entry": [{"id": factories.WABA_ID, "changes": changes}]}).encode()


def keep(body: bytes, received_at: datetime, **fields: Any) -> Delivery:
    return factories.keep_notice(
        body, **{"digest_after": None, "received_at": received_at, **fields}
    )


def left() -> set[Delivery]:
    return set(Delivery.objects.all())


def remove(now: datetime) -> None:
    by_itself.begin(now=now)
    retention.go_on(now=now, seconds=20)


def test_notices_go_by_themselves_after_the_houses_days_and_leave_a_certificate(
    sender: Sender, noon: datetime
) -> None:
    old, wrong = told(sender), told(sender, of="no number")
    keep(old, noon - 31 * DAY)
    keep(wrong, noon - 91 * DAY, problem="ValueError")
    young = keep(old, noon - 29 * DAY)
    unread = keep(old, noon - 40 * DAY, digest_after=noon)
    unreadable = keep(wrong, noon - 89 * DAY, problem="ValueError")

    remove(noon)

    assert left() == {young, unread, unreadable}
    run = RetentionRun.objects.get()
    assert (run.clinic, run.kind, run.decided_by) == (sender.clinic, Kept.NOTICES, None)
    assert (run.state, run.removed, run.expected) == (RunState.DONE, 2, 2)


def test_two_clinics_keep_notices_for_times_of_their_own(
    sender: Sender, theirs: Sender, noon: datetime
) -> None:
    rules.keep_for(theirs.clinic, Kept.NOTICES, days=365)
    _ours, others, both = (
        keep(told(*whose), noon - 100 * DAY) for whose in ([sender], [theirs], [sender, theirs])
    )
    assert retention.check(sender.clinic, Kept.NOTICES, before=noon - 30 * DAY) == 1

    remove(noon)
    assert left() == {others, both}
    remove(noon + YEAR)

    assert left() == set()
    removed = RetentionRun.objects.order_by("pk").values_list("clinic", "removed")
    assert list(removed) == [(sender.clinic_id, 1), (theirs.clinic_id, 2)]


def test_what_came_for_two_clinics_is_counted_once(
    sender: Sender, theirs: Sender, noon: datetime
) -> None:
    keep(told(sender, theirs), noon - 100 * DAY)

    remove(noon)

    assert left() == set()
    run = RetentionRun.objects.get()
    assert (run.clinic, run.removed, run.expected) == (theirs.clinic, 1, 1)


@pytest.mark.parametrize(
    ("field", "name"),
    [
        ("number", "5491155550199"),
        ("wa_id", "5491155550198"),
        ("user_id", "AR.1349000000000009"),
        ("parent_user_id", "AR.ENT.1349000000000009"),
    ],
)
def test_notices_of_a_patient_under_a_legal_hold_stay_by_every_name_of_theirs(
    sender: Sender, willing_patient: Patient, noon: datetime, field: str, name: str
) -> None:
    phone = factories.phone_of(willing_patient)
    Phone.objects.filter(pk=phone.pk).update(**{field: f"+{name}" if field == "number" else name})
    erasure.place_hold(willing_patient, reason="a court asks", by=None, now=noon)
    held = keep(told(sender, of=name), noon - YEAR)
    # Nobody knows of which number of ours it is, or it stands in clear and without hashes.
    strange = keep(told(NOBODYS, of=name), noon - YEAR)
    clear = keep(b"", noon - YEAR, clear_body=told(sender, of=name), named=None, sealed=None)
    Delivery.objects.filter(pk=clear.pk).update(sealed=None)
    keep(told(sender), noon - YEAR)
    keep(told(NOBODYS), noon - YEAR)

    remove(noon)
    old_notices.trim(kept=30 * DAY, seconds=20)

    assert left() == {held, strange, clear}
    assert overdue.look(now=noon) == 0
    erasure.end_hold(willing_patient, by=None, now=noon)
    remove(noon + DAY)
    old_notices.trim(kept=30 * DAY, seconds=20)
    assert left() == set()


def test_notices_that_nobody_can_tell_whose_they_are_go_after_the_houses_days(
    sender: Sender, theirs: Sender, settings: LazySettings
) -> None:
    settings.NOTICES_KEPT_DAYS = 40.0
    real = timezone.now()
    rules.keep_for(sender.clinic, Kept.NOTICES, days=365)
    kept = keep(told(sender), real - 100 * DAY)
    keep(told(sender), real - 41 * DAY, named=[1])  # by the release before
    for body in (told(NOBODYS), b"no words of WhatsApp's"):
        keep(body, real - 41 * DAY)
    young = keep(told(NOBODYS), real - 39 * DAY)

    assert whatsapp_tasks.trim_notices() == 3

    assert left() == {kept, young}


def test_notices_about_an_account_alone_are_its_clinics(sender: Sender, noon: datetime) -> None:
    body = {"entry": [{"id": factories.WABA_ID, "changes": [{"field": "account_update"}]}]}
    keep(json.dumps(body).encode(), noon - YEAR)

    assert retention.check(sender.clinic, Kept.NOTICES, before=noon - 30 * DAY) == 1


def test_notices_whose_count_disagrees_stay(sender: Sender, noon: datetime) -> None:
    notice = keep(told(sender), noon - 2 * YEAR)

    with pytest.raises(retention.Disagrees):
        retention.begin(
            sender.clinic, Kept.NOTICES, before=noon - YEAR, expected=2, by=None, now=noon
        )
    with pytest.raises(retention.Disagrees):
        retention.begin(sender.clinic, Kept.NOTICES, before=noon, expected=1, by=None, now=noon)

    assert retention.go_on(now=noon, seconds=5) == 0
    assert left() == {notice}


def test_no_piece_looks_at_notices_that_are_younger(sender: Sender, noon: datetime) -> None:
    for _ in range(3):
        keep(told(sender), noon - 2 * YEAR)
    young = {keep(told(sender), noon) for _ in range(3)}
    run = begin(sender.clinic, Kept.NOTICES, noon)

    assert retention.go_on(now=noon, seconds=5, piece=2) == 3

    run.refresh_from_db()
    assert (run.state, run.removed) == (RunState.DONE, 3)
    assert run.reached < min(notice.pk for notice in young)
    assert left() == young


@pytest.mark.parametrize("old", range(6))
def test_the_first_young_notice_is_found_among_any_number_of_old_ones(
    noon: datetime, old: int
) -> None:
    rows = [keep(b"", noon - YEAR if number < old else noon) for number in range(5)]
    Delivery.objects.filter(pk__in=[row.pk for row in rows[1:3]]).delete()

    found = old_notices.first_younger(noon - DAY)

    older = Delivery.objects.filter(pk__lt=found)
    assert set(older) == set(Delivery.objects.filter(received_at__lt=noon - DAY))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "moment", [BETWEEN, ('DELETE FROM "whatsapp_delivery"', "after"), UNCOMMITTED]
)
def test_who_is_killed_over_notices_counts_none_twice(
    sender: Sender, noon: datetime, settings: LazySettings, moment: tuple[str, str]
) -> None:
    for _ in range(OLD):
        keep(told(sender), noon - 2 * YEAR)
    run = begin(sender.clinic, Kept.NOTICES, noon)

    assert kill(moment, noon, settings) == -signal.SIGKILL

    run.refresh_from_db()
    assert (run.state, run.removed) == (RunState.GOING, 1)
    assert len(left()) == OLD - 1
    ended(run, noon)
    assert left() == set()


def test_the_hourly_tasks_begin_it(sender: Sender) -> None:
    keep(told(sender), Now() - 400 * DAY)  # type: ignore[arg-type]

    assert tasks.look_for_old() == 0
    assert tasks.remove_old() == 1

    assert left() == set()
