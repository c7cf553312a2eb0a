"""A code of the desk from the patient's own phone gives the permission, once, and is its proof."""

from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest
from django.contrib.auth.models import Group

from healthmsg.clinic import consent, proof
from healthmsg.clinic.models import (
    Clinic,
    ConsentRecord,
    GivenHow,
    Patient,
    Phone,
    PhoneState,
    Purpose,
    StaffUser,
    Wording,
)
from healthmsg.desk.models import AskLater
from healthmsg.desk.proof import codes
from healthmsg.desk.proof.models import PermissionCode
from tests import factories
from whatsapp import desk_codes, replies
from whatsapp.models import Message, Reply, ReplyOutcome, Sender

MINUTE = timedelta(minutes=1)
NOON = factories.NOON
_wamid = count(1)


@pytest.fixture
def staff(sunrise_clinic: Clinic) -> StaffUser:
    person = StaffUser.objects.create(username="robin", is_staff=True)
    person.clinics.add(sunrise_clinic)
    person.groups.add(Group.objects.get(name="Reception"))
    return person


@pytest.fixture
def words(sunrise_clinic: Clinic) -> Wording:
    return Wording.objects.create(
        clinic=sunrise_clinic, version=1, language="es", text="Le escribimos.", valid_from=NOON
    )


@pytest.fixture
def patient(sender: Sender) -> Patient:
    return factories.make_patient(sender.clinic, consents=())


def shown(patient: Patient, by: StaffUser, words: Wording, **named: Any) -> PermissionCode:
    purposes = named.get("purposes", [Purpose.APPOINTMENTS])
    contact = patient.contacts.get()
    return codes.show(contact, purposes, words, by=by, now=named.get("now", NOON))


def written(sender: Sender, phone: Phone, text: str, at: datetime = NOON) -> Reply:
    return factories.make_reply(
        clinic=sender.clinic,
        sender=sender,
        wamid=f"wamid.{next(_wamid)}",
        from_number=phone.number.lstrip("+"),
        kind="text",
        text=text,
        written_at=at,
    )


def handled(reply: Reply, now: datetime = NOON) -> Reply:
    replies.take_in_hand(now=now, broken_off=set())
    reply.refresh_from_db()
    return reply


def answers(phone: Phone) -> list[str]:
    rows = Message.objects.filter(phone=phone, purpose=Purpose.REPLY).order_by("pk")
    return [row.body for row in rows]


def standing(patient: Patient, purpose: Purpose = Purpose.APPOINTMENTS) -> str:
    return consent.standing(patient, factories.phone_of(patient), purpose, at=NOON + MINUTE)


# --- from the patient's own phone ----------------------------------------------------------------


@pytest.mark.django_db
def test_a_code_from_their_own_phone_gives_the_permission_and_a_receipt(
    sender: Sender, patient: Patient, staff: StaffUser, words: Wording
) -> None:
    code = shown(patient, staff, words, purposes=[Purpose.APPOINTMENTS, Purpose.PREVENTION])
    phone = factories.phone_of(patient)

    reply = handled(written(sender, phone, f"Sí. Código: {code.code}"))

    assert reply.outcome == ReplyOutcome.PERMITTED
    assert standing(patient) == standing(patient, Purpose.PREVENTION) == "GRANTED"
    assert standing(patient, Purpose.MARKETING) == ""
    line = ConsentRecord.objects.filter(patient=patient).first()
    assert line is not None
    assert (line.given_how, line.wording, line.recorded_by) == (GivenHow.BY_MESSAGE, words, staff)
    assert (line.given_by, proof.read([line])[line.pk]) == (
        "SELF",
        f"code {code.code} shown at the desk, sent back in message #{reply.pk}",
    )
    (receipt,) = answers(phone)
    assert "citas, vacunas y controles" in receipt
    assert "BAJA" in receipt
    code.refresh_from_db()
    assert (code.used_at, code.reply) == (NOON, reply)


@pytest.mark.django_db
def test_a_code_ends_what_reception_had_put_off(
    sender: Sender, patient: Patient, staff: StaffUser, words: Wording
) -> None:
    AskLater.objects.create(patient=patient, put_off_at=NOON - MINUTE, put_off_by=staff)
    code = shown(patient, staff, words)

    handled(written(sender, factories.phone_of(patient), f"Código: {code.code}"))

    assert not AskLater.objects.exists()


@pytest.mark.django_db
def test_a_code_used_twice_counts_once(
    sender: Sender, patient: Patient, staff: StaffUser, words: Wording
) -> None:
    code = shown(patient, staff, words)
    phone = factories.phone_of(patient)
    handled(written(sender, phone, code.code))

    again = handled(written(sender, phone, code.code), now=NOON + MINUTE)

    assert again.outcome == ReplyOutcome.CODE_REFUSED
    assert ConsentRecord.objects.filter(patient=patient).count() == 1
    assert "ya se usó" in answers(phone)[-1]


@pytest.mark.django_db
def test_a_code_that_has_run_out_changes_nothing(
    sender: Sender, patient: Patient, staff: StaffUser, words: Wording
) -> None:
    code = shown(patient, staff, words)
    late = NOON + codes.GOOD_FOR
    phone = factories.phone_of(patient)

    reply = handled(written(sender, phone, code.code, at=late), now=late)

    assert reply.outcome == ReplyOutcome.CODE_REFUSED
    assert standing(patient) == ""
    assert "venció" in answers(phone)[0]


