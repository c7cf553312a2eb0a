"""People whom a code stops: written down, undone if it was wrong, and never too many at once."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Q, QuerySet

from healthmsg.clinic import consent
from healthmsg.clinic.models import ConsentRecord, GivenHow, Phone, PhoneState, StaffUser
from whatsapp import holds, incidents, offers
from whatsapp.lifting import BREAKER
from whatsapp.models import (
    Breaker,
    IncidentCause,
    IncidentEnd,
    Kind,
    Message,
    Restriction,
    Sender,
    Suppression,
)
from whatsapp.models import SuppressionKind as What
from whatsapp.models import SuppressionState as State

logger = logging.getLogger(__name__)

WITHIN = timedelta(hours=1)
# Of the people a number wrote to within the hour, and at least so many.
SHARE = 0.05
AT_LEAST = 5
# Source: WhatsApp Cloud API, error codes, read 2026-11: the identity key has changed.
_SET_UP_ANEW = 137000
# Any number that no other advisory lock of ours begins with.
_LOCK = 0x5155


@transaction.atomic
def suppress(message: Message, what: What, *, code: int, now: datetime) -> State | None:
    """
    Stop what a code asks to stop for a phone, unless too many people would be stopped.

    :param message: with sender, phone and the template's version at hand
    :returns: what became of it; None where nothing was left to stop
    """
    sender = message.sender
    if sender is None:
        return None
    # One after the other for a number: whoever counts must see what others have just stopped. Not
    # the number's own row, for which claims and stops would wait.
    _take_turns(sender)
    phone = Phone.objects.select_for_update(no_key=True).get(pk=message.phone_id)
    if _is_so_already(phone, what, sender):
        return None
    breaker = _open_breaker(sender, now=now)
    before = {} if breaker is not None else _apply(phone, what, message, now)
    if before is None:
        return None
    state = State.APPLIED if breaker is None else State.NOTED
    Suppression.objects.create(
        phone=phone,
        sender=sender,
        breaker=breaker,
        what=what,
        code=code,
        at=now,
        state=state,
        before=before | {"also": list(offers.sold_by(message))},
    )
    if breaker is None:
        _open_incident(phone, what, code, now)
    elif what == What.MARKETING:
        _let_offers_wait(breaker, now=now)
    return state


@transaction.atomic
def decide(breaker: Breaker, *, apply: bool, by: StaffUser | None, now: datetime) -> int:
    """
    Stop all the people a breaker kept, or bring everything back to what it was before.

    :returns: for how many people something changed; 0 where somebody had decided already
    """
    _take_turns(breaker.sender)
    still_open = Breaker.objects.filter(pk=breaker.pk, decided_at=None)
    if not still_open.update(decided_at=now, decided_by=by, was_applied=apply):
        return 0
    rows = breaker.suppressions.select_related("phone").order_by("phone_id", "pk")
    act = _stop if apply else _bring_back
    changed = sum(act(row, by, now) for row in rows)
    Restriction.objects.filter(cause=_cause(breaker)).delete()
    return changed


def breaker_behind(restriction: Restriction) -> Breaker | None:
    """Return the breaker for which a kind waits: deciding about it opens the kind again."""
    named = restriction.cause.removeprefix(BREAKER)
    if named == restriction.cause or not named.isdecimal():
        return None
    return Breaker.objects.filter(pk=int(named), decided_at=None).first()


def told_lately(sender: Sender, *, now: datetime, enough: int) -> int:
    """Return how many people a number wrote to within the hour, at most about `enough`."""
    accepted = Message.objects.filter(
        sender=sender, accepted_at__gt=now - WITHIN, accepted_at__lte=now
    )
    # Bounded: at full speed an hour is 288,000 messages, and the exact number is of no use.
    latest = accepted.order_by("-accepted_at").values_list("phone_id", flat=True)[: 2 * enough]
    return len(set(latest))


def _take_turns(sender: Sender) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_LOCK, sender.pk])


def _is_so_already(phone: Phone, what: What, sender: Sender) -> bool:
    if what == What.PHONE and phone.state == PhoneState.WRONG_PERSON:
        return True
    if what == What.FAILING and phone.state not in {PhoneState.NEW, PhoneState.REACHED}:
        return True
    kept = Suppression.objects.filter(
        sender=sender, phone=phone, what=what, state=State.NOTED, breaker__decided_at=None
    )
    return kept.exists()


def _open_breaker(sender: Sender, *, now: datetime) -> Breaker | None:
    """Return the number's open breaker; it opens where one more person would be too many."""
    breakers = Breaker.objects.filter(sender=sender)
    standing = breakers.filter(decided_at=None).first()
    if standing is not None:
        return standing
    lately = _applied_lately(sender, breakers, now)
    stopped = lately.count()
    if stopped < AT_LEAST:
        return None
    told = told_lately(sender, now=now, enough=round(stopped / SHARE) + 1)
    limit = max(AT_LEAST, int(told * SHARE))
    if stopped < limit:
        return None
    breaker = Breaker.objects.create(sender=sender, opened_at=now, told=told, limit=limit)
    # What was stopped just before may be as wrong: it is decided about together.
    lately.update(breaker=breaker)
    logger.error(
        "too many people stopped at once, a person decides",
        extra={"sender_id": sender.pk, "stopped": stopped},
    )
    return breaker


