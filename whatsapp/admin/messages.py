"""Messages: read-only, opened on a window of time; what still waits can be taken back."""

from datetime import timedelta
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin import SimpleListFilter
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from healthmsg import clock
from healthmsg.clinic.models import AuditVerb, Patient, Phone
from healthmsg.clinic.phone import spoken
from healthmsg.cockpit import (
    Act,
    StoryAdmin,
    act_page,
    act_path,
    owned,
    recording,
    row_or_404,
    sees_details,
)
from healthmsg.cockpit.keys import key_of
from whatsapp import outbox
from whatsapp.admin.story import mark_of, status_in_words, steps_of
from whatsapp.models import Message, Reply
from whatsapp.status import Reason, Status

LONGEST = 366


class WindowFilter(SimpleListFilter):
    """Lists open on a window of time: `created_at` has the index, nothing else needs one."""

    title = _("written")
    parameter_name = "days"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("1", _("in the last day")),
            ("30", _("in the last 30 days")),
            ("90", _("in the last 90 days")),
        ]

    def choices(self, changelist: Any) -> Any:
        first, *others = super().choices(changelist)
        yield {**first, "display": _("in the last 7 days")}
        yield from others

    def queryset(self, request: HttpRequest, queryset: QuerySet[Message]) -> QuerySet[Message]:
        window = timedelta(days=min(key_of(self.value()) or 7, LONGEST))
        return queryset.filter(created_at__gte=clock.now() - window)


class FateFilter(SimpleListFilter):
    """What became of it, as a clinic asks."""

    title = _("what became of it")
    parameter_name = "fate"
    fates: dict[str, tuple[Any, Q]] = {
        "waiting": (_("waits to be sent"), Q(send_after__isnull=False)),
        "arrived": (_("arrived or read"), Q(status__in=[Status.DELIVERED, Status.READ])),
        "failed": (_("could not be delivered"), Q(failed_at__isnull=False, status=Status.FAILED)),
        "withheld": (_("not sent"), Q(status=Status.WITHHELD)),
        "unknown": (_("WhatsApp has not told us"), Q(status=Status.UNCERTAIN)),
    }

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(key, words) for key, (words, _condition) in self.fates.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Message]) -> QuerySet[Message]:
        fate = self.fates.get(self.value() or "")
        return queryset.filter(fate[1]) if fate else queryset


@admin.register(Message)
class MessageAdmin(StoryAdmin[Message]):
    """What was, will be and was not sent."""

    list_empty = _(
        "Messages stand here from the moment they are written. Book a visit, or start a campaign."
    )
    list_display = ("created_at", "who", "purpose", "what_became")
    list_filter = (WindowFilter, FateFilter, "purpose")
    list_select_related = ("patient", "phone")
    ordering = ("-created_at", "-pk")
    actions = ("take_back",)
    change_form_outer_before_template = "whatsapp/message_story.html"

    def has_take_back_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("whatsapp.change_message")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Message]:
        # The posted body is long, and no screen shows it.
        return super().get_queryset(request).defer("clear_payload")

    def get_list_display(self, request: HttpRequest) -> tuple[Any, ...]:
        return (
            "created_at",
            "who" if sees_details(request.user) else "who_masked",
            "purpose",
            "what_became",
        )

    @admin.display(description=_("to"))
    def who(self, message: Message) -> str:
        return addressed_to(message.patient, message.phone, details=True)

    @admin.display(description=_("to"))
    def who_masked(self, message: Message) -> str:
        return addressed_to(message.patient, message.phone, details=False)

    @admin.display(description=_("what became of it"))
    def what_became(self, message: Message) -> str:
        return mark_of(message)

    @admin.action(description=_("Take back what has not left"), permissions=["take_back"])
    def take_back(self, request: HttpRequest, queryset: QuerySet[Message]) -> None:
        messages.success(request, withdraw(request, queryset))

    def get_urls(self) -> list[URLPattern]:
        return [act_path(self, "take-back", self.take_back_one), *super().get_urls()]

    def take_back_one(self, request: HttpRequest, object_id: int) -> HttpResponse:
        message = row_or_404(self, request, str(object_id), "whatsapp.change_message")
        act = Act(
            title=_("Take this message back"),
            button=_("Take it back"),
            explanation=_("What has already left us cannot be taken back."),
            do=lambda _values: withdraw(request, Message.objects.filter(pk=message.pk)),
            is_dangerous=True,
        )
        return act_page(self, request, message, act)

    def story(self, request: HttpRequest, row: Message) -> dict[str, Any]:
        return _story(row, request)


def addressed_to(patient: Patient | None, phone: Phone, *, details: bool) -> str:
    """Return whom a message goes to, as much as the person may see."""
    number = spoken(phone.number) if details else phone.masked
    if patient is None:
        return number
    name = patient.full_name if details else str(patient)
    # Apart from each other: a name written from right to left would turn the number around.
    return format_html("<bdi>{}</bdi> · <bdi>{}</bdi>", name, number)


@transaction.atomic
def withdraw(request: HttpRequest, chosen: QuerySet[Message]) -> str:
    """Take back what has not left, note who did, and say how many that was."""
    rows = Message.objects.filter(pk__in=chosen.values("pk"))
    ids = outbox.withdraw(rows, reason=Reason.CANCELLED_BY_STAFF, now=clock.now())
    recording.did(
        request,
        Message.objects.filter(pk__in=ids).only("pk", "patient_id", "clinic_id").order_by("pk"),
        AuditVerb.UPDATE,
        before={"status": Status.QUEUED},
        after={"status": Status.WITHHELD, "reason": Reason.CANCELLED_BY_STAFF},
    )
    count = len(ids)
    return ngettext("Took back %d message.", "Took back %d messages.", count) % count


def _story(message: Message, request: HttpRequest) -> dict[str, Any]:
    details = sees_details(request.user)
    return {
        "story_steps": steps_of(message),
        "story_mark": mark_of(message),
        "story_words": status_in_words(message),
        "story_message": message,
        "story_to": addressed_to(message.patient, message.phone, details=details),
        "story_body": message.body if details else "",
        "story_details": details,
        "story_also": list(message.also_about.select_related("patient"))
        if message.is_shared
        else [],
        "story_tries": list(message.attempts.order_by("number")),
        "story_replies": list(
            owned(_answers_to(message), request.user).order_by("written_at")[:20]
        ),
        "story_may_take_back": message.send_after is not None
        and request.user.has_perm("whatsapp.change_message"),
        "story_patient_link": _link(request, "clinic.patient", message.patient_id),
        "story_visit_link": _link(request, "clinic.appointment", message.appointment_id),
    }


def _answers_to(message: Message) -> QuerySet[Reply]:
    # By phone: replies have no index on what they answer.
    return Reply.objects.filter(phone=message.phone_id, answers=message)


def _link(request: HttpRequest, model: str, key: int | None) -> str:
    app, name = model.split(".")
    if key is None or not request.user.has_perm(f"{app}.view_{name}"):
        return ""
    return format_html("{}", reverse(f"admin:{app}_{name}_change", args=[key]))
