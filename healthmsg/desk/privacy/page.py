"""How long a clinic keeps what: shown with what would go, and removed once somebody has looked."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from healthmsg import clock
from healthmsg.clinic.models import Clinic, StaffUser
from healthmsg.cockpit import clinics_of
from healthmsg.cockpit.keys import key_of
from healthmsg.desk.parts import moment_of
from healthmsg.desk.privacy import by_itself, retention, rules
from healthmsg.desk.privacy.models import Kept, RetentionRun, RunState
from healthmsg.desk.privacy.ways import WAYS

PERMISSION = "desk.change_retentionrule"
CERTIFICATES = 20
# What went by itself last, by clinic and kind.
_Last = Mapping[tuple[int, str], RetentionRun]


def kept(request: HttpRequest) -> HttpResponse:
    """Show what each of the person's clinics keeps for how long, and take one decision."""
    if not request.user.has_perm(PERMISSION):
        raise PermissionDenied
    clinics = clinics_of(request.user).order_by("pk")
    now = clock.now()
    refused: dict[str, Any] = {}
    if request.method == "POST":
        clinic = get_object_or_404(clinics, pk=key_of(request.POST.get("clinic")))
        refused = _decide(request, clinic, now)
        if not refused:
            return HttpResponseRedirect(reverse("kept"))
    runs = RetentionRun.objects.filter(clinic__in=clinics).select_related(
        "clinic", "decided_by", "stopped_by"
    )
    # What went by itself stands beside its kind: each day's would leave no room for the others.
    looked_at = runs.exclude(decided_by=None, kind__in=by_itself.KINDS, state=RunState.DONE)
    certificates = list(looked_at.order_by("-decided_at", "-pk")[:CERTIFICATES])
    last = by_itself.last_of(clinics)
    context = {
        **admin.site.each_context(request),
        "title": _("How long things are kept"),
        "clinics": [
            (clinic, _lines(clinic, _asked(request, clinic), now, refused, last))
            for clinic in clinics
        ],
        "going": any(run.state == RunState.GOING for run in certificates),
        "runs": certificates,
        "notices_days": settings.NOTICES_KEPT_DAYS,
        "audit_days": rules.longest(Kept.AUDIT),
        "most": rules.MOST_DAYS,
    }
    return TemplateResponse(request, "privacy/kept.html", context)


def _asked(request: HttpRequest, clinic: Clinic) -> str:
    """Return the kind that is to be counted; counting all of them at once takes seconds."""
    return request.GET.get("count", "") if request.GET.get("clinic") == str(clinic.pk) else ""


def _lines(
    clinic: Clinic, asked: str, now: datetime, refused: dict[str, Any], last: _Last
) -> list[dict[str, Any]]:
    lines = []
    for kind, days in rules.days(clinic).items():
        before = now - timedelta(days=days)
        line: dict[str, Any] = {"kind": kind, "days": days, "before": before}
        line |= {"least": rules.least_days(kind), "last": last.get((clinic.pk, kind))}
        line |= {"by_itself": kind in by_itself.KINDS, "is_of_all": kind not in WAYS}
        if refused and (refused["clinic"], refused["kind"]) == (clinic, kind):
            line |= {"typed": refused["typed"], "problem": refused["problem"]}
        if kind == asked and kind in WAYS:
            line["count"] = retention.check(clinic, kind, before=before)
        lines.append(line)
    return lines


def _decide(request: HttpRequest, clinic: Clinic, now: datetime) -> dict[str, Any]:
    """Do what was asked; return what was typed and cannot be, to stand beside its field."""
    kind = request.POST.get("kind", "")
    act = request.POST.get("act", "")
    if act == "keep" and kind in Kept:
        return _keep(request, clinic, Kept(kind))
    if act == "remove":
        _remove(request, clinic, now)
    if act == "stop":
        _stop(request, clinic, now)
    return {}


def _keep(request: HttpRequest, clinic: Clinic, kind: Kept) -> dict[str, Any]:
    typed = request.POST.get("days", "")
    try:
        rules.keep_for(clinic, kind, days=key_of(typed))
    except ValueError:
        words = _("From %(least)s to %(most)s days.")
        words %= {"least": rules.least_days(kind), "most": rules.MOST_DAYS}
        return {"clinic": clinic, "kind": kind, "typed": typed, "problem": words}
    messages.success(request, _("Written down; nothing was removed."))
    return {}


def _remove(request: HttpRequest, clinic: Clinic, now: datetime) -> None:
    before = moment_of(request.POST.get("before", ""))
    if before is None or request.POST.get("sure") != "yes":
        messages.error(request, _("Nothing was removed: tick that you have looked at the count."))
        return
    by = request.user if isinstance(request.user, StaffUser) else None
    try:
        run = retention.begin(
            clinic,
            Kept(request.POST.get("kind", "")),
            before=before,
            expected=key_of(request.POST.get("expected")),
            by=by,
            now=now,
        )
    except (retention.Disagrees, ValueError):
        words = _("Nothing was removed: the count has changed since it was shown. Look again.")
        messages.error(request, words)
        return
    words = ngettext("%(n)s is being removed.", "%(n)s are being removed.", run.expected)
    messages.success(request, words % {"n": run.expected})


def _stop(request: HttpRequest, clinic: Clinic, now: datetime) -> None:
    runs = RetentionRun.objects.filter(clinic=clinic)
    run = get_object_or_404(runs, pk=key_of(request.POST.get("run")))
    by = request.user if isinstance(request.user, StaffUser) else None
    if retention.stop(run, by=by, now=now):
        goes_on = run.kind in by_itself.KINDS
        words = _("Stopped; a day after it began it begins again.") if goes_on else ""
        messages.success(request, words or _("Stopped; the rest stays."))
