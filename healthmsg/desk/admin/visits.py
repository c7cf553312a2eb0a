"""Appointments: the day's list, and one page for each visit with everything that may be done."""

from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from healthmsg import clock
from healthmsg.clinic.models import Answer, Appointment, VisitStatus
from healthmsg.clinic.phone import spoken
from healthmsg.cockpit import StoryAdmin, Tone, act_path, mark, sees_details, tip
from healthmsg.desk import timeline
from healthmsg.desk.admin import book_page, together, visit_acts
from healthmsg.desk.admin.visit_filters import (
    ClinicFilter,
    DayFilter,
    PatientFilter,
    SiteFilter,
    WithWhomFilter,
    days_around,
    is_any_day,
)
from reminders import booking
from reminders.models import EarlierWish, Reminder, ReminderStatus
from reminders.timing import Anchor
from whatsapp.models import Message
from whatsapp.status import Reason, Status

_STATUS = {
    VisitStatus.BOOKED: Tone.WAITING,
    VisitStatus.ARRIVED: Tone.GOOD,
    VisitStatus.SEEN: Tone.GOOD,
    VisitStatus.LEFT: Tone.QUIET,
    VisitStatus.MISSED: Tone.BAD,
    VisitStatus.CANCELLED_BY_PATIENT: Tone.QUIET,
    VisitStatus.CANCELLED_BY_CLINIC: Tone.QUIET,
}
_ANSWER = {
    Answer.NONE: Tone.QUIET,
    Answer.CONFIRMED: Tone.GOOD,
    Answer.WANTS_ANOTHER_TIME: Tone.ASKS,
    Answer.WANTS_TO_CANCEL: Tone.ASKS,
}


