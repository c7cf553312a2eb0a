"""What receipts make of a message (pure): the same in whatever order and batches they come."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from whatsapp import errors
from whatsapp.events import StatusReported
from whatsapp.status import RANK, Reason, Status

_RANK: dict[str, int] = {status.value: rank for status, rank in RANK.items()}
_BY_RANK = {rank: status.value for status, rank in RANK.items() if rank > 1}
_FAILED = RANK[Status.FAILED]
_DELIVERED = RANK[Status.DELIVERED]
_READ = RANK[Status.READ]
_IN_THE_AIR = (Status.SENDING, Status.UNCERTAIN)
# Sorts an error without a code behind all others.
_NO_CODE = 2**31


class Standing(NamedTuple):
    """Everything of a message that receipts may change, and its attempt."""

    id: int
    attempt: int
    status: str
    reason: str
    wamid: str
    error_code: int | None
    error_title: str
    accepted_at: datetime | None
    sent_at: datetime | None
    delivered_at: datetime | None
    read_at: datetime | None
    failed_at: datetime | None
    doubled_at: datetime | None
    send_after: datetime | None
    leased_until: datetime | None
    charged_as: str


def fold(message: Standing, receipts: Sequence[StatusReported], *, now: datetime) -> Standing:
    """
    Return how the message stands once the receipts are known.

    A receipt proves that a try left, so a message that waits to be sent again never is. Times only
    ever become earlier and the status only ever rises, which is why order does not matter.
    """
    heard = [r for r in receipts if _counts(r, message)]
    if not heard:
        return message
    before = _RANK[message.status]
    after = max(before, *(_RANK[r.status] for r in heard))
    status = _BY_RANK[after]
    code, title = _error(message, heard, before)
    has_failed = status == Status.FAILED
    return message._replace(
        status=status,
        reason=_reason(message, heard, code) if has_failed else "",
        wamid=_wamid(message, heard),
        error_code=code,
        error_title=title,
        accepted_at=message.accepted_at or min(r.at or now for r in heard),
        sent_at=_earliest(message.sent_at, heard, 0, now),
        delivered_at=_earliest(message.delivered_at, heard, _DELIVERED, now),
        read_at=_earliest(message.read_at, heard, _READ, now),
        failed_at=_failed_at(message, heard, now) if has_failed else None,
        doubled_at=message.doubled_at or (now if _is_doubled(message, heard) else None),
        send_after=None,
        leased_until=None,
        # Where WhatsApp says two things of one message, one of them counts, always the same.
        charged_as=max(message.charged_as, *(r.charged_as for r in heard)),
    )


def _counts(receipt: StatusReported, message: Standing) -> bool:
    """True unless it tells that an older try failed while a later one is on its way or came on."""
    if receipt.status != Status.FAILED or not _is_older(receipt, message):
        return True
    return message.status not in _IN_THE_AIR and message.wamid in ("", receipt.wamid)


def _is_older(receipt: StatusReported, message: Standing) -> bool:
    return receipt.attempt is not None and receipt.attempt < message.attempt


def _earliest(
    known: datetime | None, heard: Iterable[StatusReported], at_least: int, now: datetime
) -> datetime | None:
    """
    Return when a step was first reached; a later step implies the earlier ones.

    Patients who switched read receipts off are told as delivered only, and "read" may come alone.
    """
    moments = [
        r.at or now
        for r in heard
        if r.status != Status.FAILED and (not at_least or _RANK[r.status] >= at_least)
    ]
    if known is not None:
        moments.append(known)
    return min(moments, default=None)


def _failed_at(message: Standing, heard: Iterable[StatusReported], now: datetime) -> datetime:
    moments = [r.at or now for r in heard if r.status == Status.FAILED]
    if message.status == Status.FAILED and message.failed_at is not None:
        moments.append(message.failed_at)
    return min(moments, default=now)


def _error(
    message: Standing, heard: Iterable[StatusReported], before: int
) -> tuple[int | None, str]:
    """Return the lowest of the codes that receipts told; an older try's own error is forgotten."""
    told = [
        (_NO_CODE if r.code is None else r.code, r.title)
        for r in heard
        if r.status == Status.FAILED
    ]
    if before >= _FAILED and (message.error_code is not None or message.error_title):
        known = _NO_CODE if message.error_code is None else message.error_code
        told.append((known, message.error_title))
    if not told:
        return None, ""
    code, title = min(told)
    return (None if code == _NO_CODE else code), title


def _reason(message: Standing, heard: Iterable[StatusReported], code: int | None) -> str:
    if not any(r.status == Status.FAILED for r in heard):
        return message.reason
    return Reason.UNKNOWN_CODE.value if code is None else errors.meaning(code).reason.value


def _wamid(message: Standing, heard: Iterable[StatusReported]) -> str:
    current = [r.wamid for r in heard if not _is_older(r, message)]
    if current:
        return min(current)
    return message.wamid or min(r.wamid for r in heard)


def _is_doubled(message: Standing, heard: Iterable[StatusReported]) -> bool:
    """True where WhatsApp took more than one try of the message."""
    return len({r.wamid for r in heard} | {message.wamid} - {""}) > 1
