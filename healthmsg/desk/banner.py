"""What every page says on top: that nothing real leaves, or that nothing leaves at all."""

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _

from healthmsg.clinic.models import Clinic, Mode
from healthmsg.cockpit.belonging import known_clinics
from healthmsg.desk.alarms import shown

_NAMED = 4


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
    names = _practicing(request)
    if not names:
        return ""
    return _(
        "Practice (%(clinics)s): nothing leaves except to the phones marked as test phones."
    ) % {"clinics": ", ".join(names)}


def _practicing(request: HttpRequest) -> list[str]:
    """Name the first clinics that practice: of the person's own, which are known by now."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        practicing = Clinic.objects.filter(mode=Mode.PRACTICE).order_by("pk")
        return list(practicing.values_list("name", flat=True)[:_NAMED])
    return [one.name for one in known_clinics(user) if one.mode == Mode.PRACTICE][:_NAMED]