@pytest.mark.django_db
def test_a_code_written_in_time_and_read_late_counts(
    sender: Sender, patient: Patient, staff: StaffUser, words: Wording
) -> None:
    code = shown(patient, staff, words)
    reply = written(sender, factories.phone_of(patient), code.code, at=NOON + MINUTE)

    assert handled(reply, now=NOON + 60 * MINUTE).outcome == ReplyOutcome.PERMITTED


@pytest.mark.django_db
def test_a_new_code_ends_the_one_before(
    sender: Sender, patient: Patient, staff: StaffUser, words: Wording
) -> None:
    earlier = shown(patient, staff, words)
    shown(patient, staff, words, now=NOON + MINUTE)
    at = NOON + 2 * MINUTE

    reply = handled(written(sender, factories.phone_of(patient), earlier.code, at=at), now=at)

    assert reply.outcome == ReplyOutcome.CODE_REFUSED


@pytest.mark.django_db
def test_a_code_nobody_knows_is_explained(sender: Sender, patient: Patient) -> None:
    phone = factories.phone_of(patient)

    reply = handled(written(sender, phone, "K7M4-Q2XP"))

    assert reply.outcome == ReplyOutcome.CODE_REFUSED
    assert "No conocemos este código" in answers(phone)[0]


@pytest.mark.django_db
def test_a_code_from_another_phone_changes_nothing_and_the_desk_is_told(
    sender: Sender, patient: Patient, staff: StaffUser, words: Wording
) -> None:
    code = shown(patient, staff, words)
    other = factories.make_patient(sender.clinic, consents=())
    stranger = factories.phone_of(other)

    reply = handled(written(sender, stranger, code.code))

    assert reply.outcome == ReplyOutcome.CODE_REFUSED
    assert (standing(patient), standing(other)) == ("", "")
    assert "otro número" in answers(stranger)[0]
    code.refresh_from_db()
    assert (code.elsewhere_at, code.used_at) == (NOON, None)
    # It still counts from the phone it was made for.
    own = handled(written(sender, factories.phone_of(patient), code.code))
    assert own.outcome == ReplyOutcome.PERMITTED


@pytest.mark.django_db
def test_a_used_code_is_unknown_to_other_phones(
    sender: Sender, patient: Patient, staff: StaffUser, words: Wording
) -> None:
    code = shown(patient, staff, words)
    handled(written(sender, factories.phone_of(patient), code.code))
    stranger = factories.make_phone(sender.clinic)

    handled(written(sender, stranger, code.code))

    assert "No conocemos este código" in answers(stranger)[0]


@pytest.mark.django_db
@pytest.mark.parametrize("said", ["No. {}", "Basta, paren {}", "No quiero: {}", "stop {}"])
def test_a_no_around_a_code_allows_nothing(
    sender: Sender, patient: Patient, staff: StaffUser, words: Wording, said: str
) -> None:
    code = shown(patient, staff, words)

    reply = handled(written(sender, factories.phone_of(patient), said.format(code.code)))

    assert standing(patient) != "GRANTED"
    assert reply.outcome == ReplyOutcome.FOR_A_PERSON
    code.refresh_from_db()
    assert code.used_at is None


@pytest.mark.django_db
def test_a_code_of_another_clinic_is_unknown(
    patient: Patient, staff: StaffUser, words: Wording
) -> None:
    code = shown(patient, staff, words)
    elsewhere = factories.make_sender(
        factories.make_clinic(), phone_number_id="100000000000002", waba_id="200000000000002"
    )
    phone = factories.make_phone(elsewhere.clinic, factories.phone_of(patient).number)

    reply = handled(written(elsewhere, phone, code.code))

    assert reply.outcome == ReplyOutcome.CODE_REFUSED
    assert standing(patient) == ""


@pytest.mark.django_db
def test_guesses_of_a_number_end_after_a_few(
    sender: Sender, patient: Patient, staff: StaffUser, words: Wording
) -> None:
    code = shown(patient, staff, words)
    phone = factories.phone_of(patient)
    for _ in range(5):
        handled(written(sender, phone, desk_codes.make()))

    right = handled(written(sender, phone, code.code))
    handled(written(sender, phone, desk_codes.make()))

    assert right.outcome == ReplyOutcome.CODE_REFUSED
    assert standing(patient) == ""
    assert sum("demasiados códigos" in said for said in answers(phone)) == 1
    later = NOON + timedelta(hours=2)
    fresh = shown(patient, staff, words, now=later)
    told = handled(written(sender, phone, fresh.code, at=later), now=later)
    assert told.outcome == ReplyOutcome.PERMITTED


@pytest.mark.django_db
def test_a_code_ends_the_numbers_own_stop_of_its_purposes_alone(
    sender: Sender, patient: Patient, staff: StaffUser, words: Wording
) -> None:
    phone = factories.phone_of(patient)
    before = NOON - timedelta(days=1)
    stop = consent.Evidence(GivenHow.BY_MESSAGE, given_by="contact")
    consent.stop(phone, evidence=stop, at=before)
    code = shown(patient, staff, words)

    handled(written(sender, phone, code.code))

    assert standing(patient) == "GRANTED"
    assert standing(patient, Purpose.MARKETING) == "WITHDRAWN"
    phone.refresh_from_db()
    assert phone.state != PhoneState.STOPPED
