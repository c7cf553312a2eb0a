"""What can be wrong with a template, and where (pure)."""

from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise


class Part(StrEnum):
    """Where a fault is."""

    NAME = "name"
    LANGUAGE = "language"
    CATEGORY = "category"
    LIFE = "ttl_seconds"
    HEADER = "header"
    BODY = "body"
    FOOTER = "footer"
    BUTTONS = "buttons"


@dataclass(frozen=True)
class Fault:
    """One thing about a template; WhatsApp, or we, refuse what is not only advice."""

    part: Part
    sentence: str | Promise
    is_advice: bool = False
