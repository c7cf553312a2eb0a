"""Parts of a page that come once it stands; each is a page of its own where no scripts run."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils.dateparse import parse_datetime
from django.utils.timezone import is_aware

from healthmsg.desk.frame import show


def moment_of(typed: str) -> datetime | None:
    """Return a moment out of an address or a form; None where it is none, or has no time zone."""
    try:
        found = parse_datetime(typed)
    except ValueError:  # the 30th of February
        return None
    return found if found is not None and is_aware(found) else None


def part(
    request: HttpRequest, template: str, *, title: Any, back: str, **context: Any
) -> TemplateResponse:
    """
    Render one: alone where a page asks for it, else within the desk's frame.

    :param back: the address of the page whose part it is
    """
    layout = "desk/part.html" if getattr(request, "htmx", False) else "desk/part_page.html"
    return show(request, template, title=title, layout=layout, back=back, **context)
