"""What is wrong becomes one alarm, which ends by itself."""

import shutil
from datetime import datetime, timedelta

import pytest
from django.conf import LazySettings
from django.db import connection

from healthmsg.clinic.models import Clinic, Patient
from healthmsg.desk.alarms import signs, watching, words
from healthmsg.desk.alarms.kinds import Found, Kind, Severity
from healthmsg.desk.alarms.moment import Moment
from healthmsg.desk.models import Alarm
from reminders import rules
from reminders.models import LimitDay
from tests import factories
from whatsapp.models import (
    Breaker,
    Delivery,
    LineBeat,
    Restriction,
    Sender,
    Switch,
    Template,
    UnknownCode,
)
from whatsapp.status import Status

REAL = datetime.fromisoformat("2026-03-10T15:00:00+00:00")
MOMENT = Moment(REAL, factories.NOON)


@pytest.fixture(autouse=True)
def _much_room(settings: LazySettings) -> None:
    """This machine's own disk is nobody's business here."""
    settings.DISK_FREE_PERCENT = 0


def look(moment: Moment = MOMENT) -> list[str]:
    """Look once; return what is open, the newest first."""
    watching.watch(moment)
    return list(Alarm.objects.filter(closed_at=None).order_by("-pk").values_list("kind", flat=True))


def later(minutes: float) -> Moment:
    step = timedelta(minutes=minutes)
    return Moment(REAL + step, factories.NOON + step)


def test_a_stopped_number_is_one_alarm_however_often_it_is_seen(sender: Sender) -> None:
    Sender.objects.update(held_at=factories.NOON, held_reason="the account is locked")

    assert look() == look(later(1)) == [Kind.NUMBER_STOPPED]

    alarm = Alarm.objects.get()
    assert alarm.subject == f"sender:{sender.pk}"
    assert alarm.clinic == sender.clinic
    assert alarm.last_seen_at == later(1).real
    assert words.headline(alarm) == f"The number {sender} is stopped: the account is locked."


def test_it_ends_by_itself_and_comes_back_as_a_new_one(sender: Sender) -> None:
    Sender.objects.update(held_at=factories.NOON)
    look()

    Sender.objects.update(held_at=None)
    assert look(later(1)) == []
    Sender.objects.update(held_at=factories.NOON)

    assert look(later(2)) == [Kind.NUMBER_STOPPED]
    assert Alarm.objects.count() == 2
    assert Alarm.objects.order_by("pk")[0].closed_at == later(1).real


def test_what_a_person_typed_stays_on_the_page(sender: Sender) -> None:
    Sender.objects.update(held_at=factories.NOON, held_reason="Mrs. Canary complained")
    look()

    assert "Canary" not in words.headline(Alarm.objects.get())


@pytest.mark.parametrize(
    ("code", "reason", "kind"),
    [
        pytest.param(190, "", Kind.TOKEN_REFUSED, id="token-by-code"),
        pytest.param(
            None, "the access token is no longer valid", Kind.TOKEN_REFUSED, id="token-by-words"
        ),
        pytest.param(131042, "", Kind.PAYMENT_FAILED, id="payment"),
        pytest.param(368, "", Kind.NUMBER_STOPPED, id="something-else"),
    ],
)
def test_a_refused_token_and_a_failed_payment_are_told_as_such(
    sender: Sender, code: int | None, reason: str, kind: Kind
) -> None:
    Sender.objects.update(held_at=factories.NOON, held_code=code, held_reason=reason)

    assert look() == [kind]


def test_accounts_portfolios_switches_restrictions_and_breakers_are_seen(sender: Sender) -> None:
    account = sender.account
    type(account).objects.update(held_at=factories.NOON, held_reason="WhatsApp: DISABLE")
    type(account.portfolio).objects.update(held_at=factories.NOON)
    Switch.objects.create(name=Switch.Name.EVERYTHING, held_at=factories.NOON)
    restriction = Restriction(account=account, kind="UTILITY", cause="x", held_reason="x")
    restriction.held_at = restriction.told_at = factories.NOON
    restriction.save()
    Breaker.objects.create(sender=sender, opened_at=factories.NOON, told=100, limit=20)

    found = look()

    assert set(found) == {
        Kind.ACCOUNT_STOPPED,
        Kind.PORTFOLIO_STOPPED,
        Kind.HOUSE_STOPPED,
        Kind.ACCOUNT_RESTRICTED,
        Kind.BREAKER_OPEN,
    }
    assert {alarm.clinic_id for alarm in Alarm.objects.exclude(kind=Kind.HOUSE_STOPPED)} == {
        sender.clinic_id
    }


