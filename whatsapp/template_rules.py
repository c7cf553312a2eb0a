"""
What WhatsApp asks of a template's words, each rule with the sentence that explains it (pure).

Source: WhatsApp Cloud API, templates, components and template review, read 2025-11 and 2026-11.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from django.utils.translation import gettext_lazy as _

from whatsapp import template_buttons, template_languages
from whatsapp.template_buttons import Button
from whatsapp.template_faults import Fault, Part

LONGEST_NAME = 512
LONGEST_HEADER = LONGEST_FOOTER = 60
LONGEST_BODY = 1024
# Seconds. -1 is what WhatsApp does without one: it tries for 30 days.
SHORTEST_LIFE, LONGEST_LIFE, NO_LIFE = 30, 43_200, -1
NAMED = "NAMED"
UTILITY, MARKETING = "UTILITY", "MARKETING"
# Delivered after so long, a text that was right in the evening speaks of the wrong day.
_LONGEST_WITH_DAY = 6 * 60 * 60

_NAME = re.compile(r"[a-z0-9_]+")
GAP = re.compile(r"\{\{([^{}]*)\}\}")
_NAME_OF_GAP = re.compile(r"[a-z_]+")
_ADJACENT = re.compile(r"\}\}\s*\{\{")
_AT_THE_EDGE = re.compile(r"\A\W*\{\{|\}\}\W*\Z")
_MARKDOWN = re.compile(r"[*_~`]")
# Pictures and symbols beyond the letters of all scripts.
_EMOJI = re.compile("[\U0001f300-\U0001faff\U00002600-\U000027bf\U0001f1e6-\U0001f1ff]")


@dataclass(frozen=True)
class Words:
    """Everything an author writes, before it is Meta's JSON."""

    name: str
    language: str
    category: str
    body: str
    header_format: str = ""  # "", TEXT, IMAGE, DOCUMENT, LOCATION
    header_text: str = ""
    has_file: bool = False
    footer: str = ""
    buttons: tuple[Button, ...] = ()
    ttl_seconds: int | None = None
    parameter_format: str = NAMED
    # What each gap is filled with for the eye, by the gap's name.
    examples: Mapping[str, str] = field(default_factory=dict)
    # Sites whose visits would get no message with a place on top.
    sites_off_the_map: tuple[str, ...] = ()
    # Body and footer of the account's other templates.
    others: frozenset[tuple[str, str]] = frozenset()


def faults(words: Words) -> tuple[Fault, ...]:
    """Return all that is wrong, and after it all that could be better."""
    found = [fault for rule in _RULES for fault in rule(words)]
    return tuple(sorted(found, key=lambda fault: fault.is_advice))


def stops(words: Words) -> tuple[Fault, ...]:
    """Return only what has to change before WhatsApp is asked."""
    return tuple(fault for fault in faults(words) if not fault.is_advice)


def gaps_in(text: str) -> tuple[str, ...]:
    """Return the names of a text's gaps, each once, as they first appear."""
    return tuple(dict.fromkeys(gap.strip() for gap in GAP.findall(text)))


def filled(text: str, examples: Mapping[str, str]) -> str:
    """Return the text with its gaps filled; what nobody fills stays visible."""
    return GAP.sub(lambda gap: examples.get(gap[1].strip()) or gap[0], text)


def _name(words: Words) -> Iterator[Fault]:
    if not _NAME.fullmatch(words.name):
        yield Fault(Part.NAME, _("A name has only small letters a to z, digits and underscores."))
    if len(words.name) > LONGEST_NAME:
        yield Fault(Part.NAME, _("A name has at most 512 letters."))


def _language(words: Words) -> Iterator[Fault]:
    if words.language not in template_languages.LANGUAGES:
        yield Fault(Part.LANGUAGE, _("WhatsApp takes no templates in this language."))


def _category(words: Words) -> Iterator[Fault]:
    if words.category not in (UTILITY, MARKETING):
        yield Fault(Part.CATEGORY, _("Choose whether it is about a visit or an invitation."))


def _life(words: Words) -> Iterator[Fault]:
    life = words.ttl_seconds
    if life in (None, NO_LIFE):
        return
    if words.category == MARKETING:
        yield Fault(
            Part.LIFE,
            _("WhatsApp keeps no lifetime for marketing templates sent as we send them: leave it."),
        )
    elif not SHORTEST_LIFE <= (life or 0) <= LONGEST_LIFE:
        yield Fault(Part.LIFE, _("A lifetime is between 30 seconds and 12 hours."))


