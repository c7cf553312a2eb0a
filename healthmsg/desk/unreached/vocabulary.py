"""What the columns of the file are called, and how outcomes are written in it, in any language."""

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from healthmsg.desk.imports.cells import bare
from healthmsg.desk.unreached.models import How

KEY, OUTCOME, LISTED = "key", "outcome", "listed"
# Those that are read when the file comes back.
HEADS: dict[str, Any] = {KEY: _("row key"), OUTCOME: _("outcome"), LISTED: _("list made on")}
# What people and tools write for short, beside the words of the screens and the codes.
_SHORT = {
    How.LETTER: ("letter", "post", "carta", "رسالة بريدية", "بريد"),
    How.SMS: ("text", "text message", "mensaje", "mensaje de texto", "رسالة قصيرة", "رسالة نصية"),
    How.TELEPHONE: ("phone", "call", "telefono", "llamada", "هاتف", "الهاتف", "مكالمة"),
    How.NOT_REACHED: ("unreached", "failed", "no contactado", "لم يصل"),
}


def columns(row: Iterable[str]) -> dict[str, int]:
    """Return where in a row of headings those stand that are read; of two alike the first."""
    known = _headings()
    found: dict[str, int] = {}
    for place, heading in enumerate(row):
        if name := known.get(bare(heading)):
            found.setdefault(name, place)
    return found


@cache
def outcomes() -> dict[str, str]:
    """Return what each way to write an outcome stands for, by words in small letters."""
    short = {bare(word): how.value for how, words in _SHORT.items() for word in words}
    codes = {bare(how.value): how.value for how in How}
    return short | _in_every_language({how.value: how.label for how in How}) | codes


@cache
def _headings() -> dict[str, str]:
    return {name: name for name in HEADS} | _in_every_language(HEADS)


def _in_every_language(labels: dict[str, Any]) -> dict[str, str]:
    return {bare(words): name for name, words in _each(labels)}


def _each(labels: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for code, _language in settings.LANGUAGES:
        with translation.override(code):
            for name, label in labels.items():
                yield name, str(label)
