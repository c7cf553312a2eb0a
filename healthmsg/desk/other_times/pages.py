"""
One address for a visit: to confirm it, to move it to a free time, or to cancel it.

It does without buttons in a message, sign-in and script; what changes something is a form.
"""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import get_language, get_language_bidi, get_language_info
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from healthmsg import clock
from healthmsg.clinic.models import Answer, Appointment, PhoneState, VisitStatus
from healthmsg.cockpit import visitors
from healthmsg.desk.other_times import dialing, haste
from reminders import another_time as verbs
from reminders import booking, choosing, coming, links, spoken, waiting_list
from reminders.said import OUT_OF_DATE, Choice, Said
from whatsapp import buttons, phrases
from whatsapp.buttons import Tap, Verb
from whatsapp.models import ReplyOutcome

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MINUTE = timedelta(minutes=1)
# Looked at, as programs that follow links do, these change nothing.
_LOOKS = (Verb.SEE_DAYS, Verb.SEE_TIMES)
# Cancelling takes a look at what that means, and then a form.
_ASKS = "cancel"
_DONE = (
    *(ReplyOutcome.MOVED, ReplyOutcome.UNDONE),
    *(ReplyOutcome.CONFIRMED, ReplyOutcome.CANCELLED),
)
_TEMPLATE = "other_times/page.html"


# Whoever has the link may act, and nobody else: there is no cookie that a foreign page could use.
# The page names itself to nobody it leads to, and then browsers name no origin either.
@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def another_time(request: HttpRequest, token: str) -> HttpResponse:
    """Show a visit and its other times; the buttons act as those under a message do."""
    known = links.read(token)
    if known is None:
        is_guess = haste.is_guessing(visitors.place_of(request))
        return _closed(request, 429 if is_guess else 404)
    if haste.is_too_much(known[0]):
        return _closed(request, 429)
    now = clock.now()
    if request.method == "POST":
        return _tapped(request, known, now)
    visit = booking.visits_with_parts().filter(pk=known[0]).first()
    if visit is None or not _is_theirs(visit, known[1], now):
        return _out_of_date(request, visit)
    return _look(request, visit, now)


def _look(request: HttpRequest, visit: Appointment, now: datetime) -> HttpResponse:
    if visit.status != VisitStatus.BOOKED:
        return _page(request, visit, _cancelled(visit))
    if request.GET:
        return _page(request, visit, _looked_at(request, visit, now))
    return _page(request, visit, _stands(visit), _other_times(request, visit, now))


@transaction.atomic
def _tapped(request: HttpRequest, known: tuple[int, int], now: datetime) -> HttpResponse:
    visit = booking.visits_with_parts().filter(pk=known[0])
    locked = visit.select_for_update(of=("self",), no_key=True).first()
    tap = buttons.read(request.POST.get("tap", ""))
    if locked is None or tap is None or not _is_of(tap, locked, known[1]):
        return _out_of_date(request, locked)
    if not _is_theirs(locked, known[1], now):
        return _out_of_date(request, locked)
    if tap.verb in coming.VERBS:
        return _answered(request, locked, coming.VERBS[tap.verb]((locked,), now))
    return _chosen(request, locked, tap, now)


def _chosen(request: HttpRequest, visit: Appointment, tap: Tap, now: datetime) -> HttpResponse:
    if visit.status != VisitStatus.BOOKED:
        return _out_of_date(request, visit)
    if tap.verb == Verb.WANT_EARLIER:
        return _page(request, visit, waiting_list.answer(visit, tap, None, now=now))
    was, language = visit.starts_at, spoken.language_of(visit)
    said = verbs.answer(visit, tap, now=now, language=language) or OUT_OF_DATE
    if said.tells_the_time:
        # Shown by looking, so that looking again changes nothing; the news of it goes out too.
        (moved,) = said.visits
        undo = _signed(Choice(Verb.PUT_BACK, "button_undo", moved.pk, was), moved)
        query = f"?was={undo}" if said.outcome == ReplyOutcome.MOVED else "?back"
        return HttpResponseRedirect(links.path(moved) + query)
    return _page(request, visit, said)


def _answered(request: HttpRequest, visit: Appointment, said: Said) -> HttpResponse:
    """Lead to where looking says the same, so that looking again changes nothing."""
    if said.outcome == ReplyOutcome.UNDONE:
        return HttpResponseRedirect(links.path(said.visits[0]) + "?undone")
    if said.outcome in (ReplyOutcome.CONFIRMED, ReplyOutcome.CANCELLED):
        return HttpResponseRedirect(links.path(visit))
    return _page(request, visit, said)


def _stands(visit: Appointment) -> Said:
    cancel = Choice(Verb.CANCEL, "button_cancel", visit.pk)
    if visit.answer == Answer.CONFIRMED:
        return Said(ReplyOutcome.CONFIRMED, "confirmed", (visit,), (cancel,))
    confirm = Choice(Verb.CONFIRM, "button_confirm", visit.pk)
    return Said(ReplyOutcome.OFFERED, "change_visit", (visit,), (confirm, cancel))


def _cancelled(visit: Appointment) -> Said:
    undo = Choice(Verb.UNDO, "button_undo", visit.pk)
    return Said(ReplyOutcome.CANCELLED, "cancelled_with_undo", (visit,), (undo,))


