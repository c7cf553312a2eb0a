"""Who would get an invitation, and for everybody else one reason."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest

from campaigns import audience, launching
from campaigns.models import Campaign, Recipient
from healthmsg.clinic import consent
from healthmsg.clinic.consent import Evidence
from healthmsg.clinic.models import (
    Contact,
    Discretion,
    GivenHow,
    Patient,
    PatientState,
    Phone,
    PhoneState,
    Purpose,
)
from tests import factories
from tests.campaigns.invitees import invite, put_on_list
from tests.factories import NOON
from whatsapp.status import Reason

pytestmark = pytest.mark.django_db

AT_DESK = Evidence(GivenHow.AT_DESK)
TODAY = date(2026, 3, 10)


def in_state(state: PatientState, until: date | None = None) -> Callable[[Patient], None]:
    def change(patient: Patient) -> None:
        Patient.objects.filter(pk=patient.pk).update(state=state, paused_until=until)

    return change


def with_contact(**fields: object) -> Callable[[Patient], None]:
    def change(patient: Patient) -> None:
        Contact.objects.filter(patient=patient).update(**fields)

    return change


def without_contact(patient: Patient) -> None:
    patient.contacts.all().delete()


def on_a_strangers_phone(patient: Patient) -> None:
    Phone.objects.filter(contacts__patient=patient).update(state=PhoneState.WRONG_PERSON)


def declined(patient: Patient) -> None:
    purposes = [Purpose.PREVENTION]
    consent.decline(patient, factories.phone_of(patient), purposes, evidence=AT_DESK, at=NOON)


def stopped(patient: Patient) -> None:
    consent.stop(factories.phone_of(patient), evidence=Evidence(GivenHow.AT_DESK), at=NOON)


def ran_out(patient: Patient) -> None:
    consent.grant(
        patient,
        factories.phone_of(patient),
        [Purpose.PREVENTION],
        evidence=AT_DESK,
        at=NOON - timedelta(days=2),
        expires_at=NOON - timedelta(days=1),
    )


REASONS = [
    pytest.param(lambda _: None, "", id="nothing"),
    pytest.param(in_state(PatientState.DECEASED), Reason.HAS_DIED, id="a-death"),
    pytest.param(in_state(PatientState.GONE), Reason.NO_LONGER_OURS, id="a-farewell"),
    pytest.param(in_state(PatientState.PAUSED), Reason.PAUSED, id="a-pause"),
    pytest.param(in_state(PatientState.PAUSED, TODAY), "", id="a-pause-that-ends-today"),
    pytest.param(
        in_state(PatientState.PAUSED, TODAY + timedelta(days=1)), Reason.PAUSED, id="until-tomorrow"
    ),
    pytest.param(without_contact, Reason.NO_CONTACT, id="nobody-to-tell"),
    pytest.param(with_contact(phone=None), Reason.NO_NUMBER, id="no-number"),
    pytest.param(
        with_contact(until=TODAY - timedelta(days=1)), Reason.CONTACT_ENDED, id="told-until"
    ),
    pytest.param(with_contact(until=TODAY), "", id="told-until-today"),
    pytest.param(
        with_contact(may_be_told=Discretion.NEVER), Reason.NEVER_BY_MESSAGE, id="never-by-message"
    ),
    pytest.param(
        with_contact(may_be_told=Discretion.CONTACT_US),
        Reason.NEVER_BY_MESSAGE,
        id="may-only-be-asked-to-call",
    ),
    pytest.param(on_a_strangers_phone, Reason.WRONG_PERSON, id="a-strangers-phone"),
    pytest.param(declined, Reason.DECLINED, id="a-no"),
    pytest.param(stopped, Reason.ASKED_US_TO_STOP, id="a-stop"),
    pytest.param(ran_out, Reason.PERMISSION_RAN_OUT, id="an-old-permission"),
]


@pytest.mark.parametrize(("change", "reason"), REASONS)
def test_one_reason_decides(
    change: Callable[[Patient], None], reason: str, campaign: Campaign, noon: datetime
) -> None:
    change(invite(campaign))

    assert audience.look(campaign, now=noon) == {reason: 1}


def test_never_having_been_asked_differs_from_having_said_no(
    campaign: Campaign, noon: datetime
) -> None:
    invite(campaign, consents=(Purpose.APPOINTMENTS,))

    assert audience.look(campaign, now=noon) == {Reason.NEVER_ASKED: 1}


def test_the_look_and_the_start_count_alike(campaign: Campaign, noon: datetime) -> None:
    for case in REASONS:
        change: Callable[[Patient], None] = case.values[0]  # type: ignore[assignment]
        change(invite(campaign))
    looked = audience.look(campaign, now=noon)

    run = launching.start(campaign, by=None, now=noon)
    assert audience.expand(run, now=noon) == len(REASONS)

    reasons = [r.reason for r in Recipient.objects.filter(run=run)]
    assert {reason: reasons.count(reason) for reason in reasons} == looked


def test_expanding_twice_is_once(campaign: Campaign, noon: datetime) -> None:
    invite(campaign)
    run = launching.start(campaign, by=None, now=noon)

    assert [audience.expand(run, now=noon) for _ in range(2)] == [1, 0]


def test_another_clinics_patients_on_the_list_are_not_written_to(
    campaign: Campaign, noon: datetime
) -> None:
    stranger = factories.make_patient(factories.make_clinic(), consents=(Purpose.PREVENTION,))
    put_on_list(campaign, stranger)

    assert audience.look(campaign, now=noon) == {}


def test_the_first_contact_is_told_and_nobody_instead(campaign: Campaign, noon: datetime) -> None:
    patient = invite(campaign)
    first = patient.contacts.get()
    daughter = factories.make_phone(campaign.clinic)
    Contact.objects.create(patient=patient, name="Eva", language="es", phone=daughter, rank=2)

    run = launching.start(campaign, by=None, now=noon)
    audience.expand(run, now=noon)

    assert Recipient.objects.get(run=run).contact == first
