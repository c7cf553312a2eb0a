"""The claim asks permission in its own words; they must be those of `clinic_standing`."""

import asyncio
from datetime import timedelta

import pytest
from django.db import connection
from hypothesis import HealthCheck, given
from hypothesis import settings as searching
from hypothesis import strategies as st

from healthmsg.clinic.models import Change, ConsentRecord, GivenHow, Patient, Purpose
from tests import factories
from whatsapp import leasing, serving
from whatsapp.claiming import Claims, Terms
from whatsapp.connection import connect
from whatsapp.models import Message, Sender
from whatsapp.status import Reason

pytestmark = pytest.mark.django_db(transaction=True)

SAID = {
    "DECLINED": Reason.DECLINED,
    "WITHDRAWN": Reason.ASKED_US_TO_STOP,
    "EXPIRED": Reason.PERMISSION_RAN_OUT,
    "": Reason.NEVER_ASKED,
}
line = st.tuples(
    st.sampled_from([Change.GRANTED, Change.DECLINED, Change.WITHDRAWN]),
    st.integers(-3, 0),  # given so many hours ago; several may share a moment
    st.sampled_from([None, -1, 1]),  # runs out
    st.booleans(),  # speaks for the number
    st.booleans(),  # entered in error
)


@searching(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(lines=st.lists(line, max_size=5))
def test_both_give_the_same_answer(
    sender: Sender,
    willing_patient: Patient,
    lines: list[tuple[Change, int, int | None, bool, bool]],
) -> None:
    with connection.cursor() as cursor:
        # The ledger is append-only for everybody else.
        cursor.execute("TRUNCATE clinic_consentrecord CASCADE")
        cursor.execute("DELETE FROM whatsapp_message")
    phone = factories.phone_of(willing_patient)
    for change, hours, runs_out, is_numbers, is_error in lines:
        record = ConsentRecord.objects.create(
            clinic=sender.clinic,
            patient=None if is_numbers else willing_patient,
            phone=phone,
            purpose=Purpose.APPOINTMENTS,
            change=change,
            given_how=GivenHow.AT_DESK,
            given_at=factories.NOON + timedelta(hours=hours),
            expires_at=factories.NOON + timedelta(hours=runs_out) if runs_out else None,
        )
        if is_error:
            ConsentRecord.objects.create(
                clinic=sender.clinic,
                patient=record.patient,
                phone=phone,
                purpose=Purpose.APPOINTMENTS,
                change=Change.ENTERED_IN_ERROR,
                corrects=record,
                given_how=GivenHow.AT_DESK,
                given_at=factories.NOON,
            )
    message = factories.make_message(sender, willing_patient)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT clinic_standing(%s, %s, %s, %s)",
            [willing_patient.pk, phone.pk, Purpose.APPOINTMENTS, factories.NOON],
        )
        (standing,) = cursor.fetchone()

    _claim(sender)

    message.refresh_from_db()
    assert message.reason == ("" if standing == "GRANTED" else SAID[standing])
    assert Message.objects.filter(status="SENDING").exists() == (standing == "GRANTED")


def _claim(sender: Sender) -> None:
    async def run() -> None:
        terms = Terms(
            sender_id=sender.pk,
            uses_sandbox=True,
            lanes=lambda _now: serving.EVERYTHING,
            now=lambda: factories.NOON,
        )
        async with await connect() as own:
            await own.execute(leasing.STEADY)
            await Claims(own, terms)(10)

    asyncio.run(run())
