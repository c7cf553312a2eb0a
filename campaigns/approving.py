"""Who may approve a campaign, and what an approval is worth after somebody changed something."""

from datetime import date, datetime

from django.db.models import Q, QuerySet

from campaigns.models import Audience, Campaign, Deputy, PatientList, PriorityGroup
from healthmsg.clinic.models import StaffUser

PERMISSION = "campaigns.approve_campaign"


class NotYours(Exception):
    """Somebody may not approve this campaign; the message says why."""


def may(person: StaffUser, campaign: Campaign, *, today: date) -> bool:
    """True for whoever approves by their work, or stands in for such a person today."""
    return person.has_perm(PERMISSION) or _stands_in(person, campaign.clinic_id, today)


def approve(campaign: Campaign, *, by: StaffUser, now: datetime) -> None:
    """
    Write down who approved what stands there now.

    :raises NotYours: its author asks, or somebody who may not
    """
    if campaign.created_by_id == by.pk:
        raise NotYours("Somebody other than its author has to approve it.")
    if campaign.changed_by_id == by.pk:
        raise NotYours("Somebody other than whoever changed it last has to approve it.")
    if campaign.notice and campaign.created_by_id is None:
        raise NotYours("A safety notice needs two people: this one has no author. Write it anew.")
    if not may(by, campaign, today=now.astimezone(campaign.clinic.zone).date()):
        raise NotYours("You may not approve campaigns.")
    campaign.approved_by, campaign.approved_at = by, now
    campaign.save(update_fields=["approved_by", "approved_at"])


def is_by_another(campaign: Campaign) -> bool:
    return campaign.approved_by_id is not None and campaign.approved_by_id != campaign.created_by_id


def void(campaigns: QuerySet[Campaign]) -> int:
    """Take approvals back, as what was approved is no longer what would be sent; how many."""
    return campaigns.filter(approved_at__isnull=False).update(approved_by=None, approved_at=None)


def of_audience(audience: Audience) -> QuerySet[Campaign]:
    """Return the campaigns that go to it, or write to it first."""
    first = PriorityGroup.objects.filter(audience=audience)
    return Campaign.objects.filter(Q(audience=audience) | Q(pk__in=first.values("campaign")))


def of_list(patient_list: PatientList) -> QuerySet[Campaign]:
    """Return the campaigns whose audience a list belongs to, or is kept from."""
    named = Audience.objects.filter(lists=patient_list) | Audience.objects.filter(
        left_out=patient_list
    )
    first = PriorityGroup.objects.filter(audience__in=named.values("pk"))
    return Campaign.objects.filter(
        Q(audience__in=named.values("pk")) | Q(pk__in=first.values("campaign"))
    )


def _stands_in(person: StaffUser, clinic_id: int, today: date) -> bool:
    named = Deputy.objects.filter(
        clinic=clinic_id, deputy=person, first_day__lte=today, last_day__gte=today
    ).select_related("stands_in_for")
    # Somebody who has left stands for nothing any more.
    return any(
        one.stands_in_for.is_active and one.stands_in_for.has_perm(PERMISSION) for one in named
    )
