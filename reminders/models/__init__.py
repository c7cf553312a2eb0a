"""The rows of reminders, one module per noun."""

from reminders.models.calls import CallOutcome, Outcome
from reminders.models.rules import LimitDay, Reminder, ReminderRule, ReminderStatus
from reminders.models.times import (
    EarlierEnd,
    EarlierWish,
    FreedSlot,
    OfferEnd,
    SlotEnd,
    SlotOffer,
    TimeOffer,
)

__all__ = [
    "CallOutcome",
    "EarlierEnd",
    "EarlierWish",
    "FreedSlot",
    "LimitDay",
    "OfferEnd",
    "Outcome",
    "Reminder",
    "ReminderRule",
    "ReminderStatus",
    "SlotEnd",
    "SlotOffer",
    "TimeOffer",
]
