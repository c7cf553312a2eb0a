"""Taking, answering, handing over and finishing a conversation."""

import uuid
from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin.options import ModelAdmin
from django.contrib.auth.models import Permission
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.utils.translation import gettext as _

from healthmsg import clock
from healthmsg.clinic import consent
from healthmsg.clinic.models import Contact, Patient, StaffUser
from healthmsg.cockpit import Act, act_page, back_to, fields, row_or_404, sees_details
from healthmsg.cockpit.keys import key_of
from whatsapp import answering, threads
from whatsapp.admin import thread_page
from whatsapp.admin.thread_words import name_of
from whatsapp.admin.way import graph
from whatsapp.answering import Attached, Offer
from whatsapp.models import SavedAnswer, Thread

Page = ModelAdmin[Any]
View = Callable[[Page, HttpRequest, int], HttpResponse]


def take(page: Page, request: HttpRequest, object_id: int) -> HttpResponse:
    thread, person = _asked(page, request, object_id)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    now = clock.now()
    if threads.take(thread, by=person, now=now) or threads.see(thread, by=person, now=now):
        messages.success(request, _("It is yours now."))
    else:
        messages.warning(request, threads.whose(thread))
    return _back(page, thread)


def done(page: Page, request: HttpRequest, object_id: int) -> HttpResponse:
    thread, person = _asked(page, request, object_id)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    seen = key_of(request.POST.get("seen"))
    if threads.finish(thread, by=person, seen=seen, now=clock.now()):
        messages.success(request, _("Done, until the patient writes again."))
        return HttpResponseRedirect(back_to(page, None))
    messages.warning(
        request, _("Not closed: something has come meanwhile, or it was done already.")
    )
    return _back(page, thread)


def note(page: Page, request: HttpRequest, object_id: int) -> HttpResponse:
    thread, person = _asked(page, request, object_id)
    act = Act(
        title=_("A note for staff only"),
        button=_("Write it down"),
        form=thread_page.NoteForm,
        do=lambda values: _noted(thread, values["text"], person),
    )
    return act_page(page, request, thread, act)


def _noted(thread: Thread, text: str, person: StaffUser) -> str:
    threads.note(thread, text=text, by=person, now=clock.now())
    return _("Written down.")


def hand(page: Page, request: HttpRequest, object_id: int) -> HttpResponse:
    thread, person = _asked(page, request, object_id)

    class ToWhom(forms.Form):
        to = fields.row(_("To whom"), colleagues(thread), required=False)
        holder = forms.CharField(widget=forms.HiddenInput, required=False)

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            to: Any = self.fields["to"]
            to.in_words, to.empty_label = name_of, _("back to everybody")

    def do(values: dict[str, Any]) -> str:
        # Whose it was when the page was opened: two who hand it over are told of each other.
        thread.taken_by_id = key_of(values["holder"]) or None
        if not threads.hand(thread, to=values["to"], by=person, now=clock.now()):
            raise ValidationError(threads.whose(thread))
        to = values["to"]
        return _("Handed to %(name)s.") % {"name": name_of(to)} if to else _("Given back.")

    act = Act(
        title=_("Hand it to somebody"),
        button=_("Hand over"),
        form=ToWhom,
        initial={"holder": thread.taken_by_id or ""},
        do=do,
    )
    return act_page(page, request, thread, act)


def colleagues(thread: Thread) -> QuerySet[StaffUser]:
    """Return who of the clinic may work on conversations."""
    may = Permission.objects.filter(
        codename="change_thread", content_type__app_label=Thread._meta.app_label
    )
    able = Q(groups__permissions__in=may) | Q(user_permissions__in=may) | Q(is_superuser=True)
    people = StaffUser.objects.filter(able, is_active=True, clinics=thread.clinic_id)
    return people.order_by("first_name", "username").distinct()


def answer(page: Page, request: HttpRequest, object_id: int) -> HttpResponse:
    """Queue what was written; where that cannot be, the page comes back with every word of it."""
    thread, person = _asked(page, request, object_id)
    if request.method != "POST":
        return _back(page, thread)
    choices = thread_page.saved_answers(thread)
    if "insert" in request.POST:
        typed = _with_saved(thread, request.POST, choices)
        return thread_page.show(page, request, thread, thread_page.answer_form(thread, text=typed))
    form = thread_page.AnswerForm(request.POST, request.FILES, choices=choices)
    if form.is_valid():
        try:
            _send(thread, form.cleaned_data, person)
        except ValidationError as refusal:
            form.add_error(None, refusal)
        else:
            _say_whether_it_left(request, thread)
            return _back(page, thread)
    return thread_page.show(page, request, thread, form)


