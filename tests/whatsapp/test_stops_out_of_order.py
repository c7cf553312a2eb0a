"""Notices of stops and of what is tapped after them come late, and in another order."""

from datetime import datetime, timedelta

import pytest

from healthmsg.clinic import consent
from healthmsg.clinic.models import Purpose
from tests import factories
from tests.whatsapp.hearing import answers_to, write
from whatsapp import buttons, inbox
from whatsapp.buttons import Verb
from whatsapp.models import ReplyOutcome, Sender

MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize("verb", [Verb.KEEP_APPOINTMENTS, Verb.STOP_ONE])
def test_a_tap_before_a_later_stop_opens_nothing_when_its_notice_comes_last(
    verb: Verb, sender: Sender, noon: datetime
) -> None:
    patient = factories.make_patient(sender.clinic)
    phone = factories.phone_of(patient)
    child = factories.make_patient(sender.clinic, phone=phone)
    write(sender, phone, "BAJA", now=noon)
    [asking] = answers_to(phone)
    write(sender, phone, "BAJA", now=noon + 2 * MINUTE)
    signed = buttons.payload(
        verb, asking.callback, about=child.pk if verb == Verb.STOP_ONE else None
    )
    reply = factories.make_reply(
        clinic=sender.clinic,
        sender=sender,
        wamid="wamid.late",
        kind="interactive",
        from_number=phone.number.lstrip("+"),
        button=signed,
        written_at=noon + MINUTE,
    )

    inbox.handle_replies(now=noon + 5 * MINUTE)

    reply.refresh_from_db()
    assert reply.outcome == ReplyOutcome.OUT_OF_DATE
    for one in (patient, child):
        standing = consent.standing(one, phone, Purpose.APPOINTMENTS, at=noon + 6 * MINUTE)
        assert standing == "WITHDRAWN"
