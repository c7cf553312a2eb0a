"""
What a clinician has approved, and what they have not: schedules, seasons, and the lists they make.

Nobody stands in for them, as a deputy does for whoever approves campaigns: another clinician may
approve instead, somebody who is none may not.
"""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from campaigns import due, topics
from campaigns.models import Audience, Campaign, Making, PatientList, Schedule, ScheduleDose, Season
from healthmsg.clinic.models import StaffUser

PERMISSION = "campaigns.approve_schedule"

Vouched = Schedule | Season | PatientList


class NotApproved(Exception):
    """It was not approved; the message says why."""


def may(person: StaffUser) -> bool:
    """True for whoever answers for it as a clinician."""
    return person.has_perm(PERMISSION)


@transaction.atomic
def approve(row: Vouched, *, by: StaffUser, now: datetime) -> None:
    """
    Write down which clinician approved what stands there now.

    :raises NotApproved: it is approved, it is theirs, they are no clinician, or it is not fit
    """
    # Rows that hang on it are added or taken away before this, or find it frozen.
    locked = type(row)._default_manager.select_for_update(of=("self",)).get(pk=row.pk)
    if locked.approved_at is not None:
        raise NotApproved(_("It is approved already."))
    if not may(by):
        raise NotApproved(_("A clinician has to approve it."))
    if author_id(locked) == by.pk:
        raise NotApproved(_("A clinician other than who made it has to approve it."))
    if why := _unfit(locked):
        raise NotApproved(why)
    type(row)._default_manager.filter(pk=row.pk).update(approved_by=by, approved_at=now)
    row.refresh_from_db()


def withdraw(schedule: Schedule, *, by: StaffUser, reason: str, now: datetime) -> bool:
    """
    Stand by an edition no longer: nothing more is made by it, nothing more leaves because of it.

    :returns: False where it was not approved, or withdrawn before
    :raises NotApproved: they are no clinician
    """
    if not may(by):
        raise NotApproved(_("A clinician has to withdraw it."))
    standing = Schedule.objects.filter(pk=schedule.pk, approved_at__isnull=False, withdrawn_at=None)
    return bool(standing.update(withdrawn_by=by, withdrawn_at=now, withdrawn_because=reason))


def author_id(row: Vouched) -> int | None:
    return row.asked_by_id if isinstance(row, PatientList) else row.created_by_id


def void_seasons(audience: Audience) -> int:
    """Take approvals of seasons back, as whom they are for is no longer what was approved."""
    seasons = Season.objects.filter(audience=audience, approved_at__isnull=False)
    return seasons.update(approved_by=None, approved_at=None)


def missing(campaign: Campaign, made: Iterable[PatientList] | None = None) -> list[str]:
    """
    Return, in sentences, what a clinician has yet to approve before it may be sent.

    :param made: the lists of its audience that were made, where somebody has read them
    """
    audience = campaign.audience
    found = [_lacks(one) for one in (topics.made_lists(campaign) if made is None else made)]
    if audience.season is not None and not audience.season.is_valid:
        found.append(_by_a_clinician(audience.season))
    return list(filter(None, found))


def _lacks(patient_list: PatientList) -> str:
    source = patient_list.made_by
    if patient_list.making != Making.READY:
        return _("The list “%(name)s” is not made yet.") % {"name": patient_list}
    if source is not None and not source.is_valid:
        return _by_a_clinician(source)
    if patient_list.approved_at is None:
        return _("A clinician has to approve the list “%(name)s”.") % {"name": patient_list}
    return ""


def _by_a_clinician(source: Schedule | Season) -> str:
    if isinstance(source, Season):
        return _("A clinician has to approve the season “%(name)s”.") % {"name": source}
    if source.withdrawn_at is not None:
        return _("The schedule “%(name)s” was withdrawn.") % {"name": source}
    return _("A clinician has to approve the schedule “%(name)s”.") % {"name": source}


def _unfit(row: Vouched) -> str:
    if isinstance(row, Schedule):
        return _incomplete(row)
    if isinstance(row, Season):
        return ""
    if row.making != Making.READY:
        return _("It is not made yet.") if row.is_made else _("No schedule or season made it.")
    source = row.made_by
    return "" if source is None or source.is_valid else _by_a_clinician(source)


def _incomplete(schedule: Schedule) -> str:
    """Say what keeps a schedule from meaning one thing only."""
    rows = list(ScheduleDose.objects.filter(schedule=schedule).select_related("vaccine"))
    if not rows:
        return _("It has no doses.")
    names = {row.vaccine_id: row.vaccine.name for row in rows}
    for vaccine_id, series in due.in_series(row.step for row in rows).items():
        if [step.number for step in series] != list(range(1, len(series) + 1)):
            return _("The doses of %(vaccine)s are not numbered 1, 2, 3 without a gap.") % {
                "vaccine": names[vaccine_id]
            }
        if len({step.sex for step in series}) > 1:
            return _("The doses of %(vaccine)s are not all for the same sex.") % {
                "vaccine": names[vaccine_id]
            }
    return ""
