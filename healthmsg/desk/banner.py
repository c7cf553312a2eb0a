"""What every page says on top: that nothing real leaves, or that nothing leaves at all."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _

from healthmsg.clinic.models import Clinic, Mode
from healthmsg.cockpit import clinics_of
from healthmsg.desk.alarms import shown


def banner(request: HttpRequest) -> dict[str, object]:
    """Tell templates whether this installation, or a clinic of the person, is practicing."""
    # Templates within a page ask again; the row is read once for a request.
    if not hasattr(request, "practice_words"):
        request.practice_words = SimpleLazyObject(lambda: words(request))  # type: ignore[attr-defined]
        request.wrong_lines = SimpleLazyObject(lambda: shown.banner(request))  # type: ignore[attr-defined]
    return {"practice": request.practice_words, "wrong": request.wrong_lines}  # type: ignore[attr-defined]


def words(request: HttpRequest) -> str:
    """Return what the banner says, "" where every clinic of the person is live."""
    if settings.USES_SANDBOX:
        return _("Practice: nothing leaves except to the practice phone.")
    names = list(_clinics(request).filter(mode=Mode.PRACTICE).values_list("name", flat=True)[:4])
    if not names:
        return ""
    return _(
        "Practice (%(clinics)s): nothing leaves except to the phones marked as test phones."
    ) % {"clinics": ", ".join(names)}


def _clinics(request: HttpRequest) -> Any:
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return Clinic.objects.all()
    return clinics_of(user)
