"""Small marks beside words: a sign and a word each, so that color never speaks alone."""

from enum import StrEnum

from django.utils.html import format_html
from django.utils.safestring import SafeString


class Tone(StrEnum):
    """How a mark looks; the sign differs as the color does."""

    GOOD = "good"
    WAITING = "waiting"
    BAD = "bad"
    QUIET = "quiet"
    ASKS = "asks"


_SIGNS = {
    Tone.GOOD: "✓",
    Tone.WAITING: "…",
    Tone.BAD: "✕",
    Tone.QUIET: "–",
    Tone.ASKS: "!",
}


def mark(words: object, tone: Tone) -> SafeString:
    """Return a word with its sign."""
    return format_html(
        '<span class="mark mark-{}"><span aria-hidden="true">{}</span> {}</span>',
        tone.value,
        _SIGNS[tone],
        words,
    )


def tip(words: object) -> SafeString:
    """Return quiet words beside louder ones."""
    return format_html('<span class="tip">{}</span>', words)