def _days_that_pass(words: Words) -> Iterator[Fault]:
    text = f"{words.header_text}\n{words.body}\n{words.footer}"
    word = template_languages.passing_day(text, words.language)
    has_life = words.ttl_seconds is not None and words.ttl_seconds > 0
    if word and not has_life:
        yield Fault(
            Part.BODY,
            _(
                "It may arrive days later, to a phone that was switched off, and then this word is"
                " wrong: %(word)s. Say the day instead, or give it a lifetime."
            )
            % {"word": f"“{word}”"},
        )
    elif word and (words.ttl_seconds or 0) > _LONGEST_WITH_DAY:
        yield Fault(
            Part.BODY,
            _("Sent in the evening it may arrive after midnight, and then this is wrong: %(word)s.")
            % {"word": f"“{word}”"},
            is_advice=True,
        )


def _header(words: Words) -> Iterator[Fault]:
    if words.header_format in ("IMAGE", "DOCUMENT") and not words.has_file:
        yield Fault(Part.HEADER, _("Choose the file that stands on top."))
    if words.header_format != "TEXT":
        return
    text = words.header_text
    if not text.strip():
        yield Fault(Part.HEADER, _("The heading is empty: write it, or choose no heading."))
    if len(filled(text, words.examples)) > LONGEST_HEADER:
        yield Fault(Part.HEADER, _("A heading has at most 60 letters, with its gap filled."))
    if len(GAP.findall(text)) > 1:
        yield Fault(Part.HEADER, _("A heading has at most one gap."))
    yield from _shape_of_gaps(Part.HEADER, text, words.parameter_format)
    if "\n" in text:
        yield Fault(Part.HEADER, _("A heading is one line."))
    if _MARKDOWN.search(GAP.sub("", text)) or _EMOJI.search(text):
        yield Fault(
            Part.HEADER,
            _("Stars, underscores and emoji are better left out of a heading."),
            is_advice=True,
        )


def _body(words: Words) -> Iterator[Fault]:
    text = words.body
    if not text.strip():
        yield Fault(Part.BODY, _("The text is empty."))
        return
    if max(len(text), len(filled(text, words.examples))) > LONGEST_BODY:
        yield Fault(Part.BODY, _("A text has at most 1,024 letters, with its gaps filled."))
    if _AT_THE_EDGE.search(text):
        yield Fault(Part.BODY, _("A gap cannot be the first or the last word of the text."))
    if _ADJACENT.search(text):
        yield Fault(Part.BODY, _("Two gaps cannot stand side by side: put words between them."))
    # WhatsApp prints no number; two words for each gap and one more have been enough.
    if len(GAP.sub(" ", text).split()) < 2 * len(gaps_in(text)) + 1:
        yield Fault(Part.BODY, _("Too many gaps for so short a text: write more words."))
    yield from _shape_of_gaps(Part.BODY, text, words.parameter_format)
    if words.category == MARKETING and len(_EMOJI.findall(text)) > 1:
        yield Fault(
            Part.BODY,
            _("WhatsApp limits emoji in marketing texts: keep to one."),
            is_advice=True,
        )
    if (text.strip(), words.footer.strip()) in words.others:
        yield Fault(
            Part.BODY,
            _("Another template says the same, and WhatsApp rejects what is there already."),
        )


def _shape_of_gaps(part: Part, text: str, parameter_format: str) -> Iterator[Fault]:
    if "{{" in GAP.sub("", text) or "}}" in GAP.sub("", text):
        yield Fault(part, _("A gap is written with two braces on each side, such as {{when}}."))
    names = gaps_in(text)
    if parameter_format == NAMED:
        if not all(_NAME_OF_GAP.fullmatch(name) for name in names):
            yield Fault(part, _("The name of a gap has only small letters and underscores."))
    elif sorted(names) != sorted(str(place + 1) for place in range(len(names))):
        yield Fault(part, _("Numbered gaps count from {{1}} without leaving one out."))


def _footer(words: Words) -> Iterator[Fault]:
    if len(words.footer) > LONGEST_FOOTER:
        yield Fault(Part.FOOTER, _("The small line at the end has at most 60 letters."))
    if "{{" in words.footer:
        yield Fault(Part.FOOTER, _("The small line at the end has no gaps."))
    if "\n" in words.footer:
        yield Fault(Part.FOOTER, _("The small line at the end is one line."))


def _buttons(words: Words) -> Iterator[Fault]:
    yield from template_buttons.faults(words.buttons)


_RULES: tuple[Callable[[Words], Iterator[Fault]], ...] = (
    *(_name, _language, _category, _header, _body, _footer, _buttons, _life, _days_that_pass),
)
