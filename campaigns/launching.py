"""Starts a campaign's run, pours it into the outbox in portions, and stops it."""

from datetime import datetime, timedelta

from django.db import transaction

from campaigns import (
    allowances,
    approving,
    audience,
    budgeting,
    forecast,
    languages,
    portions,
    topics,
    trial,
    vouching,
    wording,
)
from campaigns.allowances import Allowance
from campaigns.models import Campaign, Recipient, Run, RunStatus
from campaigns.signals import run_started
from healthmsg.clinic.models import Purpose, StaffUser
from whatsapp import outbox
from whatsapp.draft import Draft, FromTemplate, Subject
from whatsapp.models import Message, Stream
from whatsapp.status import Lane, Reason

# Above this many people somebody other than the author approves.
SIZE_THAT_NEEDS_TWO = 500
PORTION = 500
GOING = (RunStatus.EXPANDING, RunStatus.POURING)
# So many may wait in the outbox at once, or what leaves in so many seconds: ticks come every five.
# A pause stops those too; it is a cancel that takes back each of them.
WAITING_AT_MOST = 2000
WAITING_SECONDS = 8
USEFUL_FOR = timedelta(days=2)


class NotAllowed(Exception):
    """The campaign may not start; the message says what is missing."""


@transaction.atomic
def start(
    campaign: Campaign,
    *,
    by: StaffUser | None,
    now: datetime,
    occurrence_at: datetime | None = None,
) -> Run:
    """
    Start a run now; pressed twice within a minute, it is one run.

    :param occurrence_at: for which moment it was planned; one moment has one run

    :raises NotAllowed: nobody else approved a large one, nobody would get it, or its budget does
        not cover it
    """
    campaign = Campaign.objects.select_for_update().get(pk=campaign.pk)
    check = audience.check(audience.of(campaign, now=now))
    look, reached = check.by_reason, check.reached
    if look[Reason.NO_SENDER]:
        raise NotAllowed("There is no WhatsApp number to send from.")
    if look[Reason.TEMPLATE_MISSING] and not campaign.spare_language:
        raise NotAllowed("The template lacks a language: choose what these patients get instead.")
    if not reached:
        raise NotAllowed("Nobody would get it.")
    _refuse_unfit(campaign)
    _refuse_unvouched(campaign)
    done_at = _done_at(campaign, check, now)
    _refuse_unapproved(campaign, reached)
    occurrence_at = occurrence_at or now.replace(second=0, microsecond=0)
    already = Run.objects.filter(campaign=campaign, occurrence_at=occurrence_at).first()
    if already is not None:
        return already
    if why := budgeting.why_not_start(campaign, now=now):
        raise NotAllowed(why)
    stream = Stream.objects.create(
        clinic=campaign.clinic, name=campaign.name, goes_first=bool(campaign.notice)
    )
    run = Run.objects.create(
        campaign=campaign,
        occurrence_at=occurrence_at,
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


def _refuse_unvouched(campaign: Campaign) -> None:
    """
    Let nothing leave by what decides who is vaccinated before a clinician stands by it.

    :raises NotAllowed: a schedule, a season or a list has no clinician's approval
    """
    if missing := vouching.missing(campaign):
        raise NotAllowed(" ".join(missing))


def _done_at(campaign: Campaign, check: audience.Check, now: datetime) -> datetime:
    """
    Return when the last of it leaves.

    :raises NotAllowed: that is too far away, or nobody knows what a site has free
    """
    if set(check.by_site) - {0, *(slots.site_id for slots in allowances.slots_of(campaign))}:
        raise NotAllowed("Say how many free slots a day each site has whose patients it invites.")
    # By people: two of a household may yet be told apart.
    ahead = forecast.ahead(campaign, check.reached, by_site=check.by_site, now=now)
    if ahead.is_too_slow:
        raise NotAllowed("At its own rate, daily limit and free slots it would take over 60 days.")
    if ahead.done_at is None:
        raise NotAllowed("WhatsApp's daily limit leaves campaigns no place beside the reminders.")
    return ahead.done_at


def _refuse_unapproved(campaign: Campaign, reached: int) -> None:
    """
    Look for the second person.

    :raises NotAllowed: nobody but its author stands for it
    """
    if approving.is_by_another(campaign):
        return
    if campaign.notice:
        raise NotAllowed("A safety notice of any size needs two: somebody else must approve it.")
    if reached > SIZE_THAT_NEEDS_TWO:
        raise NotAllowed(f"More than {SIZE_THAT_NEEDS_TWO} people: somebody else must approve it.")


def _refuse_unfit(campaign: Campaign) -> None:
    """
    Look at what would be said.

    :raises NotAllowed: the template is of the wrong kind, reproaches or tells too much
    """
    approved = languages.Words(campaign).approved
    if not all(wording.fits(campaign.purpose, one.category) for one in approved):
        raise NotAllowed("WhatsApp counts this template as something else than what it is for.")
    name = campaign.clinic.name
    found = [flag for one in approved for flag in wording.flags(one, clinic_name=name)]
    if topics.is_vaccination(campaign) and not wording.invites(found):
        raise NotAllowed(
            "The template says that something was missed. Our records may be incomplete: invite."
        )
    if not campaign.audience.tags.filter(is_sensitive=True).exists():
        return
    if not wording.is_neutral(found):
        raise NotAllowed(
            "Chosen by a tag that nobody else may learn of: it needs a template in neutral words."
        )


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

    :raises NotAllowed: a clinician no longer stands by what chose its people
    """
    _refuse_unvouched(run.campaign)
    Run.objects.select_for_update().get(pk=run.pk)
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
    is written in chunks (`sweeping`).
    """
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
