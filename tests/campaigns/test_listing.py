"""Lists of who is due: made in chunks, by what a clinician stands by, from what is recorded."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta

import pytest
from django.db import connection

from campaigns import listing
from campaigns.models import Audience, ListEntry, Making, PatientList, Schedule, Season
from healthmsg.clinic.models import Clinic, DoseSource, Patient, PatientState, StaffUser
from tests import factories
from tests.campaigns import vaccinating
from tests.campaigns.vaccinating import approved, dose, person

TODAY = date(2026, 3, 10)
BY = date(2026, 3, 31)
ROWS = (
    ("penta", 1, "6w", ""),
    ("penta", 2, "10w", "4w"),
    ("opv", 1, "6w", ""),
    ("mr", 1, "9m", ""),
)


@pytest.fixture
def clinician(sunrise_clinic: Clinic) -> StaffUser:
    return person(sunrise_clinic, "clinician", "Clinician")


@pytest.fixture
def author(sunrise_clinic: Clinic) -> StaffUser:
    return person(sunrise_clinic, "author", "Campaign author")


@pytest.fixture
def schedule(sunrise_clinic: Clinic, clinician: StaffUser) -> Schedule:
    born_from = date(2024, 1, 1)
    return approved(vaccinating.schedule(sunrise_clinic, *ROWS, born_from=born_from), clinician)


@pytest.fixture
def season(sunrise_clinic: Clinic, clinician: StaffUser) -> Season:
    return approved(vaccinating.season(sunrise_clinic), clinician)


def child(clinic: Clinic, weeks: int, state: PatientState = PatientState.ACTIVE) -> Patient:
    born = TODAY - timedelta(weeks=weeks)
    return factories.make_patient(clinic, birth_date=born, state=state)


def begin(
    source: Schedule | Season, author: StaffUser, now: datetime, due_by: date = BY
) -> PatientList:
    return listing.make(
        source, name=f"Due {PatientList.objects.count()}", by=author, due_by=due_by, now=now
    )


def made(
    source: Schedule | Season, author: StaffUser, now: datetime, due_by: date = BY
) -> PatientList:
    wanted = begin(source, author, now, due_by)
    listing.go_on(now=now)
    wanted.refresh_from_db()
    assert wanted.making == Making.READY
    return wanted


def told(patient_list: PatientList) -> dict[Patient, tuple[date | None, dict[str, int]]]:
    """By patient: the day, and which dose of what."""
    names = dict(patient_list.clinic.vaccines.values_list("pk", "code"))
    return {
        entry.patient: (
            entry.due_on,
            {names[v]: n for v, n in zip(entry.vaccines, entry.dose_numbers, strict=True)},
        )
        for entry in patient_list.entries.select_related("patient")
    }


def test_what_falls_on_one_day_is_one_entry(
    schedule: Schedule, sunrise_clinic: Clinic, author: StaffUser, noon: datetime
) -> None:
    old_enough, soon = child(sunrise_clinic, weeks=7), child(sunrise_clinic, weeks=5)
    child(sunrise_clinic, weeks=2)
    factories.make_patient(sunrise_clinic, birth_date=date(2023, 12, 31))
    factories.make_patient(sunrise_clinic, birth_date=None)
    child(factories.make_clinic(), weeks=7)

    found = made(schedule, author, noon)

    both = {"penta": 1, "opv": 1}
    assert told(found) == {old_enough: (TODAY, both), soon: (TODAY + timedelta(weeks=1), both)}
    assert (found.found, found.looked_at, found.to_look_at) == (2, 3, 3)
    by_code = {v.code: found.by_vaccine.get(str(v.pk)) for v in sunrise_clinic.vaccines.all()}
    assert by_code == {"penta": 2, "opv": 2, "mr": None}


def test_doses_count_whoever_told_of_them(
    schedule: Schedule, sunrise_clinic: Clinic, author: StaffUser, noon: datetime
) -> None:
    entered, from_elsewhere, already_done, mistaken, early = (
        child(sunrise_clinic, weeks=12) for _ in range(5)
    )
    for patient in (entered, from_elsewhere, already_done, mistaken, early):
        dose(patient, "opv", TODAY - timedelta(weeks=5))
    dose(entered, "penta", TODAY - timedelta(weeks=5))
    dose(from_elsewhere, "penta", TODAY - timedelta(weeks=1), source=DoseSource.IMPORTED)
    dose(already_done, "penta", None, source=DoseSource.TOLD_BY_PATIENT)
    dose(mistaken, "penta", TODAY - timedelta(weeks=1), entered_in_error_at=noon)
    dose(early, "penta", TODAY - timedelta(weeks=8))

    found = made(schedule, author, noon)

    assert told(found) == {
        entered: (TODAY, {"penta": 2}),
        from_elsewhere: (TODAY + timedelta(weeks=3), {"penta": 2}),
        mistaken: (TODAY, {"penta": 1}),
        early: (TODAY, {"penta": 1}),
    }
    assert found.entries.get(is_after_early=True).patient == early


def test_who_died_or_left_is_on_no_list(
    schedule: Schedule, season: Season, sunrise_clinic: Clinic, author: StaffUser, noon: datetime
) -> None:
    for state in (PatientState.DECEASED, PatientState.GONE):
        child(sunrise_clinic, weeks=7, state=state)
    paused = child(sunrise_clinic, weeks=7, state=PatientState.PAUSED)

    assert set(told(made(schedule, author, noon))) == {paused}
    assert {e.patient for e in made(season, author, noon).entries.all()} == {paused}


def test_a_season_asks_for_one_dose_within_its_days(
    season: Season, sunrise_clinic: Clinic, author: StaffUser, clinician: StaffUser, noon: datetime
) -> None:
    last_year, this_year, none, told_ = (factories.make_patient(sunrise_clinic) for _ in range(4))
    dose(last_year, "flu", date(2026, 2, 28))
    dose(this_year, "flu", date(2026, 3, 1))
    dose(told_, "flu", None)
    dose(none, "other", date(2026, 3, 2))

    found = made(season, author, noon)

    assert {entry.patient for entry in found.entries.all()} == {last_year, none}
    entry = found.entries.get(patient=none)
    assert (entry.due_on, entry.vaccines) == (TODAY, [season.vaccine_id])
    assert (found.found, found.by_vaccine) == (2, {str(season.vaccine_id): 2})


def test_a_season_is_for_its_audience(
    sunrise_clinic: Clinic, author: StaffUser, clinician: StaffUser, noon: datetime
) -> None:
    old = factories.make_patient(sunrise_clinic, birth_date=date(1950, 1, 1))
    factories.make_patient(sunrise_clinic, birth_date=date(2000, 1, 1))
    over_65 = Audience.objects.create(clinic=sunrise_clinic, name="65+", age_from_months=780)
    season = approved(vaccinating.season(sunrise_clinic, audience=over_65), clinician)

    assert {e.patient for e in made(season, author, noon).entries.all()} == {old}


def test_a_list_that_is_killed_and_stopped_goes_on_where_it_was(
    schedule: Schedule, season: Season, sunrise_clinic: Clinic, author: StaffUser, noon: datetime
) -> None:
    for _ in range(7):
        child(sunrise_clinic, weeks=7)
    for source in (schedule, season):
        wanted = begin(source, author, noon)

        assert listing.go_on(now=noon, chunk=2, chunks=1) == 2
        assert listing.stop(wanted)
        assert not listing.stop(wanted)
        assert listing.go_on(now=noon, chunk=2) == 0
        wanted.refresh_from_db()
        assert (wanted.making, wanted.found, wanted.looked_at) == (Making.STOPPED, 2, 2)
        assert listing.resume(wanted)
        assert listing.go_on(now=noon, chunk=2) == 5

        wanted.refresh_from_db()
        assert (wanted.making, wanted.found, wanted.looked_at) == (Making.READY, 7, 7)
        assert wanted.entries.count() == 7
        assert listing.go_on(now=noon) == 0


@pytest.mark.django_db(transaction=True)
def test_two_ticks_at_once_make_a_list_once(noon: datetime) -> None:
    clinic = factories.make_clinic()
    author, clinician = person(clinic, "a"), person(clinic, "c", "Clinician")
    for _ in range(30):
        child(clinic, weeks=7)
    source = approved(vaccinating.schedule(clinic, *ROWS), clinician)
    wanted = begin(source, author, noon)

    def tick(_n: int) -> int:
        try:
            return listing.go_on(now=noon, chunk=3)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        sum(pool.map(tick, range(2)))
    listing.go_on(now=noon, chunk=3)

    wanted.refresh_from_db()
    assert (wanted.making, wanted.found, wanted.looked_at) == (Making.READY, 30, 30)
    assert ListEntry.objects.count() == 30
    assert wanted.by_vaccine == {
        str(v.pk): 30 for v in clinic.vaccines.filter(code__in=["penta", "opv"])
    }


def unapproved(clinic: Clinic, _by: StaffUser) -> Schedule | Season:
    return vaccinating.schedule(clinic, *ROWS)


def not_yet_in_force(clinic: Clinic, by: StaffUser) -> Schedule | Season:
    later = BY + timedelta(days=1)
    return approved(vaccinating.schedule(clinic, *ROWS, effective_from=later), by)


def over(clinic: Clinic, by: StaffUser) -> Schedule | Season:
    days = {"first_day": date(2025, 3, 1), "last_day": date(2025, 5, 31)}
    return approved(vaccinating.season(clinic, **days), by)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (unapproved, "has to approve it"),
        (not_yet_in_force, "does not apply yet"),
        (over, "is over"),
    ],
)
def test_no_list_is_made_by_what_does_not_hold(
    source: Callable[[Clinic, StaffUser], Schedule | Season],
    words: str,
    sunrise_clinic: Clinic,
    author: StaffUser,
    clinician: StaffUser,
    noon: datetime,
) -> None:
    with pytest.raises(listing.NotPossible, match=words):
        begin(source(sunrise_clinic, clinician), author, noon)


def test_no_list_is_made_for_a_day_that_has_passed(
    schedule: Schedule, author: StaffUser, noon: datetime
) -> None:
    with pytest.raises(listing.NotPossible, match="has passed"):
        begin(schedule, author, noon, TODAY - timedelta(days=1))


def test_nothing_more_is_made_by_what_was_withdrawn(
    schedule: Schedule,
    sunrise_clinic: Clinic,
    author: StaffUser,
    clinician: StaffUser,
    noon: datetime,
) -> None:
    child(sunrise_clinic, weeks=7)
    wanted = begin(schedule, author, noon)
    Schedule.objects.update(withdrawn_at=noon, withdrawn_by=clinician)

    assert listing.go_on(now=noon) == 0
    wanted.refresh_from_db()
    assert wanted.making == Making.STOPPED


def test_a_patient_too_old_for_every_dose_is_not_looked_at(
    sunrise_clinic: Clinic, author: StaffUser, clinician: StaffUser, noon: datetime
) -> None:
    source = vaccinating.schedule(sunrise_clinic, ("rota", 1, "6w", ""))
    source.doses.update(until_age="24m")
    approved(source, clinician)
    young = child(sunrise_clinic, weeks=100)
    child(sunrise_clinic, weeks=104 + 1)
    factories.make_patient(sunrise_clinic, birth_date=date(1980, 1, 1))

    found = made(source, author, noon)

    assert set(told(found)) == {young}
    assert found.looked_at == found.to_look_at == 2
