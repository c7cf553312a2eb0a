"""Campaigns without somebody who was deleted: counts stay, lists lose them."""

from django.db import transaction

from campaigns.models import DeclinedTopic, ListEntry, Recipient
from healthmsg.clinic.models import Patient
from whatsapp.status import Reason


@transaction.atomic
def forget(patient: Patient) -> int:
    """Take the patient off every list; return how many invitations there were."""
    ListEntry.objects.filter(patient=patient).delete()
    DeclinedTopic.objects.filter(patient=patient).delete()
    mine = Recipient.objects.filter(patient=patient)
    mine.filter(message=None, reason="").update(reason=Reason.ERASED)
    return mine.count()
