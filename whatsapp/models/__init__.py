"""The rows of WhatsApp: numbers, templates, messages, and what came back."""

from whatsapp.models.drafts import (
    AskedCategory,
    ButtonKind,
    DraftButton,
    HeaderFormat,
    TemplateDraft,
    TemplateSubmission,
)
from whatsapp.models.files import FileUpload, HeaderFile
from whatsapp.models.inbound import Conversation, Delivery, LineBeat, Notice, Reply, ReplyOutcome
from whatsapp.models.measures import Measure, MeasureMark, MeasureName
from whatsapp.models.message import AlsoAbout, Attempt, Message, Stream
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
from whatsapp.models.watch import Heartbeat, Sweep

__all__ = [
    "ENDED",
    "Account",
    "AlsoAbout",
    "AskedCategory",
    "Attempt",
    "Binding",
    "Breaker",
    "ButtonKind",
    "Category",
    "ClosedCountry",
    "Conversation",
    "Delivery",
    "DraftButton",
    "FileUpload",
    "HeaderFile",
    "HeaderFormat",
    "Heartbeat",
    "Kind",
    "LineBeat",
    "Measure",
    "MeasureMark",
    "MeasureName",
    "Message",
    "Notice",
    "Portfolio",
    "Reply",
    "ReplyOutcome",
    "Restriction",
    "SendTally",
    "Sender",
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
    "TierSeat",
    "UnknownCode",
]
