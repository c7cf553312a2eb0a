"""Repeat prescriptions that patients asked for: who looks after each, and what was answered."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from healthmsg import clock
from healthmsg.clinic.phone import spoken
from healthmsg.cockpit import (
    Act,
    StoryAdmin,
    Tone,
    act_page,
    act_path,
    fields,
    mark,
    row_or_404,
    sees_details,
)
from healthmsg.desk.admin.open_tasks import OpenFilter, person
from whatsapp import repeats
from whatsapp.models import RepeatRequest

_MAY = "whatsapp.change_repeatrequest"
_LONGEST = 1000


class AnswerForm(forms.Form):
    """What the patient is told; nothing where they were called."""

    words = fields.long_text(
        gettext_lazy("Your answer to the patient"),
        help_text=gettext_lazy("Sent by WhatsApp as you write it. Empty: you told them otherwise."),
    )

    def __init__(self, *args: Any, is_open: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._is_open = is_open

    def clean_words(self) -> str:
        words: str = self.cleaned_data["words"].strip()
        if words and not self._is_open:
            raise ValidationError(
                _(
                    "The patient has not written within 24 hours: WhatsApp lets nobody answer. Call"
                    " them, and leave this empty."
                )
            )
        if len(words) > _LONGEST:
            raise ValidationError(_("At most %d letters.") % _LONGEST)
        return words


class UnansweredFilter(OpenFilter):
    title = gettext_lazy("answered")
    open_words = gettext_lazy("not answered yet")
    settled_field, open_first, newest_first = "done_at", "due_at", "-asked_at"


@admin.register(RepeatRequest)
class RepeatRequestAdmin(StoryAdmin[RepeatRequest]):
    """Tasks for staff, with a deadline."""

    list_empty = gettext_lazy("Patients who ask for a prescription again stand here.")
    list_display = ("due_at", "who", "asked_at", "standing", "taken_by")
    list_filter = (UnansweredFilter,)
    list_select_related = ("patient", "phone", "taken_by")
    change_form_outer_before_template = "desk/repeat_story.html"

    def get_list_display(self, request: HttpRequest) -> tuple[Any, ...]:
        who = "who" if sees_details(request.user) else "__str__"
        return ("due_at", who, "asked_at", "standing", "taken_by")

    @admin.display(description=gettext_lazy("patient"))
    def who(self, row: RepeatRequest) -> str:
        return row.patient.full_name if row.patient else spoken(row.phone.number)

    @admin.display(description=gettext_lazy("state"))
    def standing(self, row: RepeatRequest) -> SafeString:
        return standing_mark(row, now=clock.now())

    def get_urls(self) -> list[URLPattern]:
        return [
            act_path(self, "take", self.take),
            act_path(self, "answered", self.answered),
            *super().get_urls(),
        ]

    def take(self, request: HttpRequest, object_id: int) -> HttpResponse:
        row = row_or_404(self, request, str(object_id), _MAY)

        def do(_values: dict[str, Any]) -> str:
            if repeats.take(row, by=person(request), now=clock.now()):
                return _("You look after it.")
            return _("Somebody looks after it already.")

        act = Act(title=_("Look after it"), button=_("I look after it"), do=do)
        return act_page(self, request, row, act)

    def answered(self, request: HttpRequest, object_id: int) -> HttpResponse:
        row = row_or_404(self, request, str(object_id), _MAY)

        def do(values: dict[str, Any]) -> str:
            done, sent = repeats.finish(
                row, by=person(request), words=values["words"], now=clock.now()
            )
            if not done:
                return _("Somebody has answered it already.")
            return _("Answered; your words are on their way.") if sent else _("Answered.")

        act = Act(
            title=_("Answer the repeat prescription"),
            button=_("It is answered"),
            form=AnswerForm,
            form_arguments={"is_open": repeats.window_is_open(row, now=clock.now())},
            explanation=_("Say in your own words what happens; no machine answers this."),
            do=do,
        )
        return act_page(self, request, row, act)

    def story(self, request: HttpRequest, row: RepeatRequest) -> dict[str, Any]:
        details = sees_details(request.user)
        user = request.user
        return {
            "repeat": row,
            "repeat_standing": self.standing(row),
            "repeat_who": self.who(row) if details else str(row),
            "repeat_patient": reverse("patient", args=[row.patient_id])
            if row.patient_id and user.has_perm("clinic.view_patient")
            else "",
            "repeat_reply": reverse("admin:whatsapp_reply_change", args=[row.reply_id])
            if user.has_perm("whatsapp.view_reply")
            else "",
            "repeat_may": row.done_at is None and user.has_perm(_MAY),
        }


def standing_mark(row: RepeatRequest, *, now: datetime) -> SafeString:
    if row.done_at is not None:
        return mark(_("answered"), Tone.GOOD)
    if row.due_at <= now:
        return mark(_("late"), Tone.BAD)
    return mark(_("taken") if row.taken_at else _("waits for a person"), Tone.ASKS)
