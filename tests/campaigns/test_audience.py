"""Who would get an invitation, and for everybody else one reason."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest

from campaigns import audience, languages, launching, refusing
from campaigns.models import LEAVE_OUT, Campaign, Recipient, Run, RunStatus
from healthmsg.clinic import consent
from healthmsg.clinic.consent import Evidence
from healthmsg.clinic.models import (
    Contact,
    Discretion,
    GivenHow,
    Immunisation,
    Patient,
    PatientState,
    Phone,
    PhoneState,
    Purpose,
    Vaccine,
)
from tests import factories
from tests.campaigns.invitees import invite, put_on_list
from tests.factories import NOON
from whatsapp.models import Message, Stream
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

    assert audience.look(audience.of(campaign, now=noon)) == {reason: 1}


def test_never_having_been_asked_differs_from_having_said_no(
    campaign: Campaign, noon: datetime
) -> None:
    invite(campaign, consents=(Purpose.APPOINTMENTS,))

    assert audience.look(audience.of(campaign, now=noon)) == {Reason.NEVER_ASKED: 1}


def test_the_look_and_the_start_count_alike(campaign: Campaign, noon: datetime) -> None:
    for case in REASONS:
        change: Callable[[Patient], None] = case.values[0]  # type: ignore[assignment]
        change(invite(campaign))
    looked = audience.look(audience.of(campaign, now=noon))

    run = launching.start(campaign, by=None, now=noon)
    assert not audience.expand(run, now=noon)

    reasons = [r.reason for r in Recipient.objects.filter(run=run)]
    assert {reason: reasons.count(reason) for reason in reasons} == looked


def test_expanding_twice_is_once(campaign: Campaign, noon: datetime) -> None:
    invite(campaign)
    run = launching.start(campaign, by=None, now=noon)

    # Both read the run before either had begun.
    for one in (run, Run.objects.get(pk=run.pk)):
        assert not audience.expand(one, now=noon)

    assert Recipient.objects.count() == 1


def test_expanding_goes_on_where_it_was_cut_off(campaign: Campaign, noon: datetime) -> None:
    invited = [invite(campaign) for _ in range(5)]
    run = launching.start(campaign, by=None, now=noon)

    assert audience.expand(run, now=noon, chunk=2)
    # Whoever comes later begins with what the row says.
    rest = Run.objects.get(pk=run.pk)
    assert audience.expand(rest, now=noon, chunk=2)
    assert not audience.expand(rest, now=noon, chunk=2)

    assert {r.patient for r in Recipient.objects.filter(run=run)} == set(invited)


def test_who_has_had_it_or_is_booked_for_it_needs_no_invitation(
    campaign: Campaign, noon: datetime
) -> None:
    had_it, booked, neither = (invite(campaign) for _ in range(3))
    campaign.vaccine = Vaccine.objects.create(clinic=campaign.clinic, code="flu", name="Flu")
    campaign.vaccine_since = TODAY - timedelta(days=200)
    campaign.visit_kind = factories.make_kind(campaign.clinic)
    Immunisation.objects.create(
        patient=had_it, vaccine=campaign.vaccine, given_on=TODAY, recorded_at=noon
    )
    long_ago = TODAY - timedelta(days=300)
    Immunisation.objects.create(
        patient=neither, vaccine=campaign.vaccine, given_on=long_ago, recorded_at=noon
    )
    tomorrow = noon + timedelta(days=1)
    factories.make_visit(booked, starts_at=tomorrow, kind=campaign.visit_kind)

    look = audience.look(audience.of(campaign, now=noon))

    assert look == {Reason.ALREADY_DONE: 1, Reason.ALREADY_BOOKED: 1, "": 1}


def test_nobody_gets_more_invitations_than_the_clinic_says(
    campaign: Campaign, noon: datetime
) -> None:
    patient = invite(campaign)
    campaign.clinic.invitations_a_month = 2
    campaign.clinic.save()
    for days, expected in ((40, ""), (20, ""), (10, Reason.TOLD_RECENTLY)):
        earlier = noon - timedelta(days=days)
        run = Run.objects.create(
            campaign=campaign,
            occurrence_at=earlier,
            stream=Stream.objects.create(clinic=campaign.clinic, name="x"),
            expires_at=earlier,
            started_at=earlier,
            status=RunStatus.DONE,
        )
        Recipient.objects.create(run=run, patient=patient, poured_at=earlier, reason="REFUSED")
        assert audience.look(audience.of(campaign, now=noon)) == {expected: 1}


def test_whose_language_the_template_lacks_gets_what_was_chosen(
    campaign: Campaign, noon: datetime
) -> None:
    invite(campaign)
    invite(campaign).contacts.update(language="hi")
    asked = {"": 1, Reason.TEMPLATE_MISSING: 1}
    assert audience.look(audience.of(campaign, now=noon)) == asked
    assert languages.Words(campaign).missing == ["hi"]
    with pytest.raises(refusing.NotAllowed, match="lacks a language"):
        launching.start(campaign, by=None, now=noon)

    campaign.spare_language = "es"
    assert audience.look(audience.of(campaign, now=noon)) == {"": 2}

    campaign.spare_language = LEAVE_OUT
    assert audience.look(audience.of(campaign, now=noon)) == asked
    campaign.save()
    run = launching.start(campaign, by=None, now=noon)
    launching.pour(now=noon)
    assert {m.language for m in Message.objects.filter(stream=run.stream)} == {"es"}


def test_without_a_number_nothing_starts_and_the_number_is_what_is_missing(
    campaign: Campaign, noon: datetime
) -> None:
    invite(campaign)
    campaign.clinic.senders.all().delete()

    assert audience.look(audience.of(campaign, now=noon)) == {Reason.NO_SENDER: 1}
    with pytest.raises(refusing.NotAllowed, match="no WhatsApp number"):
        launching.start(campaign, by=None, now=noon)


def test_the_file_names_everybody_and_why(campaign: Campaign, noon: datetime) -> None:
    factories.make_patient(campaign.clinic)
    one = invite(campaign)
    dead = invite(campaign)
    in_state(PatientState.DECEASED)(dead)

    told = {v.patient_id: v.reason for v in audience.everybody(audience.of(campaign, now=noon))}

    assert told == {one.pk: "", dead.pk: Reason.HAS_DIED}


def test_another_clinics_patients_on_the_list_are_not_written_to(
    campaign: Campaign, noon: datetime
) -> None:
    stranger = factories.make_patient(factories.make_clinic(), consents=(Purpose.PREVENTION,))
    put_on_list(campaign, stranger)

    assert audience.look(audience.of(campaign, now=noon)) == {}


def test_the_first_contact_is_told_and_nobody_instead(campaign: Campaign, noon: datetime) -> None:
    patient = invite(campaign)
    first = patient.contacts.get()
    daughter = factories.make_phone(campaign.clinic)
    Contact.objects.create(patient=patient, name="Eva", language="es", phone=daughter, rank=2)

    run = launching.start(campaign, by=None, now=noon)
    audience.expand(run, now=noon)

    assert Recipient.objects.get(run=run).contact == first


def test_a_shared_number_is_one_message(campaign: Campaign, noon: datetime) -> None:
    phone = factories.make_phone(campaign.clinic)
    for _ in range(3):
        invite(campaign, phone=phone)
    invite(campaign, phone=phone, consents=())
    for _ in range(2):
        invite(campaign)

    found = audience.check(audience.of(campaign, now=noon))

    assert found.by_reason == {"": 5, Reason.NEVER_ASKED: 1}
    assert (found.reached, found.messages, found.sharing) == (5, 3, 2)
    run = launching.start(campaign, by=None, now=noon)
    launching.pour(now=noon)
    assert Message.objects.filter(stream=run.stream).count() == found.messages
