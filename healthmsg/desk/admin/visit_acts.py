"""What may be done about a visit, each through the booking's own verbs."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin.options import ModelAdmin
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from healthmsg import clock, dates
from healthmsg.clinic.models import (
    Answer,
    Appointment,
    Clinician,
    Site,
    StaffUser,
    VisitStatus,
)
from healthmsg.clinic.sending_hours import SendingHours
from healthmsg.cockpit import Act, act_page, back_to, fields, row_or_404
from healthmsg.desk.agenda import as_opened
from healthmsg.desk.cancel_reasons import CancelReason, CancelReasonForm
from reminders import booking, waiting_list
from reminders.last_look import CANCELLED
from reminders.models import EarlierEnd, Reminder, ReminderStatus
from reminders.refusals import NotBooked
from reminders.timing import Anchor
from reminders.told import told_of, was_spoken_of

Page = ModelAdmin[Appointment]
Verb = Callable[[Appointment, datetime], object]


class CancelForm(CancelReasonForm):
    """Who cancels, and why."""

    status = fields.choice(
        gettext_lazy("Who cancels"),
        [
            (s.value, s.label)
            for s in (VisitStatus.CANCELLED_BY_CLINIC, VisitStatus.CANCELLED_BY_PATIENT)
        ],
    )
    why = fields.choice(
        gettext_lazy("Why"),
        [("", gettext_lazy("please choose")), *CancelReason.choices],
        required=False,
    )
    reason = fields.text(gettext_lazy("In other words"), required=False, most=120)
    field_order = ("status",)


def cancel(page: Page, request: HttpRequest, object_id: int) -> HttpResponse:
    visit = row_or_404(page, request, str(object_id), "clinic.change_appointment")

    def do(values: dict[str, Any]) -> str:
        status = VisitStatus(values["status"])
        try:
            with transaction.atomic():
                as_opened.require(visit, request.POST)
                booking.cancel(visit, status=status, reason=values["reason"], now=clock.now())
        except as_opened.Overtaken as told:
            raise ValidationError(told.words) from None
        except NotBooked as refusal:
            raise ValidationError(str(refusal)) from refusal
        return _("Cancelled. Reminders that had not left are taken back.")

    act = Act(
        title=_("Cancel this visit"),
        button=_("Cancel the visit"),
        explanation=_("Somebody who was told of the visit gets a message that it is off."),
        form=CancelForm,
        do=do,
        is_dangerous=True,
        context={"as_opened": as_opened.mark(visit)},
    )
    return act_page(page, request, visit, act)


def undo_booking(page: Page, request: HttpRequest, object_id: int) -> HttpResponse:
    """Take a booking back before anybody hears of it; later it is cancelled, and said to be."""
    visit = row_or_404(page, request, str(object_id), "clinic.change_appointment")
    if request.method == "POST" and not undo_untold(visit, clock.now()):
        messages.error(
            request,
            _("It is too late to undo the booking: the patient may know of it. Cancel it instead."),
        )
        name = f"admin:{page.opts.app_label}_{page.opts.model_name}_cancel"
        return HttpResponseRedirect(reverse(name, args=[visit.pk]))
    if request.method == "POST":
        messages.success(request, _("The booking is undone; the patient was not told of it."))
    return HttpResponseRedirect(back_to(page, visit))


@transaction.atomic
def undo_untold(visit: Appointment, now: datetime) -> bool:
    """Cancel a visit whose confirmation still waits; False, and nothing changed, for others."""
    visit = booking.locked(visit)
    waiting = Reminder.objects.filter(
        appointment=visit,
        version=visit.version,
        status=ReminderStatus.PLANNED,
        rule__anchor=Anchor.BOOKED,
    )
    # Locked as the tick locks it: what it is about to write counts as told.
    is_waiting = list(waiting.order_by("pk").select_for_update(no_key=True, of=("self",)))
    is_known = visit.pk in told_of([visit.pk]) or was_spoken_of(visit)
    if visit.status != VisitStatus.BOOKED or not is_waiting or is_known:
        return False
    booking.cancel(visit, status=VisitStatus.CANCELLED_BY_CLINIC, now=now)
    return True


class WishForm(forms.Form):
    """With whom, where and when the patient would come instead."""

    def __init__(self, *args: Any, visit: Appointment, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = Clinician.objects.filter(clinic=visit.clinic_id, is_active=True).order_by("name")
        sites = Site.objects.filter(clinic=visit.clinic_id).order_by("name")
        self.fields["clinician"] = fields.row(_("Only with"), people, required=False)
        self.fields["site"] = fields.row(_("Only at"), sites, required=False)
        self.fields["first_day"] = fields.day(_("Not before"), required=False)
        self.fields["last_day"] = fields.day(_("Not after"), required=False)

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        first, last = values.get("first_day"), values.get("last_day")
        if first and last and last < first:
            self.add_error("last_day", _("The last day is not before the first."))
        return values


def wish_earlier(page: Page, request: HttpRequest, object_id: int) -> HttpResponse:
    visit = row_or_404(page, request, str(object_id), "clinic.change_appointment")

    def do(values: dict[str, Any]) -> str:
        try:
            waiting_list.wish(
                visit,
                by=request.user if isinstance(request.user, StaffUser) else None,
                now=clock.now(),
                clinician=values["clinician"],
                site=values["site"],
                days=(values["first_day"], values["last_day"]),
            )
        except NotBooked as refusal:
            raise ValidationError(str(refusal)) from refusal
        return _("On the waiting list: earlier times are offered by message.")

    act = Act(
        title=_("Would come earlier"),
        button=_("Put on the waiting list"),
        explanation=_(
            "When a time becomes free that fits, the patient is asked by message. Whoever answers"
            " first gets it; until then this visit stays as it is."
        ),
        form=WishForm,
        form_arguments={"visit": visit},
        initial={"clinician": visit.clinician_id, "site": visit.site_id},
        do=do,
    )
    return act_page(page, request, visit, act)


def _no_longer_earlier(visit: Appointment, now: datetime) -> bool:
    return waiting_list.end(Q(appointment=visit), EarlierEnd.BY_STAFF, now=now) > 0


def send_now(visit: Appointment, *, now: datetime) -> str:
    """Send the news about a visit without the wait; return what is said of it."""
    if not booking.send_now(visit, now=now):
        return _("Nothing had to be changed.")
    opens = opens_at(visit, now)
    if opens is None:
        return _("It goes out now.")
    return _("It goes out on %(when)s, when the clinic's hours for messages begin.") % {
        "when": dates.written(timezone.localtime(opens, visit.clinic.zone), "D, j F, H:i")
    }


def opens_at(visit: Appointment, at: datetime) -> datetime | None:
    """Return when news that is due then may leave; None where the clinic's hours let it go."""
    opens = SendingHours.of(visit.clinic).next_open(at)
    return opens if opens > at else None


