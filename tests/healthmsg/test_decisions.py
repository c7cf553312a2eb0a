"""Why, and why not: every decision about a message, a visit or a patient, in its order."""

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from campaigns.models import Recipient, Run
from healthmsg.clinic import consent
from healthmsg.clinic.models import (
    Clinic,
    GivenHow,
    Patient,
    PatientState,
    Phone,
    PhoneState,
)
from healthmsg.desk.told_why import of_message, of_patient, of_visit
from healthmsg.desk.told_why.decision import HELPS, Decision
from reminders import booking, rules
from reminders.booking import Booking
from reminders.models import Reminder
from tests import factories
from tests.healthmsg.test_overview import signed_in
from whatsapp.models import Attempt, Message, Portfolio, Sender, Stream, TierSeat
from whatsapp.status import Reason, Status

MINUTE = timedelta(minutes=1)


@pytest.fixture
def message(sender: Sender, willing_patient: Patient, noon: datetime) -> Message:
    return factories.make_message(
        sender,
        willing_patient,
        status=Status.READ,
        send_after=None,
        attempt=2,
        accepted_at=noon + 2 * MINUTE,
        sent_at=noon + 3 * MINUTE,
        delivered_at=noon + 4 * MINUTE,
        read_at=noon + 5 * MINUTE,
    )


def told(decisions: list[Decision]) -> list[str]:
    return [f"{one.what} | {one.because}" if one.because else one.what for one in decisions]


def test_a_message_is_told_from_its_plan_to_its_answer(
    message: Message, sender: Sender, noon: datetime
) -> None:
    Portfolio.objects.update(daily_limit=2000)
    TierSeat.objects.create(
        portfolio=Portfolio.objects.get(), phone=message.phone, last_at=noon + 2 * MINUTE
    )
    Attempt.objects.create(
        message=message,
        number=1,
        ended_at=noon + MINUTE,
        outcome="THROTTLED",
        error_code=130429,
        error_title="sent too fast",
    )
    factories.make_reply(
        clinic=message.clinic,
        sender=sender,
        wamid="a",
        kind="button",
        answers=message,
        outcome="CONFIRMED",
        written_at=noon + 6 * MINUTE,
    )

    found = told(of_message.decisions(Message.objects.get()))

    line = "of the ledger, 8 Feb. 2026, 15:00: said yes, told at the desk"
    permission = next(one for one in found if one.startswith("Permission looked for"))
    assert line in permission
    assert [one for one in found if one != permission] == [
        f"Written to {message.phone.masked} about appointments"
        f" | with the template {message.template_version}",
        "It was within the sending hours (08:00 to 20:00)",
        "As a reminder it went before all campaigns",
        "Try 1 did not succeed | sent too fast, WhatsApp's code 130429",
        "WhatsApp's daily limit is 2,000 people written to first | it has a place among them",
        "Taken by WhatsApp | at try 2",
        "Sent",
        "Arrived on the phone",
        "Read",
        "Answered: confirmed",
    ]


def test_what_was_not_sent_says_why_and_what_helps(
    client: Client, sender: Sender, noon: datetime
) -> None:
    stranger = factories.make_patient(sender.clinic, consents=())
    row = factories.make_message(
        sender,
        stranger,
        status=Status.WITHHELD,
        reason=Reason.NEVER_ASKED,
        send_after=None,
        created_at=noon + timedelta(hours=10),
    )

    page = signed_in(client, sender.clinic, "Reception").get(reverse("why_message", args=[row.pk]))

    shown = page.content.decode()
    assert "there is no line in the ledger" in shown
    assert "It waited for the sending hours (08:00 to 20:00)" in shown
    assert "It was decided not to send it" in shown
    assert str(HELPS[Reason.NEVER_ASKED]) in shown
    assert stranger.full_name in shown


def test_what_was_tried_and_given_up_later_is_told_in_that_order(
    sender: Sender, willing_patient: Patient, noon: datetime
) -> None:
    late: dict[str, object] = {
        "status": Status.WITHHELD,
        "reason": Reason.TOO_LATE,
        "send_after": None,
    }
    late["withheld_at"] = noon + timedelta(days=1)
    row = factories.make_message(sender, willing_patient, **late)
    Attempt.objects.create(message=row, number=1, ended_at=noon + MINUTE)

    told = [one.what for one in of_message.decisions(row)]

    assert told[-2:] == ["Try 1 did not succeed", "It was decided not to send it"]


def test_a_withdrawn_permission_names_the_line_that_ended_it(
    message: Message, noon: datetime
) -> None:
    consent.stop(message.phone, evidence=consent.Evidence(GivenHow.BY_MESSAGE), at=noon + MINUTE)

    (permission,) = (one for one in of_message.decisions(message) if one.is_no)

    assert "asked us to stop, wrote or tapped on WhatsApp" in permission.because


