"""The audit: what is not sealed in time, and what is no longer what was sealed, is an alarm."""

from datetime import timedelta

import pytest
from django.conf import LazySettings
from django.db import connection
from django.utils import timezone

from healthmsg.clinic import audit
from healthmsg.clinic.models import AuditKind, AuditNote
from healthmsg.desk.alarms import sealing, watching, words
from healthmsg.desk.alarms.kinds import Kind
from healthmsg.desk.alarms.moment import Moment
from healthmsg.desk.models import Alarm
from tests import factories

pytestmark = pytest.mark.django_db
KINDS = (Kind.AUDIT_LATE, Kind.AUDIT_BROKEN)
LOOKS = tuple(one for one in watching.LOOKS if one.kinds[0] in KINDS)


@pytest.fixture(autouse=True)
def _empty_book(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE clinic_auditnote, clinic_auditline, clinic_audithead")


def write(count: int) -> None:
    now = timezone.now()
    audit.note([AuditNote(at=now, kind=AuditKind.VIEW, path="to_call") for _ in range(count)])


def sealed(count: int) -> None:
    write(count)
    while audit.seal(now=timezone.now()):
        pass


def look(minutes: float = 0) -> list[str]:
    real = timezone.now() + timedelta(minutes=minutes)
    watching.watch(Moment(real, factories.NOON), LOOKS)
    return list(Alarm.objects.filter(closed_at=None).values_list("kind", flat=True))


def change(number: int, statement: str = "UPDATE clinic_auditline SET path = 'x'") -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE clinic_auditline DISABLE TRIGGER USER")
        cursor.execute(statement + " WHERE number = %s", [number])
        cursor.execute("ALTER TABLE clinic_auditline ENABLE TRIGGER USER")


def test_audit_notes_that_nobody_seals_are_an_alarm_until_they_are() -> None:
    write(1)
    assert look(59) == []

    assert look(61) == [Kind.AUDIT_LATE]

    told = words.headline(Alarm.objects.get())
    assert "is not filed in the audit yet" in told
    assert words.page_of(Alarm.objects.get()).endswith("/auditline/")
    audit.seal(now=timezone.now())
    assert look(62) == []


def test_audit_that_is_whole_is_no_alarm() -> None:
    sealed(3)

    assert look() == []


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param("UPDATE clinic_auditline SET path = 'x'", id="changed"),
        pytest.param("DELETE FROM clinic_auditline", id="removed"),
    ],
)
def test_audit_that_was_changed_is_an_alarm(statement: str) -> None:
    sealed(5)
    change(3, statement)

    assert look() == [Kind.AUDIT_BROKEN]
    assert Alarm.objects.get().facts == {"line": 3}
    assert "from line 3" in words.headline(Alarm.objects.get())


def test_audit_of_long_ago_is_read_in_turn_and_stays_an_alarm() -> None:
    sealed(2 * sealing.PORTION + 7)
    change(12)
    # Two of three minutes read other portions.
    found = [bool(look(minute)) for minute in range(3)]

    assert any(found)
    assert [look(minute) for minute in range(3, 6)] == [[Kind.AUDIT_BROKEN]] * 3


def test_audit_put_right_ends_the_alarm() -> None:
    sealed(5)
    change(3)
    assert look() == [Kind.AUDIT_BROKEN]

    change(3, "UPDATE clinic_auditline SET path = 'to_call'")

    assert look(1) == []


def test_audit_whose_keys_are_not_ours_is_an_alarm(settings: LazySettings) -> None:
    sealed(2)
    settings.AUDIT_KEYS = ["another house's"]

    assert look() == [Kind.AUDIT_BROKEN]
