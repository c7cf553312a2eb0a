"""The page that takes a whole list back: seen before, done once."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from healthmsg import clock
from healthmsg.cockpit import recording
from healthmsg.desk.cancelled_lists import back, back_words, pages, shown, taking_back, working
from healthmsg.desk.cancelled_lists.forms import BackForm
from healthmsg.desk.frame import desk_page, show


@desk_page(*pages.ADD)
def take_back(request: HttpRequest, list_id: int) -> HttpResponse:
    """Show what of a list can be as it was, and what not; then let it be so."""
    begun, now = pages.whole_list(request, list_id), clock.now()
    there = reverse("cancelled_list", args=[begun.pk])
    if begun.taken_back_at is not None:
        return pages.overtaken(request, list_id)
    if back.is_in_hand(begun):
        messages.warning(request, _("It is still being worked through: stop it first, or wait."))
        return HttpResponseRedirect(there)
    context: dict[str, Any] = {"list": begun, "may_be": back.may_be(begun), **shown.decision(begun)}
    if not context["may_be"]:
        return show(request, "cancelled_lists/take_back.html", **_titled(context))
    found = back.look(begun, now=now)
    form = BackForm(request.POST if request.method == "POST" else None)
    is_as_seen = request.POST.get("stamp") == back.stamp(found)
    if request.method == "POST" and is_as_seen and form.is_valid():
        because, by = form.cleaned_data["reason"], pages.person_of(request)
        if not taking_back.begin(begun, because=because, by=by, now=now):
            return pages.overtaken(request, list_id)
        working.go_on(begun, now=now, seconds=pages.SECONDS)
        return HttpResponseRedirect(there)
    if request.method == "POST" and not is_as_seen:
        messages.warning(request, _("Something has changed meanwhile. Please look again."))
    recording.shows(request, [one.visit for one in found], is_list=True)
    context |= back_words.preview(begun, found)
    context |= {"form": form, "stamp": back.stamp(found)}
    return show(request, "cancelled_lists/take_back.html", **_titled(context))


def _titled(context: dict[str, Any]) -> dict[str, Any]:
    return context | {"title": _("Take the list back: %(list)s") % {"list": context["title"]}}
