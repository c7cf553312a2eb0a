"""One conversation: bubbles on both sides, what staff noted, and the box for an answer."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.admin.options import ModelAdmin
from django.db.models import Prefetch, QuerySet, prefetch_related_objects
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.safestring import SafeString
from django.utils.timesince import timeuntil
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminFileFieldWidget

from healthmsg import clock
from healthmsg.clinic.models import Contact, Patient
from healthmsg.clinic.phone import spoken
from healthmsg.cockpit import fields, is_at, owned, sees_details
from healthmsg.cockpit.belonging import Person
from whatsapp import answering, files, threads
from whatsapp.admin.story import mark_of, removed
from whatsapp.admin.thread_words import in_words, name_of, said, state_mark, why_not_here
from whatsapp.models import (
    InboundFile,
    Message,
    Reply,
    ReplyOutcome,
    SavedAnswer,
    Thread,
    ThreadLine,
)
from whatsapp.rendering import LONGEST_FREE_TEXT

# Of each side; what is older stands on the patient's page.
LINES = 60
THEIRS, OURS, AMONG_US = "theirs", "ours", "among-us"


@dataclass(frozen=True)
class Line:
    """One bubble, or one line among staff."""

    at: datetime
    side: str
    text: str
    by: str = ""
    mark: SafeString | str = ""
    quotes: str = ""
    language: str = ""
    file: InboundFile | None = None
    file_words: str = ""
    is_new: bool = False
    # What could be tapped under an answer of ours.
    offered: tuple[str, ...] = ()


class AnswerForm(forms.Form):
    """Words, a file, or both; what was typed stands there again if it could not be sent."""

    text = forms.CharField(
        label=gettext_lazy("Your answer"),
        required=False,
        max_length=LONGEST_FREE_TEXT,
        widget=forms.Textarea({"rows": 4, "class": "answer-box", "dir": "auto"}),
    )
    file = forms.FileField(
        label=gettext_lazy("A document or picture"),
        required=False,
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": ",".join(files.LARGEST)}),
        help_text=gettext_lazy("A PDF of at most 10 MB, or a JPEG or PNG picture of at most 5 MB."),
    )
    saved = forms.ChoiceField(label=gettext_lazy("Saved answers"), required=False)
    once = forms.UUIDField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, choices: list[SavedAnswer], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        saved: Any = self.fields["saved"]
        rows = [(str(one.pk), f"{one.name} ({one.language})") for one in choices]
        saved.choices = [("", _("please choose")), *rows]
        saved.widget.attrs["class"] = "answer-choice"

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        if not values.get("text", "").strip() and not values.get("file"):
            self.add_error("text", _("Write something, or choose a file."))
        return values


class NoteForm(forms.Form):
    """A note among staff."""

    text = fields.long_text(gettext_lazy("A note for staff only"), required=True)


def saved_answers(thread: Thread) -> list[SavedAnswer]:
    """Return the clinic's saved answers, those in the patient's language first."""
    languages = [contact.language for contact in _contacts(thread)]
    root = next(iter((*languages, *thread.clinic.languages))).split("_")[0]
    rows = SavedAnswer.objects.filter(clinic=thread.clinic_id).order_by("language", "name", "pk")
    return sorted(rows, key=lambda one: one.language.split("_")[0] != root)


def answer_form(thread: Thread, *, text: str = "") -> AnswerForm:
    """Return an empty box; `once` makes a form that is sent twice one answer."""
    initial = {"text": text, "once": uuid.uuid4()}
    return AnswerForm(initial=initial, choices=saved_answers(thread))


def show(
    page: ModelAdmin[Any], request: HttpRequest, thread: Thread, form: AnswerForm | None = None
) -> HttpResponse:
    """Show a conversation; `form` is what could not be sent."""
    now, details = clock.now(), sees_details(request.user)
    lines = sorted(_lines(thread, request.user), key=lambda line: line.at) if details else []
    shown = {
        "thread": thread,
        "thread_lines": lines,
        "thread_details": details,
        "thread_seen": threads.last_seen(thread),
    }
    if request.GET.get("only") == "lines":
        return TemplateResponse(request, "whatsapp/thread_lines.html", shown)
    until = answering.window_until(thread)
    # As `consent.patients_on` has them, of what is read for the saved answers anyway.
    by_key = {contact.patient_id: contact.patient for contact in _contacts(thread)}
    patients = [by_key[key] for key in sorted(by_key)]
    may_act = request.user.has_perm("whatsapp.change_thread") and details
    context = {
        **page.admin_site.each_context(request),
        "opts": page.model._meta,
        "title": _("Conversation with %(whom)s")
        % {"whom": _whom(thread, patients if details else [], details=details)},
        "thread_mark": state_mark(thread, now=now),
        "thread_number": _number(thread, details=details),
        "thread_patients": patients,
        "thread_until": until,
        "thread_left": timeuntil(until, now, depth=1) if until else "",
        "thread_is_free": until is not None and until > now,
        "thread_may_act": may_act,
        "thread_is_mine": thread.taken_by_id == request.user.pk,
        "thread_asks_to_be_seen": thread.is_urgent and thread.urgent_seen_at is None,
        "answer_form": form or answer_form(thread),
        "note_form": NoteForm(auto_id="note_%s"),
        **shown,
    }
    return TemplateResponse(request, "whatsapp/thread.html", context)


def _contacts(thread: Thread) -> list[Contact]:
    """Return who is reached on its number, first who is told first; asked for once."""
    if thread.phone is None:
        return []
    in_order = Contact.objects.select_related("patient").order_by("rank", "pk")
    prefetch_related_objects([thread.phone], Prefetch("contacts", in_order))
    return list(thread.phone.contacts.all())


def _whom(thread: Thread, patients: list[Patient], *, details: bool) -> str:
    names = ", ".join(patient.full_name for patient in patients[:3])
    return names or _number(thread, details=details)


def _number(thread: Thread, *, details: bool) -> str:
    if thread.phone is None:
        return _("a hidden number")
    return spoken(thread.phone.number) if details else thread.phone.masked


def _lines(thread: Thread, person: Person) -> Iterator[Line]:
    notes = thread.lines.select_related("written_by", "handed_to").order_by("-written_at", "-pk")
    theirs = _their_replies(thread).order_by("-written_at", "-pk")
    waits_since = thread.waits_since
    # Backwards, so that what bears the same second stays in its order.
    return chain(
        (_their_line(reply, waits_since, person) for reply in reversed(list(theirs[:LINES]))),
        map(_our_line, reversed(list(owned(_our_messages(thread), person)[:LINES]))),
        map(_line_among_us, reversed(list(notes[:LINES]))),
    )


def _their_replies(thread: Thread) -> QuerySet[Reply]:
    rows = Reply.objects.select_related("file", "answers__appointment")
    if thread.phone_id is None:
        return rows.filter(thread=thread)
    return rows.filter(phone=thread.phone_id, sender=thread.sender_id)


def _our_messages(thread: Thread) -> QuerySet[Message]:
    ours = Message.objects.filter(phone=thread.phone_id, sender=thread.sender_id).filter(
        Message.HAS_WORDS
    )
    if thread.phone_id is None:
        return ours.none()
    return ours.select_related("answer_of_a_person__written_by").order_by("-created_at", "-pk")


def _their_line(reply: Reply, waits_since: datetime | None, person: Person) -> Line:
    file: InboundFile | None = getattr(reply, "file", None)
    return Line(
        reply.written_at,
        THEIRS,
        removed(reply) or (reply.text if file else said(reply)),
        mark="" if reply.outcome == ReplyOutcome.FOR_A_PERSON else reply.get_outcome_display(),
        quotes=_quoted(reply.answers, person),
        file=file,
        file_words=why_not_here(file, Path(settings.INBOUND_FILES_DIRECTORY)) if file else "",
        is_new=waits_since is not None and reply.written_at >= waits_since,
    )


def _quoted(message: Message | None, person: Person) -> str:
    if message is None:
        return ""
    visit = message.appointment
    return message.body[:120] if is_at(person, visit.site_id if visit else None) else ""


def _our_line(message: Message) -> Line:
    answer = getattr(message, "answer_of_a_person", None)
    return Line(
        message.created_at,
        OURS,
        message.body,
        by=name_of(answer.written_by) if answer else _("automatic"),
        mark=mark_of(message),
        language=message.language[:2],
        offered=_offered(message),
    )


def _offered(message: Message) -> tuple[str, ...]:
    """Return what stands on its buttons or rows, while what was posted is kept."""
    action = message.payload.get("interactive", {}).get("action", {})
    rows = [row for part in action.get("sections", ()) for row in part["rows"]]
    replies = [button["reply"] for button in action.get("buttons", ())]
    return tuple(one["title"] for one in (*rows, *replies))


def _line_among_us(line: ThreadLine) -> Line:
    return Line(line.written_at, AMONG_US, removed(line) or line.text, by=in_words(line))
