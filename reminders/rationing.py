"""Leaves out confirmations that would take the places which more urgent reminders need."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from reminders.models import Reminder
from reminders.seating import Rank, rank
from reminders.timing import Anchor
from whatsapp import seats
from whatsapp.models import Sender


def beyond_the_limit(reminders: Sequence[Reminder], *, now: datetime) -> set[int]:
    """
    Return the primary keys of those that WhatsApp's daily limit leaves no place for.

    They are due at once, so no plan of the day has asked for their places yet.
    """
    asking = [r for r in reminders if _rank(r) >= Rank.CONFIRMATION and _phone(r) is not None]
    by_clinic: dict[int, list[Reminder]] = defaultdict(list)
    for reminder in asking:
        by_clinic[reminder.appointment.clinic_id].append(reminder)
    limited = Sender.objects.filter(
        clinic__in=by_clinic, account__portfolio__daily_limit__isnull=False
    )
    # In this order the first number of a clinic is the one that stays.
    senders = {s.clinic_id: s for s in limited.select_related("account").order_by("-pk")}
    beyond: set[int] = set()
    for clinic, sender in sorted(senders.items()):
        beyond |= _beyond(sender, by_clinic[clinic], now)
    return beyond


def _beyond(sender: Sender, reminders: Iterable[Reminder], now: datetime) -> set[int]:
    portfolio = sender.account.portfolio_id
    left = seats.for_confirmations(portfolio)
    if left is None:
        return set()
    by_phone: dict[int, list[Reminder]] = defaultdict(list)
    for reminder in reminders:
        phone = _phone(reminder)
        if phone is not None:
            by_phone[phone].append(reminder)
    new = seats.without(sender, by_phone.keys(), now=now)
    asking = [phone for phone in by_phone if phone in new]
    seats.take_for_confirmations(portfolio, min(left, len(asking)))
    return {reminder.pk for phone in asking[left:] for reminder in by_phone[phone]}


def _rank(reminder: Reminder) -> Rank:
    rule = reminder.rule
    return rank(Anchor(rule.anchor), offset=rule.offset, days_before=rule.days_before)


def _phone(reminder: Reminder) -> int | None:
    contact = reminder.appointment.contact
    return contact.phone_id if contact else None
