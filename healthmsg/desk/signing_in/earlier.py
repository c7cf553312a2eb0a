"""Pages that were opened before their person signed out and in again, in another tab."""

import hmac
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.middleware import csrf
from django.utils.crypto import salted_hmac
from django.views.csrf import csrf_failure
from django_htmx.http import HttpResponseClientRedirect

from healthmsg.clinic.models import StaffUser
from healthmsg.desk.signing_in import onward, unsent

# In a session that nobody has: who left it, and of which tokens their pages were.
_LEFT = "left"
_EARLIER = "earlier_pages"
# Whoever signs in more often in one browser has closed those pages, or finds the words for them.
_MOST = 5


def left_by(request: HttpRequest) -> str:
    """Return whose session ended last in this browser, or "" while somebody is signed in."""
    return str(request.session.get(_LEFT, {}).get("by", ""))


def note_end(request: HttpRequest, *, was: str, pages: list[str]) -> None:
    """Remember who left, so that what stands open in another tab is theirs alone."""
    if was and SESSION_KEY not in request.session and _LEFT not in request.session:
        request.session[_LEFT] = {"by": was, "pages": pages}


def pages(request: HttpRequest) -> list[str]:
    """Return by what one knows one's earlier pages, or those of whoever left."""
    kept = request.session.get(_LEFT, {}).get("pages") or request.session.get(_EARLIER)
    return list(kept or [])


@receiver(user_logged_in)
def begin(request: HttpRequest | None, user: StaffUser, **_signal: Any) -> None:
    """Know one's own earlier pages again: Django gives every session a token of its own."""
    if request is None:
        return
    left = request.session.pop(_LEFT, {})
    # Still the token from before: the new one is only in the answer.
    token = request.COOKIES.get(settings.CSRF_COOKIE_NAME, "")
    if token and left.get("by") == str(user.pk):
        request.session[_EARLIER] = [*left["pages"], _hash(token)][-_MOST:]


def too_old(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Offer again what was typed on one's own earlier page; of any other say that it is too old."""
    secret = _secret_of(request.POST.get("csrfmiddlewaretoken", ""))
    is_own = any(hmac.compare_digest(_hash(secret), one) for one in pages(request))
    # A token that only pages of ours have held: no form from elsewhere comes this far.
    sealed = unsent.take(request, is_ours=True) if secret and is_own else ""
    if not sealed:
        return csrf_failure(request, reason)
    unsent.keep(request, sealed)
    answer = onward.to("sign_in_unsent", onward.page_of(request))
    is_part = "HX-Request" in request.headers
    return HttpResponseClientRedirect(answer["Location"]) if is_part else answer


def _secret_of(token: str) -> str:
    # Django has no public name for the way back from what a page holds to what a cookie does.
    try:
        csrf._check_token_format(token)  # type: ignore[attr-defined]
    except csrf.InvalidTokenFormat:
        return ""
    is_masked = len(token) == csrf.CSRF_TOKEN_LENGTH
    return str(csrf._unmask_cipher_token(token)) if is_masked else token  # type: ignore[attr-defined]


def _hash(token: str) -> str:
    return salted_hmac("earlier page", token, algorithm="sha256").hexdigest()
