"""What taps on invitations change: each is counted, acted on once, and about one topic alone."""

from datetime import date, datetime, timedelta

import pytest

from campaigns import answers, audience, launching, listing, topics
from campaigns.models import Campaign, DeclinedTopic, PatientList, Recipient, Run, RunStatus
from healthmsg.clinic import consent
from healthmsg.clinic.models import (
    Clinic,
    DoseSource,
    Immunisation,
    Patient,
    Purpose,
    StaffUser,
    Vaccine,
)
from tests import factories
from tests.campaigns import vaccinating
from tests.campaigns.invitees import WILLING, invite
from tests.campaigns.vaccinating import approved, dose, person
from whatsapp import buttons
from whatsapp import replies as inbound
from whatsapp.buttons import EVERYBODY, Verb
from whatsapp.models import Message, Reply, ReplyOutcome
from whatsapp.status import Reason

LATER = timedelta(hours=1)


def poured(campaign: Campaign, now: datetime) -> Run:
    run = launching.start(campaign, by=None, now=now)
    while launching.pour(now=now):
        pass
    return run


def tap(message: Message, verb: Verb, at: datetime, *, about: int | None = None) -> Reply:
    """A tap as it comes back from the phone, taken in hand."""
    assert message.phone is not None
    assert message.sender is not None
    reply = factories.make_reply(
        clinic=message.clinic,
        sender=message.sender,
        wamid=f"wamid.{Reply.objects.count()}",
        from_number=message.phone.number.lstrip("+"),
        kind="button",
        button=buttons.payload(verb, message.callback, about=about),
        written_at=at,
    )
    inbound.take_in_hand(now=at, broken_off=set())
    reply.refresh_from_db()
    return reply


def message_of(run: Run, patient: Patient) -> Message:
    message = Recipient.objects.get(run=run, patient=patient).message
    assert message is not None
    return message


@pytest.fixture
def flu(campaign: Campaign) -> Vaccine:
    vaccine = vaccinating.vaccine(campaign.clinic, "flu")
    campaign.vaccine = vaccine
    campaign.save()
    return vaccine


@pytest.fixture
def due(campaign: Campaign, sunrise_clinic: Clinic, noon: datetime) -> PatientList:
    """The campaign goes to an approved list of children due for penta and opv."""
    clinician, author = person(sunrise_clinic, "c", "Clinician"), StaffUser.objects.create()
    rows = (("penta", 1, "6w", ""), ("opv", 1, "6w", ""))
    schedule = approved(vaccinating.schedule(sunrise_clinic, *rows), clinician)
    for _ in range(2):
        factories.make_patient(
            sunrise_clinic, birth_date=date(2026, 1, 20), consents=WILLING, language="es"
        )
    made = listing.make(schedule, name="Due", by=author, due_by=date(2026, 3, 31), now=noon)
    listing.go_on(now=noon)
    made.refresh_from_db()
    campaign.audience.lists.set([approved(made, clinician)])
    return made


def doses_of(patient: Patient) -> set[str]:
    doses = Immunisation.objects.filter(patient=patient)
    assert all((one.source, one.given_on) == (DoseSource.TOLD_BY_PATIENT, None) for one in doses)
    assert doses.values("vaccine").distinct().count() == doses.count()
    return set(doses.values_list("vaccine__code", flat=True))


def reason_of(campaign: Campaign, patient: Patient, now: datetime) -> str:
    found = audience.everybody(audience.of(campaign, now=now))
    return next(one.reason for one in found if one.patient_id == patient.pk)


def test_already_done_is_a_dose_told_by_the_patient_once(
    campaign: Campaign, flu: Vaccine, noon: datetime
) -> None:
    patient = invite(campaign)
    run = poured(campaign, noon)

    for minutes in (1, 2):
        reply = tap(message_of(run, patient), Verb.ALREADY_DONE, noon + minutes * LATER)

    assert reply.outcome == ReplyOutcome.ALREADY_DONE
    assert reply.needs_person_at is None
    assert doses_of(patient) == {"flu"}
    assert reason_of(campaign, patient, noon + 3 * LATER) == Reason.ALREADY_DONE


def test_a_dose_recorded_since_the_invitation_is_the_one_they_speak_of(
    campaign: Campaign, flu: Vaccine, noon: datetime
) -> None:
    patient = invite(campaign)
    run = poured(campaign, noon)
    dose(patient, "flu", date(2026, 3, 10), recorded_at=noon + LATER)

    tap(message_of(run, patient), Verb.ALREADY_DONE, noon + 2 * LATER)

    assert Immunisation.objects.count() == 1


