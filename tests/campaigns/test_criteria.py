"""Who fits an audience: one thing after the other, and all of them together."""

from calendar import monthrange
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from campaigns import audience, criteria
from campaigns.audience import Asked
from campaigns.models import Audience, Doses, NextVisit, Recipient, Run
from healthmsg.clinic.models import (
    Clinic,
    DoseSource,
    Immunisation,
    Patient,
    Tag,
    Vaccine,
    VisitStatus,
)
from tests import factories
from whatsapp.models import Stream

DAY = timedelta(days=1)
Change = Callable[["Cast"], object]


class Cast:
    """One patient who fits, one who does not, and what an audience may ask about."""

    def __init__(self, clinic: Clinic, now: datetime) -> None:
        self.clinic, self.now = clinic, now
        self.one = factories.make_patient(clinic)
        self.other = factories.make_patient(clinic)
        self.audience = Audience.objects.create(clinic=clinic, name="All")
        self.vaccine = Vaccine.objects.create(clinic=clinic, code="flu", name="Flu")

    def fitting(self) -> set[Patient]:
        asked = Asked(self.clinic, criteria.of(self.audience), self.now)
        found = set(Patient.objects.filter(pk__in=audience.some(asked)))
        assert audience.count(asked) == len(found)
        return found

    def ask(self, **values: object) -> None:
        for name, value in values.items():
            if isinstance(value, list) and value and hasattr(value[0], "pk"):
                getattr(self.audience, name).set(value)
            else:
                setattr(self.audience, name, value)
        self.audience.full_clean()
        self.audience.save()

    def change(self, patient: Patient, **values: object) -> None:
        Patient.objects.filter(pk=patient.pk).update(**values)

    def visit(
        self, patient: Patient, days: int, status: VisitStatus = VisitStatus.SEEN, **fields: object
    ) -> None:
        factories.make_visit(
            patient, starts_at=self.now + days * DAY, status=status, is_overbooked=True, **fields
        )

    def dose(self, patient: Patient, given_on: date | None, **fields: object) -> None:
        Immunisation.objects.create(
            patient=patient,
            vaccine=self.vaccine,
            given_on=given_on,
            recorded_at=self.now,
            **fields,
        )


@pytest.fixture
def cast(sunrise_clinic: Clinic, noon: datetime) -> Cast:
    return Cast(sunrise_clinic, noon)


def test_an_audience_of_nothing_filled_in_is_everybody_of_the_clinic(cast: Cast) -> None:
    factories.make_patient(factories.make_clinic())
    assert cast.fitting() == {cast.one, cast.other}


def by_site(cast: Cast) -> None:
    site = factories.make_site(cast.clinic)
    cast.change(cast.one, site=site)
    cast.ask(sites=[site])


def by_sex(cast: Cast) -> None:
    cast.change(cast.one, sex="FEMALE")
    cast.ask(sexes=["FEMALE", "OTHER"])


def by_language(cast: Cast) -> None:
    cast.one.contacts.update(language="pt_BR")
    cast.ask(languages=["pt_BR"])


def by_age(cast: Cast) -> None:
    cast.change(cast.one, birth_date=date(2025, 9, 10))
    cast.ask(age_from_months=6, age_below_months=7)


def by_a_day_too_young(cast: Cast) -> None:
    cast.change(cast.one, birth_date=date(2025, 9, 10))
    cast.change(cast.other, birth_date=date(2025, 9, 11))
    cast.ask(age_from_months=6)


def by_an_age_nobody_knows(cast: Cast) -> None:
    cast.change(cast.other, birth_date=None)
    cast.ask(age_from_months=1)


def by_tag(cast: Cast) -> None:
    tag = Tag.objects.create(clinic=cast.clinic, name="asthma")
    cast.one.tags.add(tag)
    cast.ask(tags=[tag, Tag.objects.create(clinic=cast.clinic, name="none")])


def by_no_tag(cast: Cast) -> None:
    tag = Tag.objects.create(clinic=cast.clinic, name="asthma")
    cast.other.tags.add(tag)
    cast.ask(tags_left_out=[tag])


def by_having_been_seen(cast: Cast) -> None:
    cast.visit(cast.one, -20)
    cast.visit(cast.other, -40)
    cast.visit(cast.other, -20, VisitStatus.MISSED)
    cast.ask(seen_within_days=30)


def by_not_having_been_seen(cast: Cast) -> None:
    cast.visit(cast.other, -20)
    cast.ask(not_seen_for_days=30)


def by_the_clinician_who_saw_them(cast: Cast) -> None:
    paz, sol = (factories.make_clinician(cast.clinic) for _ in range(2))
    cast.visit(cast.one, -20, clinician=paz)
    cast.visit(cast.other, -20, clinician=sol)
    cast.ask(seen_within_days=30, clinicians=[paz])


def by_a_kind_of_visit_at_any_time(cast: Cast) -> None:
    kind = factories.make_kind(cast.clinic)
    cast.visit(cast.one, -400, kind=kind)
    cast.visit(cast.other, -400)
    cast.ask(visit_kinds=[kind])


