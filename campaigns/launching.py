"""Starts a campaign's run, pours it into the outbox in portions, and stops it."""

from datetime import datetime, timedelta

from django.db import transaction

from campaigns import (
    allowances,
    audience,
    budgeting,
    languages,
    portions,
    refusing,
    trial,
)
from campaigns.allowances import Allowance
from campaigns.models import Campaign, Recipient, Run, RunStatus
from campaigns.signals import run_started
from healthmsg.clinic.models import Purpose, StaffUser
from whatsapp import outbox
from whatsapp.draft import Draft, FromTemplate, Subject
from whatsapp.models import Message, Stream
from whatsapp.status import Lane, Reason

PORTION = 500
GOING = (RunStatus.EXPANDING, RunStatus.POURING)
# So many may wait in the outbox at once, or what leaves in so many seconds: ticks come every five.
# A pause stops those too; it is a cancel that takes back each of them.
WAITING_AT_MOST = 2000
WAITING_SECONDS = 8
USEFUL_FOR = timedelta(days=2)
# Two presses no further apart are one.
ONE_PRESS = timedelta(minutes=1)


@transaction.atomic
def start(
    campaign: Campaign,
    *,
    by: StaffUser | None,
    now: datetime,
    occurrence_at: datetime | None = None,
) -> Run:
    """
    Start a run now; pressed twice within a minute, by whom ever, it is one run.

    :param occurrence_at: for which moment it was planned; one moment has one run

    :raises NotAllowed: nobody else approved a large one, nobody would get it, or its budget does
        not cover it
    """
    campaign = Campaign.objects.select_for_update().get(pk=campaign.pk)
    check = audience.check(audience.of(campaign, now=now))
    done_at = refusing.unless_fit(campaign, check, now=now)
    already = _already(campaign, occurrence_at, now)
    if already is not None:
        return already
    if why := budgeting.why_not_start(campaign, now=now):
        raise refusing.NotAllowed(why)
    stream = Stream.objects.create(
        clinic=campaign.clinic, name=campaign.name, goes_first=bool(campaign.notice)
    )
    run = Run.objects.create(
        campaign=campaign,
        occurrence_at=occurrence_at or now,
        stream=stream,
        started_by=by,
        started_at=now,
        approved_by=campaign.approved_by,
        is_by_site=campaign.expected_percent is not None,
        categories=sorted({one.category for one in languages.Words(campaign).approved}),
        # What the daily limit spreads over days is as useful on the last of them.
        expires_at=max(now, done_at) + USEFUL_FOR,
    )
    run_started.send(sender=Run)
    return run


def _already(campaign: Campaign, planned_for: datetime | None, now: datetime) -> Run | None:
    runs = Run.objects.filter(campaign=campaign)
    if planned_for is not None:
        return runs.filter(occurrence_at=planned_for).first()
    # Whoever cancelled one and starts again at once means it.
    lately = runs.filter(started_at__gt=now - ONE_PRESS).exclude(status=RunStatus.CANCELLED)
    return lately.order_by("-started_at").first()


def pause(run: Run, *, reason: str, now: datetime) -> bool:
    """Stop at once: nothing new leaves. True where it was not stopped before."""
    # Held before the run's row is waited for: a tick may have it, and nothing more may leave.
    stopped = _hold(run, reason, now)
    with transaction.atomic():
        Run.objects.select_for_update().get(pk=run.pk)
        # Again: somebody may have let it go on meanwhile, and whoever comes last is heard whole.
        _hold(run, reason, now)
        Run.objects.filter(pk=run.pk, status__in=GOING).update(
            status=RunStatus.PAUSED, status_reason=reason
        )
    return stopped


def _hold(run: Run, reason: str, now: datetime) -> bool:
    free = Stream.objects.filter(pk=run.stream_id, held_at=None)
    return bool(free.update(held_at=now, held_reason=reason))


@transaction.atomic
def resume(run: Run, *, now: datetime) -> bool:
    """
    Go on exactly where it was stopped. True where it had been.

    :raises NotAllowed: it was cancelled, a clinician no longer stands by what chose its people, or
        it says something else than was approved
    """
    refusing.unless_vouched(run.campaign)
    refusing.unless_said_as_approved(run)
    if Run.objects.select_for_update().get(pk=run.pk).status == RunStatus.CANCELLED:
        raise refusing.NotAllowed("It was cancelled for good.")
    going = Stream.objects.filter(pk=run.stream_id, held_at__isnull=False).update(
        held_at=None, held_reason=""
    )
    paused = Run.objects.filter(pk=run.pk, status=RunStatus.PAUSED)
    # Whoever was not yet written down when it was stopped is written down now.
    categories = sorted({one.category for one in languages.Words(run.campaign).approved})
    paused.update(resumed_at=now, status_reason="", categories=categories)
    allowances.make_room(run, now=now)
    # Whoever lets it go on after a trial has decided what the trial could not.
    paused.filter(trial_ends_at__lte=now, trial_passed_at=None).update(trial_passed_at=now)
    paused.filter(expanded_at=None).update(status=RunStatus.EXPANDING)
    paused.update(status=RunStatus.POURING)
    return bool(going)


@transaction.atomic
def cancel(run: Run, *, reason: str, now: datetime) -> int:
    """
    Withdraw everything that has not left, for good; how many queued messages that was.

    Whoever had no message yet gets none from now on; that it says so of each of a million people
    is written in chunks (`sweeping`). What a sender has in hand and puts back stands in a stream
    that nobody frees again, and is withdrawn there.
    """
    # Before the run's row is waited for, as in `pause`; what is held is held for this from now on.
    # Of one that has ended nothing is left to hold.
    Stream.objects.filter(pk=run.stream_id, run__finished_at=None).update(
        held_at=now, held_reason=reason
    )
    Run.objects.select_for_update().get(pk=run.pk)
    withdrawn = outbox.withdraw(
        Message.objects.filter(stream_id=run.stream_id), reason=Reason.CANCELLED_BY_STAFF, now=now
    )
    open_still = Run.objects.filter(pk=run.pk, finished_at=None)
    open_still.update(status=RunStatus.CANCELLED, status_reason=reason)
    return len(withdrawn)