def test_only_templates_in_use_are_an_alarm(sender: Sender) -> None:
    rules.install(sender.clinic)
    factories.make_template(sender.account, name="nobody_uses_it", status="PAUSED")
    used = factories.make_template(
        sender.account, name="appointment_confirmation", status="REJECTED"
    )

    assert look() == [Kind.TEMPLATE_STOPPED]
    assert Alarm.objects.get().subject == f"template:{used.pk}"
    Template.objects.filter(pk=used.pk).update(status="APPROVED")
    assert look() == []


def test_a_slowed_number_and_held_campaigns_are_warnings(sender: Sender) -> None:
    Sender.objects.update(slowed_to=12.5, broadcasts_held_until=REAL + timedelta(hours=3))

    assert set(look()) == {Kind.NUMBER_SLOWED, Kind.CAMPAIGNS_HELD}
    assert set(Alarm.objects.values_list("severity", flat=True)) == {Severity.WARNING}

    assert look(later(181)) == [Kind.NUMBER_SLOWED]


def test_parts_that_fell_silent_are_named_and_parts_never_started_are_not(db: None) -> None:
    signs.give(signs.BEAT)
    real = signs.real_now()
    assert look(Moment(real, factories.NOON)) == []

    assert look(Moment(real + timedelta(minutes=6), factories.NOON)) == [Kind.PART_SILENT]
    assert Alarm.objects.get().subject == "part:beat"


def test_what_is_measured_is_over_only_after_a_while(db: None) -> None:
    signs.give(signs.BEAT)
    real = signs.real_now()
    look(Moment(real + timedelta(minutes=6), factories.NOON))
    signs.give(signs.BEAT)

    assert look(Moment(real + timedelta(minutes=4), factories.NOON)) == [Kind.PART_SILENT]

    with connection.cursor() as cursor:
        cursor.execute("UPDATE whatsapp_heartbeat SET seen_at = seen_at + interval '10 minutes'")
    assert look(Moment(real + timedelta(minutes=12), factories.NOON)) == []


def test_a_receiver_that_stands_up_again_and_again_is_seen(db: None) -> None:
    for minute in range(3):
        since = REAL + timedelta(minutes=minute)
        LineBeat.objects.update_or_create(name="door", defaults={"since": since, "seen_at": since})
        found = look(Moment(since, factories.NOON))

    assert found == [Kind.RECEIVER_GAPS]
    LineBeat.objects.update(seen_at=REAL + timedelta(hours=2))
    assert look(Moment(REAL + timedelta(hours=2), factories.NOON)) == []


def test_messages_that_whatsapp_took_and_never_spoke_of_again(
    sender: Sender, willing_patient: Patient
) -> None:
    taken_at = factories.NOON - timedelta(hours=1)
    for _n in range(2):
        message = factories.make_message(
            sender,
            willing_patient,
            created_at=taken_at,
            send_after=None,
            status=Status.ACCEPTED,
            accepted_at=taken_at,
        )

    assert look() == [Kind.RECEIPTS_SILENT]

    type(message).objects.filter(pk=message.pk).update(sent_at=factories.NOON)
    assert look(later(6)) == []


def test_a_reminder_that_is_due_and_does_not_leave(
    sender: Sender, willing_patient: Patient
) -> None:
    factories.make_message(sender, willing_patient, created_at=factories.NOON)

    assert look(later(14)) == []
    assert look(later(16)) == [Kind.QUEUE_LATE]
    assert look(later(24 * 60)) == [], "too late to leave: the call list has it"


def test_what_is_held_or_asleep_is_not_late(sender: Sender, willing_patient: Patient) -> None:
    night = factories.NOON + timedelta(hours=10)
    factories.make_message(
        sender, willing_patient, created_at=factories.NOON, expires_at=night + timedelta(days=1)
    )

    assert look(Moment(REAL, night)) == []
    morning = factories.NOON + timedelta(hours=20, minutes=5)  # 08:05, five minutes after opening
    assert look(Moment(REAL, morning)) == []
    Switch.objects.create(name=Switch.Name.REMINDERS, held_at=factories.NOON)
    assert look(later(60)) == [Kind.HOUSE_STOPPED]


