"""How far a run has come: sent, not sent by reason, waiting; together the whole audience."""

from collections import Counter
from dataclasses import dataclass

from django.db.models import Count

from campaigns.models import Recipient, Run
from whatsapp.status import Status

_WAITING = {Status.QUEUED, Status.SENDING}


@dataclass(frozen=True)
class Progress:
    """Counts of patients, not of messages: a household shares one."""

    audience: int
    by_status: Counter[str]
    not_sent: Counter[str]
    waiting: int

    @property
    def adds_up(self) -> bool:
        return self.audience == self.waiting + sum(self.by_status.values()) + sum(
            self.not_sent.values()
        )


def of(run: Run) -> Progress:
    """Count a run's recipients by what became of them."""
    rows = (
        Recipient.objects.filter(run=run)
        .values_list("reason", "message__status", "message__reason")
        .annotate(n=Count("pk"))
    )
    by_status: Counter[str] = Counter()
    not_sent: Counter[str] = Counter()
    waiting = total = 0
    for reason, status, message_reason, n in rows:
        total += n
        if reason or status == Status.WITHHELD:
            not_sent[reason or message_reason] += n
        elif status is None or status in _WAITING:
            waiting += n
        else:
            by_status[status] += n
    return Progress(total, by_status, not_sent, waiting)
