"""The main switches: all of them, touched or not; what lifts each, and what must not be lifted."""

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from healthmsg.desk.alarms import silences
from healthmsg.desk.backups import standstills
from healthmsg.desk.models import Silence
from whatsapp.admin import holding
from whatsapp.lifting import what_lifts as what_lifts_in_general
from whatsapp.models import Switch


def all_switches() -> list[Switch]:
    """Return every switch, the widest first; those nobody ever touched have no row and run."""
    known = Switch.objects.select_related("held_by").in_bulk()
    return [known.get(name) or Switch(name=name) for name in Switch.Name.values]


def waits_for_a_look(switch: Switch) -> bool:
    """True where campaigns wait after a silence that nobody has looked at."""
    return switch.held_reason == silences.CAMPAIGNS_WAIT and silences.current() is not None


def waits_for_answers(switch: Switch) -> bool:
    """True where reminders wait until the answers that came in a silence are read."""
    if switch.held_reason != silences.ANSWERS_FIRST:
        return False
    return Silence.objects.filter(taps_done_at=None).exists()


def stands_still(switch: Switch) -> bool:
    """True where all waits until somebody says that no other machine sends the same."""
    return switch.name == Switch.Name.EVERYTHING and (
        switch.held_reason in standstills.HELD_FOR.values() or standstills.current() is not None
    )


def what_lifts(switch: Switch) -> str:
    if stands_still(switch):
        return _("Somebody says, on the page for it, that no other machine sends the same.")
    if waits_for_a_look(switch):
        return _("Somebody looks at what happened meanwhile, and lets campaigns go on there.")
    if waits_for_answers(switch):
        return _("It ends by itself within minutes, as soon as the answers are read.")
    return what_lifts_in_general(switch)


def hold(switch: Switch, *, reason: str, now: datetime, by: Any) -> bool:
    """Stop it for the whole house; the next message that would leave feels it."""
    Switch.objects.get_or_create(name=switch.name)
    return holding.hold(switch, reason=reason, now=now, by=by)


def release(switch: Switch) -> bool:
    """
    Let it go on. False where it was running.

    :raises ValidationError: it waits for something else; nothing was changed
    """
    if stands_still(switch) or waits_for_a_look(switch) or waits_for_answers(switch):
        raise ValidationError(what_lifts(switch))
    return holding.release(switch)