def _say_whether_it_left(request: HttpRequest, thread: Thread) -> None:
    if why := answering.waits_because(thread):
        text = _(
            "%(why)s Your answer is kept and leaves as soon as it may. If the 24 hours end before"
            " that, the conversation opens again."
        )
        messages.warning(request, text % {"why": why})
    else:
        messages.success(request, _("Your answer is on its way."))


def _send(thread: Thread, values: dict[str, Any], person: StaffUser) -> None:
    now, once, file = clock.now(), str(values["once"] or uuid.uuid4()), values["file"]
    if file is None:
        answering.say(thread, values["text"], by=person, once=once, now=now)
        return
    attached = Attached(file.name[:80], file.read(), caption=values["text"])
    answering.say_file(thread, attached, graph=graph(), by=person, once=once, now=now)


def _with_saved(thread: Thread, posted: Any, choices: list[SavedAnswer]) -> str:
    """Return what was typed with the chosen words below it, filled in."""
    typed = posted.get("text", "").strip()
    chosen = next((one for one in choices if str(one.pk) == posted.get("saved")), None)
    if chosen is None:
        return str(typed)
    contacts = Contact.objects.filter(phone=thread.phone_id).order_by("rank", "pk")
    contact = contacts.first() if thread.phone_id else None
    words = chosen.text
    for gap, value in (
        ("{contact_name}", contact.name if contact else ""),
        ("{clinic_name}", thread.clinic.name),
        ("{clinic_phone}", thread.clinic.phone),
    ):
        words = words.replace(gap, value)
    return f"{typed}\n\n{words}".strip()


def template(page: Page, request: HttpRequest, object_id: int) -> HttpResponse:
    """Choose an approved template about one of the patients on the number, and see its words."""
    thread, person = _asked(page, request, object_id)
    patients = consent.patients_on(thread.phone) if thread.phone else []
    chosen = request.GET.get("patient", "")
    patient = next((one for one in patients if str(one.pk) == chosen), None)
    patient = patient or (patients[0] if patients else None)
    offers = _offers(thread, patient)

    class WhichTemplate(forms.Form):
        name = forms.ChoiceField(
            label=_("Template"),
            choices=[(one.name, one.rendered.body) for one in offers],
            widget=forms.RadioSelect,
        )
        once = forms.CharField(widget=forms.HiddenInput, required=False)

    def do(values: dict[str, Any]) -> str:
        assert patient is not None  # noqa: S101 - without one there is nothing to choose
        once = values["once"] or str(uuid.uuid4())
        now = clock.now()
        answering.say_template(thread, patient, values["name"], by=person, once=once, now=now)
        return _("The template is on its way.")

    act = Act(
        title=_("Write with an approved template"),
        button=_("Send it"),
        form=WhichTemplate,
        initial={"once": str(uuid.uuid4())},
        template="whatsapp/thread_template.html",
        context={
            "patient": patient,
            "others": [one for one in patients if one != patient],
            "offers": offers,
            "is_allowed": patient is not None and _is_allowed(thread, patient),
            "obstacle": answering.obstacle_to_templates(thread, now=clock.now(), is_fresh=True),
        },
        do=do,
    )
    return act_page(page, request, thread, act)


def _offers(thread: Thread, patient: Patient | None) -> list[Offer]:
    if patient is None:
        return []
    try:
        return answering.offers(thread, patient, now=clock.now())
    except ValidationError:
        return []


def _is_allowed(thread: Thread, patient: Patient) -> bool:
    phone = thread.phone
    return phone is not None and answering.may_be_written_to(patient, phone, now=clock.now())


def _asked(page: Page, request: HttpRequest, object_id: int) -> tuple[Thread, StaffUser]:
    """Return the conversation and who works on it; names and words are needed for that."""
    thread: Thread = row_or_404(page, request, str(object_id), "whatsapp.change_thread")
    if not sees_details(request.user) or not isinstance(request.user, StaffUser):
        raise PermissionDenied
    return thread, request.user


def _back(page: Page, thread: Thread) -> HttpResponse:
    return HttpResponseRedirect(back_to(page, thread))


ACTS: dict[str, View] = {
    "take": take,
    "done": done,
    "note": note,
    "hand": hand,
    "answer": answer,
    "template": template,
}