def test_a_visit_tells_each_rule_what_is_to_come_and_who_is_silent(
    client: Client, sender: Sender, willing_patient: Patient, noon: datetime
) -> None:
    clinic = sender.clinic
    rules.install(clinic)
    other = factories.make_kind(clinic, name="Vaccination")
    only = clinic.reminder_rules.filter(anchor="STARTS").first()
    assert only is not None
    only.kinds.add(other)
    made = Booking(
        patient=willing_patient,
        kind=factories.make_kind(clinic),
        site=factories.make_site(clinic),
        starts_at=noon + timedelta(days=5),
        contact=willing_patient.contacts.get(),
    )
    visit = booking.book(made, by=None, now=noon)

    asked = of_visit.ask(visit)
    found = told(of_visit.decisions(asked))
    silent = {one.rule.name: one.because for one in of_visit.silent_rules(asked)}

    planned = Reminder.objects.filter(appointment=visit).count()
    assert planned
    assert sum("planned a message" in one for one in found) == planned
    assert silent[only.name] == "it is only for: Vaccination"
    assert any("has not happened" in because for because in silent.values())
    page = signed_in(client, clinic, "Reception").get(reverse("why_visit", args=[visit.pk]))
    assert "Rules that say nothing here" in page.content.decode()


def test_a_patient_is_told_of_invitations_that_did_not_come(
    sender: Sender, willing_patient: Patient, noon: datetime
) -> None:
    campaign = factories.make_campaign(sender.clinic, name="Flu")
    run = Run.objects.create(
        campaign=campaign,
        occurrence_at=noon,
        stream=Stream.objects.create(clinic=sender.clinic, name="run"),
        expires_at=noon,
        started_at=noon,
    )
    Recipient.objects.create(run=run, patient=willing_patient, reason=Reason.ALREADY_DONE)
    factories.make_visit(willing_patient, starts_at=noon)

    found = told(of_patient.decisions(willing_patient, factories.sees_all()).decisions)

    assert "Not invited by the campaign “Flu” | has had it already" in found
    assert any(one.startswith("Permission for appointments: said yes") for one in found)


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        pytest.param(PhoneState.REACHED, None, id="nothing"),
        pytest.param(PhoneState.WRONG_PERSON, Reason.WRONG_PERSON, id="stranger"),
        pytest.param(PhoneState.STOPPED, Reason.ASKED_US_TO_STOP, id="stopped"),
    ],
)
def test_a_number_that_nothing_is_sent_to_is_named_with_what_helps(
    client: Client, willing_patient: Patient, state: PhoneState, reason: Reason | None
) -> None:
    Phone.objects.update(state=state)
    phone = Phone.objects.get()

    blocked = of_patient.blocked(willing_patient, at=timezone.now())

    assert [one.reason for one in blocked] == ([reason] if reason else [])
    page = signed_in(client, willing_patient.clinic, "Clinic admin").get(
        reverse("why_patient", args=[willing_patient.pk])
    )
    words = page.content.decode()
    assert ("Nothing can be sent" in words, "What helps" in words) == (bool(reason),) * 2
    assert phone.number not in words


def test_a_patient_is_blocked_by_what_they_said_and_by_what_they_are(
    sunrise_clinic: Clinic, noon: datetime
) -> None:
    patient = factories.make_patient(sunrise_clinic, consents=())

    def reasons() -> list[Reason]:
        return [one.reason for one in of_patient.blocked(patient, at=noon)]

    never = reasons()
    patient.state = PatientState.DECEASED
    dead = reasons()
    patient.contacts.update(phone=None)

    assert never == [Reason.NEVER_ASKED]
    assert dead == [Reason.HAS_DIED, Reason.NEVER_ASKED]
    assert reasons() == [Reason.HAS_DIED, Reason.NO_NUMBER]


@pytest.mark.parametrize("name", ["message", "visit", "patient"])
def test_nobody_reads_another_clinics_decisions(
    client: Client, message: Message, noon: datetime, name: str
) -> None:
    assert message.patient is not None
    visit = factories.make_visit(message.patient, starts_at=noon)
    rows = {"message": message.pk, "visit": visit.pk, "patient": message.patient.pk}
    address = reverse(f"why_{name}", args=[rows[name]])

    assert signed_in(client, message.clinic, "Reception").get(address).status_code == 200
    elsewhere = signed_in(client, factories.make_clinic(), "Reception")
    assert elsewhere.get(address).status_code == 404
    client.force_login(factories.make_person("nobody"))
    assert client.get(address).status_code == 403


def test_who_may_not_see_who_patients_are_reads_no_name(client: Client, message: Message) -> None:
    assert message.patient is not None
    page = signed_in(client, message.clinic, "Approver")

    for address in (reverse("why_message", args=[message.pk]), reverse("why")):
        assert message.patient.full_name not in page.get(address).content.decode()


def test_the_last_ones_that_reached_nobody_are_listed(
    client: Client, sender: Sender, willing_patient: Patient
) -> None:
    reception = signed_in(client, sender.clinic, "Reception")
    assert "All of them reached somebody" in reception.get(reverse("why")).content.decode()
    failed = factories.make_message(
        sender,
        willing_patient,
        status=Status.FAILED,
        send_after=None,
        created_at=timezone.now(),
    )

    page = reception.get(reverse("why")).content.decode()

    assert reverse("why_message", args=[failed.pk]) in page


def test_a_long_story_costs_no_more_questions(
    client: Client, sender: Sender, willing_patient: Patient, noon: datetime
) -> None:
    reception = signed_in(client, sender.clinic, "Reception")
    address = reverse("why_patient", args=[willing_patient.pk])
    counts = []
    for count in (1, 20):
        for n in range(count):
            at = noon + timedelta(days=count, minutes=n)
            factories.make_visit(willing_patient, starts_at=at)
            factories.make_message(sender, willing_patient)
        with CaptureQueriesContext(connection) as asked:
            reception.get(address)
        counts.append(len(asked))

    assert counts[0] == counts[1] <= 13
