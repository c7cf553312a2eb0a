"""On which days patients are seen at a site."""

from datetime import date

import pytest

from healthmsg.clinic import opening
from healthmsg.clinic.models import Clinic, ClosingDay
from tests import factories

pytestmark = pytest.mark.django_db
TUESDAY = date(2026, 3, 10)
HOLIDAY = date(2026, 5, 25)  # a Monday; the day of the May Revolution in Argentina


def test_without_anything_filled_in_every_day_but_holidays(sunrise_clinic: Clinic) -> None:
    site = factories.make_site(sunrise_clinic)

    assert opening.is_open_on(site, TUESDAY)
    assert not opening.is_open_on(site, HOLIDAY)


def test_a_closing_day_closes_and_an_exception_opens(sunrise_clinic: Clinic) -> None:
    site = factories.make_site(sunrise_clinic)
    ClosingDay.objects.create(site=site, closed_on=TUESDAY)
    ClosingDay.objects.create(site=site, closed_on=HOLIDAY, is_open_anyway=True)

    assert not opening.is_open_on(site, TUESDAY)
    assert opening.is_open_on(site, HOLIDAY)


def test_a_weekday_without_hours_is_closed(sunrise_clinic: Clinic) -> None:
    hours = {"1": [["08:00", "18:00"]], "2": []}
    site = factories.make_site(sunrise_clinic, opening_hours=hours)

    assert opening.is_open_on(site, TUESDAY)
    assert not opening.is_open_on(site, date(2026, 3, 11))
    assert not opening.is_open_on(site, date(2026, 3, 12))


def test_a_region_that_nobody_knows_has_no_holidays(sunrise_clinic: Clinic) -> None:
    site = factories.make_site(sunrise_clinic, holidays_region="ZZ-9")

    assert opening.is_open_on(site, HOLIDAY)