def by_a_visit_to_come(cast: Cast) -> None:
    cast.visit(cast.one, 3, VisitStatus.BOOKED)
    cast.visit(cast.other, 3, VisitStatus.CANCELLED_BY_CLINIC)
    cast.ask(next_visit=NextVisit.BOOKED)


def by_no_visit_to_come(cast: Cast) -> None:
    cast.visit(cast.other, 3, VisitStatus.BOOKED)
    cast.ask(next_visit=NextVisit.NONE)


def by_a_recorded_dose(cast: Cast) -> None:
    cast.dose(cast.one, date(2026, 1, 5))
    cast.dose(cast.other, date(2025, 1, 5))
    cast.ask(vaccine=cast.vaccine, doses=Doses.RECORDED, doses_since=date(2025, 10, 1))


def by_a_dose_told_on_the_day_that_the_clinics_clocks_showed(cast: Cast) -> None:
    for patient, told_at in (
        (cast.one, datetime(2025, 10, 1, 3, 30, tzinfo=UTC)),
        (cast.other, datetime(2025, 10, 1, 2, 30, tzinfo=UTC)),
    ):
        cast.dose(patient, None, source=DoseSource.TOLD_BY_PATIENT)
        Immunisation.objects.filter(patient=patient).update(recorded_at=told_at)
    cast.ask(vaccine=cast.vaccine, doses=Doses.RECORDED, doses_since=date(2025, 10, 1))


def by_no_recorded_dose(cast: Cast) -> None:
    cast.dose(cast.one, date(2026, 1, 5), entered_in_error_at=cast.now)
    cast.dose(cast.other, None, source=DoseSource.TOLD_BY_PATIENT)
    cast.ask(vaccine=cast.vaccine, doses=Doses.NOT_RECORDED, doses_since=date(2025, 10, 1))


def by_no_invitation_lately(cast: Cast) -> None:
    campaign = factories.make_campaign(cast.clinic)
    run = Run.objects.create(
        campaign=campaign,
        occurrence_at=cast.now,
        stream=Stream.objects.create(clinic=cast.clinic, name="x"),
        expires_at=cast.now,
        started_at=cast.now,
    )
    for patient, days in ((cast.one, 40), (cast.other, 20)):
        told_at = cast.now - days * DAY
        Recipient.objects.create(run=run, patient=patient, poured_at=told_at, reason="REFUSED")
    cast.ask(not_contacted_for_days=30)


def by_a_list(cast: Cast) -> None:
    cast.ask(lists=[factories.make_list(cast.clinic, cast.one)])


def by_a_list_beside_everything_else(cast: Cast) -> None:
    cast.ask(sexes=["FEMALE"], lists=[factories.make_list(cast.clinic, cast.one)])


def by_a_list_narrowed(cast: Cast) -> None:
    cast.change(cast.one, sex="FEMALE")
    both = factories.make_list(cast.clinic, cast.one, cast.other)
    cast.ask(sexes=["FEMALE"], lists=[both], lists_alone=True)


def by_a_list_that_leaves_out(cast: Cast) -> None:
    cast.ask(left_out=[factories.make_list(cast.clinic, cast.other)])


def by_several_things(cast: Cast) -> None:
    cast.change(cast.one, sex="FEMALE", birth_date=date(1960, 1, 1))
    cast.change(cast.other, sex="FEMALE")
    cast.ask(sexes=["FEMALE"], age_from_months=60 * 12)


WAYS = [way for name, way in sorted(globals().items()) if name.startswith("by_") and callable(way)]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_one_fits_and_the_other_does_not(cast: Cast, way: Change) -> None:
    way(cast)
    assert cast.fitting() == {cast.one}


def test_what_a_form_has_cleaned_is_asked_as_what_is_saved(cast: Cast) -> None:
    tag = Tag.objects.create(clinic=cast.clinic, name="asthma")
    cast.one.tags.add(tag)
    typed = criteria.typed(
        cast.clinic.pk,
        {
            "sexes": [],
            "languages": ["es"],
            "tags": Tag.objects.all(),
            "next_visit": "ANY",
            "doses": "ANY",
            "in_season": "ANY",
            "lists_alone": False,
        },
    )
    assert audience.some(Asked(cast.clinic, typed, cast.now)) == [cast.one.pk]

    cast.ask(tags=[tag], languages=["es"])
    assert criteria.of(cast.audience) == typed


def months_later(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    born=st.dates(date(2023, 1, 1), date(2026, 3, 10)),
    months=st.integers(0, 40),
)
def test_an_age_in_months_is_reached_as_calendars_have_it(
    cast: Cast, born: date, months: int
) -> None:
    cast.change(cast.one, birth_date=born)
    cast.ask(age_from_months=months)

    today = cast.now.astimezone(cast.clinic.zone).date()
    assert (cast.one in cast.fitting()) == (months_later(born, months) <= today)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"age_from_months": 12, "age_below_months": 12}, "Younger than"),
        ({"doses": Doses.RECORDED}, "Choose the vaccine"),
    ],
)
def test_what_cannot_be_meant_is_said(cast: Cast, values: dict[str, object], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        cast.ask(**values)
