"""Dates as they are written, with the comma of the language; the templates' `date` does so too."""

from datetime import date, datetime
from typing import Any

from django import template
from django.template import defaultfilters
from django.utils.formats import date_format
from django.utils.translation import get_language

register = template.Library()
_COMMAS = {"ar": "،"}


def written(at: date | datetime, pattern: str) -> str:
    return _with_comma(date_format(at, pattern))


@register.filter("date", expects_localtime=True, is_safe=False)
def written_in_templates(at: Any, pattern: str | None = None) -> str:
    return _with_comma(str(defaultfilters.date(at, pattern)))


def _with_comma(words: str) -> str:
    language = (get_language() or "").partition("-")[0]
    return words.replace(",", _COMMAS.get(language, ","))
