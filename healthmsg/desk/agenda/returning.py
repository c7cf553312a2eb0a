"""The way back: where somebody was before a sheet opened, carried from address to address."""

from collections.abc import Mapping
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from healthmsg.clinic.models import Appointment

_KEY = "back"


def back(request: HttpRequest) -> str:
    """Return the page of ours to go back to; "" where none was named."""
    wanted = request.GET.get(_KEY, "")
    return (
        wanted if wanted.startswith("/") and url_has_allowed_host_and_scheme(wanted, None) else ""
    )


def kept(request: HttpRequest) -> dict[str, str]:
    """Return what the next address has to say too."""
    return {_KEY: back(request)} if back(request) else {}


def query(request: HttpRequest) -> str:
    """Return the same for the end of an address."""
    return f"?{urlencode(kept(request))}" if back(request) else ""


def book_again(visit: Appointment, *, back: str) -> str:
    """Return where a time is chosen for the patient of a visit that did not take place."""
    like: Mapping[str, object] = {
        "site": visit.site_id,
        "kind": visit.kind_id,
        "clinician": visit.clinician_id or "",
        _KEY: back,
    }
    chosen = {name: value for name, value in like.items() if value}
    return f"{reverse('agenda_book_for', args=[visit.patient_id])}?{urlencode(chosen)}"


def sheet_of(visit: Appointment, *, back: str, page: str = "agenda_visit") -> str:
    """Return the address of a visit's sheet, or of its move, and of the way back from it."""
    return f"{reverse(page, args=[visit.pk])}?{urlencode({_KEY: back})}"