def test_already_done_counts_for_everything_the_list_named(
    campaign: Campaign, due: PatientList, noon: datetime
) -> None:
    done, other = Patient.objects.order_by("pk")
    run = poured(campaign, noon)

    tap(message_of(run, done), Verb.ALREADY_DONE, noon + LATER)

    assert doses_of(done) == {"penta", "opv"}
    assert doses_of(other) == set()
    assert reason_of(campaign, done, noon + 2 * LATER) == Reason.ALREADY_DONE
    assert reason_of(campaign, other, noon + 2 * LATER) == ""


def test_one_tap_for_several_patients_asks_for_whom(
    campaign: Campaign, flu: Vaccine, noon: datetime
) -> None:
    patient = invite(campaign)
    sibling = invite(campaign, phone=factories.phone_of(patient))
    run = poured(campaign, noon)
    message = message_of(run, patient)
    assert message == message_of(run, sibling)

    asked = tap(message, Verb.ALREADY_DONE, noon + LATER)

    # Whoever never answers that is not forgotten.
    assert (asked.outcome, asked.needs_person_at) == (ReplyOutcome.ASKED_WHICH, noon + LATER)
    assert not Immunisation.objects.exists()
    asking = Message.objects.get(purpose=Purpose.REPLY)
    offered = [b["reply"] for b in asking.payload["interactive"]["action"]["buttons"]]
    assert [one["title"] for one in offered] == [
        "Para todos",
        patient.given_name,
        sibling.given_name,
    ]
    chosen = buttons.read(offered[2]["id"])
    assert chosen == buttons.Tap(Verb.ALREADY_DONE, message.callback, sibling.pk)

    told = tap(message, Verb.ALREADY_DONE, noon + 2 * LATER, about=sibling.pk)

    assert (told.outcome, told.needs_person_at) == (ReplyOutcome.ALREADY_DONE, None)
    assert [dose.patient for dose in Immunisation.objects.all()] == [sibling]
    assert answers.of(run).by_kind == {ReplyOutcome.ALREADY_DONE: 1}
    asked.refresh_from_db()
    assert asked.needs_person_at is None


def test_a_tap_from_a_strangers_phone_changes_nothing(
    campaign: Campaign, flu: Vaccine, noon: datetime
) -> None:
    patient, stranger = invite(campaign), invite(campaign)
    run = poured(campaign, noon)
    message = message_of(run, patient)
    message.phone = factories.phone_of(stranger)

    reply = tap(message, Verb.ALREADY_DONE, noon + LATER)

    assert reply.outcome == ReplyOutcome.FOREIGN
    assert not Immunisation.objects.exists()
    assert answers.of(run).by_kind == {}


def test_not_this_ends_one_topic_and_no_permission(
    campaign: Campaign, flu: Vaccine, sunrise_clinic: Clinic, noon: datetime
) -> None:
    patient, other = invite(campaign), invite(campaign)
    run = poured(campaign, noon)

    for minutes in (1, 2):
        reply = tap(message_of(run, patient), Verb.NOT_THIS, noon + minutes * LATER)

    assert (reply.outcome, reply.needs_person_at) == (ReplyOutcome.NOT_THIS, None)
    assert DeclinedTopic.objects.get().vaccine == flu
    now = noon + 3 * LATER
    same_topic = factories.make_campaign(
        sunrise_clinic,
        audience=campaign.audience,
        vaccine=flu,
        template_name="vaccination_invitation",
    )
    about_else = factories.make_campaign(
        sunrise_clinic, audience=campaign.audience, template_name="vaccination_invitation"
    )
    assert reason_of(same_topic, patient, now) == Reason.NOT_THIS
    assert reason_of(same_topic, other, now) == reason_of(about_else, patient, now) == ""
    phone = factories.phone_of(patient)
    assert consent.standing(patient, phone, Purpose.PREVENTION, at=now) == "GRANTED"

    assert topics.lift(DeclinedTopic.objects.get(), by=StaffUser.objects.create(), now=now)
    assert reason_of(same_topic, patient, now) == ""


