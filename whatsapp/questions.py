"""What our messages to a phone still ask, and which tap an answer in words stands for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from healthmsg.clinic.models import Phone
from whatsapp import buttons
from whatsapp.buttons import Tap, Verb
from whatsapp.models import Message, Reply
from whatsapp.short_answers import Short
from whatsapp.signals import questions_asked
from whatsapp.status import LEFT_US, Lane

# A choice we offered in an answer is remembered as long as the window it was offered in.
_CHOICE_ASKS_FOR = timedelta(hours=24)
# Offered in case, and asking nothing: "ok" to them is no tap.
_AFTERTHOUGHTS = frozenset({Verb.UNDO, Verb.KEEP_APPOINTMENTS, Verb.STOP_ALL})


@dataclass(frozen=True)
class Question:
    """One message that asks something, its buttons in order, and what yes and no to it mean."""

    message: Message
    options: tuple[Tap, ...]
    yes: Tap | None = None
    no: Tap | None = None
    # Names it in a list: at most 24 letters, in the patient's language.
    title: str = ""
    # A list or buttons we sent in an answer, by their titles: it speaks of what was asked before.
    titles: tuple[str, ...] = ()

    @property
    def is_choice(self) -> bool:
        return bool(self.titles)

    def title_for(self, tap: Tap) -> str:
        return self.titles[self.options.index(tap)] if self.titles else self.title

    def tap_for(self, said: Short | int) -> Tap | None:
        """Return the tap that an answer stands for, or None where it answers something else."""
        if said == Short.YES:
            return self.yes
        if said == Short.NO:
            return self.no
        place = int(said) - 1
        return self.options[place] if 0 <= place < len(self.options) else None


def open_to(phone: Phone, *, now: datetime) -> list[Question]:
    """Return everything we still ask this phone, oldest first."""
    # Whatever a receiver returns; the stubs know of receivers that return text alone.
    told: Sequence[tuple[object, Any]] = questions_asked.send(sender=Phone, phone=phone, now=now)
    found: list[Question] = [question for _receiver, asked in told for question in asked or ()]
    choice = _last_choice(phone, now)
    if choice is not None:
        found.append(choice)
    return sorted(found, key=lambda question: (question.message.created_at, question.message.pk))


def meant(open_ones: Sequence[Question], said: Short | int) -> list[tuple[Question, Tap]]:
    """
    Return the questions an answer may be to, each with the tap it stands for.

    A choice that was offered last speaks of all that was asked before it.
    """
    taken = [(q, tap) for q in open_ones if (tap := q.tap_for(said)) is not None]
    if taken and taken[-1][0].is_choice and taken[-1][0] is open_ones[-1]:
        return taken[-1:]
    return taken


def taps_on(message: Message) -> tuple[Tap, ...]:
    """Return what a message's buttons and rows mean, in order; () where one is not ours."""
    read = [buttons.read(signed) for signed in _signed(message)]
    return tuple(tap for tap in read if tap is not None) if None not in read else ()


def _choices(message: Message) -> list[dict[str, str]]:
    """Return buttons or rows as they are posted, each with an id and a title."""
    action = message.payload["interactive"].get("action", {})
    rows = [row for part in action.get("sections", ()) for row in part.get("rows", ())]
    return rows or [button["reply"] for button in action.get("buttons", ())]


def _signed(message: Message) -> list[str]:
    payload = message.payload
    if payload.get("type") == "interactive":
        return [choice["id"] for choice in _choices(message)]
    if payload.get("type") != "template":
        return []
    parts = [
        part
        for part in payload["template"].get("components", ())
        if part.get("type") == "button" and part.get("sub_type") == "quick_reply"
    ]
    parts.sort(key=lambda part: int(part.get("index", 0)))
    return [part["parameters"][0]["payload"] for part in parts]


def _last_choice(phone: Phone, now: datetime) -> Question | None:
    """Return the last buttons or list of an answer of ours, unless they are answered."""
    answers = Message.objects.filter(
        phone=phone,
        lane=int(Lane.REPLY),
        status__in=LEFT_US,
        created_at__gt=now - _CHOICE_ASKS_FOR,
    )
    newest = answers.order_by("-created_at", "-pk")
    # Which of them offers something stands among what is sealed.
    message = next((one for one in newest if one.payload.get("type") == "interactive"), None)
    if message is None or _is_answered(message):
        return None
    taps = taps_on(message)
    if not taps or {tap.verb for tap in taps} <= _AFTERTHOUGHTS:
        return None
    yes = [tap for tap in taps if tap.verb in {Verb.CONFIRM, Verb.WANT_APPOINTMENT}]
    titles = tuple(choice["title"] for choice in _choices(message))
    return Question(message, taps, yes=yes[0] if len(yes) == 1 else None, titles=titles)


def _is_answered(message: Message) -> bool:
    theirs = Reply.objects.filter(phone=message.phone_id, written_at__gte=message.created_at)
    answered = theirs.filter(answers=message)
    if message.wamid:
        answered = answered | theirs.filter(context_wamid=message.wamid)
    return answered.exclude(button="", outcome="").exists()
