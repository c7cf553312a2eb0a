"""What can only be sent has no page to open: whoever opens it all the same is led to one."""

from collections.abc import Callable, Iterator
from http import HTTPStatus
from urllib.parse import urljoin

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import Resolver404, resolve, reverse

Answer = Callable[[HttpRequest], HttpResponse]


def nothing_to_open(get_response: Answer) -> Answer:
    """Tell people in words where they can go on; programs and parts of pages get the bare 405."""

    def answer(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if response.status_code != HTTPStatus.METHOD_NOT_ALLOWED or not _is_a_persons(request):
            return response
        shown = {"page": _page_above(request.path_info)}
        told = render(request, "405.html", shown, status=response.status_code)
        told["Allow"] = response["Allow"]
        return told

    return answer


def _is_a_persons(request: HttpRequest) -> bool:
    """True for a bookmark, a reload, or the way back; those who can only send have seen a form."""
    asked = request.headers
    is_opened = request.method in {"GET", "HEAD"} and "HX-Request" not in asked
    return is_opened and "text/html" in asked.get("Accept", "")


def _page_above(path: str) -> str:
    """Return the nearest page that the address stands under: a visit, a patient, a list."""
    return next((one for one in _above(path) if _is_a_page(one)), reverse("overview"))


def _above(path: str) -> Iterator[str]:
    while path != "/":
        path = urljoin(path.rstrip("/"), ".")
        yield path


def _is_a_page(path: str) -> bool:
    try:
        match = resolve(path)
    except Resolver404:
        return False
    # What Django's admin answers to any address of which there is no other.
    is_any = set(match.kwargs) == {"url"}
    # The door itself says nothing to whoever stands inside.
    return path != "/" and not is_any
