"""Messages from patients: first those that wait for a person, each with its conversation."""

from datetime import datetime, timedelta
from itertools import chain
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin import SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from healthmsg import clock
from healthmsg.clinic import consent
from healthmsg.clinic.models import StaffUser
from healthmsg.clinic.phone import spoken
from healthmsg.cockpit import (
    Act,
    StoryAdmin,
    Tone,
    act_page,
    act_path,
    mark,
    owned,
    row_or_404,
    sees_details,
)
from healthmsg.cockpit.belonging import Person
from whatsapp import threads
from whatsapp.admin.story import status_in_words
from whatsapp.admin.thread_words import said
from whatsapp.models import Message, Reply

WINDOW = timedelta(days=30)
LINES = 30


class WhoReadsFilter(SimpleListFilter):
    """The list opens on what waits for somebody; the index holds only those."""

    title = _("read")
    parameter_name = "which"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("all", _("all of the last 30 days"))]

    def choices(self, changelist: Any) -> Any:
        first, *others = super().choices(changelist)
        yield {**first, "display": _("waits for a person")}
        yield from others

    def queryset(self, request: HttpRequest, queryset: QuerySet[Reply]) -> QuerySet[Reply]:
        if self.value() == "all":
            since = clock.now() - WINDOW
            return queryset.filter(written_at__gte=since).order_by("-written_at", "-pk")
        return queryset.filter(needs_person_at__isnull=False).order_by("needs_person_at", "pk")


@admin.register(Reply)
class ReplyAdmin(StoryAdmin[Reply]):
    """What patients wrote and tapped."""

    list_title = _("Every message from patients")
    list_empty = _("What patients write and tap stands here.")
    list_filter = (WhoReadsFilter,)
    list_select_related = ("phone", "read_by")
    actions = ("mark_as_read",)
    change_form_outer_before_template = "whatsapp/reply_story.html"

    def get_list_display(self, request: HttpRequest) -> tuple[Any, ...]:
        words = ("words",) if sees_details(request.user) else ()
        sender = "from_whom" if sees_details(request.user) else "from_masked"
        return ("written_at", sender, *words, "outcome", "who_reads")

    def has_mark_as_read_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("whatsapp.change_reply")

    @admin.display(description=_("from"))
    def from_whom(self, reply: Reply) -> str:
        return spoken(reply.phone.number) if reply.phone else str(_("an unknown number"))

    @admin.display(description=_("from"))
    def from_masked(self, reply: Reply) -> str:
        return reply.phone.masked if reply.phone else str(_("an unknown number"))

    @admin.display(description=_("words"))
    def words(self, reply: Reply) -> str:
        return Truncator(said(reply)).chars(80)

    @admin.display(description=_("read"))
    def who_reads(self, reply: Reply) -> str:
        if reply.needs_person_at:
            return mark(_("waits for a person"), Tone.ASKS)
        return mark(_("read"), Tone.GOOD) if reply.read_at else mark(_("settled"), Tone.QUIET)

    @admin.action(description=_("Mark as read"), permissions=["mark_as_read"])
    def mark_as_read(self, request: HttpRequest, queryset: QuerySet[Reply]) -> None:
        count = mark_read(queryset, by=request.user, now=clock.now())
        messages.success(request, read_in_words(count))

    def get_urls(self) -> list[URLPattern]:
        return [act_path(self, "read", self.read_one), *super().get_urls()]

    def read_one(self, request: HttpRequest, object_id: int) -> HttpResponse:
        reply = row_or_404(self, request, str(object_id), "whatsapp.change_reply")
        act = Act(
            title=_("Mark as read"),
            button=_("I have read it"),
            do=lambda _values: read_in_words(
                mark_read(Reply.objects.filter(pk=reply.pk), by=request.user, now=clock.now())
            ),
        )
        return act_page(self, request, reply, act)

    def story(self, request: HttpRequest, row: Reply) -> dict[str, Any]:
        details = sees_details(request.user)
        return {
            "reply": row,
            "reply_from": self.from_whom(row) if details else self.from_masked(row),
            "reply_details": details,
            "reply_patients": consent.patients_on(row.phone) if row.phone else [],
            "reply_lines": conversation(row, request.user) if details else [],
            "reply_may_read": row.needs_person_at is not None
            and self.has_mark_as_read_permission(request),
        }


def mark_read(replies: QuerySet[Reply], *, by: Any, now: datetime) -> int:
    """Note who read them; they no longer wait for a person."""
    assert isinstance(by, StaffUser)  # noqa: S101 - only people who signed in come here
    return threads.read(replies, by=by, now=now)


def read_in_words(count: int) -> str:
    return ngettext("Marked %d message as read.", "Marked %d messages as read.", count) % count


def conversation(reply: Reply, person: Person) -> list[dict[str, Any]]:
    """Return the last lines between us and the number that a person may see, oldest first."""
    if reply.phone is None:
        return [_their_line(reply)]
    theirs = owned(Reply.objects.filter(phone=reply.phone), person).order_by("-written_at")
    ours = owned(Message.objects.filter(Message.HAS_WORDS, phone=reply.phone), person)
    lines = chain(
        map(_their_line, theirs[:LINES]), map(_our_line, ours.order_by("-created_at")[:LINES])
    )
    return sorted(lines, key=lambda line: line["at"])[-LINES:]


def _their_line(reply: Reply) -> dict[str, Any]:
    return {
        "at": reply.written_at,
        "is_ours": False,
        "text": said(reply),
        "note": reply.get_outcome_display(),
    }


def _our_line(message: Message) -> dict[str, Any]:
    return {
        "at": message.created_at,
        "is_ours": True,
        "text": message.body,
        "note": status_in_words(message),
    }