def test_nothing_is_measured_on_a_hurried_clock(sender: Sender, willing_patient: Patient) -> None:
    factories.make_message(sender, willing_patient, created_at=factories.NOON)
    hurried = Moment(REAL, factories.NOON + timedelta(hours=1), is_hurried=True)

    assert look(hurried) == []


def test_notices_and_answers_that_nobody_reads(sender: Sender) -> None:
    Delivery.objects.create(clear_body=b"{}", received_at=REAL)
    factories.make_reply(
        clinic=sender.clinic,
        sender=sender,
        wamid="wamid.1",
        kind="text",
        written_at=REAL,
        stored_at=REAL,
    )

    assert look(later(14)) == []
    assert set(look(later(16))) == {Kind.NOTICES_WAIT, Kind.REPLIES_WAIT}


def test_unknown_codes_are_named(sender: Sender) -> None:
    UnknownCode.objects.create(
        sender=sender, code="999", first_at=factories.NOON, last_at=factories.NOON
    )

    assert look() == [Kind.UNKNOWN_CODES]
    assert "999" in words.headline(Alarm.objects.get())


def test_a_disk_that_is_nearly_full_grows_graver(db: None, settings: LazySettings) -> None:
    disk = shutil.disk_usage(settings.EMBEDDED.directory)
    free = 100 * disk.free / disk.total
    settings.DISK_FREE_PERCENT = free * 2
    assert look() == [Kind.DISK_FULL]
    assert Alarm.objects.get().severity == Severity.WARNING

    settings.DISK_FREE_PERCENT = free * 4
    look(later(1))

    alarm = Alarm.objects.get()
    assert (alarm.severity, alarm.stage) == (Severity.SEVERE, 1)


@pytest.mark.parametrize(
    ("days", "stage", "severity"),
    [
        pytest.param(15, None, "", id="not-yet"),
        pytest.param(14, 1, Severity.WARNING, id="two-weeks"),
        pytest.param(8, 1, Severity.WARNING, id="more-than-a-week"),
        pytest.param(7, 2, Severity.WARNING, id="a-week"),
        pytest.param(1, 3, Severity.SEVERE, id="tomorrow"),
        pytest.param(0, 3, Severity.SEVERE, id="today"),
        pytest.param(-1, 4, Severity.SEVERE, id="over"),
    ],
)
def test_the_tokens_last_day_comes_nearer(
    db: None, settings: LazySettings, days: int, stage: int | None, severity: str
) -> None:
    settings.WHATSAPP_TOKEN_EXPIRES_ON = REAL.date() + timedelta(days=days)

    look()

    found = Alarm.objects.filter(kind=Kind.TOKEN_EXPIRES).values_list("stage", "severity")
    assert list(found) == ([] if stage is None else [(stage, severity)])


def test_a_look_that_breaks_leaves_its_alarms_and_the_others_alone(
    sunrise_clinic: Clinic, sender: Sender
) -> None:
    Sender.objects.update(held_at=factories.NOON)
    look()
    broken = watching.Watch(_breaks, (Kind.NUMBER_STOPPED,))
    whole = watching.Watch(
        lambda _: [Found(Kind.NOTICES_WAIT, Severity.SEVERE, facts={"count": 1})],
        (Kind.NOTICES_WAIT,),
    )

    watching.watch(later(1), looks=(broken, whole))

    assert set(Alarm.objects.filter(closed_at=None).values_list("kind", flat=True)) == {
        Kind.NUMBER_STOPPED,
        Kind.NOTICES_WAIT,
    }


def test_a_crowded_day_ahead_is_told_days_before(sender: Sender, sunrise_clinic: Clinic) -> None:
    portfolio = sender.account.portfolio
    for ahead, people in ((-1, 900), (2, 251), (3, 400)):
        day = factories.NOON.date() + timedelta(days=ahead)
        LimitDay.objects.create(portfolio=portfolio, day=day, people=people, places=245)

    assert look() == [Kind.LIMIT_AHEAD]

    alarm = Alarm.objects.get()
    assert alarm.clinic == sunrise_clinic
    assert words.headline(alarm).startswith("On 12 March 2026 251 people are to be reminded")
    LimitDay.objects.update(places=2000)
    assert look(later(10)) == []


def _breaks(_moment: Moment) -> list[Found]:
    raise ValueError("of the test")


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_has_its_look_its_words_and_what_to_do(kind: Kind) -> None:
    assert [one for one in watching.LOOKS if kind in one.kinds]
    assert kind in words.SAYS
    assert kind in words.TO_DO
