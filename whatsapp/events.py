"""What WhatsApp told us, in our words (pure): one frozen value per thing that can happen."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from whatsapp.status import Status


@dataclass(frozen=True, slots=True)
class Origin:
    """Where in a notice something stood, and the words as they came."""

    waba_id: str
    field: str
    content: Mapping[str, Any]
    at: datetime | None = None  # when Meta wrote it, where it says so
    phone_number_id: str = ""


@dataclass(frozen=True, slots=True)
class StatusReported:
    """A receipt: how far a message has come."""

    origin: Origin
    wamid: str
    status: Status  # SENT, DELIVERED, READ or FAILED
    at: datetime | None
    callback: uuid.UUID | None = None
    attempt: int | None = None
    code: int | None = None  # only where it failed
    title: str = ""
    recipient: str = ""  # WhatsApp's id of the number, digits only
    user_id: str = ""
    # What WhatsApp takes money for, in its own word, such as marketing; "" where it says nothing,
    # or that it is free.
    charged_as: str = ""


@dataclass(frozen=True, slots=True)
class MessageReceived:
    """A patient wrote, tapped, reacted or sent something; `kind` is WhatsApp's own word."""

    origin: Origin
    wamid: str
    kind: str
    at: datetime | None
    text: str = ""
    button: str = ""  # what the tapped button carries
    context_wamid: str = ""
    from_number: str = ""  # digits only; empty where the person hides the number
    from_user_id: str = ""
    from_parent_user_id: str = ""
    # Files by id, places, cards, and whatever is new to us; never the files.
    content: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class NumberChanged:
    """WhatsApp says that a person now has another number or id; nobody has checked it."""

    origin: Origin
    old_wa_id: str
    new_wa_id: str


@dataclass(frozen=True, slots=True)
class PreferenceChanged:
    """WhatsApp's own switch for offers; it says nothing about reminders."""

    origin: Origin
    category: str
    wish: str  # "stop" or "resume"
    at: datetime | None
    wa_id: str = ""
    user_id: str = ""


@dataclass(frozen=True, slots=True)
class TemplateName:
    """Which template is meant; the language with an underscore, as templates have it."""

    meta_id: str
    name: str
    language: str


@dataclass(frozen=True, slots=True)
class TemplateStatusChanged:
    origin: Origin
    template: TemplateName
    status: str  # WhatsApp's word for what happened: APPROVED, PAUSED, FLAGGED, …
    reason: str = ""


@dataclass(frozen=True, slots=True)
class TemplateQualityChanged:
    origin: Origin
    template: TemplateName
    quality: str


@dataclass(frozen=True, slots=True)
class TemplateCategoryChanged:
    """`is_done` is False for the warning a day before."""

    origin: Origin
    template: TemplateName
    category: str
    is_done: bool


@dataclass(frozen=True, slots=True)
class Restricted:
    """One thing an account may not do, until then where WhatsApp says so."""

    kind: str
    until: datetime | None


@dataclass(frozen=True, slots=True)
class AccountUpdated:
    origin: Origin
    event: str
    restrictions: tuple[Restricted, ...] = ()
    ban: str = ""  # DISABLE, REINSTATE or SCHEDULE_FOR_DISABLE
    ban_on: date | None = None
    violation: str = ""


@dataclass(frozen=True, slots=True)
class AccountWarned:
    """WhatsApp warns about an account, a number of it, or who asked for its PIN."""

    origin: Origin
    warning: str


@dataclass(frozen=True, slots=True)
class NumberNameDecided:
    """Whether the name that patients see was approved."""

    origin: Origin
    display_number: str
    decision: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class NumberQualityChanged:
    origin: Origin
    display_number: str
    event: str
    limit: str = ""  # such as TIER_2K


@dataclass(frozen=True, slots=True)
class LimitChanged:
    """How many people a portfolio may write to first in a day: TIER_2K, or bare 2000."""

    origin: Origin
    limit: str


@dataclass(frozen=True, slots=True)
class NumberError:
    """An error about one of our numbers, without a message."""

    origin: Origin
    code: int
    title: str


@dataclass(frozen=True, slots=True)
class Announced:
    """Something known that asks nothing of us but to be shown."""

    origin: Origin


@dataclass(frozen=True, slots=True)
class Unrecognised:
    """Something we do not know; kept as it came."""

    origin: Origin


Event = (
    StatusReported
    | MessageReceived
    | NumberChanged
    | PreferenceChanged
    | TemplateStatusChanged
    | TemplateQualityChanged
    | TemplateCategoryChanged
    | AccountUpdated
    | AccountWarned
    | NumberNameDecided
    | NumberQualityChanged
    | LimitChanged
    | NumberError
    | Announced
    | Unrecognised
)
