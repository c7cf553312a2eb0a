"""A flu campaign, written by reception and approved by somebody else."""

from collections.abc import Sequence
from datetime import datetime

from campaigns import approving
from campaigns.models import Audience, Campaign, ListEntry, PatientList
from healthmsg.clinic.models import Patient, Purpose
from healthmsg.desk.demo.house import House

TEMPLATE = "vaccination_invitation"


def write(home: House, due: Sequence[Patient], *, now: datetime) -> Campaign:
    """Write an invitation to everybody on a list due for a vaccination; it starts later."""
    clinic = home.clinic
    chosen = PatientList.objects.create(clinic=clinic, name="Flu vaccination due")
    today = now.astimezone(clinic.zone).date()
    ListEntry.objects.bulk_create(
        ListEntry(patient_list=chosen, patient=patient, due_on=today) for patient in due
    )
    audience = Audience.objects.create(clinic=clinic, name="Flu vaccination due", lists_alone=True)
    audience.lists.add(chosen)
    campaign = Campaign.objects.create(
        clinic=clinic,
        name="Flu vaccination",
        purpose=Purpose.PREVENTION,
        template_name=TEMPLATE,
        spare_language="en",
        audience=audience,
        created_by=home.reception,
    )
    approving.approve(campaign, by=home.admin, now=now)
    return campaign
