"""The rows of WhatsApp: numbers, templates, messages, and what came back."""

from whatsapp.models.asks import Menu, MenuRow, RepeatRequest, StopDoubt
from whatsapp.models.drafts import (
    AskedCategory,
    ButtonKind,
    DraftButton,
    HeaderFormat,
    TemplateDraft,
    TemplateSubmission,
)
from whatsapp.models.files import FileUpload, HeaderFile
from whatsapp.models.inbound import Conversation, Reply, ReplyOutcome
from whatsapp.models.inbound_files import FileState, InboundFile
from whatsapp.models.incidents import IncidentCause, IncidentEnd, NumberIncident
from whatsapp.models.measures import Measure, MeasureMark, MeasureName
from whatsapp.models.message import AlsoAbout, Attempt, Message, Stream
from whatsapp.models.notices import Delivery, LineBeat, Notice
from whatsapp.models.numbers import Account, Portfolio, Sender, Switch, TierSeat
from whatsapp.models.switches import (
    Breaker,
    ClosedCountry,
    Kind,
    Restriction,
    SendTally,
    Suppression,
    SuppressionKind,
    SuppressionState,
    UnknownCode,
)
from whatsapp.models.templates import (
    ENDED,
    Binding,
    Category,
    Template,
    TemplateStatus,
    TemplateVersion,
)
from whatsapp.models.threads import (
    Answer,
    LineKind,
    SavedAnswer,
    Thread,
    ThreadLine,
    ThreadState,
    UrgentWord,
)
from whatsapp.models.watch import Heartbeat, Sweep
from whatsapp.models.words import ClinicWords

__all__ = [
    "ENDED",
    "Account",
    "AlsoAbout",
    "Answer",
    "AskedCategory",
    "Attempt",
    "Binding",
    "Breaker",
    "ButtonKind",
    "Category",
    "ClinicWords",
    "ClosedCountry",
    "Conversation",
    "Delivery",
    "DraftButton",
    "FileState",
    "FileUpload",
    "HeaderFile",
    "HeaderFormat",
    "Heartbeat",
    "InboundFile",
    "IncidentCause",
    "IncidentEnd",
    "Kind",
    "LineBeat",
    "LineKind",
    "Measure",
    "MeasureMark",
    "MeasureName",
    "Menu",
    "MenuRow",
    "Message",
    "Notice",
    "NumberIncident",
    "Portfolio",
    "RepeatRequest",
    "Reply",
    "ReplyOutcome",
    "Restriction",
    "SavedAnswer",
    "SendTally",
    "Sender",
    "StopDoubt",
    "Stream",
    "Suppression",
    "SuppressionKind",
    "SuppressionState",
    "Sweep",
    "Switch",
    "Template",
    "TemplateDraft",
    "TemplateStatus",
    "TemplateSubmission",
    "TemplateVersion",
    "Thread",
    "ThreadLine",
    "ThreadState",
    "TierSeat",
    "UnknownCode",
    "UrgentWord",
]
