"""Patients on a campaign's list."""

from campaigns.models import Campaign, ListEntry
from healthmsg.clinic.models import Patient, Phone, Purpose
from tests import factories

WILLING = (Purpose.APPOINTMENTS, Purpose.PREVENTION)


def put_on_list(campaign: Campaign, *patients: Patient) -> None:
    ListEntry.objects.bulk_create(
        ListEntry(patient_list=campaign.audience.lists.get(), patient=patient)
        for patient in patients
    )


def invite(
    campaign: Campaign,
    *,
    consents: tuple[Purpose, ...] = WILLING,
    phone: Phone | None = None,
) -> Patient:
    """A patient on the list, who allowed prevention unless said otherwise."""
    patient = factories.make_patient(campaign.clinic, consents=consents, phone=phone)
    put_on_list(campaign, patient)
    return patient
