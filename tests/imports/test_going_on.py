"""Portions: what is killed goes on, two at once do it once, what is stopped stays stopped."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from time import monotonic

import pytest
from django.db import IntegrityError, connection

from healthmsg.clinic import consent
from healthmsg.clinic.models import Appointment, Clinic, ConsentRecord, GivenHow, Patient
from healthmsg.desk.imports import applying, checking, deciding, reading, turns
from healthmsg.desk.imports.models import ImportPiece, ImportRow, ImportState
from healthmsg.desk.models import Import
from tests import factories
from tests.imports.bringing import csv_of, found, go_on, somebody, take, xlsx_of

PATIENCE = 60
MANY = 1203
HEADINGS = ("identifier", "given name", "phone", "permission", "permission date")


def people(count: int) -> list[tuple[str, ...]]:
    return [
        (f"p{n}", f"Ana{n}", f"+54911{55000000 + n}", "yes", "2026-03-01") for n in range(count)
    ]


class Elsewhere(threading.Thread):
    """A verb on a connection of its own."""

    def __init__(self, verb: Callable[[], object]) -> None:
        super().__init__(daemon=True)
        self.verb, self.outcome = verb, None
        self.start()

    def run(self) -> None:
        try:
            self.outcome = self.verb()  # type: ignore[assignment]
        except Exception as error:  # noqa: BLE001 - the test looks at it
            self.outcome = error  # type: ignore[assignment]
        finally:
            connection.close()

    def wait(self) -> object:
        self.join(PATIENCE)
        assert not self.is_alive()
        return self.outcome


@pytest.mark.django_db
@pytest.mark.parametrize("made", [csv_of, xlsx_of], ids=["csv", "xlsx"])
def test_each_portion_goes_on_where_the_last_one_ended(
    sunrise_clinic: Clinic, noon: datetime, made: Callable[..., bytes]
) -> None:
    source = take(sunrise_clinic, "PATIENTS", made(HEADINGS, *people(MANY)), now=noon)

    # Time is always up: a portion is all that each turn does, as if it were killed after it.
    for _ in range(3):
        source.refresh_from_db()
        reading.read(source, until=monotonic() - 1, now=noon)
    source.refresh_from_db()
    assert (source.state, source.rows_read) == ("CHECKING", MANY)
    assert not ImportPiece.objects.exists()
    for _ in range(4):
        checking.check(source, now=noon)
    source.refresh_from_db()
    assert (source.state, source.counts) == ("WAITS", {"NEW": MANY})
    assert deciding.let_go_on(source, by=somebody(), now=noon)
    for _ in range(4):
        applying.apply(source, now=noon)

    source.refresh_from_db()
    assert (source.state, source.applied_counts) == ("DONE", {"NEW": MANY})
    assert Patient.objects.count() == ConsentRecord.objects.count() == MANY


@pytest.mark.django_db
def test_a_turn_ends_when_its_time_is_up_and_the_next_goes_on(
    sunrise_clinic: Clinic, noon: datetime
) -> None:
    source = take(sunrise_clinic, "PATIENTS", csv_of(HEADINGS, *people(MANY)), now=noon)

    turns.go_on(now=noon, seconds=0)
    source.refresh_from_db()
    assert source.state == "READING"
    for _ in range(20):
        turns.go_on(now=noon, seconds=0.05)

    source.refresh_from_db()
    assert (source.state, source.counts) == ("WAITS", {"NEW": MANY})


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_take_everything_over_once(noon: datetime) -> None:
    clinic = factories.make_clinic()
    source = take(clinic, "PATIENTS", csv_of(HEADINGS, *people(MANY)), now=noon)
    turns.go_on(now=noon, seconds=60)
    assert deciding.let_go_on(source, by=somebody(), now=noon)
    start = threading.Barrier(2)

    def work() -> None:
        start.wait(PATIENCE)
        while Import.objects.get(pk=source.pk).state == ImportState.APPLYING:
            applying.apply(Import.objects.select_related("clinic").get(pk=source.pk), now=noon)

    assert [thread.wait() for thread in (Elsewhere(work), Elsewhere(work))] == [None, None]

    assert Patient.objects.count() == ConsentRecord.objects.count() == MANY


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_book_each_visit_once(noon: datetime) -> None:
    clinic = factories.make_clinic()
    factories.make_site(clinic)
    factories.make_kind(clinic)
    factories.make_patient(clinic, external_id="7")
    rows = [(f"v{n}", "7", f"2026-04-{1 + n % 28:02}", f"{8 + n // 28}:00") for n in range(120)]
    content = csv_of(("identifier", "patient", "day", "time"), *rows)
    source = take(clinic, "VISITS", content, now=noon)
    turns.go_on(now=noon, seconds=60)
    assert deciding.let_go_on(source, by=somebody(), now=noon)
    start = threading.Barrier(2)

    def work() -> None:
        start.wait(PATIENCE)
        while Import.objects.get(pk=source.pk).state == ImportState.APPLYING:
            applying.apply(Import.objects.select_related("clinic").get(pk=source.pk), now=noon)

    assert [thread.wait() for thread in (Elsewhere(work), Elsewhere(work))] == [None, None]

    source.refresh_from_db()
    assert (Appointment.objects.count(), source.applied_counts) == (120, {"NEW": 120})
    assert found(source) == set()


@pytest.mark.django_db(transaction=True)
def test_one_turn_at_a_time(noon: datetime) -> None:
    clinic = factories.make_clinic()
    take(clinic, "PATIENTS", csv_of(HEADINGS, *people(3)), now=noon)

    with turns._alone() as mine:
        assert mine
        assert Elsewhere(lambda: turns.go_on(now=noon, seconds=60)).wait() == 0

    assert Elsewhere(lambda: turns.go_on(now=noon, seconds=60)).wait() != 0


@pytest.mark.django_db
def test_what_is_stopped_in_the_midst_stays_where_it_was(
    sunrise_clinic: Clinic, noon: datetime
) -> None:
    source = take(sunrise_clinic, "PATIENTS", csv_of(HEADINGS, *people(MANY)), now=noon)
    turns.go_on(now=noon, seconds=60)
    deciding.let_go_on(source, by=somebody(), now=noon)
    applying.apply(source, now=noon)

    assert deciding.stop(source, now=noon)
    assert not deciding.stop(source, now=noon)
    turns.go_on(now=noon, seconds=60)

    source.refresh_from_db()
    assert (source.state, source.applied_counts) == ("STOPPED", {"NEW": applying.PORTION})
    assert Patient.objects.count() == applying.PORTION
    assert not ImportRow.objects.exists()


@pytest.mark.django_db
def test_what_nobody_looks_at_is_forgotten(sunrise_clinic: Clinic, noon: datetime) -> None:
    source = take(sunrise_clinic, "PATIENTS", csv_of(HEADINGS, *people(3)), now=noon)
    turns.go_on(now=noon, seconds=60)

    turns.go_on(now=noon + timedelta(days=15))

    source.refresh_from_db()
    assert source.state == "STOPPED"
    assert not ImportRow.objects.exists()


@pytest.mark.django_db
def test_one_that_breaks_is_given_up_and_holds_no_other_up(
    sunrise_clinic: Clinic, noon: datetime
) -> None:
    broken = take(sunrise_clinic, "PATIENTS", csv_of(HEADINGS, *people(3)), now=noon)
    turns.go_on(now=noon, seconds=60)
    Import.objects.filter(pk=broken.pk).update(state="CHECKING", checked_to=0)
    ImportRow.objects.filter(source=broken).update(cells=["not", "cells"])
    other = take(sunrise_clinic, "PATIENTS", csv_of(HEADINGS, *people(3)), now=noon)

    for _ in range(3):
        turns.go_on(now=noon, seconds=60)

    broken.refresh_from_db()
    other.refresh_from_db()
    assert (broken.state, broken.failure) == ("FAILED", "BROKE")
    assert other.state == "WAITS"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("content", "failure"),
    [
        pytest.param(b"", "EMPTY", id="nothing"),
        pytest.param(csv_of(HEADINGS), "EMPTY", id="headings-alone"),
        pytest.param(
            csv_of(("given name", "phone"), ("Ana", "1")), "NO_COLUMN", id="no-identifier"
        ),
        pytest.param(csv_of(("id", "identifier"), ("1", "2")), "COLUMN_TWICE", id="twice"),
        pytest.param(b"PK\x03\x04", "NO_TABLE", id="broken"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(
    sunrise_clinic: Clinic, noon: datetime, content: bytes, failure: str
) -> None:
    source = take(sunrise_clinic, "PATIENTS", content, now=noon)

    turns.go_on(now=noon, seconds=60)

    source.refresh_from_db()
    assert (source.state, source.failure) == ("FAILED", failure)
    assert not ImportPiece.objects.exists()


@pytest.mark.django_db
def test_nothing_is_taken_over_that_nobody_let_go_on(
    sunrise_clinic: Clinic, noon: datetime
) -> None:
    source = take(sunrise_clinic, "PATIENTS", csv_of(HEADINGS, *people(3)), now=noon)

    with pytest.raises(IntegrityError, match="import_somebody_let_it_go_on"):
        Import.objects.filter(pk=source.pk).update(state=ImportState.APPLYING)


@pytest.mark.django_db
def test_a_stop_that_comes_after_the_look_is_heard(sunrise_clinic: Clinic, noon: datetime) -> None:
    phone = factories.make_phone(sunrise_clinic, "+5491155000000")
    source = take(sunrise_clinic, "PATIENTS", csv_of(HEADINGS, *people(1)), now=noon)
    turns.go_on(now=noon, seconds=60)
    consent.stop(phone, evidence=consent.Evidence(GivenHow.BY_MESSAGE), at=noon)

    go_on(source, now=noon)

    assert found(source) == {(2, "permission", "STOP_STANDS")}
    assert not ConsentRecord.objects.filter(change="GRANTED").exists()
