from datetime import UTC, datetime, timedelta

import pytest

from healthmsg.clinic.models import Clinic, Clinician, ClosingDay, Leave, Site, WorkingHours
from reminders import concerns
from reminders.concerns import Concern
from tests import factories

TUESDAY_NOON = factories.NOON
MAY_FIRST = datetime(2026, 5, 1, 15, tzinfo=UTC)  # a Friday, and a holiday in Argentina
OPEN = {str(day): [["08:00", "12:30"], ["14:00", "18:00"]] for day in range(5)}


@pytest.fixture
def site(sunrise_clinic: Clinic) -> Site:
    return factories.make_site(sunrise_clinic, opening_hours=OPEN)


@pytest.fixture
def doctor(site: Site) -> Clinician:
    """Somebody who works on mornings only."""
    doctor = factories.make_clinician(site.clinic)
    mornings = {str(day): [["08:00", "12:00"]] for day in range(5)}
    WorkingHours.objects.create(clinician=doctor, site=site, hours=mornings)
    return doctor


def concerns_at(
    site: Site, moment: datetime, minutes: int = 20, clinician: Clinician | None = None
) -> tuple[Concern, ...]:
    ends_at = moment + timedelta(minutes=minutes)
    return concerns.about(site, starts_at=moment, ends_at=ends_at, clinician=clinician)


def test_an_ordinary_time_is_of_no_concern(site: Site) -> None:
    assert concerns_at(site, TUESDAY_NOON) == ()


@pytest.mark.parametrize(
    ("moment", "minutes"),
    [
        pytest.param(TUESDAY_NOON, 40, id="into-lunch"),
        pytest.param(TUESDAY_NOON + timedelta(hours=1), 20, id="at-lunch"),
        pytest.param(TUESDAY_NOON + timedelta(days=4), 20, id="on-saturday"),
        pytest.param(TUESDAY_NOON + timedelta(hours=2), 24 * 60, id="over-night"),
    ],
)
def test_outside_the_opening_hours_is_said(site: Site, moment: datetime, minutes: int) -> None:
    assert concerns_at(site, moment, minutes) == (Concern.OUTSIDE_OPENING_HOURS,)


def test_a_closing_day_and_a_holiday_are_said(site: Site) -> None:
    ClosingDay.objects.create(site=site, closed_on=TUESDAY_NOON.date())

    assert concerns_at(site, TUESDAY_NOON) == (Concern.SITE_CLOSED,)
    assert concerns_at(site, MAY_FIRST) == (Concern.HOLIDAY,)


def test_a_holiday_on_which_the_site_is_open_is_of_no_concern(site: Site) -> None:
    ClosingDay.objects.create(site=site, closed_on=MAY_FIRST.date(), is_open_anyway=True)

    assert concerns_at(site, MAY_FIRST) == ()


def test_hours_are_the_sites_own(site: Site) -> None:
    site.time_zone = "Asia/Kathmandu"

    assert concerns_at(site, TUESDAY_NOON) == (Concern.OUTSIDE_OPENING_HOURS,)


def test_an_unknown_country_has_no_holidays(site: Site) -> None:
    site.holidays_region = "XX-1"

    assert concerns_at(site, MAY_FIRST) == ()


def test_a_time_outside_the_clinicians_hours_is_said(site: Site, doctor: Clinician) -> None:
    elsewhere = factories.make_site(site.clinic, opening_hours=OPEN)
    morning = TUESDAY_NOON - timedelta(hours=3)

    assert concerns_at(site, morning, clinician=doctor) == ()
    assert concerns_at(site, TUESDAY_NOON, clinician=doctor) == (Concern.OUTSIDE_WORKING_HOURS,)
    assert concerns_at(elsewhere, morning, clinician=doctor) == (Concern.OUTSIDE_WORKING_HOURS,)


def test_a_clinician_without_hours_works_whenever_the_site_is_open(site: Site) -> None:
    doctor = factories.make_clinician(site.clinic)

    assert concerns_at(site, TUESDAY_NOON, clinician=doctor) == ()


def test_a_clinician_who_is_away_is_said_to_be(site: Site, doctor: Clinician) -> None:
    day = TUESDAY_NOON.date()
    Leave.objects.create(clinician=doctor, first_day=day, last_day=day)

    assert concerns_at(site, TUESDAY_NOON, clinician=doctor) == (Concern.CLINICIAN_AWAY,)
    after = TUESDAY_NOON + timedelta(days=1, hours=-3)
    assert concerns_at(site, after, clinician=doctor) == ()


def test_that_it_is_closed_is_said_once(site: Site, doctor: Clinician) -> None:
    saturday = TUESDAY_NOON + timedelta(days=4)

    assert concerns_at(site, saturday, clinician=doctor) == (Concern.OUTSIDE_OPENING_HOURS,)
