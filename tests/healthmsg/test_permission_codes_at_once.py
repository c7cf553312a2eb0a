"""Two scans of one code at the same moment are one permission."""

import threading

import pytest
from django.db import connection, transaction

from healthmsg.clinic.models import ConsentRecord, Patient, StaffUser, Wording
from healthmsg.desk.proof import codes
from tests import factories
from tests.factories import NOON
from tests.healthmsg.test_permission_codes import patient, shown, staff, words, written
from whatsapp.models import Reply, ReplyOutcome, Sender

__all__ = ["patient", "staff", "words"]


@pytest.mark.django_db(transaction=True)
def test_two_scans_at_once_are_one_permission(
    sender: Sender, patient: Patient, staff: StaffUser, words: Wording
) -> None:
    code = shown(patient, staff, words)
    phone = factories.phone_of(patient)
    both = [written(sender, phone, code.code) for _ in range(2)]
    start, outcomes = threading.Barrier(2), list[str]()

    def take(reply: Reply) -> None:
        start.wait()
        try:
            Reply.objects.filter(pk=reply.pk).update(phone=phone)
            reply.refresh_from_db()
            with transaction.atomic():
                outcomes.append(codes.take(reply, phone, code.code, now=NOON))
        finally:
            connection.close()

    threads = [threading.Thread(target=take, args=(reply,)) for reply in both]
    for one in threads:
        one.start()
    for one in threads:
        one.join()

    assert sorted(outcomes) == [ReplyOutcome.CODE_REFUSED, ReplyOutcome.PERMITTED]
    assert ConsentRecord.objects.filter(patient=patient).count() == 1
