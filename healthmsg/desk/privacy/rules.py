"""For how long each clinic keeps what: as it said itself, or as is usual."""

import math
from collections.abc import Mapping

from django.conf import settings

from healthmsg.clinic.models import Clinic
from healthmsg.desk.privacy.models import Kept, RetentionRule

# Ever so long is a hundred years, which the calendar still reaches.
LEAST_DAYS, MOST_DAYS = 30, 36_500
# Less than a year is no audit, and no proof.
LEAST_DAYS_OF_PROOF = 365
# Source: domain facts, retention: message bodies 6 to 24 months, visits 2 years, proof of
# permission 6 years; what a clinic's law says differs, so each clinic may change them.
_USUAL_DAYS = {
    Kept.MESSAGES: 365,
    Kept.REPLIES: 365,
    Kept.NOTES: 365,
    Kept.VISITS: 730,
    Kept.PAST_VISITS: 730,
    Kept.PERMISSIONS: 2190,
    Kept.REPLACED: 2190,
}


def usual_days() -> dict[Kept, int]:
    """Return what counts where a clinic has said nothing; of some kinds the house says it."""
    return _USUAL_DAYS | {
        Kept.FILES: _whole(settings.INBOUND_FILES_KEPT_DAYS),
        Kept.NOTICES: _whole(settings.NOTICES_KEPT_DAYS),
        Kept.AUDIT: _whole(settings.AUDIT_KEPT_DAYS),
    }


def days(clinic: Clinic) -> Mapping[Kept, int]:
    """Return for how many days a clinic keeps each kind."""
    rules = RetentionRule.objects.filter(clinic=clinic).values_list("kind", "days")
    return usual_days() | {Kept(kind): number for kind, number in rules}


def of_all(kind: Kept) -> Mapping[int, int]:
    """Return for how many days each clinic keeps one kind, by the clinic's key."""
    usual = dict.fromkeys(Clinic.objects.values_list("pk", flat=True), usual_days()[kind])
    return usual | dict(RetentionRule.objects.filter(kind=kind).values_list("clinic_id", "days"))


def longest(kind: Kept) -> int:
    """Return for how many days the clinic that keeps one kind longest does."""
    return max(of_all(kind).values(), default=usual_days()[kind])


def least_days(kind: Kept) -> int:
    """Return the fewest days that a clinic may say; what is usual in the house it may always."""
    if kind in {Kept.AUDIT, Kept.REPLACED}:
        return LEAST_DAYS_OF_PROOF
    return min(LEAST_DAYS, usual_days()[kind])


def keep_for(clinic: Clinic, kind: Kept, *, days: int) -> None:
    """
    Change for how long a clinic keeps one kind.

    :raises ValueError: less than what patients and WhatsApp may still ask about, or a century
    """
    if not least_days(kind) <= days <= MOST_DAYS:
        raise ValueError("too short, or too long")
    RetentionRule.objects.update_or_create(clinic=clinic, kind=kind, defaults={"days": days})


def _whole(days: float) -> int:
    """A setting may say half a day; nothing goes earlier than it says."""
    return math.ceil(days)
