"""The rows of WhatsApp: numbers, templates, messages, and what came back."""

from whatsapp.models.inbound import Conversation, Delivery, LineBeat, Notice, Reply, ReplyOutcome
from whatsapp.models.measures import Measure, MeasureMark, MeasureName
from whatsapp.models.message import AlsoAbout, Attempt, Message, Stream
from whatsapp.models.numbers import Account, Portfolio, Sender, Switch, TierSeat
from whatsapp.models.templates import Binding, Category, Template, TemplateStatus, TemplateVersion
from whatsapp.models.watch import Heartbeat, Sweep

__all__ = [
    "Account",
    "AlsoAbout",
    "Attempt",
    "Binding",
    "Category",
    "Conversation",
    "Delivery",
    "Heartbeat",
    "LineBeat",
    "Measure",
    "MeasureMark",
    "MeasureName",
    "Message",
    "Notice",
    "Portfolio",
    "Reply",
    "ReplyOutcome",
    "Sender",
    "Stream",
    "Sweep",
    "Switch",
    "Template",
    "TemplateStatus",
    "TemplateVersion",
    "TierSeat",
]
