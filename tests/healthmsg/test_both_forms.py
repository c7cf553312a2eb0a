"""A number that stands in both its forms, as two rows: whoever stops one has stopped the other."""

from datetime import date, datetime, timedelta

import pytest
from django.conf import settings as django_settings
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from healthmsg.clinic import both_forms, brought, consent, number_lines, remembered
from healthmsg.clinic.models import (
    Change,
    Clinic,
    ConsentEvidence,
    ConsentRecord,
    GivenHow,
    Patient,
    Phone,
    PhoneState,
    Purpose,
    StaffUser,
)
from healthmsg.clinic.phone import hashed, same_number
from healthmsg.desk.merging import suspecting
from healthmsg.desk.merging.models import SuspectedDuplicate, Suspicion
from healthmsg.desk.tasks import suspect_duplicates
from tests import factories
from tests.healthmsg.test_brought import say
from tests.healthmsg.test_typed_numbers import TWO_FORMS

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
CARE, OFFERS = Purpose.APPOINTMENTS, Purpose.MARKETING
WROTE = consent.Evidence(GivenHow.BY_MESSAGE)


@pytest.fixture
def mobile(sunrise_clinic: Clinic) -> Phone:
    return factories.make_phone(sunrise_clinic, "+5491155550101")


@pytest.fixture
def short(sunrise_clinic: Clinic) -> Phone:
    """The same line as `mobile`, as it was once written down."""
    return factories.make_phone(sunrise_clinic, "+541155550101")


def long_ago(phone: Phone, purposes: tuple[Purpose, ...], at: datetime) -> None:
    """Stop a number as it was done before its other form was known."""
    consent.withdraw(None, phone, purposes, evidence=WROTE, at=at)
    consent.let_state_follow(phone, at)


def standing(patient: Patient, at: datetime, purpose: Purpose = CARE) -> str:
    return consent.standing(patient, factories.phone_of(patient), purpose, at=at)


@pytest.mark.parametrize(("one", "other"), TWO_FORMS)
@pytest.mark.parametrize("is_long_ago", [True, False], ids=["long-ago", "now"])
def test_a_stop_of_one_form_holds_on_the_other(
    sunrise_clinic: Clinic, noon: datetime, one: str, other: str, is_long_ago: bool
) -> None:
    stopped, twin = (factories.make_phone(sunrise_clinic, number) for number in (one, other))
    patient = factories.make_patient(sunrise_clinic, phone=twin)
    stranger = factories.make_patient(sunrise_clinic)

    if is_long_ago:
        long_ago(stopped, consent.LEDGER_PURPOSES, noon)
        assert standing(patient, noon) == Change.GRANTED
        assert both_forms.hold(now=noon + DAY) == 1
    else:
        consent.stop(stopped, evidence=WROTE, at=noon)

    twin.refresh_from_db()
    assert standing(patient, noon) == Change.WITHDRAWN
    assert twin.state == PhoneState.STOPPED
    assert standing(stranger, noon) == Change.GRANTED
    assert both_forms.hold(now=noon + DAY) == 0


def test_other_clinics_and_landlines_are_left_alone(sunrise_clinic: Clinic, noon: datetime) -> None:
    mobile = factories.make_phone(sunrise_clinic, "+5511934567890")
    landline = factories.make_phone(sunrise_clinic, "+551134567890")
    theirs = factories.make_phone(factories.make_clinic(), "+5511934567890")
    patients = [factories.make_patient(p.clinic, phone=p) for p in (landline, theirs)]

    long_ago(mobile, consent.LEDGER_PURPOSES, noon)

    assert both_forms.hold(now=noon) == 0
    assert [standing(patient, noon) for patient in patients] == [Change.GRANTED] * 2


def test_only_what_was_stopped_is_held_and_it_says_where_it_comes_from(
    mobile: Phone, short: Phone, noon: datetime
) -> None:
    factories.make_patient(short.clinic, phone=short)
    long_ago(mobile, (OFFERS,), noon)

    suspect_duplicates()

    assert number_lines.withdrawn(short) == {OFFERS: noon}
    short.refresh_from_db()
    assert short.state == PhoneState.NEW
    lines = ConsentRecord.objects.filter(phone=short, change=Change.WITHDRAWN)
    assert {line.given_how for line in lines} == {GivenHow.BY_MESSAGE}
    assert ConsentEvidence.objects.filter(record__in=lines).count() == len(lines) == 2


def test_a_yes_that_the_other_form_has_heard_since_stands(
    mobile: Phone, short: Phone, noon: datetime
) -> None:
    patient = factories.make_patient(short.clinic, phone=short)
    long_ago(mobile, (CARE,), noon)
    say("grant again", patient, short, noon + DAY)
    long_ago(short, (CARE,), noon + 2 * DAY)
    say("grant again", patient, short, noon + 3 * DAY)

    assert both_forms.hold(now=noon + 4 * DAY) == 0

    assert standing(patient, noon + 4 * DAY) == Change.GRANTED


def test_who_stopped_by_mistake_has_stopped_neither(
    mobile: Phone, short: Phone, noon: datetime
) -> None:
    patient = factories.make_patient(short.clinic, phone=short)
    by = StaffUser.objects.create(username="desk")
    long_ago(mobile, consent.LEDGER_PURPOSES, noon)
    both_forms.hold(now=noon)
    stop = ConsentRecord.objects.filter(phone=mobile, patient=None).earliest("pk")

    told = consent.Evidence(GivenHow.AT_DESK, recorded_by=by)
    consent.correct(stop, evidence=told, at=noon + DAY)

    assert both_forms.hold(now=noon + DAY) == 0
    assert standing(patient, noon + DAY) == Change.GRANTED
    assert not number_lines.withdrawn(mobile) | number_lines.withdrawn(short)
    states = Phone.objects.filter(pk__in=[mobile.pk, short.pk]).values_list("state", flat=True)
    assert set(states) == {PhoneState.NEW}


