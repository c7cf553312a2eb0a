"""How a tap was taken: what we say, about which visits, and the buttons under it (pure)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from healthmsg.clinic.models import Appointment
from whatsapp.buttons import Verb
from whatsapp.models import ReplyOutcome

# What is said in a language, given WhatsApp's code of it.
Words = Callable[[str], str]


@dataclass(frozen=True)
class Choice:
    """One button or row: what it asks for, and a phrase or words of its own."""

    verb: Verb
    title: str | Words
    about: int | None = None
    at: datetime | None = None
    who: int | None = None


@dataclass(frozen=True)
class Said:
    """How a tap was taken: the outcome, and the phrase about these visits."""

    outcome: ReplyOutcome
    phrase: str
    visits: tuple[Appointment, ...] = ()
    choices: tuple[Choice, ...] = ()
    # What the phrase's gaps need beyond the visits' own time and site.
    values: Mapping[str, Words] = field(default_factory=dict)
    # The answer tells the new time: no other message has to.
    tells_the_time: bool = False


OUT_OF_DATE = Said(ReplyOutcome.OUT_OF_DATE, "out_of_date")