def test_a_kind_of_visit_and_a_campaign_about_neither_are_topics_too(
    campaign: Campaign, sunrise_clinic: Clinic, noon: datetime
) -> None:
    patient = invite(campaign)
    about_itself = poured(campaign, noon)
    tap(message_of(about_itself, patient), Verb.NOT_THIS, noon + LATER)
    assert DeclinedTopic.objects.get().campaign == campaign
    assert reason_of(campaign, patient, noon + LATER) == Reason.NOT_THIS

    check_up = factories.make_kind(sunrise_clinic)
    again = factories.make_campaign(
        sunrise_clinic,
        audience=campaign.audience,
        visit_kind=check_up,
        template_name="vaccination_invitation",
    )
    run = poured(again, noon + LATER)
    tap(message_of(run, patient), Verb.NOT_THIS, noon + 2 * LATER)

    assert DeclinedTopic.objects.filter(visit_kind=check_up).count() == 1
    assert reason_of(again, patient, noon + 2 * LATER) == Reason.NOT_THIS


def test_not_this_for_all_of_a_family_ends_it_for_all(
    campaign: Campaign, flu: Vaccine, noon: datetime
) -> None:
    patient = invite(campaign)
    invite(campaign, phone=factories.phone_of(patient))
    run = poured(campaign, noon)

    tap(message_of(run, patient), Verb.NOT_THIS, noon + LATER)
    assert not DeclinedTopic.objects.exists()
    reply = tap(message_of(run, patient), Verb.NOT_THIS, noon + LATER, about=EVERYBODY)

    assert (reply.outcome, reply.needs_person_at) == (ReplyOutcome.NOT_THIS, None)
    assert DeclinedTopic.objects.filter(vaccine=flu).count() == 2


def test_declining_all_that_is_due_is_a_reason_and_declining_some_is_not(
    campaign: Campaign, due: PatientList, noon: datetime
) -> None:
    wholly, partly = Patient.objects.order_by("pk")
    run = poured(campaign, noon)
    tap(message_of(run, wholly), Verb.NOT_THIS, noon + LATER)
    penta = due.clinic.vaccines.get(code="penta")
    DeclinedTopic.objects.create(patient=partly, vaccine=penta, declined_at=noon)

    assert reason_of(campaign, wholly, noon + 2 * LATER) == Reason.NOT_THIS
    assert reason_of(campaign, partly, noon + 2 * LATER) == ""

    dose(partly, "opv", date(2026, 3, 10), recorded_at=noon + LATER)

    assert reason_of(campaign, partly, noon + 2 * LATER) == Reason.NOT_THIS


def test_what_was_recorded_before_a_list_was_asked_for_was_counted_then(
    campaign: Campaign, due: PatientList, noon: datetime
) -> None:
    patient = Patient.objects.order_by("pk")[0]
    for code in ("penta", "opv"):
        dose(patient, code, None, recorded_at=noon)

    assert reason_of(campaign, patient, noon) == ""


def test_the_last_answer_counts(campaign: Campaign, flu: Vaccine, noon: datetime) -> None:
    undecided, willing, silent = (invite(campaign) for _ in range(3))
    run = poured(campaign, noon)

    tap(message_of(run, undecided), Verb.NOT_THIS, noon + LATER)
    wish = tap(message_of(run, undecided), Verb.WANT_APPOINTMENT, noon + 2 * LATER)
    tap(message_of(run, willing), Verb.WANT_APPOINTMENT, noon + LATER)

    assert wish.needs_person_at == noon + 2 * LATER
    assert answers.of(run).by_kind == {ReplyOutcome.INTERESTED: 2}
    assert Recipient.objects.get(patient=undecided).answered_at == noon + 2 * LATER
    assert Recipient.objects.get(patient=silent).answer == ""


def test_what_was_done_or_declined_while_a_run_waits_is_not_invited_to(
    campaign: Campaign, flu: Vaccine, noon: datetime
) -> None:
    done, declined, left = (invite(campaign) for _ in range(3))
    run = launching.start(campaign, by=None, now=noon)
    audience.expand(run, now=noon)
    Run.objects.update(status=RunStatus.POURING, expanded_at=noon)
    dose(done, "flu", date(2026, 3, 10))
    DeclinedTopic.objects.create(patient=declined, vaccine=flu, declined_at=noon)

    while launching.pour(now=noon, portion=1):
        pass

    reasons = dict(Recipient.objects.filter(run=run).values_list("patient", "reason"))
    assert reasons == {
        done.pk: Reason.ALREADY_DONE,
        declined.pk: Reason.NOT_THIS,
        left.pk: "",
    }
    assert Message.objects.get().patient == left
