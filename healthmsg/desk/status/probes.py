"""What machines ask the web process: is it alive, can it work, and the figures."""

import logging
from collections.abc import Callable
from hmac import compare_digest

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from healthmsg import clock, readiness
from healthmsg.desk.status import metrics

logger = logging.getLogger(__name__)

Answer = Callable[[HttpRequest], HttpResponse]
# Whoever bears one of these came through a proxy: that the proxy is on this machine says nothing.
_FORWARDED = ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_X_REAL_IP", "HTTP_VIA")


def probes(get_response: Answer) -> Answer:
    """
    Answer machines before all else: no session, no redirection to HTTPS, no list of hosts.

    The first of the middleware: a probe speaks plain HTTP to an address nobody gave a name.
    """
    pages: dict[str, Answer] = {"/healthz": _alive, "/readyz": _ready, "/metrics": _figures}

    def answer(request: HttpRequest) -> HttpResponse:
        page = pages.get(request.path_info)
        if page is None or request.method not in {"GET", "HEAD"}:
            return get_response(request)
        response = page(request)
        response["Cache-Control"] = "no-store"
        return response

    return answer


def _alive(_request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok", content_type="text/plain")


def _ready(request: HttpRequest) -> HttpResponse:
    """A stranger learns whether it can work; who may read the figures, also what is in the way."""
    found = readiness.look()
    told = found.as_json() if may_read(request) else {"ready": found.is_ready}
    return JsonResponse(told, status=200 if found.is_ready else 503)


def _figures(request: HttpRequest) -> HttpResponse:
    if not may_read(request):
        refused = HttpResponse(status=401 if settings.METRICS_TOKEN else 403)
        if settings.METRICS_TOKEN:
            refused["WWW-Authenticate"] = "Bearer"
        return refused
    return HttpResponse(metrics.page(now=clock.now()), content_type=CONTENT_TYPE_PLAIN_0_0_4)


def may_read(request: HttpRequest) -> bool:
    """With a token, whoever bears it; without, this machine alone and nobody behind a proxy."""
    if settings.METRICS_TOKEN:
        given = request.META.get("HTTP_AUTHORIZATION", "")
        return compare_digest(given.encode(), f"Bearer {settings.METRICS_TOKEN}".encode())
    is_direct = not settings.HAS_HTTPS and not any(name in request.META for name in _FORWARDED)
    return is_direct and request.META.get("REMOTE_ADDR") in {"127.0.0.1", "::1"}
