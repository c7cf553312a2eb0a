"""What somebody asks the list for, read from the address of the page."""

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseRedirect
from django.urls import reverse

from healthmsg.clinic.models import Clinic, Site, StaffUser
from healthmsg.cockpit import owned, sites_of
from healthmsg.cockpit.belonging import known_clinics
from healthmsg.desk.unreached.listing import Asked, Reason

SPANS = (7, 14, 30, 0)
FILTERS = ("clinic", "days", "site", "language", "open", "reason")
# As contacts hold it.
_LONGEST_CODE = 8


def asked(request: HttpRequest) -> tuple[Asked, list[Clinic], list[Site]]:
    """Return what is asked for, and the clinics and sites that may be asked for."""
    clinics = sorted(known_clinics(request.user), key=lambda one: (one.name, one.pk))
    if not clinics:
        raise Http404
    given = request.GET
    wanted = number(given.get("clinic"))
    clinic = next((one for one in clinics if one.pk == wanted), clinics[0])
    sites = list(owned(clinic.sites.all(), request.user).order_by("name", "pk"))
    days = number(given.get("days")) if given.get("days") else SPANS[0]
    reason = given.get("reason", "")
    asked = Asked(
        clinic=clinic,
        days=days if days in SPANS else SPANS[0],
        site=next((one for one in sites if one.pk == number(given.get("site"))), None),
        reason=Reason(reason) if reason in Reason.values else None,
        language=_language(given.get("language", "")),
        is_open=bool(given.get("open")),
        limited_to=sites_of(request.user),
    )
    return asked, clinics, sites


def choice(request: HttpRequest, names: tuple[str, ...] = FILTERS) -> str:
    """Return what was asked for, to be asked for again behind another address."""
    given = request.GET.copy()
    for name in [name for name in given if name not in names]:
        del given[name]
    return given.urlencode()


def back(request: HttpRequest) -> HttpResponseRedirect:
    """Lead back to the list as it was asked for."""
    query = choice(request)
    return HttpResponseRedirect(reverse("unreached") + (f"?{query}" if query else ""))


def person(request: HttpRequest) -> StaffUser:
    if not isinstance(request.user, StaffUser):
        raise PermissionDenied
    return request.user


def number(typed: str | None) -> int:
    return int(typed) if typed and typed.isdecimal() and len(typed) < 19 else 0


def _language(typed: str) -> str:
    """Return a code of WhatsApp's, such as "pt_BR"; "" for what looks like none."""
    return typed if len(typed) <= _LONGEST_CODE and typed.replace("_", "").isalnum() else ""
