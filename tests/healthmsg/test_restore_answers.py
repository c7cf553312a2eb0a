"""After a restore WhatsApp brings again what the old machine had heard: nothing counts twice."""

from datetime import datetime, timedelta

import pytest
from django.conf import LazySettings

from healthmsg.clinic import consent
from healthmsg.clinic.models import Answer, ConsentRecord, PhoneState
from tests import factories
from tests.campaigns.conftest import campaign
from tests.healthmsg.test_restore import House, _house, empty_server, restored
from tests.whatsapp.test_attacks_at_the_door import hear, notice, stop
from whatsapp import buttons
from whatsapp.buttons import Verb
from whatsapp.models import Delivery, Message, Reply, Sender
from whatsapp.status import Reason, Status

__all__ = ["_house", "campaign", "empty_server", "restored"]
pytestmark = pytest.mark.django_db(transaction=True)

HOUR = timedelta(hours=1)


def counted() -> tuple[int, int, int]:
    """Replies, lines of the ledger, messages."""
    return Reply.objects.count(), ConsentRecord.objects.count(), Message.objects.count()


def test_attack_after_restore_the_same_stop_by_webhook_again_is_one_stop(
    restored: House, noon: datetime
) -> None:
    """The journal has brought it back already; its notice comes as well, and twice."""
    sender, patient = Sender.objects.get(), restored.invited[0]
    body = stop(sender.phone_number_id, sender.account.waba_id, patient, noon + HOUR)
    assert consent.has_stopped(factories.phone_of(patient))
    lines = ConsentRecord.objects.count()

    hear(body, now=noon + 2 * HOUR)
    once = counted()
    hear(body, body, now=noon + 3 * HOUR)

    assert counted() == once
    assert Reply.objects.count() == 1
    assert ConsentRecord.objects.count() == lines, "what was withdrawn is not withdrawn again"
    assert factories.phone_of(patient).state == PhoneState.STOPPED
    assert restored.tick(noon + 3 * HOUR) == 0


def test_attack_after_restore_a_stop_nobody_had_written_down_counts_by_its_notice(
    restored: House, noon: datetime
) -> None:
    sender, patient = Sender.objects.get(), restored.invited[2]
    assert not consent.has_stopped(factories.phone_of(patient))

    hear(stop(sender.phone_number_id, sender.account.waba_id, patient, noon), now=noon + HOUR)

    assert consent.has_stopped(factories.phone_of(patient))
    assert restored.tick(noon + 2 * HOUR) == 0, "its answer waits with everything else"


def test_attack_after_restore_an_answer_by_webhook_again_is_one_answer(
    restored: House, noon: datetime
) -> None:
    sender = Sender.objects.get()
    visit = restored.planned.appointment
    asked = factories.make_message(
        sender,
        visit.patient,
        status="READ",
        send_after=None,
        appointment=visit,
        appointment_version=visit.version,
    )
    said = {
        "from": factories.phone_of(visit.patient).number.lstrip("+"),
        "id": "wamid.tap",
        "timestamp": str(int((noon + HOUR).timestamp())),
        "type": "button",
        "button": {
            "payload": buttons.payload(Verb.CONFIRM, asked.callback, about=visit.pk),
            "text": "Confirm",
        },
    }
    body = notice(sender.phone_number_id, sender.account.waba_id, messages=[said])

    hear(body, now=noon + HOUR)
    once = counted()
    hear(body, body, now=noon + 2 * HOUR)

    visit.refresh_from_db()
    assert visit.answer == Answer.CONFIRMED
    assert counted() == once
    assert restored.tick(noon + 2 * HOUR) == 0


def test_attack_after_restore_a_receipt_settles_what_nobody_knew_once(
    restored: House, noon: datetime, settings: LazySettings
) -> None:
    """What the old machine sent in the gap is not known here, until its receipt comes again."""
    sender = Sender.objects.get()
    unknown = Message.objects.filter(status=Status.UNCERTAIN, reason=Reason.RESTORED).first()
    assert unknown is not None
    told = {
        "id": "wamid.of.the.old.machine",
        "status": "delivered",
        "timestamp": str(int((noon + HOUR).timestamp())),
        "recipient_id": factories.phone_of(restored.invited[2]).number.lstrip("+"),
        "biz_opaque_callback_data": f"{unknown.callback}.1",
    }
    body = notice(sender.phone_number_id, sender.account.waba_id, statuses=[told])

    hear(body, now=noon + HOUR)
    unknown.refresh_from_db()
    standing = (unknown.status, unknown.delivered_at, unknown.attempt)
    hear(body, body, now=noon + 2 * HOUR)

    unknown.refresh_from_db()
    assert unknown.status == Status.DELIVERED
    assert (unknown.status, unknown.delivered_at, unknown.attempt) == standing
    assert not Delivery.objects.exclude(problem="").exists()
    restored.let_go(noon + 2 * HOUR)
    assert restored.tick(noon + 2 * HOUR) == 0
