"""The rows of WhatsApp: numbers, templates, messages, and what came back."""

from whatsapp.models.inbound import Conversation, Delivery, LineBeat, Notice, Reply, ReplyOutcome
from whatsapp.models.message import AlsoAbout, Attempt, Message, Stream
from whatsapp.models.numbers import Account, Portfolio, Sender, Switch, TierSeat
from whatsapp.models.templates import Binding, Category, Template, TemplateStatus, TemplateVersion

__all__ = [
    "Account",
    "AlsoAbout",
    "Attempt",
    "Binding",
    "Category",
    "Conversation",
    "Delivery",
    "LineBeat",
    "Message",
    "Notice",
    "Portfolio",
    "Reply",
    "ReplyOutcome",
    "Sender",
    "Stream",
    "Switch",
    "Template",
    "TemplateStatus",
    "TemplateVersion",
    "TierSeat",
]