def test_what_is_kept_after_a_stop_is_kept_on_both(
    mobile: Phone, short: Phone, noon: datetime
) -> None:
    patients = [factories.make_patient(p.clinic, phone=p) for p in (mobile, short)]
    consent.stop(mobile, evidence=WROTE, at=noon)

    consent.keep(mobile, CARE, evidence=WROTE, at=noon + DAY)

    assert [standing(patient, noon + DAY) for patient in patients] == [Change.GRANTED] * 2
    assert [standing(p, noon + DAY, OFFERS) for p in patients] == [Change.WITHDRAWN] * 2


def test_a_stop_for_one_patient_stops_nobody_else_on_either_form(
    mobile: Phone, short: Phone, noon: datetime
) -> None:
    meant, sibling = (factories.make_patient(mobile.clinic, phone=mobile) for _ in range(2))
    cousin = factories.make_patient(short.clinic, phone=short)
    consent.stop(mobile, evidence=WROTE, at=noon)

    consent.stop_for_one(mobile, meant, evidence=WROTE, at=noon + DAY)

    stands = [standing(patient, noon + DAY) for patient in (meant, sibling, cousin)]
    assert stands == [Change.WITHDRAWN, Change.GRANTED, Change.GRANTED]


def test_stops_brought_along_and_remembered_hold_on_both(
    mobile: Phone, short: Phone, noon: datetime
) -> None:
    brought.stop({mobile.pk: noon}, mobile.clinic_id, by=None, now=noon)
    assert number_lines.withdrawn(short).keys() >= set(consent.LEDGER_PURPOSES)

    again = factories.make_phone(mobile.clinic, "+525512345678")
    other = factories.make_phone(mobile.clinic, "+5215512345678")
    key = django_settings.NUMBERS_KEY
    known = hashed(again.number, again.clinic_id, key=key)
    remembered.remember(again.clinic_id, known, [CARE], since=noon)
    remembered.apply([again], key=key, now=noon)

    assert number_lines.withdrawn(again) == number_lines.withdrawn(other) == {CARE: noon}


def test_many_portions_are_looked_through(sunrise_clinic: Clinic, noon: datetime) -> None:
    pairs = [
        [factories.make_phone(sunrise_clinic, f"+54{nine}115555{n:04}") for nine in ("9", "")]
        for n in range(3)
    ]
    for stopped, _twin in pairs:
        long_ago(stopped, (CARE,), noon)

    held = both_forms.hold(now=noon, portion=2)

    assert held == 3
    assert all(number_lines.withdrawn(twin) == {CARE: noon} for _stopped, twin in pairs)


def test_who_is_registered_once_under_each_form_is_suspected_of_being_one(
    mobile: Phone, short: Phone, noon: datetime
) -> None:
    one, twin = (
        factories.make_patient(row.clinic, phone=row, given_name=name, birth_date=birth_date)
        for row, name, birth_date in (
            (mobile, "Ana", date(1990, 1, 1)),
            (short, "ana", date(1990, 1, 2)),
        )
    )
    factories.make_patient(short.clinic, phone=short, given_name="Leo", birth_date=date(2015, 1, 1))

    suspect_duplicates()
    suspect_duplicates()

    suspicion = SuspectedDuplicate.objects.get()
    assert (suspicion.one, suspicion.other, suspicion.why) == (one, twin, Suspicion.NUMBER)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    number=st.builds(
        "+{}{}".format,
        st.sampled_from(["549", "54", "521", "52", "55119", "5511", "1", "569"]),
        st.from_regex(r"[0-9]{6,11}", fullmatch=True),
    )
)
def test_the_database_knows_the_same_shorter_form(db: None, number: str) -> None:
    known = same_number(number)[1:]

    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {suspecting.SHORTER.format(number='%(number)s')}", {"number": number}
        )
        (shorter,) = cursor.fetchone()

    assert shorter == next((form for form in known if len(form) < len(number)), None)


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    said=st.lists(
        st.tuples(
            st.sampled_from(["stop", "long ago", "keep", "grant", "grant again", "decline"]),
            st.integers(0, 1),
        ),
        max_size=6,
    )
)
def test_whatever_was_said_holding_opens_nothing_and_leaves_no_stop_on_one_form_alone(
    sunrise_clinic: Clinic, noon: datetime, said: list[tuple[str, int]]
) -> None:
    local = factories.make_phone(sunrise_clinic).number[-5:]
    rows = [factories.make_phone(sunrise_clinic, f"+54{nine}44116{local}") for nine in ("9", "")]
    patients = [factories.make_patient(sunrise_clinic, phone=row, consents=()) for row in rows]
    for n, (what, which) in enumerate(said):
        at = noon + n * DAY
        if what == "long ago":
            long_ago(rows[which], (CARE,), at)
        else:
            say(what, patients[which], rows[which], at)
    later = noon + 9 * DAY
    before = [standing(patient, later) for patient in patients]

    both_forms.hold(now=later)

    after = [standing(patient, later) for patient in patients]
    assert both_forms.hold(now=later) == 0
    changed = [was for was in zip(before, after, strict=True) if was[0] != was[1]]
    assert all(now == Change.WITHDRAWN for _was, now in changed)
    words = [number_lines.newest(row).get(CARE) for row in rows]
    for one, other in (words, words[::-1]):
        if one is not None and one.change == Change.WITHDRAWN:
            assert other is not None
            assert other.change == Change.WITHDRAWN or other.given_at > one.given_at
