"""A stop in WhatsApp itself concerns what was sold by marketing templates, and is written once."""

from datetime import datetime, timedelta

import pytest

from healthmsg.clinic import consent
from healthmsg.clinic.models import ConsentRecord, GivenHow, Patient, Phone, Purpose
from tests import factories
from whatsapp import offers, verdicts
from whatsapp.events import Origin, PreferenceChanged
from whatsapp.models import Sender
from whatsapp.status import Reason, Status

pytestmark = pytest.mark.django_db
ALLOWED = (Purpose.APPOINTMENTS, Purpose.PREVENTION, Purpose.INFORMATION, Purpose.MARKETING)


@pytest.fixture
def reader(sender: Sender, noon: datetime) -> Patient:
    """Somebody who allowed everything."""
    return factories.make_patient(sender.clinic, consents=ALLOWED)


def told(
    sender: Sender, reader: Patient, category: str, purpose: Purpose, at: datetime, **fields: object
) -> None:
    template = factories.make_template(sender.account, name=category.lower(), category=category)
    defaults = {"status": Status.READ, "send_after": None}
    factories.make_message(
        sender,
        reader,
        template_version=template.current,
        purpose=purpose,
        created_at=at,
        **(defaults | fields),
    )


def stopped(reader: Patient, at: datetime) -> set[Purpose]:
    """The purposes she allowed and no longer does."""
    phone = factories.phone_of(reader)
    return {p for p in ALLOWED if consent.standing(reader, phone, p, at=at) != "GRANTED"}


def stop(sender: Sender, reader: Patient, at: datetime) -> None:
    phone = factories.phone_of(reader)
    wa_id = phone.number.lstrip("+")
    Phone.objects.filter(pk=phone.pk).update(wa_id=wa_id)
    origin = Origin(
        waba_id=sender.account.waba_id,
        field="user_preferences",
        content={},
        phone_number_id=sender.phone_number_id,
    )
    event = PreferenceChanged(
        origin=origin, category="marketing_messages", wish="stop", at=at, wa_id=wa_id
    )
    verdicts.follow(event, now=at)


def test_what_a_marketing_template_said_last_is_stopped_with_it(
    sender: Sender, reader: Patient, noon: datetime
) -> None:
    told(sender, reader, "MARKETING", Purpose.PREVENTION, noon)
    told(sender, reader, "UTILITY", Purpose.INFORMATION, noon)

    stop(sender, reader, noon)

    withdrawn = stopped(reader, noon + timedelta(hours=1))
    assert withdrawn == {Purpose.MARKETING, Purpose.PREVENTION}


def test_the_newest_message_that_left_counts(
    sender: Sender, reader: Patient, noon: datetime
) -> None:
    told(sender, reader, "MARKETING", Purpose.PREVENTION, noon - timedelta(days=2))
    told(sender, reader, "UTILITY", Purpose.PREVENTION, noon - timedelta(days=1))
    template = factories.make_template(sender.account, name="late", category="MARKETING")
    factories.make_message(
        sender,
        reader,
        template_version=template.current,
        purpose=Purpose.PREVENTION,
        created_at=noon,
        status=Status.WITHHELD,
        reason=Reason.TOO_LATE,
        send_after=None,
    )

    assert offers.sold_to(factories.phone_of(reader)) == ()


def test_a_stop_told_twice_is_written_once(sender: Sender, reader: Patient, noon: datetime) -> None:
    stop(sender, reader, noon)
    lines = ConsentRecord.objects.count()

    stop(sender, reader, noon + timedelta(hours=1))

    assert ConsentRecord.objects.count() == lines
    assert ConsentRecord.objects.filter(patient=None).count() == 1


def test_a_stop_taken_back_as_a_mistake_may_be_written_again(
    sender: Sender, reader: Patient, noon: datetime
) -> None:
    stop(sender, reader, noon)
    evidence = consent.Evidence(GivenHow.AT_DESK)
    for line in ConsentRecord.objects.filter(change="WITHDRAWN"):
        consent.correct(line, evidence=evidence, at=noon)

    stop(sender, reader, noon + timedelta(hours=1))

    phone = factories.phone_of(reader)
    later = noon + timedelta(hours=2)
    assert consent.standing(reader, phone, Purpose.MARKETING, at=later) == "WITHDRAWN"
