"""A yes that a later word replaced goes by a rule; what stands, and every no, stays as it was."""

import json
from collections.abc import Iterable
from datetime import datetime, timedelta

import pytest
from django.db import ProgrammingError, transaction
from django.db.models import Q
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, given
from hypothesis import settings as given_settings
from hypothesis import strategies as st

from healthmsg.clinic import consent, erasure, number_lines, replaced
from healthmsg.clinic.models import (
    AuditNote,
    Change,
    ConsentEvidence,
    ConsentRecord,
    GivenHow,
    Patient,
    Phone,
    Purpose,
)
from healthmsg.desk.privacy import retention, rules
from healthmsg.desk.privacy.models import Kept, RunState
from healthmsg.desk.proof import exporting
from healthmsg.desk.proof.standing_then import Ledger
from tests import factories
from tests.healthmsg.test_retention import YEAR, begin, signed_in
from whatsapp.models import Sender

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
FOR = [Purpose.PREVENTION]
SAID = consent.Evidence(GivenHow.ON_PAPER, text="form 12")
VERBS = {"yes": consent.grant, "no": consent.decline, "stop": consent.withdraw}


def say(patient: Patient, verb: str, at: datetime) -> list[ConsentRecord]:
    return VERBS[verb](patient, factories.phone_of(patient), FOR, evidence=SAID, at=at)


def left(patient: Patient) -> list[str]:
    lines = ConsentRecord.objects.filter(patient=patient).order_by("given_at", "pk")
    return list(lines.values_list("change", flat=True))


@pytest.fixture
def patient(sender: Sender) -> Patient:
    return factories.make_patient(sender.clinic, consents=())


def test_a_yes_that_was_replaced_long_ago_goes_with_its_words(
    sender: Sender, patient: Patient, noon: datetime
) -> None:
    for verb, years in (("yes", 5), ("no", 4), ("yes", 3), ("yes", 2)):
        say(patient, verb, noon - years * YEAR)
    say(patient, "stop", noon - DAY)

    run = begin(sender.clinic, Kept.REPLACED, noon)
    assert retention.go_on(now=noon, seconds=5, piece=1) == 2

    run.refresh_from_db()
    assert (run.state, run.removed, run.expected) == (RunState.DONE, 2, 2)
    assert left(patient) == [Change.DECLINED, Change.GRANTED, Change.WITHDRAWN]
    assert ConsentEvidence.objects.count() == ConsentRecord.objects.count()
    assert retention.check(sender.clinic, Kept.REPLACED, before=noon - YEAR) == 0


def test_the_yes_that_held_when_the_time_begins_stays(
    sender: Sender, patient: Patient, noon: datetime
) -> None:
    """What was sent within the time kept can still be shown to have been allowed."""
    say(patient, "yes", noon - 5 * YEAR)
    say(patient, "no", noon - DAY)

    assert retention.check(sender.clinic, Kept.REPLACED, before=noon - YEAR) == 0


def test_a_mistake_replaces_nothing_and_stays_marked(
    sender: Sender, patient: Patient, noon: datetime
) -> None:
    say(patient, "yes", noon - 5 * YEAR)
    (wrong,) = say(patient, "no", noon - 4 * YEAR)
    consent.correct(wrong, evidence=SAID, at=noon - 3 * YEAR)

    assert retention.check(sender.clinic, Kept.REPLACED, before=noon - YEAR) == 0


def test_of_a_number_itself_it_is_the_same(
    sender: Sender, patient: Patient, noon: datetime
) -> None:
    phone = factories.phone_of(patient)
    consent.grant_team(phone, evidence=heard(), at=noon - 5 * YEAR)
    consent.grant_team(phone, evidence=heard(), at=noon - 4 * YEAR)

    begin(sender.clinic, Kept.REPLACED, noon)
    assert retention.go_on(now=noon, seconds=5) == 1

    assert number_lines.allows_team(phone)


def heard() -> consent.Evidence:
    by = factories.make_person(f"heard{ConsentRecord.objects.count()}")
    return consent.Evidence(GivenHow.AT_DESK, recorded_by=by)


def test_another_clinics_and_those_under_a_hold_stay(
    sender: Sender, patient: Patient, noon: datetime
) -> None:
    elsewhere = factories.make_patient(factories.make_clinic(name="Elsewhere"), consents=())
    for one in (patient, elsewhere):
        say(one, "yes", noon - 5 * YEAR)
        say(one, "no", noon - 4 * YEAR)
    assert retention.check(sender.clinic, Kept.REPLACED, before=noon - YEAR) == 1

    erasure.place_hold(patient, reason="a court asks", by=None, now=noon)

    assert retention.check(sender.clinic, Kept.REPLACED, before=noon - YEAR) == 0


