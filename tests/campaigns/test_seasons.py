"""A season as something an audience asks for, by the clinic's own days."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from campaigns import audience, criteria
from campaigns.audience import Asked
from campaigns.models import Audience, Doses, Season
from healthmsg.clinic.models import Clinic, Immunisation, Patient
from tests import factories
from tests.campaigns import vaccinating
from tests.campaigns.vaccinating import dose

FIRST, LAST = date(2026, 3, 1), date(2026, 5, 31)


@pytest.fixture
def season(sunrise_clinic: Clinic) -> Season:
    return vaccinating.season(sunrise_clinic, first_day=FIRST, last_day=LAST)


def asking(season: Season, doses: Doses) -> Audience:
    made, _ = Audience.objects.get_or_create(clinic=season.clinic, name=doses)
    made.season, made.in_season = season, doses
    made.full_clean()
    made.save()
    return made


def fitting(asked: Audience, now: datetime) -> set[int]:
    found = Asked(asked.clinic, criteria.of(asked), now)
    some = audience.some(found)
    assert audience.count(found) == len(some)
    return set(some)


def test_a_dose_of_the_season_is_recorded_or_is_not(
    season: Season, sunrise_clinic: Clinic, noon: datetime
) -> None:
    within, before, other, mistaken, none = (
        factories.make_patient(sunrise_clinic) for _ in range(5)
    )
    dose(within, "flu", LAST)
    dose(before, "flu", FIRST - timedelta(days=1))
    dose(other, "penta", FIRST)
    dose(mistaken, "flu", FIRST, entered_in_error_at=noon)

    assert fitting(asking(season, Doses.RECORDED), noon) == {within.pk}
    assert fitting(asking(season, Doses.NOT_RECORDED), noon) == {
        patient.pk for patient in (before, other, mistaken, none)
    }


@pytest.mark.parametrize(("hour", "is_of_the_season"), [(2, True), (3, False)])
def test_a_dose_of_unknown_day_is_of_the_day_it_was_told_by_the_clinics_clocks(
    season: Season, willing_patient: Patient, noon: datetime, hour: int, is_of_the_season: bool
) -> None:
    """Midnight in Buenos Aires is 03:00 UTC."""
    dose(willing_patient, "flu", None, recorded_at=datetime(2026, 6, 1, hour, tzinfo=UTC))

    found = fitting(asking(season, Doses.RECORDED), noon)
    assert found == ({willing_patient.pk} if is_of_the_season else set())


def test_doses_of_a_season_need_the_season(sunrise_clinic: Clinic) -> None:
    unsaid = Audience(clinic=sunrise_clinic, name="?", in_season=Doses.RECORDED)

    with pytest.raises(ValidationError, match="Choose the season"):
        unsaid.full_clean()


@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(st.tuples(st.integers(0, 2), st.dates(FIRST - timedelta(40), LAST)), max_size=6))
def test_everybody_has_had_a_dose_in_the_season_or_has_not(
    season: Season, sunrise_clinic: Clinic, noon: datetime, given_: list[tuple[int, date]]
) -> None:
    Immunisation.objects.all().delete()
    patients = list(Patient.objects.order_by("pk"))
    patients += [factories.make_patient(sunrise_clinic) for _ in range(3 - len(patients))]
    for who, day in set(given_):
        dose(patients[who], "flu", day)

    had = {patients[who].pk for who, day in given_ if FIRST <= day <= LAST}
    assert fitting(asking(season, Doses.RECORDED), noon) == had
    everybody = {patient.pk for patient in patients}
    assert fitting(asking(season, Doses.NOT_RECORDED), noon) == everybody - had
