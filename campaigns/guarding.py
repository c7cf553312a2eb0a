"""Stops a run by itself: too much fails, too many ask us to stop, its budget is used up."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from campaigns import budgeting, launching, trial, vouching
from campaigns.languages import Words
from campaigns.models import Recipient, Run
from whatsapp.models import Category, Reply, ReplyOutcome
from whatsapp.status import Reason, Status

# The last messages of a run decide; of fewer than these nothing can be said.
SAMPLE = 1000
AT_LEAST = 50
FAILED_SHARE = 0.2
STOPPED_SHARE = 0.05
STOPS_WITHIN = timedelta(days=1)
_ARRIVED = (Status.DELIVERED, Status.READ)


@dataclass(frozen=True)
class Outcome:
    """What became of the last messages of a run, as far as it is known."""

    arrived: int
    failed: Counter[str]

    @property
    def known(self) -> int:
        return self.arrived + self.failed.total()


def guard(*, now: datetime) -> int:
    """Look at every run that is going, and pause those that must not go on; how many."""
    runs = Run.objects.filter(status__in=launching.GOING).select_related("campaign__clinic")
    return sum(_guard(run, now) for run in runs.order_by("pk"))


def why_not(run: Run, *, now: datetime) -> str:
    """Return why a run must not go on, "" where nothing speaks against it."""
    approved = Words(run.campaign).approved
    if not approved:
        return _("no language of its template is approved any more")
    others = {one.category for one in approved} - set(run.categories)
    if run.categories and others:
        return _(
            "WhatsApp now counts its template as %(category)s, which changes what it costs"
        ) % {"category": ", ".join(sorted(str(Category(one).label) for one in others))}
    if missing := vouching.missing(run.campaign):
        return " ".join(missing)[:200]
    return (
        _fails(outcome_of(run))
        or _is_stopped(run, now)
        or _trial_failed(run, now)
        or budgeting.why_not(run, now=now)
    )


def outcome_of(run: Run) -> Outcome:
    """Return what became of the run's last messages; a household's counts for each of them."""
    lately = Recipient.objects.filter(run=run, poured_at__gte=_since(run)).order_by("-poured_at")
    rows = lately.values_list("message__status", "message__reason")[:SAMPLE]
    arrived, failed = 0, Counter[str]()
    for status, reason in rows:
        if status in _ARRIVED:
            arrived += 1
        elif status == Status.FAILED:
            failed[reason] += 1
    return Outcome(arrived, failed)


def _guard(run: Run, now: datetime) -> bool:
    if run.trial_ends_at is not None and trial.is_on(run) and _is_enough(run, trial.result(run)):
        trial.passed(run, now=now)
        run.trial_passed_at = now
    why = why_not(run, now=now)
    return bool(why) and launching.pause(run, reason=why, now=now)


def _is_enough(run: Run, result: trial.Result) -> bool:
    return result.share * 100 >= run.campaign.trial_percent


def _trial_failed(run: Run, now: datetime) -> str:
    if not trial.is_on(run) or run.trial_ends_at is None or run.trial_ends_at > now:
        return ""
    result = trial.result(run)
    return _(
        "of the first %(size)d, %(arrived)d are known to have it; %(percent)d %% were asked"
    ) % {
        "size": result.size,
        "arrived": result.arrived,
        "percent": run.campaign.trial_percent,
    }


def _fails(outcome: Outcome) -> str:
    failed = outcome.failed.total()
    if outcome.known < AT_LEAST or failed <= FAILED_SHARE * outcome.known:
        return ""
    reason, _count = outcome.failed.most_common(1)[0]
    return _("%(failed)d of the last %(known)d did not arrive, mostly: %(reason)s") % {
        "failed": failed,
        "known": outcome.known,
        "reason": Reason(reason).label if reason else _("no reason was given"),
    }


def _is_stopped(run: Run, now: datetime) -> str:
    since = max(_since(run), now - STOPS_WITHIN)
    told = Recipient.objects.filter(run=run, poured_at__gte=since)
    count = told[: SAMPLE + 1].count()
    if count < AT_LEAST:
        return ""
    stops = Reply.objects.filter(
        clinic=run.campaign.clinic_id, outcome=ReplyOutcome.STOPPED, written_at__gte=since
    )
    stopped = stops.filter(phone__in=told.values("phone")).values("phone").distinct().count()
    if stopped <= STOPPED_SHARE * min(count, SAMPLE):
        return ""
    return _("%(count)d people asked us to stop within a day") % {"count": stopped}


def _since(run: Run) -> datetime:
    """A person who let a run go on knows what was before."""
    return run.resumed_at or run.started_at
