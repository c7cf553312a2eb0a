"""Each clinic says how long its lines of the audit stay; they go by the longest of all rules."""

import os
import signal
import subprocess
import sys
from datetime import timedelta
from io import StringIO

import pytest
from django.conf import LazySettings
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from healthmsg.clinic import audit, erasure
from healthmsg.clinic.models import AuditLine, Clinic, Patient
from healthmsg.desk.privacy import cutting, overdue, retention, rules
from healthmsg.desk.privacy.models import Kept, RetentionRun, RunState
from tests import factories
from tests.door_process import surroundings
from tests.healthmsg.test_audit_cutting import YEAR, write
from tests.healthmsg.test_retention import signed_in

pytestmark = pytest.mark.django_db

NOW = timezone.now()
OURS, THEIRS, NOBODYS = 5, 3, 2
_KILLED = """
import os, signal, sys
from datetime import datetime
import django
django.setup()
from django.db import connection
from healthmsg.desk.privacy import cutting

words, now = sys.argv[1], datetime.fromisoformat(sys.argv[2])
seen = 0

def killed(execute, sql, *rest):
    global seen
    done = execute(sql, *rest)
    seen += words in sql
    if seen == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return done

last = cutting.last_to_go(now=now)
cutting.begin(last=last, now=now)
with connection.execute_wrapper(killed):
    while cutting.cut(last=last, now=now, limit=2):
        pass
"""


@pytest.fixture
def elsewhere() -> Clinic:
    return factories.make_clinic(name="Elsewhere")


