"""The pages of cancelled lists: what would happen, the decision, how it goes."""

from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from healthmsg import clock
from healthmsg.clinic.models import Clinic, Purpose, StaffUser
from healthmsg.cockpit import owned, recording, sites_of
from healthmsg.cockpit.belonging import known_clinics
from healthmsg.desk.cancelled_lists import (
    looking,
    progress,
    second_press,
    shown,
    working,
)
from healthmsg.desk.cancelled_lists.forms import ListForm, WhyForm
from healthmsg.desk.cancelled_lists.looking import Affected, Wanted
from healthmsg.desk.cancelled_lists.models import AffectedVisit, CancelledList
from healthmsg.desk.frame import desk_page, of_a_clinic, show
from whatsapp.models import Message
from whatsapp.status import LEFT_US

_DETAILS = "clinic.view_patient_details"
_VIEW = ("desk.view_cancelledlist", _DETAILS)
ADD = (*_VIEW, "desk.add_cancelledlist")
SHOWN_AT_MOST = 50
# Most lists are through before the page is shown; what is left the tick takes.
SECONDS = 2.0


@desk_page(*_VIEW)
def decided(request: HttpRequest) -> HttpResponse:
    """Show the lists that were cancelled or moved lately."""
    lists = _mine(request).select_related("clinic", "clinician", "site__clinic", "created_by")
    return show(
        request,
        "cancelled_lists/decided.html",
        title=_("Cancelled lists"),
        lists=[shown.decision(one) for one in lists.order_by("-created_at")[:SHOWN_AT_MOST]],
        may_add=request.user.has_perm("desk.add_cancelledlist"),
    )


@desk_page(*ADD)
@of_a_clinic(gettext_lazy("Cancel or move a list"))
def decide(request: HttpRequest) -> HttpResponse:
    """Choose a list, see what would happen to each visit, then let it happen."""
    clinics = sorted(known_clinics(request.user), key=lambda one: (one.name, one.pk))
    clinic = next((c for c in clinics if str(c.pk) == request.GET.get("clinic")), None)
    clinic = clinic or next(iter(clinics), None)
    if clinic is None:
        raise Http404
    if request.method == "POST" and (begun := _known(request, clinic)):
        return HttpResponseRedirect(reverse("cancelled_list", args=[begun.pk]))
    now = clock.now()
    form = _form(request, clinic)
    context: dict[str, Any] = {"form": form, "clinics": clinics if len(clinics) > 1 else []}
    if form.is_bound and form.is_valid():
        wanted = form.wanted()
        found = looking.look(wanted, now=now)
        why = WhyForm(request.POST if request.method == "POST" else None, act=wanted.act)
        is_as_seen = request.POST.get("stamp") == looking.stamp(found)
        if request.method == "POST" and is_as_seen and why.is_valid():
            return _begin(request, wanted, found, why.cleaned_data["reason"])
        if request.method == "POST" and not is_as_seen:
            messages.warning(request, _("Something has changed meanwhile. Please look again."))
        recording.shows(request, [one.visit for one in found], is_list=True)
        left_out = looking.left_out(wanted, found, now=now)
        context |= _to_decide(request, found) | shown.preview(wanted, found, left_out=left_out)
        context["why"] = why
        context["elsewhere"] = looking.elsewhere(wanted, now=now)
    title = _("Cancel or move a list")
    return show(request, "cancelled_lists/decide.html", title=title, clinic=clinic, **context)


@desk_page(*_VIEW)
def one(request: HttpRequest, list_id: int) -> HttpResponse:
    """Show how a list goes; asked again by the page itself, answer only where something changed."""
    begun = _row(request, list_id)
    sites = sites_of(request.user)
    lines = progress.lines(begun, now=clock.now(), sites=sites)
    stamp = progress.stamp(begun, lines)
    if request.htmx and request.GET.get("stamp") == stamp:  # type: ignore[attr-defined]
        return HttpResponse(status=204)
    recording.shows(request, [line.row.appointment for line in lines], is_list=True)
    context = {**shown.in_words(begun, lines), "stamp": stamp}
    context["is_part"] = progress.reaches_beyond(begun, sites)
    may_stop = request.user.has_perm("desk.add_cancelledlist")
    context["may_stop"] = may_stop and not context["is_part"]
    context["as_opened"] = second_press.mark(begun)
    is_back = begun.taken_back_at is not None
    context["team_was_told"] = is_back and getattr(begun, "team_was_told", False)
    if request.htmx:  # type: ignore[attr-defined]
        response = render(request, "cancelled_lists/progress.html", context)
    else:
        response = show(request, "cancelled_lists/one.html", **context)
    patch_vary_headers(response, ["HX-Request"])
    return response


