"""Two people with one file, one press that is two, a tick beside a file: nothing is there twice."""

import threading
from collections.abc import Callable
from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone

from healthmsg.clinic.models import Clinic, Patient, StaffUser
from healthmsg.desk.unreached import writing
from healthmsg.desk.unreached.filled import Told
from healthmsg.desk.unreached.models import How, UnreachedOutcome
from healthmsg.desk.unreached.writing import FromFile, NotWrittenDown, Outcome
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)
DAY = date(2026, 11, 20)


@pytest.fixture
def patients(sunrise_clinic: Clinic) -> list[Patient]:
    return [factories.make_patient(sunrise_clinic, consents=()) for _n in range(40)]


def told(patients: list[Patient], how: str = "LETTER") -> tuple[Told, ...]:
    return tuple(Told(0, patient.pk, how) for patient in patients)


def file_of(
    fresh: tuple[Told, ...] = (),
    otherwise: tuple[Told, ...] = (),
    standing: frozenset[int] = frozenset(),
) -> FromFile:
    since = DAY - timedelta(days=30)
    return FromFile(uuid4(), DAY, since, fresh, otherwise, standing)


def at_once(*verbs: Callable[[], object]) -> list[object]:
    start, came = threading.Barrier(len(verbs)), list[object]()

    def do(verb: Callable[[], object]) -> None:
        start.wait()
        try:
            came.append(verb())
        except NotWrittenDown as refusal:
            came.append(refusal.why)
        finally:
            connection.close()

    threads = [threading.Thread(target=do, args=(verb,)) for verb in verbs]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(came) == len(verbs)
    return came


def press(clinic: Clinic, file: FromFile, by: StaffUser, *, replaces: bool = False) -> object:
    return writing.write_file_down(clinic, file, replaces=replaces, by=by, now=timezone.now())


def test_two_uploads_of_one_file_at_one_moment_write_it_once(
    sunrise_clinic: Clinic, patients: list[Patient]
) -> None:
    ana, eva = (StaffUser.objects.create(username=name) for name in ("ana", "eva"))
    mine, hers = file_of(told(patients)), file_of(told(patients[::-1]))

    came = at_once(
        lambda: press(sunrise_clinic, mine, ana), lambda: press(sunrise_clinic, hers, eva)
    )

    assert UnreachedOutcome.objects.count() == len(patients)
    assert {one.written for one in came if isinstance(one, writing.Written)} == {0, 40}


def test_two_presses_of_one_page_at_one_moment_write_it_once(
    sunrise_clinic: Clinic, patients: list[Patient]
) -> None:
    ana, file = StaffUser.objects.create(username="ana"), file_of(told(patients))

    came = at_once(*(lambda: press(sunrise_clinic, file, ana) for _twice in range(2)))

    assert UnreachedOutcome.objects.count() == len(patients)
    assert came.count(writing.BEFORE) == 1


def test_one_outcome_is_replaced_by_one_of_two(
    sunrise_clinic: Clinic, patients: list[Patient]
) -> None:
    ana = StaffUser.objects.create(username="ana")
    press(sunrise_clinic, file_of(told(patients)), ana)
    standing = frozenset(UnreachedOutcome.objects.values_list("pk", flat=True))
    by_sms, by_telephone = (
        file_of(otherwise=told(patients, how), standing=standing) for how in ("SMS", "TELEPHONE")
    )

    came = at_once(
        lambda: press(sunrise_clinic, by_sms, ana, replaces=True),
        lambda: press(sunrise_clinic, by_telephone, ana, replaces=True),
    )

    left = UnreachedOutcome.objects.filter(undone_at=None)
    assert left.count() == len(patients)
    assert left.values("how").distinct().count() == 1
    assert {one.replaced for one in came if isinstance(one, writing.Written)} == {0, 40}


def test_a_tick_beside_a_file_is_seen_by_it(
    sunrise_clinic: Clinic, patients: list[Patient]
) -> None:
    ana = StaffUser.objects.create(username="ana")
    ids = [patient.pk for patient in patients]
    tick, file = Outcome(uuid4(), How.LETTER, DAY), file_of(told(patients))

    at_once(
        lambda: writing.write_down(sunrise_clinic, ids, tick, by=ana, now=timezone.now()),
        lambda: press(sunrise_clinic, file, ana),
    )

    # Whoever ticks after the file has been written sees it on the page, and ticks all the same.
    batches = set(UnreachedOutcome.objects.values_list("batch", flat=True))
    assert batches in ({tick.batch}, {tick.batch, file.batch})
