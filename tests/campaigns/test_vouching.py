"""Nothing leaves by a schedule, a season or a list before another clinician stands by it."""

from collections.abc import Callable
from datetime import date, datetime

import pytest

from campaigns import guarding, launching, listing, refusing, vouching
from campaigns.models import (
    Audience,
    Campaign,
    ListEntry,
    PatientList,
    RunStatus,
    Schedule,
    ScheduleDose,
    Season,
)
from healthmsg.clinic.models import Clinic, Patient, StaffUser
from tests import factories
from tests.campaigns import vaccinating
from tests.campaigns.invitees import WILLING, put_on_list
from tests.campaigns.vaccinating import approved, person

BY = date(2026, 3, 31)
PENTA = ("penta", 1, "6w", "")


@pytest.fixture
def clinician(sunrise_clinic: Clinic) -> StaffUser:
    return person(sunrise_clinic, "clinician", "Clinician")


@pytest.fixture
def author(sunrise_clinic: Clinic) -> StaffUser:
    return person(sunrise_clinic, "author", "Campaign author")


@pytest.fixture
def schedule(sunrise_clinic: Clinic) -> Schedule:
    return vaccinating.schedule(sunrise_clinic, PENTA)


@pytest.fixture
def season(sunrise_clinic: Clinic) -> Season:
    return vaccinating.season(sunrise_clinic)


@pytest.fixture
def child(sunrise_clinic: Clinic) -> Patient:
    return factories.make_patient(
        sunrise_clinic, birth_date=date(2026, 1, 20), consents=WILLING, language="es"
    )


def listed(source: Schedule | Season, author: StaffUser, now: datetime) -> PatientList:
    made = listing.make(source, name="Due", by=author, due_by=BY, now=now)
    listing.go_on(now=now)
    made.refresh_from_db()
    return made


@pytest.mark.parametrize("role", ["Clinic admin", "Approver", "Campaign author", "Reception"])
def test_a_clinician_approves_and_nobody_else_does(
    role: str, schedule: Schedule, clinician: StaffUser, noon: datetime
) -> None:
    other = person(schedule.clinic, "other", role)
    with pytest.raises(vouching.NotApproved, match="A clinician has to"):
        vouching.approve(schedule, by=other, now=noon)

    vouching.approve(schedule, by=clinician, now=noon)

    assert (schedule.approved_by, schedule.approved_at, schedule.is_valid) == (
        clinician,
        noon,
        True,
    )
    with pytest.raises(vouching.NotApproved, match="approved already"):
        vouching.approve(schedule, by=person(schedule.clinic, "late", "Clinician"), now=noon)


def test_nobody_approves_what_is_their_own(
    schedule: Schedule, season: Season, clinician: StaffUser, noon: datetime
) -> None:
    own = listed(approved(schedule, clinician), clinician, noon)
    Season.objects.update(created_by=clinician)

    for row in (own, season):
        with pytest.raises(vouching.NotApproved, match="other than who made it"):
            vouching.approve(row, by=clinician, now=noon)


def without_doses(schedule: Schedule) -> None:
    schedule.doses.all().delete()


def with_a_gap(schedule: Schedule) -> None:
    schedule.doses.update(number=3, interval="4w")


def for_both_in_part(schedule: Schedule) -> None:
    first = schedule.doses.get()
    ScheduleDose.objects.create(
        schedule=schedule,
        vaccine=first.vaccine,
        number=2,
        due_age="9y",
        minimum_age="9y",
        interval="6m",
        sex="FEMALE",
    )


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (without_doses, "no doses"),
        (with_a_gap, "without a gap"),
        (for_both_in_part, "same sex"),
    ],
)
def test_a_schedule_that_means_two_things_is_not_approved(
    change: Callable[[Schedule], None],
    words: str,
    schedule: Schedule,
    clinician: StaffUser,
    noon: datetime,
) -> None:
    change(schedule)

    with pytest.raises(vouching.NotApproved, match=words):
        vouching.approve(schedule, by=clinician, now=noon)


def test_a_changed_season_is_approved_no_more_and_neither_are_its_lists(
    season: Season, author: StaffUser, clinician: StaffUser, child: Patient, noon: datetime
) -> None:
    made = approved(listed(approved(season, clinician), author, noon), clinician)

    Season.objects.update(name="Influenza")
    assert Season.objects.get().approved_at == noon

    Season.objects.update(last_day=date(2026, 6, 30))

    assert Season.objects.get().approved_at is None
    made.refresh_from_db()
    assert made.approved_at is None


