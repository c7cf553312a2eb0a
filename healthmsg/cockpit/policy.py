"""What a browser may do on admin pages, and in whose local time they are shown."""

from collections.abc import Callable

from csp.constants import NONCE, NONE, SELF, UNSAFE_EVAL, UNSAFE_INLINE
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone

from healthmsg.cockpit.belonging import first_clinic_of

Answer = Callable[[HttpRequest], HttpResponse]

# Unfold's Alpine evaluates the expressions in its attributes (unsafe-eval), and sets styles on
# elements. Scripts still come from here alone; no inline script runs.
ADMIN_POLICY = {
    "default-src": [SELF],
    "script-src": [SELF, UNSAFE_EVAL, NONCE],
    "style-src": [SELF, UNSAFE_INLINE],
    "img-src": [SELF, "data:"],
    "object-src": [NONE],
    "base-uri": [SELF],
    "frame-ancestors": settings.FRAME_ANCESTORS,
    "form-action": [SELF],
}


def admin_policy(get_response: Answer) -> Answer:
    """Give admin pages their own written policy; every other page keeps the strict one."""
    admin = reverse("admin:index")

    def answer(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if request.path_info.startswith(admin):
            response._csp_replace = ADMIN_POLICY  # type: ignore[attr-defined]
        return response

    return answer


def local_time(get_response: Answer) -> Answer:
    """Show times as the clocks of the person's clinic do."""

    def answer(request: HttpRequest) -> HttpResponse:
        if not request.user.is_authenticated:
            return get_response(request)
        clinic = first_clinic_of(request.user)
        with timezone.override(clinic.zone if clinic else None):
            return get_response(request)

    return answer