def test_audit_has_no_line_for_each_that_goes_by_the_rule(
    sender: Sender, patient: Patient, noon: datetime
) -> None:
    say(patient, "yes", noon - 5 * YEAR)
    say(patient, "no", noon - 4 * YEAR)
    begin(sender.clinic, Kept.REPLACED, noon)
    noted = AuditNote.objects.latest("pk").pk

    retention.go_on(now=noon, seconds=5)

    models = set(AuditNote.objects.filter(pk__gt=noted).values_list("model", "verb"))
    assert models == set()


def test_outside_the_rule_no_line_can_be_removed(patient: Patient, noon: datetime) -> None:
    without_words = consent.Evidence(GivenHow.ON_PAPER)
    phone = factories.phone_of(patient)
    (line,) = consent.grant(patient, phone, FOR, evidence=without_words, at=noon)

    with pytest.raises(ProgrammingError, match="Cannot update or delete"), transaction.atomic():
        ConsentRecord.objects.filter(pk=line.pk).delete()


def test_a_proof_is_kept_a_year_at_least(sender: Sender) -> None:
    with pytest.raises(ValueError, match="too short"):
        rules.keep_for(sender.clinic, Kept.REPLACED, days=364)


def test_the_page_and_the_proof_say_what_is_no_longer_there(
    client: Client, sender: Sender, patient: Patient, noon: datetime
) -> None:
    Patient.objects.filter(pk=patient.pk).update(created_at=noon - 6 * YEAR)
    patient.refresh_from_db()
    say(patient, "yes", noon - 5 * YEAR)
    at = noon - 5 * YEAR + DAY
    factories.make_message(
        sender, patient, purpose=Purpose.PREVENTION, send_after=None, accepted_at=at
    )
    say(patient, "no", noon - 4 * YEAR)
    admin = signed_in(client, sender.clinic, "Clinic admin")
    page, by = reverse("patient_ledger", args=[patient.pk]), factories.make_person("lead")
    words = "A yes that a later line replaced before"
    assert words not in admin.get(page).text

    begin(sender.clinic, Kept.REPLACED, noon)
    retention.go_on(now=noon, seconds=5)

    assert words in admin.get(page).text
    assert words in exporting.as_page(patient, by=by, now=noon)
    proof = json.loads(exporting.as_json(patient, by=by, now=noon))
    assert proof["replaced_lines_removed_before"].startswith((noon - YEAR).date().isoformat())
    assert [one["under_line"] for one in proof["messages"]] == ["none that is still kept"]


WORDS = st.lists(
    st.tuples(
        st.sampled_from(["yes", "no", "stop", "number", "mistake"]),
        st.integers(0, 1),
        st.integers(0, 11),
    ),
    max_size=9,
)


@given_settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(words=WORDS)
def test_whatever_was_said_the_rule_changes_no_answer_and_gives_nobody_more(
    sender: Sender, patient: Patient, noon: datetime, words: list[tuple[str, int, int]]
) -> None:
    with transaction.atomic():
        phone = factories.phone_of(patient)
        both = [patient, factories.make_patient(sender.clinic, phone=phone, consents=())]
        began, before = noon - 12 * DAY, noon - 6 * DAY
        for verb, whose, day in words:
            _say(both[whose], phone, verb, began + day * DAY)
        moments = [noon - n * DAY / 2 for n in range(13)]
        had, shown = _answers(both, phone, moments), _proved(both, phone, moments)

        replaced.remove(replaced.find(sender.clinic, before=before).values_list("pk", flat=True))

        now_has, shows = _answers(both, phone, moments), _proved(both, phone, moments)
        transaction.set_rollback(True)
    assert shows == shown
    assert now_has[0] == had[0]
    assert now_has[1] <= had[1]


def _say(who: Patient, phone: Phone, verb: str, at: datetime) -> None:
    if verb in VERBS:
        VERBS[verb](who, phone, FOR, evidence=SAID, at=at)
    elif verb == "number":
        for one in (None, *consent.patients_on(phone)):
            consent.withdraw(one, phone, FOR, evidence=SAID, at=at)
    elif (last := number_lines.counting().order_by("-pk").first()) is not None:
        consent.correct(last, evidence=SAID, at=at)


def _proved(
    both: Iterable[Patient], phone: Phone, moments: Iterable[datetime]
) -> list[ConsentRecord | None]:
    """Return the lines under which something may have been sent, within the time kept."""
    ledgers = [
        Ledger.of(ConsentRecord.objects.filter(Q(patient=one) | Q(patient=None))) for one in both
    ]
    return [
        one.allowed_by(phone_id=phone.pk, purpose=FOR[0], at=at)
        for one in ledgers
        for at in moments
    ]


def _answers(
    both: Iterable[Patient], phone: Phone, moments: Iterable[datetime]
) -> tuple[list[str], set[tuple[datetime, int]]]:
    """Return how each stands, and who would be asked again were the number's stop ended."""
    stands = [consent.standing(one, phone, FOR[0], at=at) for one in both for at in moments]
    again = {
        (at, one.pk) for at in moments for one in number_lines.who_had_allowed(phone, FOR[0], at=at)
    }
    return stands, again
