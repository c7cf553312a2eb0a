"""The code that the patient's phone reads, and what has come of it."""

from datetime import datetime
from typing import Any
from urllib.parse import quote

import qrcode
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from qrcode.image.svg import SvgPathFillImage

from healthmsg import clock
from healthmsg.clinic.models import Change, Clinic, ConsentRecord
from healthmsg.clinic.phone import spoken
from healthmsg.cockpit import owned, recording
from healthmsg.desk.frame import desk_page, show
from healthmsg.desk.proof import words
from healthmsg.desk.proof.models import PermissionCode
from whatsapp.models import Sender

_MAY = ("clinic.add_consentrecord", "clinic.view_patient_details")


@desk_page(*_MAY)
def code(request: HttpRequest, code_id: int) -> HttpResponse:
    """Show the picture to scan, the words it stands for, and the same to type by hand."""
    shown = _code_or_404(request, code_id)
    recording.shows(request, [shown.patient])
    answer = show(
        request,
        "proof/code.html",
        title=_("Permission by their own phone"),
        message=_message(shown),
        number=display_number(shown.clinic),
        **_state(shown, clock.now()),
    )
    answer["Cache-Control"] = "no-store"
    return answer


@desk_page(*_MAY)
def state(request: HttpRequest, code_id: int) -> HttpResponse:
    """Say what has come of the code; asked every few seconds."""
    shown = _code_or_404(request, code_id)
    recording.shows(request, [shown.patient])
    return show(request, "proof/state.html", title="", **_state(shown, clock.now()))


@desk_page(*_MAY)
def picture(request: HttpRequest, code_id: int) -> HttpResponse:
    """Draw the code: dark on white, whatever the page looks like, as cameras want it."""
    shown = _code_or_404(request, code_id)
    recording.shows(request, [shown.patient])
    drawn = qrcode.make(link(shown), image_factory=SvgPathFillImage, border=4)
    answer = HttpResponse(drawn.to_string(), content_type="image/svg+xml")
    answer["Cache-Control"] = "no-store"
    return answer


def link(shown: PermissionCode) -> str:
    """
    Return the address that opens WhatsApp with the words typed already.

    Source: WhatsApp's help, "How to use click to chat", read 2026-11.
    """
    digits = "".join(sign for sign in display_number(shown.clinic) if sign.isdecimal())
    return f"https://wa.me/{digits}?text={quote(_message(shown))}"


def display_number(clinic: Clinic) -> str:
    """Return the clinic's WhatsApp number as people dial it, or nothing where none is known."""
    known = Sender.objects.filter(clinic=clinic).exclude(display_number="")
    first = known.order_by("held_at", "pk").values_list("display_number", flat=True).first()
    return first or ""


def _message(shown: PermissionCode) -> str:
    return words.to_send(shown.code, clinic=shown.clinic, language=shown.wording.language)


def _state(shown: PermissionCode, now: datetime) -> dict[str, Any]:
    is_open = shown.used_at is None and now < shown.expires_at
    return {
        "shown": shown,
        "of_number": spoken(shown.phone.number),
        "purposes": words.purposes(
            shown.purposes, clinic=shown.clinic, language=shown.wording.language
        ),
        "is_open": is_open,
        "has_run_out": shown.used_at is None and not is_open,
        "receipt": _line_of(shown, shown.used_at) if shown.used_at else None,
    }


def _line_of(shown: PermissionCode, used_at: datetime) -> int | None:
    lines = ConsentRecord.objects.filter(
        patient=shown.patient_id, phone=shown.phone_id, given_at=used_at
    )
    return lines.filter(change=Change.GRANTED).values_list("pk", flat=True).first()


def _code_or_404(request: HttpRequest, code_id: int) -> PermissionCode:
    codes = PermissionCode.objects.select_related(
        "clinic", "patient", "phone", "wording", "contact", "made_by"
    )
    found = owned(codes, request.user).filter(pk=code_id, patient__erased_at=None).first()
    if found is None:
        raise Http404
    return found
