"""What the floors above hand to the outbox: a message before it is a row (pure values)."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from healthmsg.clinic.models import Appointment, Clinic, Contact, Patient, Phone, Purpose, Site
from whatsapp.buttons import Verb
from whatsapp.models import Sender, Stream


@dataclass(frozen=True)
class Subject:
    """Who, and which visit, a message speaks of."""

    patient: Patient
    contact: Contact | None = None
    appointment: Appointment | None = None


@dataclass(frozen=True)
class Draft:
    """
    Everything but the words.

    `dedupe_key` names the reason to write, such as `visit:17:2:rule:3`: every producer may run
    twice. The first subject is the one greeted.
    """

    dedupe_key: str
    clinic: Clinic
    phone: Phone
    lane: int
    purpose: Purpose
    expires_at: datetime
    subjects: tuple[Subject, ...] = ()
    language: str = ""
    # Where nothing is approved in it; None: the clinic's first language.
    spare_language: str | None = None
    send_after: datetime | None = None  # None: at once
    stream: Stream | None = None
    sender: Sender | None = None  # None: the clinic's number that last heard from the phone
    callback: uuid.UUID = field(default_factory=uuid.uuid4)


@dataclass(frozen=True)
class FromTemplate:
    """The words: approved templates to try in turn, and values no fill-in knows."""

    names: tuple[str, ...]
    values: Mapping[str, str] = field(default_factory=dict)
    # Where it is, for a message about no visit.
    site: Site | None = None


@dataclass(frozen=True)
class Button:
    """A reply button of a free message: at most 20 letters."""

    verb: Verb
    title: str
    about: int | None = None
    at: datetime | None = None
    who: int | None = None
    kind: int | None = None
    site: int | None = None
    # The message it stands for a button of; None: this one.
    callback: uuid.UUID | None = None


@dataclass(frozen=True)
class FreeText:
    """The words of an answer inside the open window; more than three buttons make a list."""

    body: str
    buttons: tuple[Button, ...] = ()
    opener: str = ""  # what opens the list: at most 20 letters


@dataclass(frozen=True)
class FreeFile:
    """A file inside the open window, as WhatsApp keeps it for the number that sends."""

    media_id: str
    kind: str  # "document" or "image"
    name: str
    caption: str = ""
