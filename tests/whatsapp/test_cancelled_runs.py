"""A run is cancelled while a sender has some of its messages in hand."""

from datetime import datetime, timedelta

import pytest
from django.db import connection

from campaigns import launching, sweeping
from campaigns.models import Campaign
from healthmsg.clinic.models import Clinic, Purpose
from tests import factories
from tests.campaigns.invitees import invite
from tests.sandbox_process import SandboxProcess
from tests.whatsapp.turning import take_a_turn
from whatsapp import settling
from whatsapp.models import Message, Sender
from whatsapp.status import Reason, Status
from whatsapp.turns import Surroundings

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def campaign(sunrise_clinic: Clinic, sender: Sender) -> Campaign:
    factories.make_contact_us(sender.account)
    return Campaign.objects.create(
        clinic=sunrise_clinic,
        name="Flu",
        purpose=Purpose.PREVENTION,
        template_name="please_contact_us",
        spare_language="en",
        audience=factories.make_audience(sunrise_clinic),
    )


def test_what_was_in_hand_when_a_run_was_cancelled_and_comes_back_does_not_leave(
    campaign: Campaign, noon: datetime, around: Surroundings, sandbox: SandboxProcess
) -> None:
    invite(campaign)
    run = launching.start(campaign, by=None, now=noon)
    launching.pour(now=noon)
    message = Message.objects.get()
    assert message.status == Status.QUEUED, message.reason
    # A sender has claimed it ...
    Message.objects.filter(pk=message.pk).update(
        status=Status.SENDING, attempt=1, send_after=None, leased_until=noon + timedelta(days=999)
    )
    launching.cancel(run, reason="wrong words", now=noon)
    # ... and puts it back, as at an orderly end, or when WhatsApp says "too fast".
    with connection.cursor() as cursor:
        cursor.execute(settling._PUT_BACK, ([message.pk], [1], [0.0], noon, None))

    take_a_turn(around)
    sweeping.end_what_is_over(now=noon)
    take_a_turn(around)

    message.refresh_from_db()
    assert sandbox.accepted() == []
    assert (message.status, message.reason) == (Status.WITHHELD, Reason.CANCELLED_BY_STAFF)
