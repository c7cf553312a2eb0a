"""What somebody was sending when their session ended: kept for them alone, to be sent again."""

import base64
import json
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import CsrfViewMiddleware
from django.urls import Resolver404, resolve
from django.utils import timezone

from healthmsg.clinic import strongbox

KEY = "unsent"
# Whoever went for lunch finds it; whoever has the desk tomorrow does not.
_SECONDS_KEPT = 60 * 60
# A session is one row, read at each request.
_LONGEST = 100_000
_NEVER = re.compile(r"csrfmiddlewaretoken|password|secret|\bcode\b", re.IGNORECASE)


@dataclass(frozen=True)
class Unsent:
    """A form that was not taken: where it was going, and what stood in it."""

    to: str
    page: str  # the name of its address
    fields: tuple[tuple[str, str], ...]
    files: tuple[tuple[str, str], ...]  # the name of each field, and of the file chosen in it


def take(request: HttpRequest, *, only_typed: bool = False, is_ours: bool = False) -> str:
    """
    Return what a form was sending, sealed for whoever had the session; "" where there is nothing.

    Of files only the names are kept: whoever sends the rest again chooses them again.

    :param only_typed: a button alone counts as nothing
    :param is_ours: known to come from a page of ours, though its token is of an earlier session
    """
    if not request.user.is_authenticated and not _was(request):
        return ""
    if request.method != "POST" or not (is_ours or _is_from_us(request)):
        return ""
    fields = [
        (name, value)
        for name, values in request.POST.lists()
        if not _NEVER.search(name)
        for value in values
    ]
    files = [(name, str(file.name)) for name, chosen in request.FILES.lists() for file in chosen]
    if only_typed and not fields and not files:
        return ""
    written = json.dumps({"to": request.get_full_path(), "fields": fields, "files": files})
    if len(written) > _LONGEST:
        return ""
    return base64.b64encode(strongbox.seal(written.encode(), of=_whose(request))).decode()


def keep(request: HttpRequest, sealed: str) -> None:
    """Put it into the session in which they sign in again."""
    if sealed:
        request.session[KEY] = {"sealed": sealed, "at": int(timezone.now().timestamp())}


def waits(request: HttpRequest) -> bool:
    return KEY in request.session


def forget(request: HttpRequest) -> None:
    request.session.pop(KEY, None)


def read(request: HttpRequest) -> Unsent | None:
    """Return what waits for this person; what is old, another's, or leads nowhere, goes."""
    kept = request.session.get(KEY, {})
    if timezone.now().timestamp() - kept.get("at", 0) <= _SECONDS_KEPT:
        try:
            sealed = base64.b64decode(kept["sealed"])
            told = json.loads(strongbox.unseal(sealed, of=_whose(request)))
            page = resolve(urlsplit(told["to"]).path).view_name
        except (strongbox.WrongKeys, Resolver404):
            pass
        else:
            fields = tuple((name, value) for name, value in told["fields"])
            files = tuple((name, file) for name, file in told.get("files", ()))
            return Unsent(told["to"], page, fields, files)
    forget(request)
    return None


def _is_from_us(request: HttpRequest) -> bool:
    # The session is looked at before Django asks whether the form came from a page of ours.
    check = CsrfViewMiddleware(_nothing)
    return check.process_view(request, _nothing, (), {}) is None


def _nothing(_request: HttpRequest) -> HttpResponse:
    return HttpResponse()


def _whose(request: HttpRequest) -> str:
    return f"unsent:{request.user.pk or _was(request)}"


def _was(request: HttpRequest) -> str:
    return getattr(request, "was_signed_in", "")
