"""Parts of a page that come once it stands; each is a page of its own where no scripts run."""

from typing import Any

from django.http import HttpRequest
from django.template.response import TemplateResponse

from healthmsg.desk.frame import show


def part(
    request: HttpRequest, template: str, *, title: Any, back: str, **context: Any
) -> TemplateResponse:
    """
    Render one: alone where a page asks for it, else within the desk's frame.

    :param back: the address of the page whose part it is
    """
    layout = "desk/part.html" if getattr(request, "htmx", False) else "desk/part_page.html"
    return show(request, template, title=title, layout=layout, back=back, **context)
