"""Who signed in and out, and who tried: notes for the audit."""

from typing import Any

from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.http import HttpRequest
from django.utils import timezone

from healthmsg.clinic import audit
from healthmsg.clinic.models import AuditKind, AuditNote, StaffUser
from healthmsg.cockpit.visitors import address_of


def connect() -> None:
    user_logged_in.connect(_came)
    user_logged_out.connect(_went)
    user_login_failed.connect(_tried)


def _came(request: HttpRequest | None, user: StaffUser, **_signal: Any) -> None:
    _note(AuditKind.SIGN_IN, user, request)


def _went(request: HttpRequest | None, user: StaffUser | None, **_signal: Any) -> None:
    if user is not None:
        _note(AuditKind.SIGN_OUT, user, request)


def _tried(credentials: dict[str, Any], request: HttpRequest | None = None, **_signal: Any) -> None:
    # Never what was typed: people type their password where the name belongs.
    typed = str(credentials.get("username", ""))
    _note(AuditKind.SIGN_IN_FAILED, StaffUser.objects.filter(username=typed).first(), request)


def _note(kind: AuditKind, person: StaffUser | None, request: HttpRequest | None) -> None:
    works_for = person.clinics.order_by("pk").values_list("pk", flat=True) if person else ()
    clinics: list[int | None] = [*works_for]
    match = request.resolver_match if request else None
    told = {
        "at": timezone.now(),
        "kind": kind,
        "by_id": person.pk if person else None,
        "address": address_of(request)[:45] if request else "",
        "path": match.view_name[:120] if match else "",
    }
    # Whoever works for several clinics comes to each of them.
    audit.note([AuditNote(**told, clinic_id=clinic) for clinic in clinics or [None]])
