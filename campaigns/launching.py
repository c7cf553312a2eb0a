"""Starts a campaign's run, pours it into the outbox in portions, and stops it."""

from datetime import datetime, timedelta
from itertools import groupby

from django.db import transaction

from campaigns import approving, audience, budgeting, forecast, languages, trial, wording
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
# So many may wait in the outbox at once: a pause stops everything that is not yet there too.
WAITING_AT_MOST = 2000
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
    look = audience.look(audience.of(campaign, now=now))
    reached = look[""]
    if look[Reason.NO_SENDER]:
        raise NotAllowed("There is no WhatsApp number to send from.")
    if look[Reason.TEMPLATE_MISSING] and not campaign.spare_language:
        raise NotAllowed("The template lacks a language: choose what these patients get instead.")
    if not reached:
        raise NotAllowed("Nobody would get it.")
    _refuse_unfit(campaign)
    done_at = forecast.of_campaign(campaign, reached, now=now)
    if done_at is None:
        raise NotAllowed("WhatsApp's daily limit leaves campaigns no place beside the reminders.")
    if reached > SIZE_THAT_NEEDS_TWO and not approving.is_by_another(campaign):
        raise NotAllowed(f"More than {SIZE_THAT_NEEDS_TWO} people: somebody else must approve it.")
    occurrence_at = occurrence_at or now.replace(second=0, microsecond=0)
    already = Run.objects.filter(campaign=campaign, occurrence_at=occurrence_at).first()
    if already is not None:
        return already
    if why := budgeting.why_not_start(campaign, now=now):
        raise NotAllowed(why)
    stream = Stream.objects.create(clinic=campaign.clinic, name=campaign.name)
    run = Run.objects.create(
        campaign=campaign,
        occurrence_at=occurrence_at,
        stream=stream,
        started_by=by,
        started_at=now,
        categories=sorted({one.category for one in languages.Words(campaign).approved}),
        # What the daily limit spreads over days is as useful on the last of them.
        expires_at=max(now, done_at) + USEFUL_FOR,
    )
    run_started.send(sender=Run)
    return run


def _refuse_unfit(campaign: Campaign) -> None:
    """
    Look at what would be said.

    :raises NotAllowed: the template is of the wrong kind, or tells what nobody may learn
    """
    approved = languages.Words(campaign).approved
    if not all(wording.fits(campaign.purpose, one.category) for one in approved):
        raise NotAllowed("WhatsApp counts this template as something else than what it is for.")
    if not campaign.audience.tags.filter(is_sensitive=True).exists():
        return
    name = campaign.clinic.name
    if not all(wording.is_neutral(wording.flags(one, clinic_name=name)) for one in approved):
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
    """Go on exactly where it was stopped. True where it had been."""
    Run.objects.select_for_update().get(pk=run.pk)
    going = Stream.objects.filter(pk=run.stream_id, held_at__isnull=False).update(
        held_at=None, held_reason=""
    )
    paused = Run.objects.filter(pk=run.pk, status=RunStatus.PAUSED)
    # Whoever was not yet written down when it was stopped is written down now.
    categories = sorted({one.category for one in languages.Words(run.campaign).approved})
    paused.update(resumed_at=now, status_reason="", categories=categories)
    # Whoever lets it go on after a trial has decided what the trial could not.
    paused.filter(trial_ends_at__lte=now, trial_passed_at=None).update(trial_passed_at=now)
    paused.filter(expanded_at=None).update(status=RunStatus.EXPANDING)
    paused.update(status=RunStatus.POURING)
    return bool(going)


@transaction.atomic
def cancel(run: Run, *, reason: str, now: datetime) -> int:
    """Withdraw everything that has not left, for good; how many messages that was."""
    Run.objects.select_for_update().get(pk=run.pk)
    Recipient.objects.filter(run=run, message=None, reason="").update(
        reason=Reason.CANCELLED_BY_STAFF
    )
    withdrawn = outbox.withdraw(
        Message.objects.filter(stream_id=run.stream_id), reason=Reason.CANCELLED_BY_STAFF, now=now
    )
    Run.objects.filter(pk=run.pk).update(
        status=RunStatus.CANCELLED, status_reason=reason, finished_at=now
    )
    return len(withdrawn)


def pour(*, now: datetime, portion: int = PORTION) -> int:
    """Bring every running run one portion further; how many messages were queued."""
    running = Run.objects.filter(status__in=GOING)
    ids = list(running.order_by("pk").values_list("pk", flat=True))
    for run_id in ids:
        while _expand_one(run_id, now):
            pass
    return sum(_pour_one(run_id, portion, now) for run_id in ids)


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
    if waiting[:WAITING_AT_MOST].count() >= WAITING_AT_MOST:
        return 0
    portion = budgeting.room(run, now=now, most=portion)
    if not portion:
        return 0
    poured = _portion(run, portion, now)
    if not poured and trial.is_on(run):
        trial.begin_to_wait(run, now=now)
    elif not poured and not waiting.exists():
        Run.objects.filter(pk=run.pk).update(status=RunStatus.DONE, finished_at=now)
    return poured


def _portion(run: Run, portion: int, now: datetime) -> int:
    to_pour = Recipient.objects.filter(run=run, message=None, reason="")
    # Whoever shares a number with somebody of the trial group is told with them.
    first = to_pour.filter(is_trial=True) if trial.is_on(run) else to_pour
    phones = list(first.order_by("pk").values_list("phone_id", flat=True)[:portion])
    rows = (
        to_pour.filter(phone_id__in=set(phones))
        .select_related("patient", "contact", "phone")
        .order_by("phone_id", "pk")
    )
    households = [list(group) for _, group in groupby(rows, key=lambda r: r.phone_id)]
    words = FromTemplate(names=(run.campaign.template_name,))
    messages = outbox.queue_many([(_draft(run, h), words) for h in households], now=now)
    for household, message in zip(households, messages, strict=True):
        for recipient in household:
            recipient.message, recipient.poured_at = message, now
    Recipient.objects.bulk_update(
        [r for household in households for r in household],
        ["message", "poured_at"],
        batch_size=PORTION,
    )
    budgeting.note(run, [household[0] for household in households], now=now)
    return len(messages)


def _draft(run: Run, household: list[Recipient]) -> Draft:
    """One message per number; it greets the first and speaks for all."""
    first = household[0]
    if first.phone is None or first.contact is None:
        raise AssertionError("a recipient without a reason has a contact and a number")
    return Draft(
        dedupe_key=f"run:{run.pk}:phone:{first.phone_id}",
        clinic=run.campaign.clinic,
        phone=first.phone,
        lane=int(Lane.BROADCAST),
        purpose=Purpose(run.campaign.purpose),
        expires_at=run.expires_at,
        subjects=tuple(Subject(r.patient, r.contact) for r in household),
        language=first.contact.language,
        spare_language=languages.spare_of(run.campaign),
        stream=run.stream,
        sender=run.campaign.sender,
    )