@desk_page(*ADD)
@require_POST
def stop(request: HttpRequest, list_id: int) -> HttpResponse:
    """Touch no more visits; messages that have not left are held."""
    begun = whole_list(request, list_id)
    # Whatever was done meanwhile, what runs is stopped: but not the taking back of what was shown.
    is_other = second_press.was_taken_back(begun, request.POST)
    if not is_other and working.stop(begun, by=person_of(request), now=clock.now()):
        messages.success(request, _("Stopped. What was done already stays done."))
        return HttpResponseRedirect(reverse("cancelled_list", args=[begun.pk]))
    return overtaken(request, list_id)


@desk_page(*ADD)
@require_POST
def go_on(request: HttpRequest, list_id: int) -> HttpResponse:
    """Go on with a list that was stopped."""
    begun, now = whole_list(request, list_id), clock.now()
    with transaction.atomic():
        locked = CancelledList.objects.select_for_update(no_key=True).get(pk=begun.pk)
        may = second_press.is_as_opened(locked, request.POST)
        did = may and working.let_go_on(locked, by=person_of(request), now=now)
    if not did:
        return overtaken(request, list_id)
    working.go_on(begun, now=now, seconds=SECONDS)
    messages.success(request, _("It goes on."))
    return HttpResponseRedirect(reverse("cancelled_list", args=[begun.pk]))


def overtaken(request: HttpRequest, list_id: int) -> HttpResponse:
    """Say what somebody else did meanwhile, and show how the list stands."""
    messages.warning(request, second_press.told(_row(request, list_id)))
    return HttpResponseRedirect(reverse("cancelled_list", args=[list_id]))


def _form(request: HttpRequest, clinic: Clinic) -> ListForm:
    if "act" in request.GET:
        return ListForm(request.GET, clinic=clinic, person=request.user)
    local = clock.now().astimezone(clinic.zone)
    initial = {
        "first_day": local.date(),
        "last_day": local.date(),
        "first_hour": "00:00",
        "last_hour": "23:59",
        "act": "CANCEL",
    }
    return ListForm(initial=initial, clinic=clinic, person=request.user)


def _to_decide(request: HttpRequest, found: list[Affected]) -> dict[str, Any]:
    return {
        "key": request.POST.get("key") or uuid4(),
        "stamp": looking.stamp(found),
        "query": request.GET.urlencode(),
    }


def _begin(
    request: HttpRequest, wanted: Wanted, found: list[Affected], reason: str
) -> HttpResponse:
    key, now = _key(request), clock.now()
    try:
        with transaction.atomic():
            begun = working.begin(
                wanted, found, key=key, reason=reason, by=person_of(request), now=now
            )
    except IntegrityError:
        # The same form, sent twice at the same moment.
        begun = get_object_or_404(CancelledList, key=key, clinic=wanted.clinic)
    working.go_on(begun, now=now, seconds=SECONDS)
    return HttpResponseRedirect(reverse("cancelled_list", args=[begun.pk]))


def _known(request: HttpRequest, clinic: Clinic) -> CancelledList | None:
    """Return what the same form, sent before, has begun."""
    return CancelledList.objects.filter(key=_key(request), clinic=clinic).first()


def _mine(request: HttpRequest) -> QuerySet[CancelledList]:
    """Return the lists of the person's clinics that have visits at their sites."""
    lists = owned(CancelledList.objects.all(), request.user)
    if not sites_of(request.user):
        return lists
    visits = AffectedVisit.objects.filter(cancelled_list=OuterRef("pk"))
    return lists.filter(Exists(owned(visits, request.user)))


def _row(request: HttpRequest, list_id: int) -> CancelledList:
    lists = _mine(request).select_related(
        *("clinic", "clinician", "site__clinic", "to_clinician"),
        *("created_by", "stopped_by", "let_go_on_by", "taken_back_by"),
    )
    # A clinician read that the list does not take place, or may have.
    told = Message.objects.filter(
        stream=OuterRef("stream"), purpose=Purpose.TEAM, status__in=LEFT_US
    )
    return get_object_or_404(lists.annotate(team_was_told=Exists(told)), pk=list_id)


def whole_list(request: HttpRequest, list_id: int) -> CancelledList:
    """Return a list all of whose visits are at the person's sites."""
    begun = _row(request, list_id)
    if progress.reaches_beyond(begun, sites_of(request.user)):
        raise PermissionDenied
    return begun


def _key(request: HttpRequest) -> UUID:
    try:
        return UUID(request.POST.get("key", ""))
    except ValueError as error:
        raise Http404 from error


def person_of(request: HttpRequest) -> StaffUser:
    if not isinstance(request.user, StaffUser):
        raise TypeError("only people who signed in come here")
    return request.user
