"""Two pages: what happened in a silence, and the one button of a link in a mail."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from healthmsg.clinic.models import StaffUser
from healthmsg.cockpit import clinics_of, visitors, works_for_all
from healthmsg.desk.alarms import links, meanwhile, rounds, silences, telling, words
from healthmsg.desk.models import Alarm, Silence, Watcher
from healthmsg.desk.other_times import haste


def after_silence(request: HttpRequest) -> HttpResponse:
    """Show what expired, what goes and what waits; the button lets campaigns go on."""
    person = request.user
    may_change = person.has_perm("desk.change_silence")
    if not (may_change or person.has_perm("desk.view_alarm")):
        raise PermissionDenied
    # Campaigns of every clinic go on with it.
    may_end = may_change and works_for_all(person)
    silence = silences.current()
    if request.method == "POST" and silence is not None:
        if not may_end:
            raise PermissionDenied
        return _go_on(request, silence)
    context = {
        **admin.site.each_context(request),
        "title": _("After the silence"),
        "silence": silence,
        "may_end": may_end,
        **(_told(request, silence) if silence else {}),
    }
    return TemplateResponse(request, "alarms/after_silence.html", context)


def _go_on(request: HttpRequest, silence: Silence) -> HttpResponse:
    by = request.user if isinstance(request.user, StaffUser) else None
    if silences.end(silence, by=by, now=rounds.now().real):
        messages.success(request, _("Campaigns go on."))
    return HttpResponseRedirect(reverse("admin:index"))


def _told(request: HttpRequest, silence: Silence) -> dict[str, object]:
    moment, clinics = rounds.now(), clinics_of(request.user)
    real, business = moment.real, moment.business
    return {
        "expired": meanwhile.expired(silence, clinics, real=real, business=business),
        "going": meanwhile.going(clinics, business=business),
        "waiting": meanwhile.waiting(clinics),
        "answers_wait": silence.taps_done_at is None,
    }


@never_cache
def acknowledge(request: HttpRequest, token: str) -> HttpResponse:
    """
    Show an alarm to who got it by mail; the button says that they have seen it.

    Only the button changes anything: programs that look into mails follow links.
    """
    meant = links.read(token)
    watcher = Watcher.objects.filter(pk=meant.watcher_id).first() if meant else None
    alarm = Alarm.objects.filter(pk=meant.alarm_id).first() if meant else None
    if watcher is None or alarm is None or not watcher.is_active:
        is_guess = meant is None and haste.is_guessing(visitors.place_of(request))
        status = 429 if is_guess else 404
        shown = {"alarm": None, **_written()}
        return render(request, "alarms/acknowledge.html", shown, status=status)
    with translation.override(watcher.language), timezone.override(watcher.clinic.zone):
        if request.method == "POST":
            now = rounds.now().real
            telling.acknowledge(alarm, by=watcher.user, name=watcher.name, now=now)
            alarm.refresh_from_db()
        context = {
            "alarm": alarm,
            "says": words.headline(alarm),
            "to_do": words.what_to_do(alarm),
            **_written(),
        }
        return render(request, "alarms/acknowledge.html", context)


def _written() -> dict[str, str | None]:
    direction = "rtl" if translation.get_language_bidi() else "ltr"
    return {"language": translation.get_language(), "direction": direction}