def _applied_lately(
    sender: Sender, breakers: QuerySet[Breaker], now: datetime
) -> QuerySet[Suppression]:
    decided = breakers.order_by("-decided_at").values_list("pk", flat=True).first()
    lately = Suppression.objects.filter(sender=sender, at__gt=now - WITHIN, state=State.APPLIED)
    # Whoever was decided about once counts no more.
    return lately.filter(Q(breaker=None)) if decided else lately


def _apply(
    phone: Phone, what: What, message: Message | None, now: datetime
) -> dict[str, Any] | None:
    """Stop it, and return what undoing needs; None where nothing had to be stopped."""
    if what == What.MARKETING:
        also = offers.sold_by(message) if message is not None else ()
        lines = offers.withdraw(phone, now=now, also=also)
        return {"lines": [line.pk for line in lines]} if lines else None
    before = {
        "state": phone.state,
        "state_changed_at": phone.state_changed_at and phone.state_changed_at.isoformat(),
    }
    phone.state = _STATES[what]
    phone.state_changed_at = now
    phone.save(update_fields=["state", "state_changed_at"])
    return before


def _open_incident(phone: Phone, what: What, code: int, now: datetime) -> None:
    """A phone set up anew, or not reached for days, is a task; one that we blocked is none."""
    causes = {
        (What.PHONE, _SET_UP_ANEW): IncidentCause.SET_UP_ANEW,
        (What.FAILING, code): IncidentCause.NOT_REACHED,
    }
    if cause := causes.get((what, code)):
        incidents.begin(phone, cause, now=now)


_STATES = {What.PHONE: PhoneState.WRONG_PERSON, What.FAILING: PhoneState.FAILING}


def _stop(row: Suppression, _by: StaffUser | None, now: datetime) -> bool:
    if row.state != State.NOTED:
        return False
    phone = Phone.objects.select_for_update(no_key=True).get(pk=row.phone_id)
    what = What(row.what)
    if what == What.MARKETING:
        also = tuple(p for p in offers.MAY_BE_MARKETING if p in row.before.get("also", ()))
        lines = offers.withdraw(phone, now=now, also=also)
        row.before |= {"lines": [line.pk for line in lines]}
    elif not _is_so_already(phone, what, row.sender):
        row.before |= _apply(phone, what, None, now) or {}
        _open_incident(phone, what, row.code, now)
    row.state = State.APPLIED
    row.save(update_fields=["state", "before"])
    return True


def _bring_back(row: Suppression, by: StaffUser | None, now: datetime) -> bool:
    if row.state != State.APPLIED:
        row.state = State.DROPPED
        row.save(update_fields=["state"])
        return True
    _UNDO[What(row.what)](row, by, now)
    row.state = State.UNDONE
    row.save(update_fields=["state"])
    return True


def _undo_lines(row: Suppression, by: StaffUser | None, now: datetime) -> None:
    evidence = consent.Evidence(GivenHow.BY_RULE, recorded_by=by)
    standing = ConsentRecord.objects.filter(pk__in=row.before.get("lines", ()))
    for line in standing.order_by("pk"):
        # Correcting one line corrects what was written with it.
        if not ConsentRecord.objects.filter(corrects=line).exists():
            consent.correct(line, evidence=evidence, at=now)


def _undo_state(row: Suppression, by: StaffUser | None, now: datetime) -> None:
    # Only as we left it: what a person or the patient has done since stands.
    left_so = Phone.objects.filter(
        pk=row.phone_id, state=_STATES[What(row.what)], state_changed_at=row.at
    )
    changed = left_so.update(
        state=row.before["state"],
        state_changed_at=row.before["state_changed_at"],
        # The days were counted by the same code, and would stop the phone again tomorrow.
        failed_days=0,
    )
    if changed:
        incidents.settle(row.phone_id, IncidentEnd.TAKEN_BACK, by=by, now=now)


_UNDO: dict[What, Callable[[Suppression, StaffUser | None, datetime], None]] = {
    What.PHONE: _undo_state,
    What.FAILING: _undo_state,
    What.MARKETING: _undo_lines,
}


def _let_offers_wait(breaker: Breaker, *, now: datetime) -> None:
    """Nobody who may have stopped offers gets one while a person has yet to decide."""
    closing = holds.Closing(
        cause=_cause(breaker),
        reason="many people at once are said to have stopped offers: a person decides",
        told_at=now,
    )
    account_id = breaker.sender.account_id
    holds.close_kinds(account_id, [Kind.MARKETING], closing, now=now)


def _cause(breaker: Breaker) -> str:
    return f"{BREAKER}{breaker.pk}"
