"""Who may approve a campaign, and what an approval is worth after somebody changed something."""

from collections.abc import Mapping
from datetime import date, datetime
from hashlib import sha256

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from campaigns import languages, stamps
from campaigns.at_hand import AtHand
from campaigns.models import (
    Audience,
    Campaign,
    Deputy,
    PatientList,
    PriorityGroup,
    Run,
    RunStatus,
)
from healthmsg.clinic.models import StaffUser

PERMISSION = "campaigns.approve_campaign"
_RUNS = Run.objects.filter(campaign=OuterRef("pk"))
_NOT_OVER = [RunStatus.EXPANDING, RunStatus.POURING, RunStatus.PAUSED]
_GOES_ON = Q(next_run_at__isnull=False) | Exists(_RUNS.filter(status__in=_NOT_OVER))


class NotYours(Exception):
    """Somebody may not approve this campaign; the message says why."""


def may(person: StaffUser, campaign: Campaign, *, today: date) -> bool:
    """True for whoever approves by their work, or stands in for such a person today."""
    return person.has_perm(PERMISSION) or _stands_in(person, campaign.clinic_id, today)


@transaction.atomic
def approve(campaign: Campaign, *, by: StaffUser, now: datetime, seen: str | None = None) -> None:
    """
    Write down who approved what they have looked at.

    :param seen: the stamp of that; None from programs, which approve what stands there now
    :raises NotYours: its author asks, somebody who may not, or it has changed since
    """
    # Whoever changes it, its audience or its lists meanwhile writes this row too, and is either
    # seen by us or takes back what we write.
    locked = Campaign.objects.select_for_update().get(pk=campaign.pk)
    _unless_its_author(locked, by)
    if not may(by, campaign, today=now.astimezone(campaign.clinic.zone).date()):
        raise NotYours("You may not approve campaigns.")
    parts = stamps.of(locked)
    if seen is not None and seen != _joined(parts):
        raise NotYours("It was changed since this page was opened. Open it again, and look again.")
    campaign.approved_by, campaign.approved_at, campaign.approved_parts = by, now, parts
    campaign.save(update_fields=["approved_by", "approved_at", "approved_parts"])


def stamp(campaign: Campaign, at_hand: AtHand | None = None) -> str:
    """Return a word that differs where what is sent, or to whom, does; of a row as it was read."""
    return _joined(stamps.of(campaign, at_hand))


def _joined(parts: Mapping[str, str]) -> str:
    return sha256(repr(sorted(parts.items())).encode()).hexdigest()[:24]


def _unless_its_author(campaign: Campaign, by: StaffUser) -> None:
    if campaign.created_by_id == by.pk:
        raise NotYours("Somebody other than its author has to approve it.")
    if campaign.changed_by_id == by.pk:
        raise NotYours("Somebody other than whoever changed it last has to approve it.")
    if campaign.notice and campaign.created_by_id is None:
        raise NotYours("A safety notice needs two people: this one has no author. Write it anew.")


def is_by_another(campaign: Campaign) -> bool:
    return campaign.approved_by_id is not None and campaign.approved_by_id != campaign.created_by_id


def is_of_older_words(campaign: Campaign) -> bool:
    """True where WhatsApp has approved other words of its template since somebody approved it."""
    approved_at = campaign.approved_at
    if approved_at is None:
        return False
    words = languages.Words(campaign).approved
    return any(one.version.first_seen_at > approved_at for one in words)


@transaction.atomic
def change(campaigns: QuerySet[Campaign], *, by: StaffUser) -> int:
    """
    Take approvals back, as what was approved is no longer what would be sent; how many.

    Whoever changed whom it goes to has changed it: they do not approve that themselves.
    """
    keys = list(campaigns.order_by("pk").values_list("pk", flat=True))
    rows = Campaign.objects.filter(pk__in=keys)
    # Also of those that nobody has approved: somebody may be about to.
    rows.update(changed_by=by)
    return rows.filter(approved_at__isnull=False).update(approved_by=None, approved_at=None)


def unapproved() -> QuerySet[Campaign]:
    """Return the campaigns that wait for somebody to approve them, for the first time or again."""
    # What is small may have been sent without.
    again = ~Q(approved_parts={}) & _GOES_ON
    return Campaign.objects.filter(~Exists(_RUNS) | again, approved_at=None)


def take_back_fallen() -> int:
    """
    Take approvals back where what was approved was changed by something that asks nobody, such as
    the clinic's name or a template's words; how many.

    Whoever approves hears of it then, and not when it should have been sent.
    """
    approved = Campaign.objects.filter(~Exists(_RUNS) | _GOES_ON, approved_at__isnull=False)
    rows = stamps.with_free_slots(approved.select_related("clinic")).order_by("pk")
    return sum(_take_back(campaign.pk) for campaign in rows.iterator(200) if changed(campaign))


def changed(campaign: Campaign) -> list[stamps.Part]:
    """Return what is no more as it was approved; the words also where nothing was kept of it."""
    if campaign.approved_parts:
        return stamps.changed(campaign)
    return [stamps.Part.WORDS] if is_of_older_words(campaign) else []


@transaction.atomic
def _take_back(campaign_id: int) -> bool:
    # Somebody may have approved it again since it was looked at, or be about to.
    rows = Campaign.objects.select_for_update(no_key=True)
    locked = rows.filter(pk=campaign_id, approved_at__isnull=False).first()
    if locked is None or not changed(locked):
        return False
    locked.approved_by = locked.approved_at = None
    if not locked.approved_parts:
        # Of an approval that was given before its parts were kept no more is known than this.
        locked.approved_parts = {**stamps.of(locked), stamps.Part.WORDS: ""}
    locked.save(update_fields=["approved_by", "approved_at", "approved_parts"])
    return True


def of_audience(audience: Audience) -> QuerySet[Campaign]:
    """Return the campaigns that go to it, or write to it first."""
    first = PriorityGroup.objects.filter(audience=audience)
    return Campaign.objects.filter(Q(audience=audience) | Q(pk__in=first.values("campaign")))


def of_template(name: str, account_id: int) -> QuerySet[Campaign]:
    """Return the campaigns that write with a template of an account."""
    ours = Campaign.objects.filter(clinic__senders__account=account_id)
    return Campaign.objects.filter(pk__in=ours.values("pk"), template_name=name)


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
