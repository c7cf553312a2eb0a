"""Where somebody goes next: to an address of our own, whatever was asked for."""

from urllib.parse import urlencode, urlsplit

from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

# Where people go who are not fully signed in, and where nobody signs in at all.
OPEN = ("/sign-in/", "/admin/login/", "/admin/logout/", "/alarm/", "/another-time/", "/static/")


def safe(request: HttpRequest, wanted: str) -> str:
    """Return the address that was asked for if it is one of ours, else the overview's."""
    is_ours = url_has_allowed_host_and_scheme(
        wanted, {request.get_host()}, require_https=request.is_secure()
    )
    return wanted if is_ours else reverse("admin:index")


def wanted(request: HttpRequest) -> str:
    """Return where the page was asked to lead to, if that is ours."""
    return safe(request, request.POST.get("next") or request.GET.get("next", ""))


def to(page: str, back: str) -> HttpResponseRedirect:
    """Lead to one of the pages of signing in, and tell it the way back."""
    return HttpResponseRedirect(f"{reverse(page)}?{urlencode({'next': back})}")


def page_of(request: HttpRequest) -> str:
    """Return the page to come back to: of a form the one it stood on, as forms go elsewhere."""
    if request.method in {"GET", "HEAD"}:
        return safe(request, request.get_full_path())
    asked = request.headers
    stood_on = urlsplit(safe(request, asked.get("HX-Current-URL") or asked.get("Referer", "")))
    page = stood_on._replace(scheme="", netloc="", fragment="").geturl()
    return reverse("admin:index") if page.startswith(OPEN) else page