@pytest.fixture
def book(sunrise_clinic: Clinic, elsewhere: Clinic) -> None:
    """Lines of two clinics, and of none, of two years ago; and some of today."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE clinic_auditnote")
    for clinic, count in ((sunrise_clinic, OURS), (elsewhere, THEIRS)):
        write(count, sealed_at=NOW - 2 * YEAR, clinic_id=clinic.pk)
    write(NOBODYS, sealed_at=NOW - 2 * YEAR)
    write(4, sealed_at=NOW, clinic_id=sunrise_clinic.pk)


def old() -> int:
    return AuditLine.objects.filter(sealed_at__lt=NOW - YEAR).count()


def counted() -> int:
    said = StringIO()
    call_command("cut_audit", stdout=said)
    return int(said.getvalue().split()[0])


def certificates() -> dict[Clinic, tuple[str, int, int]]:
    runs = RetentionRun.objects.filter(kind=Kept.AUDIT).order_by("pk")
    return {run.clinic: (run.state, run.removed, run.expected) for run in runs}


def test_audit_lines_go_once_the_longest_rule_is_over_with_a_certificate_for_each_clinic(
    book: None, sunrise_clinic: Clinic, elsewhere: Clinic
) -> None:
    there = old()
    rules.keep_for(sunrise_clinic, Kept.AUDIT, days=365)
    assert counted() == 0, "the other clinic keeps them for six years, as is usual"
    rules.keep_for(elsewhere, Kept.AUDIT, days=729)
    assert counted() == there

    call_command("cut_audit", remove=there, stdout=StringIO())

    assert old() == 0
    assert audit.first_break() is None
    assert certificates() == {
        sunrise_clinic: (RunState.DONE, OURS, OURS),
        elsewhere: (RunState.DONE, THEIRS, THEIRS),
    }
    assert {run.before.date() for run in RetentionRun.objects.all()} == {
        (timezone.now() - timedelta(days=729)).date()
    }


def test_audit_lines_whose_count_disagrees_stay_and_nothing_is_certified(
    book: None, sunrise_clinic: Clinic, elsewhere: Clinic
) -> None:
    for clinic in (sunrise_clinic, elsewhere):
        rules.keep_for(clinic, Kept.AUDIT, days=365)
    there = old()

    with pytest.raises(CommandError, match="Nothing was removed"):
        call_command("cut_audit", remove=there - 1)
    with pytest.raises(retention.Disagrees):
        retention.begin(elsewhere, Kept.AUDIT, before=NOW - 5 * YEAR, expected=0, by=None, now=NOW)

    assert old() == there
    assert certificates() == {}


def test_audit_lines_after_one_of_a_patient_on_hold_stay_and_are_in_no_certificate(
    book: None, sunrise_clinic: Clinic, elsewhere: Clinic, willing_patient: Patient
) -> None:
    for clinic in (sunrise_clinic, elsewhere):
        rules.keep_for(clinic, Kept.AUDIT, days=365)
    first = AuditLine.objects.filter(clinic_id=elsewhere.pk).order_by("pk")[1]
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(
            "UPDATE clinic_auditline SET patient_id = %s WHERE number = %s",
            [willing_patient.pk, first.pk],
        )
        cursor.execute("SET LOCAL session_replication_role = origin")
    erasure.place_hold(willing_patient, reason="a court asks", by=None, now=NOW)

    last = cutting.last_to_go(now=NOW)
    assert last == first.pk - 1
    cutting.begin(last=last, now=NOW)

    assert certificates() == {
        sunrise_clinic: (RunState.GOING, 0, OURS),
        elsewhere: (RunState.GOING, 0, 1),
    }
    assert not retention.stop(RetentionRun.objects.all()[0], by=None, now=NOW)
    assert retention.go_on(now=NOW, seconds=1) == 0


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("words", ['UPDATE "desk_retentionrun"', 'DELETE FROM "clinic_auditline"'])
def test_who_is_killed_over_the_audit_certifies_what_went_and_no_more(
    book: None, sunrise_clinic: Clinic, elsewhere: Clinic, settings: LazySettings, words: str
) -> None:
    for clinic in (sunrise_clinic, elsewhere):
        rules.keep_for(clinic, Kept.AUDIT, days=365)
    there = old()
    variables = surroundings(settings.EMBEDDED, database=str(connection.settings_dict["NAME"]))
    variables |= {"AUDIT_KEYS": ",".join(settings.AUDIT_KEYS)}
    command = [sys.executable, "-c", _KILLED, words, NOW.isoformat()]
    done = subprocess.run(command, env={**os.environ, **variables}, check=False)

    assert done.returncode == -signal.SIGKILL
    assert audit.first_break() is None
    went = there - old()
    assert 0 < went < there
    first = certificates()
    assert {state for state, *_counts in first.values()} == {RunState.GOING}
    mine = AuditLine.objects.filter(sealed_at__lt=NOW - YEAR, clinic_id=sunrise_clinic.pk)
    assert first[sunrise_clinic][1] == OURS - mine.count()
    assert counted() == there - went

    call_command("cut_audit", remove=there - went, stdout=StringIO())

    assert old() == 0
    states = RetentionRun.objects.order_by("pk").values_list("state", flat=True)
    assert list(states) == [RunState.STOPPED] * 2 + [RunState.DONE] * 2
    runs = RetentionRun.objects.filter(clinic=sunrise_clinic)
    assert sum(run.removed for run in runs) == OURS


def test_a_certificate_of_the_audit_does_not_go_on_for_ever(book: None, elsewhere: Clinic) -> None:
    cutting.begin(last=1, now=NOW)
    overdue.look(now=NOW + cutting.LONGEST)
    assert {run.state for run in RetentionRun.objects.all()} == {RunState.GOING}

    later = NOW + cutting.LONGEST + timedelta(minutes=1)
    overdue.look(now=later)

    ended = RetentionRun.objects.values_list("state", "finished_at")
    assert set(ended) == {(RunState.STOPPED, later)}


def test_audit_that_nobody_has_cut_for_a_month_is_kept_too_long(
    book: None, sunrise_clinic: Clinic, elsewhere: Clinic
) -> None:
    assert overdue.look(now=NOW) == 0
    rules.keep_for(sunrise_clinic, Kept.AUDIT, days=365)
    assert overdue.look(now=NOW) == 0, "the other clinic wants them"
    rules.keep_for(elsewhere, Kept.AUDIT, days=720)
    assert overdue.look(now=NOW) == 0, "a month is given for looking"

    rules.keep_for(elsewhere, Kept.AUDIT, days=690)
    assert overdue.look(now=NOW) == 2

    assert overdue.of_clinics() == {
        sunrise_clinic.pk: [Kept.AUDIT],
        elsewhere.pk: [Kept.AUDIT],
    }
    call_command("cut_audit", remove=counted(), stdout=StringIO())
    assert overdue.look(now=NOW) == 0


def test_the_page_says_why_a_line_of_the_audit_waits_for_the_longest_rule(
    client: Client, book: None, sunrise_clinic: Clinic, elsewhere: Clinic, settings: LazySettings
) -> None:
    settings.AUDIT_KEPT_DAYS = 1000.0
    rules.keep_for(elsewhere, Kept.AUDIT, days=1234)
    signed_in(client, sunrise_clinic, "Clinic admin")
    page = reverse("kept")
    asked = {"clinic": sunrise_clinic.pk, "kind": "AUDIT"}

    shown = client.get(page).text
    refused = client.post(page, {**asked, "act": "keep", "days": 364}).text
    client.post(page, {**asked, "act": "keep", "days": 400})
    before = (NOW - 5 * YEAR).isoformat()
    remove = {"act": "remove", "sure": "yes", "before": before, "expected": 0}
    client.post(page, {**asked, **remove})

    assert "once the longest rule of all clinics is over, now 1234 days" in shown
    assert 'value="1000"' in shown
    assert "From 365 to 36500 days." in refused
    assert rules.days(sunrise_clinic)[Kept.AUDIT] == 400
    assert rules.longest(Kept.AUDIT) == 1234
    counted_one = client.get(f"{page}?clinic={sunrise_clinic.pk}&count=AUDIT").text
    assert "would be removed" not in counted_one
    assert certificates() == {}
    cutting.begin(last=cutting.last_to_go(now=NOW), now=NOW)
    assert "manage.py cut_audit" in client.get(reverse("admin:desk_retentionrun_changelist")).text
