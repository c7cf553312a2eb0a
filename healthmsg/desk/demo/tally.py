"""Counts what the demo did, and holds our rows against the sandbox's ledger: lost, doubled."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Q

from campaigns.models import Recipient
from healthmsg.clinic.models import Clinic
from healthmsg.desk.demo import falling_between
from reminders.models import Reminder, ReminderStatus
from whatsapp.models import Attempt, Delivery, Message, Reply, ReplyOutcome
from whatsapp.status import Reason, Status

# What is overdue by this much of the clinic's time was forgotten, not late.
FORGOTTEN_AFTER = timedelta(hours=1)
_LEFT = (Status.ACCEPTED, Status.SENT, Status.DELIVERED, Status.READ)


@dataclass(frozen=True)
class Numbers:
    """How far everything has come; each count includes the later stages."""

    planned: int
    queued: int
    accepted: int
    sent: int
    delivered: int
    read: int
    failed: int
    waiting: int
    confirmed: int
    cancelled: int
    another_time: int
    opted_out: int
    for_a_person: int
    withheld: dict[str, int] = field(default_factory=dict)


def count() -> Numbers:
    """Count all messages, reminders and replies there are."""
    stages = Message.objects.aggregate(
        queued=Count("pk"),
        accepted=Count("pk", filter=Q(accepted_at__isnull=False)),
        sent=Count("pk", filter=Q(sent_at__isnull=False)),
        delivered=Count("pk", filter=Q(delivered_at__isnull=False)),
        read=Count("pk", filter=Q(read_at__isnull=False)),
        failed=Count("pk", filter=Q(status=Status.FAILED)),
        waiting=Count("pk", filter=Q(status__in=[Status.QUEUED, Status.SENDING])),
    )
    outcomes = Counter(Reply.objects.values_list("outcome", flat=True))
    return Numbers(
        planned=Reminder.objects.count(),
        **stages,
        confirmed=outcomes[ReplyOutcome.CONFIRMED],
        cancelled=outcomes[ReplyOutcome.CANCELLED] + outcomes[ReplyOutcome.WANTS_TO_CANCEL],
        another_time=outcomes[ReplyOutcome.WANTS_ANOTHER_TIME] + outcomes[ReplyOutcome.OFFERED],
        opted_out=outcomes[ReplyOutcome.STOPPED],
        for_a_person=Reply.objects.filter(needs_person_at__isnull=False).count(),
        withheld=_withheld(),
    )


def _withheld() -> dict[str, int]:
    """Count by reason what was not sent: messages, reminders that became none, recipients."""
    reasons: Counter[str] = Counter(
        Message.objects.filter(status=Status.WITHHELD).values_list("reason", flat=True)
    )
    reasons.update(
        Reminder.objects.filter(status=ReminderStatus.SKIPPED)
        # These were never meant to go: the visit is spoken of by another message.
        .exclude(reason__in=[Reason.BOOKED_LATE, Reason.SAID_ANYWAY])
        .values_list("reason", flat=True)
    )
    reasons.update(Recipient.objects.exclude(reason="").values_list("reason", flat=True))
    return dict(reasons.most_common())


def is_quiet(*, now: datetime) -> bool:
    """True where nothing that is due waits for one of our processes."""
    return is_heard() and not (
        Message.objects.filter(send_after__lte=now).exists()
        or Reminder.objects.filter(status=ReminderStatus.PLANNED, due_at__lte=now).exists()
    )


def is_heard() -> bool:
    """True where everything that came back is taken up, and no call to WhatsApp is under way."""
    return not (
        Message.objects.filter(status=Status.SENDING).exists()
        or Delivery.objects.filter(digest_after__isnull=False, tries=0).exists()
        or Reply.objects.filter(handled_at=None).exists()
    )


@dataclass(frozen=True)
class Checked:
    """What the sandbox's ledger says of us."""

    lost: int
    duplicates: int
    # On purpose, once each time nobody could know whether the call before had worked.
    sent_again: int
    ledger: int
    problems: tuple[str, ...]


def check(clinic: Clinic, ledger: Iterable[str], *, now: datetime) -> Checked:
    """
    Hold every row against the ledger.

    :param ledger: the callback, "<uuid>.<attempt>", of every message that the sandbox took

    Lost is what is neither final with a reason nor on the call list, what the ledger does not know
    though we think it left, and what left though we do not know of it.
    """
    callbacks = list(ledger)
    uuids = Counter(callback.partition(".")[0] for callback in callbacks)
    extra = sum(n - 1 for n in uuids.values())
    sent_again = _sent_again(callbacks)
    problems = [*_unexplained(clinic, now), *_disagreements(uuids)]
    return Checked(len(problems), extra - sent_again, sent_again, len(callbacks), tuple(problems))


def _sent_again(callbacks: Iterable[str]) -> int:
    """Count the messages taken in a later attempt, after one whose outcome was unknown."""
    attempts = defaultdict(set)
    for callback in callbacks:
        uuid, _dot, attempt = callback.partition(".")
        attempts[uuid].add(int(attempt or 0))
    unknown = {
        (str(callback), number)
        for callback, number in Attempt.objects.filter(outcome=Status.UNCERTAIN).values_list(
            "message__callback", "number"
        )
    }
    return sum(
        (uuid, before) in unknown
        for uuid, numbers in attempts.items()
        for before in sorted(numbers)[:-1]
    )


def _unexplained(clinic: Clinic, now: datetime) -> Iterator[str]:
    forgotten = Reminder.objects.filter(
        status=ReminderStatus.PLANNED, due_at__lt=now - FORGOTTEN_AFTER
    )
    yield from (f"reminder {pk} was due and is still planned" for pk in _ids(forgotten))
    stuck = Message.objects.filter(
        Q(send_after__lt=now - FORGOTTEN_AFTER) | Q(status=Status.SENDING)
    )
    yield from (f"message {pk} was due and still waits" for pk in _ids(stuck))
    silent = Message.objects.filter(
        status__in=[Status.UNCERTAIN, Status.FAILED, Status.WITHHELD], reason=""
    )
    yield from (f"message {pk} did not arrive and has no reason" for pk in _ids(silent))
    unread = Reply.objects.filter(handled_at=None)
    yield from (f"reply {pk} was never handled" for pk in _ids(unread))
    yield from falling_between.of(clinic, now=now)


def _disagreements(ledger: Mapping[str, int]) -> Iterator[str]:
    ours = {
        str(callback): status
        for callback, status in Message.objects.values_list("callback", "status")
    }
    yield from (f"the ledger has {uuid}, we have not" for uuid in ledger if uuid not in ours)
    for uuid, status in ours.items():
        if status in _LEFT and uuid not in ledger:
            yield f"we think {uuid} left, the ledger does not"
        if status in {Status.QUEUED, Status.WITHHELD} and uuid in ledger:
            yield f"{uuid} left, and we think it did not"


def _ids(rows: Any) -> list[int]:
    return list(rows.values_list("pk", flat=True)[:20])


def as_report(numbers: Numbers, checked: Checked, *, seconds: float) -> dict[str, Any]:
    """Return the figures that `--report` writes."""
    report = asdict(numbers)
    return {
        **{k: report[k] for k in _REPORTED},
        "lost": checked.lost,
        "duplicates": checked.duplicates,
        "seconds": round(seconds, 1),
    }


_REPORTED = (
    "planned",
    "queued",
    "accepted",
    "sent",
    "delivered",
    "read",
    "failed",
    "withheld",
    "confirmed",
    "cancelled",
    "opted_out",
)