@admin.register(Appointment)
class AppointmentAdmin(StoryAdmin[Appointment]):
    """Visits, by day."""

    list_filter = (
        *(DayFilter, PatientFilter, ClinicFilter, SiteFilter, WithWhomFilter),
        *("status", "answer"),
    )
    list_before_template = "desk/days.html"
    ordering = ("starts_at", "pk")
    list_per_page = 50
    actions = ("mark_as_missed", "mark_as_expected", "as_file")
    change_form_outer_before_template = "desk/visit_story.html"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("clinic.add_appointment") and sees_details(request.user)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Appointment]:
        rows = super().get_queryset(request)
        return rows.select_related(
            *("patient__clinic", "clinic", "contact__phone", "kind", "site__clinic", "clinician"),
            "booked_by",
        )

    def has_mark_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("clinic.change_appointment")

    def has_take_out_permission(self, request: HttpRequest) -> bool:
        return sees_details(request.user)

    @admin.action(description=gettext_lazy("Mark as missed"), permissions=["mark"])
    def mark_as_missed(self, request: HttpRequest, queryset: QuerySet[Appointment]) -> None:
        def done(n: int) -> str:
            return ngettext("%d visit marked as missed.", "%d visits marked as missed.", n) % n

        chosen = queryset[: together.MARKED_AT_MOST]
        together.mark_visits(request, chosen, booking.miss, done, now=clock.now())

    @admin.action(
        description=gettext_lazy("Undo: arrived, seen, left or missed"), permissions=["mark"]
    )
    def mark_as_expected(self, request: HttpRequest, queryset: QuerySet[Appointment]) -> None:
        def done(n: int) -> str:
            return ngettext("%d visit is booked again.", "%d visits are booked again.", n) % n

        chosen = queryset[: together.MARKED_AT_MOST]
        together.mark_visits(request, chosen, booking.expect_again, done, now=clock.now())

    @admin.action(
        description=gettext_lazy("Take out as a file for a spreadsheet"), permissions=["take_out"]
    )
    def as_file(self, request: HttpRequest, queryset: QuerySet[Appointment]) -> HttpResponse | None:
        head = (_("time"), _("patient"), _("kind of visit"), _("site"), _("clinician"))
        return together.as_file(
            request,
            queryset,
            name="visits",
            head=(*head, _("status"), _("answer"), _("number")),
            cells=_cells,
        )

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        # All visits of one patient as their page has them: newest first.
        return ("-starts_at", "-pk") if is_any_day(request.GET) else self.ordering

    def get_list_display(self, request: HttpRequest) -> tuple[Any, ...]:
        patient = "who" if sees_details(request.user) else "patient"
        when = "when" if request.GET.get("day") == "week" else "hour"
        when = "moment" if is_any_day(request.GET) else when
        return (when, patient, "kind", "site", "clinician", "state", "replied", "told")

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        changelist = super().get_changelist_instance(request)
        shown = list(changelist.result_list.values_list("pk", flat=True))
        newest = Message.objects.filter(appointment=OuterRef("pk")).order_by("-created_at")
        rows = self.get_queryset(request).filter(pk__in=shown).order_by(*self.get_ordering(request))
        # The last word about each visit, for the rows on the page only.
        changelist.result_list = list(
            rows.annotate(
                last_status=Subquery(newest.values("status")[:1]),
                last_reason=Subquery(newest.values("reason")[:1]),
            )
        )
        return changelist

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        days = days_around(request.GET)
        return super().changelist_view(request, {"days": days, **(extra_context or {})})

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        return book_page.book(self, request)

    def get_urls(self) -> list[URLPattern]:
        acts = [act_path(self, name, self._bound(view)) for name, view in visit_acts.ACTS.items()]
        move = act_path(self, "move", self._bound(book_page.move))
        return [*acts, move, *super().get_urls()]

    def _bound(self, view: Any) -> Any:
        def bound(request: HttpRequest, object_id: int) -> HttpResponse:
            answer: HttpResponse = view(self, request, object_id)
            return answer

        return bound

    def story(self, request: HttpRequest, row: Appointment) -> dict[str, Any]:
        details = sees_details(request.user)
        now = clock.now()
        return {
            "title": _("Visit of %(who)s")
            % {"who": row.patient.full_name if details else row.patient},
            "visit": row,
            "visit_when": timeline.moment(row.starts_at, row),
            "visit_zone": row.site.zone.key,
            "visit_details": details,
            "visit_number": _number(row),
            "visit_state": self.state(row),
            "visit_answer": self.replied(row),
            "visit_may_change": request.user.has_perm("clinic.change_appointment"),
            "visit_can": visit_acts.possible(row, now=now),
            "visit_wish": EarlierWish.objects.filter(appointment=row, ended_at=None).first(),
            "visit_news": (news := _waiting_news(row, now)),
            "visit_opens": visit_acts.opens_at(row, news.due_at) if news else None,
            "visit_entries": timeline.of_visit(row) if details else [],
        }

    @admin.display(description=gettext_lazy("time"))
    def hour(self, visit: Appointment) -> str:
        return self.when(visit).split(", ")[-1]

    @admin.display(description=gettext_lazy("time"))
    def when(self, visit: Appointment) -> str:
        local = timezone.localtime(visit.starts_at, visit.site.zone)
        here = timezone.localtime(visit.starts_at)
        day = formats.date_format(local.replace(tzinfo=None), "D j N")
        # A site in another zone is shown by its own clocks, and says so.
        away = "" if local.utcoffset() == here.utcoffset() else f" ({visit.site.zone.key})"
        return f"{day}, {local:%H:%M}{away}"

    @admin.display(description=gettext_lazy("time"))
    def moment(self, visit: Appointment) -> str:
        return timeline.moment(visit.starts_at, visit)

    @admin.display(description=gettext_lazy("patient"))
    def who(self, visit: Appointment) -> str:
        return visit.patient.full_name

    @admin.display(description=gettext_lazy("status"))
    def state(self, visit: Appointment) -> str:
        return mark(visit.get_status_display(), _STATUS[VisitStatus(visit.status)])

    @admin.display(description=gettext_lazy("answer"))
    def replied(self, visit: Appointment) -> str:
        return mark(visit.get_answer_display(), _ANSWER[Answer(visit.answer)])

    @admin.display(description=gettext_lazy("last message"))
    def told(self, visit: Appointment) -> str:
        status = getattr(visit, "last_status", None)
        if not status:
            return tip(_("none yet"))
        reason = getattr(visit, "last_reason", "")
        words = str(Status(status).label)
        return tip(f"{words}: {Reason(reason).label}" if reason else words)


def _cells(visit: Appointment) -> tuple[str, ...]:
    local = timezone.localtime(visit.starts_at, visit.site.zone)
    parts = (visit.patient.full_name, visit.kind.name, visit.site.name)
    who = str(visit.clinician or "")
    how = (visit.get_status_display(), visit.get_answer_display())
    return (f"{local:%Y-%m-%d %H:%M}", *parts, who, *map(str, how), _number(visit))


def _number(visit: Appointment) -> str:
    phone = visit.contact.phone if visit.contact else None
    return spoken(phone.number) if phone else ""


def _waiting_news(visit: Appointment, now: Any) -> Reminder | None:
    """Return the confirmation that still waits: reception's time to undo."""
    news = (Anchor.BOOKED, Anchor.MOVED, Anchor.CANCELLED)
    waiting = Reminder.objects.filter(
        appointment=visit, status=ReminderStatus.PLANNED, rule__anchor__in=news, due_at__gt=now
    )
    return waiting.order_by("due_at").first()
