"""One visit: how it stands, what she was and will be told, and what may be done about it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_POST

from healthmsg import clock
from healthmsg.clinic.models import Answer, Appointment, Need, VisitStatus
from healthmsg.clinic.phone import spoken
from healthmsg.clinic.sending_hours import SendingHours
from healthmsg.cockpit import owned, recording, sees_details
from healthmsg.desk import timeline
from healthmsg.desk.admin import visit_acts
from healthmsg.desk.agenda import as_opened, asking, marks, news, put_off, returning, tiles
from healthmsg.desk.agenda.sheets import moment_key, person_of, plain, sheet
from healthmsg.desk.cancel_reasons import CancelReasonForm
from healthmsg.desk.frame import desk_page, show
from reminders import booking, call_list
from reminders.refusals import OVERBOOK, NotBooked

Verb = Callable[[Appointment, datetime], object]
# Nobody arrives earlier than this.
_SOON = timedelta(hours=12)

# Name of the act: the verb, the button, what is said afterwards.
ACTS: dict[str, tuple[Verb, Any, Any]] = {
    "arrived": (
        lambda v, now: booking.arrive(v, now=now),
        pgettext_lazy("patient", "Arrived"),
        gettext_lazy("Marked as arrived."),
    ),
    "seen": (
        lambda v, now: booking.see(v, now=now),
        gettext_lazy("Seen"),
        gettext_lazy("Marked as seen."),
    ),
    "missed": (
        lambda v, now: booking.miss(v, now=now),
        pgettext_lazy("patient", "Missed"),
        gettext_lazy("Marked as missed."),
    ),
    "left": (
        lambda v, now: booking.leave(v, now=now),
        gettext_lazy("Left without being seen"),
        gettext_lazy("Marked as left without being seen."),
    ),
    "confirmed": (
        lambda v, now: booking.answer(v, version=v.version, answer=Answer.CONFIRMED, now=now),
        gettext_lazy("Says they will come"),
        gettext_lazy("Written down: the patient will come."),
    ),
    "expected": (
        lambda v, now: booking.expect_again(v, now=now),
        gettext_lazy("Undo: booked again"),
        gettext_lazy("The visit is booked again."),
    ),
    "undo_cancel": (
        lambda v, now: booking.undo_cancel(v, now=now),
        gettext_lazy("Undo: book it again"),
        gettext_lazy("The visit is booked again."),
    ),
}


_OF_WHO_IS_HERE = ("arrived", "seen", "missed", "left", "expected")


class CancelForm(CancelReasonForm):
    """Who cancels, and why."""

    status = forms.ChoiceField(
        label=gettext_lazy("Who cancels"),
        choices=[
            (s.value, s.label)
            for s in (VisitStatus.CANCELLED_BY_PATIENT, VisitStatus.CANCELLED_BY_CLINIC)
        ],
    )
    field_order = ("status",)


def visit_or_404(request: HttpRequest, visit_id: int) -> Appointment:
    mine = owned(booking.visits_with_parts(), request.user)
    visit = mine.filter(pk=visit_id).first()
    if visit is None:
        raise Http404
    return visit


@desk_page("clinic.view_appointment")
def visit(request: HttpRequest, visit_id: int) -> HttpResponse:
    return _sheet(request, visit_or_404(request, visit_id), clock.now())


@desk_page("clinic.change_appointment")
@require_POST
def act(request: HttpRequest, visit_id: int, name: str) -> HttpResponse:
    """Do one of the acts at the press of its button."""
    mine = visit_or_404(request, visit_id)
    if name not in ACTS:
        raise Http404
    verb, _button, sentence = ACTS[name]
    now = clock.now()
    try:
        with transaction.atomic():
            here = name in _OF_WHO_IS_HERE
            as_opened.require(mine, request.POST, whatever_was_answered=here)
            did = verb(mine, now)
    except as_opened.Overtaken as told:
        return _overtaken(request, mine, told)
    except NotBooked as refusal:
        messages.error(request, str(refusal))
    else:
        words = sentence if did is not False else _("Nothing had to be changed.")
        messages.success(request, str(words))
    return _back(request, mine)


@desk_page("clinic.change_appointment")
@require_POST
def cancel(request: HttpRequest, visit_id: int) -> HttpResponse:
    mine = visit_or_404(request, visit_id)
    form = CancelForm(request.POST)
    if not form.is_valid():
        return _sheet(request, mine, clock.now(), form)
    values = form.cleaned_data
    status = VisitStatus(values["status"])
    try:
        with transaction.atomic():
            as_opened.require(mine, request.POST)
            booking.cancel(mine, status=status, reason=values["reason"], now=clock.now())
    except as_opened.Overtaken as told:
        return _overtaken(request, mine, told, form)
    except NotBooked as refusal:
        form.add_error(None, str(refusal))
        return _sheet(request, mine, clock.now(), form)
    messages.success(request, _("Cancelled. Reminders that had not left are taken back."))
    return _back(request, mine)


@desk_page("clinic.change_appointment")
@require_POST
def undo(request: HttpRequest, visit_id: int) -> HttpResponse:
    """Take a booking back before anybody hears of it."""
    mine = visit_or_404(request, visit_id)
    try:
        with transaction.atomic():
            as_opened.require(mine, request.POST)
            is_undone = visit_acts.undo_untold(mine, clock.now())
    except as_opened.Overtaken as told:
        return _overtaken(request, mine, told)
    if is_undone:
        messages.success(request, _("The booking is undone; the patient was not told of it."))
    else:
        messages.error(
            request,
            _("It is too late to undo the booking: the patient may know of it. Cancel it instead."),
        )
    return _back(request, mine)


@desk_page("clinic.change_appointment")
@require_POST
def send_now(request: HttpRequest, visit_id: int) -> HttpResponse:
    mine = visit_or_404(request, visit_id)
    try:
        with transaction.atomic():
            as_opened.require(mine, request.POST)
            words = visit_acts.send_now(mine, now=clock.now())
    except as_opened.Overtaken as told:
        return _overtaken(request, mine, told)
    messages.success(request, words)
    return _back(request, mine)


@desk_page("clinic.view_appointment")
def told(request: HttpRequest, visit_id: int) -> HttpResponse:
    """Show what became of the news about the visit; asked every few seconds."""
    mine = visit_or_404(request, visit_id)
    return show(
        request, "agenda/told.html", title="", visit=mine, news=news.of_visit(mine, clock.now())
    )


@desk_page("clinic.change_appointment", "clinic.view_patient_details", "clinic.add_consentrecord")
@require_POST
def ask(request: HttpRequest, visit_id: int) -> HttpResponse:
    """Write down what somebody who had not been asked says now."""
    mine = visit_or_404(request, visit_id)
    # Another number is another permission's, and has its place where a visit is booked.
    if request.POST.get("fix") not in asking.ANSWERS:
        raise Http404
    if mine.contact is not None:
        receipt = asking.mend(
            mine.patient, mine.contact, request.POST, by=person_of(request), now=clock.now()
        )
        messages.success(request, _("Written down."))
        return _back(request, mine, **({"receipt": receipt} if receipt else {}))
    return _back(request, mine)


def _back(request: HttpRequest, visit: Appointment, **further: int) -> HttpResponse:
    done = urlencode({"done": 1} | further | returning.kept(request))
    return HttpResponseRedirect(f"{reverse('agenda_visit', args=[visit.pk])}?{done}")


def _overtaken(
    request: HttpRequest,
    visit: Appointment,
    told: as_opened.Overtaken,
    cancelling: CancelForm | None = None,
) -> HttpResponse:
    """Show the visit as it stands by now, and above it what somebody did meanwhile."""
    messages.warning(request, told.words)
    return _sheet(request, visit_or_404(request, visit.pk), clock.now(), cancelling, is_new=True)


def _sheet(
    request: HttpRequest,
    visit: Appointment,
    now: datetime,
    cancelling: CancelForm | None = None,
    *,
    is_new: bool = False,
) -> HttpResponse:
    user = request.user
    details = sees_details(user)
    recording.shows(request, [visit])
    itself = Appointment.objects.filter(pk=visit.pk).select_related(put_off.WITH_PATIENT)
    (row,) = call_list.rows_of(itself, now=now)
    possible = visit_acts.possible(visit, now=now)
    if visit.starts_at > now + _SOON:
        possible -= {"arrived", "seen"}
    may_change = user.has_perm("clinic.change_appointment")
    may_cancel = may_change and "cancel" in possible
    phone = visit.contact.phone if visit.contact else None
    changed = {"done", "booked"} & set(request.GET)
    return sheet(
        request,
        "agenda/visit.html",
        title=tiles.name_of(row, details=details),
        is_changed=bool(changed) or is_new,
        as_opened=as_opened.mark(visit),
        is_booked_now="booked" in request.GET,
        visit=visit,
        details=details,
        when=timeline.moment(visit.starts_at, visit),
        mark=marks.of_row(row, zone=visit.site.zone, hours=SendingHours.of(visit.clinic)),
        needs=[Need(need).label for need in visit.patient.needs],
        number=(spoken(phone.number) if details else phone.masked) if phone else "",
        news=news.of_visit(visit, now),
        acts=[(n, button) for n, (_v, button, _s) in ACTS.items() if n in possible and may_change],
        may_move=may_change and "move" in possible,
        cancelling=plain(cancelling or CancelForm()) if may_cancel else None,
        reach=asking.reach(visit.patient, visit.contact, at=now) if details else None,
        may_permit=may_change and user.has_perm("clinic.add_consentrecord"),
        receipt=_number(request.GET.get("receipt", "")),
        beside=_beside(visit, now) if user.has_perm(OVERBOOK) else "",
    )


def _number(typed: str) -> int | None:
    return int(typed) if typed.isdecimal() and len(typed) < 19 else None


def _beside(visit: Appointment, now: datetime) -> str:
    """Return the address at which somebody is booked beside this visit."""
    if visit.starts_at <= now or not visit.is_live:
        return ""
    parts = f"at={moment_key(visit.starts_at)}&site={visit.site_id}&kind={visit.kind_id}&beside=1"
    parts += f"&clinician={visit.clinician_id}" if visit.clinician_id else ""
    return f"{reverse('agenda_book')}?{parts}"