def pour(*, now: datetime, portion: int = PORTION) -> int:
    """Bring every running run one portion further, urgent ones first; how many were queued."""
    running = Run.objects.filter(status__in=GOING)
    # Safety notices do not wait until the others are written down.
    in_order = running.order_by("-stream__goes_first", "pk").values_list("pk", flat=True)
    return sum(_bring_on(run_id, portion, now) for run_id in list(in_order))


def _bring_on(run_id: int, portion: int, now: datetime) -> int:
    while _expand_one(run_id, now):
        pass
    return _pour_one(run_id, portion, now)


@transaction.atomic
def _expand_one(run_id: int, now: datetime) -> bool:
    """Write down some more of who gets it; True where another call may find more."""
    run = _locked(run_id, RunStatus.EXPANDING)
    if run is None:
        return False
    if audience.expand(run, now=now):
        return True
    trial.choose(run)
    Run.objects.filter(pk=run.pk).update(status=RunStatus.POURING, expanded_at=now)
    return False


def _locked(run_id: int, *statuses: RunStatus) -> Run | None:
    """Return the run if it stands so and no other tick has it: that one is left to it."""
    return (
        Run.objects.select_for_update(skip_locked=True, of=("self",))
        .select_related("campaign__clinic", "stream")
        .filter(pk=run_id, status__in=statuses)
        .first()
    )


@transaction.atomic
def _pour_one(run_id: int, portion: int, now: datetime) -> int:
    run = _locked(run_id, RunStatus.POURING)
    if run is None:
        return 0
    try:
        refusing.unless_said_as_approved(run)
    except refusing.NotAllowed as why:
        pause(run, reason=str(why), now=now)
        return 0
    waiting = Message.objects.filter(stream_id=run.stream_id, send_after__isnull=False)
    most = _may_wait(run)
    if waiting[:most].count() >= most:
        return 0
    portion = budgeting.room(run, now=now, most=portion)
    if not portion:
        return 0
    poured = _portion(run, portion, now)
    if poured or portions.waiting(run).exists():
        return poured
    if trial.is_on(run):
        trial.begin_to_wait(run, now=now)
    elif not waiting.exists():
        Run.objects.filter(pk=run.pk).update(status=RunStatus.DONE, finished_at=now)
    return 0


def _may_wait(run: Run) -> int:
    sender = languages.sender_of(run.campaign)
    return (
        max(WAITING_AT_MOST, WAITING_SECONDS * sender.rate_per_second)
        if sender
        else WAITING_AT_MOST
    )


def _portion(run: Run, portion: int, now: datetime) -> int:
    allowance = allowances.of(run, most=portion, now=now)
    households = _wanted(run, allowance, now)
    if not households:
        return 0
    words = FromTemplate(names=(run.campaign.template_name,))
    moments = allowance.moments or [None] * len(households)
    drafts = [_draft(run, h, at) for h, at in zip(households, moments, strict=False)]
    messages = outbox.queue_many([(draft, words) for draft in drafts], now=now)
    for household, message in zip(households, messages, strict=True):
        for recipient in household:
            recipient.message, recipient.poured_at = message, now
    Recipient.objects.bulk_update(
        [r for household in households for r in household],
        ["message", "poured_at"],
        batch_size=PORTION,
    )
    people = portions.people_by_site(households)
    allowances.take(run, messages=len(messages), people=people, now=now)
    budgeting.note(run, [household[0] for household in households], now=now)
    return len(messages)


def _wanted(run: Run, allowance: Allowance, now: datetime) -> list[portions.Household]:
    """Return the next households, past those of whom nobody needs it any more."""
    while next_ones := portions.households(run, allowance):
        if wanted := _still_wanted(run, next_ones, now):
            return wanted
    return []


def _still_wanted(
    run: Run, households: list[portions.Household], now: datetime
) -> list[portions.Household]:
    """Leave out who has had it, booked it or declined it since they were written down."""
    asked = audience.of(run.campaign, now=now)
    patients = [row.patient_id for household in households for row in household]
    settled = audience.settled(asked, patients)
    for reason in set(settled.values()):
        since = [patient for patient, why in settled.items() if why == reason]
        Recipient.objects.filter(run=run, patient__in=since).update(reason=reason)
    left = ([row for row in h if row.patient_id not in settled] for h in households)
    return [household for household in left if household]


def _draft(run: Run, household: portions.Household, send_after: datetime | None) -> Draft:
    """One message per number; it greets the first and speaks for all."""
    first = household[0]
    if first.phone is None or first.contact is None:
        raise AssertionError("a recipient without a reason has a contact and a number")
    retry = max(recipient.retry for recipient in household)
    return Draft(
        dedupe_key=f"run:{run.pk}:phone:{first.phone_id}" + (f":retry:{retry}" if retry else ""),
        clinic=run.campaign.clinic,
        phone=first.phone,
        lane=int(Lane.BROADCAST),
        purpose=Purpose(run.campaign.purpose),
        expires_at=run.expires_at,
        subjects=tuple(Subject(r.patient, r.contact) for r in household),
        language=first.contact.language,
        spare_language=languages.spare_of(run.campaign),
        stream=run.stream,
        send_after=send_after,
        sender=run.campaign.sender,
    )
