"""A stop is the last word, in whichever order the notices of what was written come in."""

from datetime import datetime, timedelta

import pytest

from healthmsg.clinic import consent
from healthmsg.clinic.models import Patient, Phone, Purpose, Wording
from healthmsg.desk.proof import codes
from tests import factories
from tests.whatsapp.hearing import answers_to, tap, write
from whatsapp.buttons import Verb
from whatsapp.models import ReplyOutcome, Sender

MINUTE = timedelta(minutes=1)
APPOINTMENTS = Purpose.APPOINTMENTS


@pytest.fixture
def patient(sender: Sender) -> Patient:
    return factories.make_patient(sender.clinic)


@pytest.fixture
def phone(patient: Patient) -> Phone:
    return factories.phone_of(patient)


def test_a_keep_tapped_before_a_later_stop_opens_nothing_when_its_notice_comes_last(
    sender: Sender, patient: Patient, phone: Phone, noon: datetime
) -> None:
    write(sender, phone, "BAJA", now=noon)
    [asking] = answers_to(phone)
    write(sender, phone, "BAJA", now=noon + 2 * MINUTE)

    late = tap(asking, Verb.KEEP_APPOINTMENTS, now=noon + 5 * MINUTE, written_at=noon + MINUTE)

    assert late.outcome == ReplyOutcome.OUT_OF_DATE
    assert consent.standing(patient, phone, APPOINTMENTS, at=noon + 6 * MINUTE) == "WITHDRAWN"


def test_a_keep_tapped_after_the_last_stop_counts_however_late_it_comes(
    sender: Sender, patient: Patient, phone: Phone, noon: datetime
) -> None:
    write(sender, phone, "BAJA", now=noon)
    [asking] = answers_to(phone)

    late = tap(asking, Verb.KEEP_APPOINTMENTS, now=noon + 5 * MINUTE, written_at=noon + MINUTE)

    assert late.outcome == ReplyOutcome.KEPT
    assert consent.standing(patient, phone, APPOINTMENTS, at=noon + 6 * MINUTE) == "GRANTED"


def test_a_stop_for_one_tapped_before_a_later_stop_of_all_opens_nothing(
    sender: Sender, patient: Patient, phone: Phone, noon: datetime
) -> None:
    child = factories.make_patient(sender.clinic, phone=phone)
    write(sender, phone, "BAJA", now=noon)
    [asking] = answers_to(phone)
    write(sender, phone, "BAJA", now=noon + 2 * MINUTE)

    late = tap(
        asking,
        Verb.STOP_ONE,
        about=child.pk,
        now=noon + 5 * MINUTE,
        written_at=noon + MINUTE,
    )

    assert late.outcome == ReplyOutcome.OUT_OF_DATE
    assert consent.standing(patient, phone, APPOINTMENTS, at=noon + 6 * MINUTE) == "WITHDRAWN"


def test_a_code_of_the_desk_written_before_a_later_stop_allows_nothing(
    sender: Sender, patient: Patient, phone: Phone, noon: datetime
) -> None:
    wording = Wording.objects.create(
        clinic=sender.clinic, version=1, language="es", text="Le escribimos.", valid_from=noon
    )
    shown = codes.show(
        patient.contacts.get(),
        [APPOINTMENTS],
        wording,
        by=factories.make_person("lead"),
        now=noon,
    )
    write(sender, phone, "BAJA", now=noon + 2 * MINUTE)

    late = write(sender, phone, shown.code, now=noon + 5 * MINUTE, written_at=noon + MINUTE)

    assert late.outcome == ReplyOutcome.OUT_OF_DATE
    assert consent.standing(patient, phone, APPOINTMENTS, at=noon + 6 * MINUTE) == "WITHDRAWN"
