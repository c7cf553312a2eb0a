"""What a campaign speaks of to whom, and what a patient's answer to it changes."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from campaigns.models import (
    Campaign,
    DeclinedTopic,
    ListEntry,
    Making,
    PatientList,
    Recipient,
)
from healthmsg.clinic.models import DoseSource, Immunisation, Patient, StaffUser


@dataclass(frozen=True)
class Topic:
    """
    One vaccine, or one kind of visit, or else the campaign itself.

    Where lists that were made say what each patient on them is due for, that is the topic.
    """

    vaccine_id: int | None = None
    visit_kind_id: int | None = None
    campaign_id: int | None = None
    list_ids: tuple[int, ...] = ()


def made_lists(campaign: Campaign) -> "QuerySet[PatientList]":
    """Return the lists of its audience that nobody put together by hand."""
    made = campaign.audience.lists.exclude(making=Making.BY_HAND)
    return made.select_related("schedule", "season").order_by("pk")


def of(campaign: Campaign, made: Iterable[PatientList] | None = None) -> Topic:
    """
    Return what a campaign speaks of; the vaccine says more than the kind of visit does.

    :param made: its `made_lists`, where somebody has read them
    """
    if campaign.vaccine_id is not None:
        return Topic(vaccine_id=campaign.vaccine_id)
    list_ids = tuple(one.pk for one in (made_lists(campaign) if made is None else made))
    if campaign.visit_kind_id is not None:
        return Topic(visit_kind_id=campaign.visit_kind_id, list_ids=list_ids)
    return Topic(campaign_id=campaign.pk, list_ids=list_ids)


def is_vaccination(campaign: Campaign) -> bool:
    """True where it invites to doses, be it only to some of its people."""
    topic = of(campaign)
    return topic.vaccine_id is not None or bool(topic.list_ids)


def vaccines_of(campaign: Campaign, patients: Iterable[int]) -> dict[int, list[int]]:
    """Return which vaccines a campaign spoke of to each patient: keys of Vaccine by patient's."""
    topic = of(campaign)
    if topic.vaccine_id is not None:
        return {patient_id: [topic.vaccine_id] for patient_id in patients}
    found: dict[int, set[int]] = defaultdict(set)
    entries = ListEntry.objects.filter(patient_list__in=topic.list_ids, patient__in=patients)
    for patient_id, vaccines in entries.values_list("patient_id", "vaccines"):
        found[patient_id].update(vaccines)
    return {patient_id: sorted(vaccines) for patient_id, vaccines in found.items()}


def record_done(recipient: Recipient, *, now: datetime) -> int:
    """
    Record what a patient says they have had, its day unknown; how many doses are new.

    A dose recorded since the invitation is the one they speak of: tapped twice, it is one dose.
    """
    # Two answers about one patient, from two phones, wait for each other.
    Patient.objects.select_for_update(no_key=True, of=("self",)).get(pk=recipient.patient_id)
    campaign = recipient.run.campaign
    vaccines = vaccines_of(campaign, [recipient.patient_id]).get(recipient.patient_id, [])
    known = Immunisation.objects.filter(
        patient=recipient.patient_id,
        vaccine__in=vaccines,
        entered_in_error_at=None,
        recorded_at__gte=recipient.poured_at or now,
    ).values_list("vaccine_id", flat=True)
    new = [
        Immunisation(
            patient_id=recipient.patient_id,
            vaccine_id=vaccine_id,
            source=DoseSource.TOLD_BY_PATIENT,
            recorded_at=now,
        )
        for vaccine_id in sorted(set(vaccines) - set(known))
    ]
    return len(Immunisation.objects.bulk_create(new))


def decline(recipients: Sequence[Recipient], *, now: datetime) -> int:
    """Write nobody of these about this any more; permission for everything else stays."""
    campaign = recipients[0].run.campaign
    patients = [recipient.patient_id for recipient in recipients]
    vaccines = vaccines_of(campaign, patients)
    topic = of(campaign)
    rows = []
    for patient_id in patients:
        about: list[dict[str, int | None]] = [
            {"vaccine_id": vaccine_id} for vaccine_id in vaccines.get(patient_id, [])
        ]
        whole = {"visit_kind_id": topic.visit_kind_id, "campaign_id": topic.campaign_id}
        rows += [
            DeclinedTopic(patient_id=patient_id, declined_at=now, **one) for one in about or [whole]
        ]
    return len(DeclinedTopic.objects.bulk_create(rows, ignore_conflicts=True))


def lift(declined: DeclinedTopic, *, by: StaffUser, now: datetime) -> bool:
    """Invite to it again, as the patient told us to. True where they had declined it until now."""
    standing = DeclinedTopic.objects.filter(pk=declined.pk, lifted_at=None)
    return bool(standing.update(lifted_at=now, lifted_by=by))
