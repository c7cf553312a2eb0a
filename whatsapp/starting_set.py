"""The starter library: well-written templates that tell little, to begin one's own with."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from whatsapp.template_buttons import QUICK_REPLY, URL, Button
from whatsapp.template_rules import LONGEST_LIFE, MARKETING, UTILITY, Words

_TEXTS = Path(__file__).with_name("starters")
# Languages whose texts a native speaker has gone through. Native check needed: all of them, the
# English ones too; whoever takes one says that somebody has read it.
CHECKED: frozenset[str] = frozenset()
LANGUAGES = ("en", "es", "pt_BR", "fr", "de", "ar", "hi")
_ANSWERS = ("confirm", "another_time", "cancel")
_INVITED = ("want_appointment", "already_done", "not_this")


@dataclass(frozen=True)
class Starter:
    """One template of the library, in all its languages."""

    name: str
    label: str | Promise
    category: str = UTILITY
    ttl_seconds: int | None = None
    # What a tap means, in the order of the buttons; "" opens the page of other times.
    meanings: tuple[str, ...] = ()


STARTERS = (
    Starter(
        "appointment_confirmation",
        _("A visit is booked"),
        ttl_seconds=LONGEST_LIFE,
        # The first message to a number is where a stranger should find a way to say so.
        meanings=(*_ANSWERS[1:], "wrong_person"),
    ),
    Starter(
        "appointments_several",
        _("Several visits on one day"),
        ttl_seconds=LONGEST_LIFE,
        meanings=_ANSWERS,
    ),
    Starter(
        "appointment_reminder_days",
        _("Days before, to be answered"),
        ttl_seconds=LONGEST_LIFE,
        meanings=_ANSWERS,
    ),
    # For phones that show no lists to choose from.
    Starter(
        "appointment_reminder_page",
        _("Days before, with a page in place of buttons"),
        ttl_seconds=LONGEST_LIFE,
        meanings=("",),
    ),
    Starter(
        "appointment_reminder_tomorrow",
        _("The day before"),
        ttl_seconds=LONGEST_LIFE,
        meanings=_ANSWERS,
    ),
    # What was moved or cancelled is worth knowing also later.
    Starter("appointment_moved", _("A visit was moved"), meanings=_ANSWERS),
    Starter("appointment_cancelled", _("We cancelled a visit")),
    # A whole list of a clinician's, at short notice: may leave from six in the morning.
    Starter("list_cancelled", _("A clinician's list is cancelled"), meanings=("seen",)),
    Starter("list_moved", _("A clinician's list is moved"), meanings=("seen", "another_time")),
    # Worth knowing for an hour: then the next few are asked.
    Starter(
        "earlier_slot_offer",
        _("An earlier time has become free"),
        ttl_seconds=60 * 60,
        meanings=("take_earlier", "keep_mine", "no_earlier"),
    ),
    Starter("stop_acknowledged", _("We stop, as was asked")),
    Starter("wrong_number", _("The number belongs to somebody else")),
    Starter("vaccination_invitation", _("An invitation"), category=MARKETING, meanings=_INVITED),
    Starter("checkup_due", _("A check-up is due"), category=MARKETING, meanings=_INVITED),
    Starter("aftercare", _("After the visit")),
    Starter("please_contact_us", _("Please contact us")),
    # Confirming an opt-in is one of Meta's own examples of UTILITY.
    Starter("permission_noted", _("A permission was noted")),
    # To clinicians, about their own lists; they name no patient.
    Starter("team_tomorrow", _("To a clinician: tomorrow's list"), ttl_seconds=LONGEST_LIFE),
    Starter("team_list_cancelled", _("To a clinician: your list is cancelled")),
    Starter("team_list_moved", _("To a clinician: your list is moved")),
    Starter("team_list_handed_over", _("To a clinician: your list is handed over")),
    Starter("team_list_taken_over", _("To a clinician: you take over a list")),
)


def words(starter: Starter, language: str, *, page: str = "") -> Words:
    """
    Return a template of the library in one of its languages.

    :param page: what a button leads to that opens the page of other times
    """
    read = _texts(language)
    written = read["templates"][starter.name]
    return Words(
        name=starter.name,
        language=language,
        category=starter.category,
        body=written["body"],
        # Whoever has stopped, or is somebody else, needs no way out.
        footer="" if starter.name in ("stop_acknowledged", "wrong_number") else read["footer"],
        buttons=tuple(
            Button(QUICK_REPLY, label) if meaning else Button(URL, label, page)
            for label, meaning in zip(written["buttons"], starter.meanings, strict=True)
        ),
        ttl_seconds=starter.ttl_seconds,
    )


@cache
def _texts(language: str) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((_TEXTS / f"{language}.json").read_text(encoding="utf-8"))
    return read