def test_a_season_is_approved_for_the_audience_that_was_seen(
    season: Season, clinician: StaffUser
) -> None:
    audience = Audience.objects.create(clinic=season.clinic, name="65+", age_from_months=780)
    Season.objects.update(audience=audience)
    approved(season, clinician)

    assert vouching.void_seasons(audience) == 1

    season.refresh_from_db()
    assert not season.is_valid


def one_more(made: PatientList, patient: Patient) -> object:
    other = factories.make_patient(made.clinic)
    return ListEntry.objects.bulk_create([ListEntry(patient_list=made, patient=other)])


def one_less(made: PatientList, patient: Patient) -> object:
    return made.entries.filter(patient=patient).delete()


def another_day(made: PatientList, patient: Patient) -> object:
    return made.entries.filter(patient=patient).update(due_on=BY)


@pytest.mark.parametrize("change", [one_more, one_less, another_day])
def test_a_changed_list_is_approved_no_more(
    change: Callable[[PatientList, Patient], object],
    schedule: Schedule,
    author: StaffUser,
    clinician: StaffUser,
    child: Patient,
    noon: datetime,
) -> None:
    made = approved(listed(approved(schedule, clinician), author, noon), clinician)

    change(made, child)

    made.refresh_from_db()
    assert (made.approved_at, made.approved_by) == (None, None)


def test_a_list_is_approved_once_it_is_made_and_by_what_still_stands(
    schedule: Schedule, author: StaffUser, clinician: StaffUser, child: Patient, noon: datetime
) -> None:
    approved(schedule, clinician)
    made = listing.make(schedule, name="Due", by=author, due_by=BY, now=noon)
    by_hand = factories.make_list(schedule.clinic, child, name="By hand")
    with pytest.raises(vouching.NotApproved, match="not made yet"):
        vouching.approve(made, by=clinician, now=noon)
    with pytest.raises(vouching.NotApproved, match="No schedule or season"):
        vouching.approve(by_hand, by=clinician, now=noon)

    listing.go_on(now=noon)
    assert vouching.withdraw(schedule, by=clinician, reason="a wrong age", now=noon)
    assert not vouching.withdraw(schedule, by=clinician, reason="again", now=noon)

    with pytest.raises(vouching.NotApproved, match="was withdrawn"):
        vouching.approve(made, by=clinician, now=noon)


@pytest.fixture
def due_campaign(
    campaign: Campaign,
    schedule: Schedule,
    author: StaffUser,
    clinician: StaffUser,
    child: Patient,
    noon: datetime,
) -> Campaign:
    """It goes to a list that a schedule made and nobody has approved."""
    campaign.audience.lists.set([listed(approved(schedule, clinician), author, noon)])
    return campaign


def test_nothing_starts_before_a_clinician_approved_the_very_list(
    due_campaign: Campaign, clinician: StaffUser, child: Patient, noon: datetime
) -> None:
    made = due_campaign.audience.lists.get()
    with pytest.raises(refusing.NotAllowed, match="approve the list “Due”"):
        launching.start(due_campaign, by=None, now=noon)

    approved(made, clinician)
    assert vouching.missing(due_campaign) == []
    one_more(made, child)
    with pytest.raises(refusing.NotAllowed, match="approve the list “Due”"):
        launching.start(due_campaign, by=None, now=noon)

    approved(made, clinician)
    launching.start(due_campaign, by=None, now=noon)


def test_what_is_withdrawn_stops_what_it_began(
    due_campaign: Campaign,
    schedule: Schedule,
    clinician: StaffUser,
    noon: datetime,
) -> None:
    approved(due_campaign.audience.lists.get(), clinician)
    run = launching.start(due_campaign, by=None, now=noon)
    assert guarding.guard(now=noon) == 0

    vouching.withdraw(schedule, by=clinician, reason="a wrong age", now=noon)

    assert guarding.guard(now=noon) == 1
    run.refresh_from_db()
    assert run.status == RunStatus.PAUSED
    assert "was withdrawn" in run.status_reason
    with pytest.raises(refusing.NotAllowed, match="was withdrawn"):
        launching.resume(run, now=noon)


def test_an_audience_that_asks_for_a_season_needs_it_approved(
    campaign: Campaign, season: Season, clinician: StaffUser, child: Patient, noon: datetime
) -> None:
    put_on_list(campaign, child)
    campaign.audience.season, campaign.audience.in_season = season, "NOT_RECORDED"
    campaign.audience.save()
    with pytest.raises(refusing.NotAllowed, match="approve the season “Flu 2026”"):
        launching.start(campaign, by=None, now=noon)

    approved(season, clinician)

    launching.start(Campaign.objects.get(), by=None, now=noon)