def _at_once(verb: Verb, sentence: Any) -> Any:
    """Return a view that does one thing when its button is pressed; "" says what the verb says."""

    def view(page: Page, request: HttpRequest, object_id: int) -> HttpResponse:
        visit = row_or_404(page, request, str(object_id), "clinic.change_appointment")
        if request.method == "POST":
            try:
                did = verb(visit, clock.now())
            except NotBooked as refusal:
                messages.error(request, str(refusal))
            else:
                words = sentence if did is not False else _("Nothing had to be changed.")
                messages.success(request, str(words or did))
        return HttpResponseRedirect(back_to(page, visit))

    return view


def _confirm(visit: Appointment, now: datetime) -> bool:
    return booking.answer(visit, version=visit.version, answer=Answer.CONFIRMED, now=now)


ACTS: dict[str, Any] = {
    "cancel": cancel,
    "arrived": _at_once(
        lambda v, now: booking.arrive(v, now=now), gettext_lazy("Marked as arrived.")
    ),
    "seen": _at_once(lambda v, now: booking.see(v, now=now), gettext_lazy("Marked as seen.")),
    "left": _at_once(
        lambda v, now: booking.leave(v, now=now), gettext_lazy("Marked as left without being seen.")
    ),
    "missed": _at_once(lambda v, now: booking.miss(v, now=now), gettext_lazy("Marked as missed.")),
    "expected": _at_once(
        lambda v, now: booking.expect_again(v, now=now), gettext_lazy("The visit is booked again.")
    ),
    "undo-cancel": _at_once(
        lambda v, now: booking.undo_cancel(v, now=now), gettext_lazy("The visit is booked again.")
    ),
    "undo-booking": undo_booking,
    "send-now": _at_once(lambda v, now: send_now(v, now=now), ""),
    "wish-earlier": wish_earlier,
    "no-longer-earlier": _at_once(_no_longer_earlier, gettext_lazy("Taken off the waiting list.")),
    "confirmed": _at_once(_confirm, gettext_lazy("Written down: the patient will come.")),
}


def possible(visit: Appointment, *, now: datetime) -> set[str]:
    """Return the acts that make sense for the visit as it stands, by their names with "_"."""
    if visit.status in CANCELLED:
        return {"undo_cancel"} if visit.starts_at > now else set()
    if visit.status == VisitStatus.ARRIVED:
        return {"seen", "left", "expected", "cancel"}
    if visit.status != VisitStatus.BOOKED:
        return {"expected"}
    acts = {"move", "cancel", "arrived", "seen"}
    if visit.starts_at <= now:
        return acts | {"missed", "left"}
    acts |= {"wish_earlier"} if visit.kind.offers_freed else set()
    return acts | ({"confirmed"} if visit.answer != Answer.CONFIRMED else set())