def _looked_at(request: HttpRequest, visit: Appointment, now: datetime) -> Said:
    if "back" in request.GET:
        return Said(ReplyOutcome.UNDONE, "time_put_back", (visit,))
    if "undone" in request.GET:
        return Said(ReplyOutcome.UNDONE, "undone", (visit,))
    if _ASKS in request.GET:
        cancel = Choice(Verb.CANCEL, "button_cancel", visit.pk)
        back = Choice(Verb.ANOTHER_TIME, "button_another_time", visit.pk)
        return Said(ReplyOutcome.OFFERED, "not_coming", (visit,), (cancel, back))
    # Signed: whoever could name the old time themselves could have any time.
    undo = buttons.read(request.GET.get("was", ""))
    if undo is not None and undo.at is not None and _is_of(undo, visit, visit.version):
        return verbs.has_moved(visit, undo.at)
    since = _moment(request, "from")
    if since is not None and request.GET.get("show") == Verb.SEE_DAYS:
        found = verbs.slots(visit, now=now, since=since)
        rows = choosing.days(visit, found)
        return Said(ReplyOutcome.OFFERED, "offered_days", (visit,), rows)
    return _other_times(request, visit, now)


def _other_times(request: HttpRequest, visit: Appointment, now: datetime) -> Said:
    language = spoken.language_of(visit)
    since = _moment(request, "from")
    shown = verbs.look(visit, now=now, language=language, since=since)
    talk = Choice(Verb.TALK_TO_US, "button_talk_to_us", visit.pk)
    return shown or Said(ReplyOutcome.OFFERED, "nothing_free", (visit,), (talk,))


def _page(
    request: HttpRequest, visit: Appointment, said: Said, times: Said | None = None
) -> HttpResponse:
    language = spoken.language_of(visit)
    context = {
        **_frame(visit, language),
        "words": dialing.parted(spoken.words(said, visit.clinic, language), visit.clinic),
        "is_done": said.outcome in _DONE,
        "choices": [_shown(request, choice, visit, language) for choice in said.choices],
    }
    if times is not None:
        context |= {
            "times": dialing.parted(spoken.words(times, visit.clinic, language), visit.clinic),
            "times_title": phrases.say(language, "button_another_time", clinic=visit.clinic),
            "free": [_shown(request, choice, visit, language) for choice in times.choices],
        }
    return _private(render(request, _TEMPLATE, context))


def _shown(
    request: HttpRequest, choice: Choice, visit: Appointment, language: str
) -> dict[str, Any]:
    shown: dict[str, Any] = {"title": spoken.title(choice, visit.clinic, language)}
    shown["is_main"] = choice.verb in (Verb.TAKE_TIME, Verb.CONFIRM)
    if choice.verb == Verb.CANCEL and _ASKS not in request.GET:
        return shown | {"link": f"?{_ASKS}"}
    if choice.verb == Verb.ANOTHER_TIME or (choice.verb == Verb.SEE_DAYS and not choice.at):
        return shown | {"link": links.path(visit)}
    if choice.verb in _LOOKS and choice.at is not None:
        return shown | {"link": f"?show={choice.verb}&from={_minutes(choice.at)}"}
    return shown | {"tap": _signed(choice, visit)}


def _signed(choice: Choice, visit: Appointment) -> str:
    return buttons.payload(
        choice.verb, _of_version(visit.version), about=visit.pk, at=choice.at, who=choice.who
    )


def _is_of(tap: Tap, visit: Appointment, version: int) -> bool:
    return tap.callback == _of_version(version) and tap.about == visit.pk


def _is_theirs(visit: Appointment, version: int, now: datetime) -> bool:
    """Say whether the link still speaks of this visit, and to whom it was meant for."""
    phone = visit.contact.phone if visit.contact else None
    is_strangers = phone is not None and phone.state == PhoneState.WRONG_PERSON
    # What the patient has cancelled can be taken back here as well.
    may_be = (VisitStatus.BOOKED, VisitStatus.CANCELLED_BY_PATIENT)
    is_ahead = visit.status in may_be and visit.starts_at > now
    return is_ahead and visit.version == version and not is_strangers


def _out_of_date(request: HttpRequest, visit: Appointment | None) -> HttpResponse:
    if visit is None:
        return _closed(request, 404)
    language = spoken.language_of(visit)
    said = phrases.say(language, "out_of_date", clinic=visit.clinic)
    context = {**_frame(visit, language), "words": dialing.parted(said, visit.clinic)}
    return _private(render(request, _TEMPLATE, context, status=410))


def _closed(request: HttpRequest, status: int) -> HttpResponse:
    # Of no visit, and so of no patient: the words are in the language of who looks.
    context = {
        "language": get_language(),
        "direction": "rtl" if get_language_bidi() else "ltr",
        "is_hasty": status == 429,
    }
    return _private(render(request, _TEMPLATE, context, status=status))


def _private(response: HttpResponse) -> HttpResponse:
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response


def _frame(visit: Appointment, language: str) -> dict[str, Any]:
    root = language.replace("-", "_").split("_")[0]
    title = phrases.say(language, "row_my_visit", clinic=visit.clinic)
    try:
        is_rtl = get_language_info(root)["bidi"]
    except KeyError:
        is_rtl = False
    return {
        "clinic": visit.clinic,
        "title": title,
        "language": language.replace("_", "-"),
        "direction": "rtl" if is_rtl else "ltr",
    }


def _of_version(version: int) -> uuid.UUID:
    """No message had this button: in its place, the version that the page spoke of."""
    return uuid.UUID(int=version)


def _minutes(moment: datetime) -> int:
    return (moment - _EPOCH) // _MINUTE


def _moment(request: HttpRequest, name: str) -> datetime | None:
    try:
        return _EPOCH + int(request.GET[name]) * _MINUTE
    except (KeyError, ValueError, OverflowError):
        return None
