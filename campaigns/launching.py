"""Starts a campaign's run, pours it into the outbox in portions, and stops it."""

from datetime import datetime, timedelta
from itertools import groupby

from django.db import transaction

from campaigns import audience, forecast
from campaigns.models import Campaign, Recipient, Run, RunStatus
from healthmsg.clinic.models import Purpose, StaffUser
from whatsapp import outbox
from whatsapp.draft import Draft, FromTemplate, Subject
from whatsapp.models import Message, Stream
from whatsapp.status import Lane, Reason

# Above this many people somebody other than the author approves.
SIZE_THAT_NEEDS_TWO = 500
PORTION = 500
# So many may wait in the outbox at once: a pause stops everything that is not yet there too.
WAITING_AT_MOST = 2000
USEFUL_FOR = timedelta(days=2)


class NotAllowed(Exception):
    """The campaign may not start; the message says what is missing."""


@transaction.atomic
def start(campaign: Campaign, *, by: StaffUser | None, now: datetime) -> Run:
    """
    Start a run now; pressed twice within a minute, it is one run.

    :raises NotAllowed: nobody else approved a large one, or nobody would get it
    """
    campaign = Campaign.objects.select_for_update().get(pk=campaign.pk)
    reached = audience.look(campaign, now=now)[""]
    if not reached:
        raise NotAllowed("Nobody on the list would get it.")
    done_at = forecast.of_campaign(campaign, reached, now=now)
    if done_at is None:
        raise NotAllowed("WhatsApp's daily limit leaves campaigns no place beside the reminders.")
    if reached > SIZE_THAT_NEEDS_TWO and not _is_approved_by_another(campaign):
        raise NotAllowed(f"More than {SIZE_THAT_NEEDS_TWO} people: somebody else must approve it.")
    occurrence_at = now.replace(second=0, microsecond=0)
    already = Run.objects.filter(campaign=campaign, occurrence_at=occurrence_at).first()
    if already is not None:
        return already
    stream = Stream.objects.create(clinic=campaign.clinic, name=campaign.name)
    return Run.objects.create(
        campaign=campaign,
        occurrence_at=occurrence_at,
        stream=stream,
        started_by=by,
        started_at=now,
        # What the daily limit spreads over days is as useful on the last of them.
        expires_at=max(now, done_at) + USEFUL_FOR,
    )


def pause(run: Run, *, reason: str, now: datetime) -> bool:
    """Stop at once: nothing new leaves. True where it was not stopped before."""
    stopped = Stream.objects.filter(pk=run.stream_id, held_at=None).update(
        held_at=now, held_reason=reason
    )
    Run.objects.filter(pk=run.pk, status=RunStatus.POURING).update(
        status=RunStatus.PAUSED, status_reason=reason
    )
    return bool(stopped)


def resume(run: Run) -> bool:
    """Go on exactly where it was stopped. True where it had been."""
    going = Stream.objects.filter(pk=run.stream_id, held_at__isnull=False).update(
        held_at=None, held_reason=""
    )
    Run.objects.filter(pk=run.pk, status=RunStatus.PAUSED).update(
        status=RunStatus.POURING, status_reason=""
    )
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
    running = Run.objects.filter(status__in=[RunStatus.EXPANDING, RunStatus.POURING])
    return sum(_pour_one(run_id, portion, now) for run_id in running.values_list("pk", flat=True))


@transaction.atomic
def _pour_one(run_id: int, portion: int, now: datetime) -> int:
    # SKIP LOCKED: a second tick leaves the run to the first.
    run = (
        Run.objects.select_for_update(skip_locked=True, of=("self",))
        .select_related("campaign__clinic", "stream")
        .filter(pk=run_id, status__in=[RunStatus.EXPANDING, RunStatus.POURING])
        .first()
    )
    if run is None:
        return 0
    if run.status == RunStatus.EXPANDING:
        audience.expand(run, now=now)
        Run.objects.filter(pk=run.pk).update(status=RunStatus.POURING)
    waiting = Message.objects.filter(stream_id=run.stream_id, send_after__isnull=False)
    if waiting[:WAITING_AT_MOST].count() >= WAITING_AT_MOST:
        return 0
    poured = _portion(run, portion, now)
    if not poured and not waiting.exists():
        Run.objects.filter(pk=run.pk).update(status=RunStatus.DONE, finished_at=now)
    return poured


def _portion(run: Run, portion: int, now: datetime) -> int:
    to_pour = Recipient.objects.filter(run=run, message=None, reason="")
    phones = list(to_pour.order_by("pk").values_list("phone_id", flat=True)[:portion])
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
            recipient.message = message
    Recipient.objects.bulk_update(
        [r for household in households for r in household], ["message"], batch_size=PORTION
    )
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
        stream=run.stream,
        sender=run.campaign.sender,
    )


def _is_approved_by_another(campaign: Campaign) -> bool:
    return campaign.approved_by_id is not None and campaign.approved_by_id != campaign.created_by_id
