"""The waiting list, and what became of times that became free."""

from typing import Any

from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from healthmsg import clock, dates
from healthmsg.cockpit import (
    Act,
    StoryAdmin,
    Tone,
    act_page,
    act_path,
    mark,
    recording,
    row_or_404,
    sees_details,
)
from reminders import waiting_list
from reminders.models import EarlierEnd, EarlierWish, FreedSlot, SlotEnd

_ENDS = {
    SlotEnd.TAKEN: Tone.GOOD,
    SlotEnd.BOOKED: Tone.QUIET,
    SlotEnd.TOO_LATE: Tone.QUIET,
    SlotEnd.NOBODY: Tone.QUIET,
}


@admin.register(EarlierWish)
class EarlierWishAdmin(StoryAdmin[EarlierWish]):
    """Patients who would come earlier."""

    list_title = gettext_lazy("Waiting list")
    list_empty = gettext_lazy(
        "Patients who would come earlier stand here: those who answer so, and"
        " those whom you enter on their visit."
    )
    list_display = ("who", "kind", "booked_for", "wished_at", "offers", "state")
    list_filter = (("ended_at", admin.EmptyFieldListFilter),)
    list_select_related = ("patient", "kind", "appointment__site__clinic")
    ordering = ("-pk",)
    change_form_outer_before_template = "reminders/wish_story.html"

    def get_list_display(self, request: HttpRequest) -> Any:
        shown = super().get_list_display(request)
        return shown if sees_details(request.user) else ("__str__", *shown[1:])

    def get_urls(self) -> list[URLPattern]:
        return [act_path(self, "take-off", self.take_off), *super().get_urls()]

    def take_off(self, request: HttpRequest, object_id: int) -> HttpResponse:
        wish = row_or_404(self, request, str(object_id), "reminders.change_earlierwish")

        def do(_values: dict[str, Any]) -> str:
            waiting_list.end(Q(pk=wish.pk), EarlierEnd.BY_STAFF, now=clock.now())
            return _("Taken off the waiting list.")

        act = Act(
            title=_("Take off the waiting list"),
            button=_("Take off the list"),
            explanation=_("No earlier times are offered any more. The visit stays as it is."),
            do=do,
        )
        return act_page(self, request, wish, act)

    def story(self, request: HttpRequest, row: EarlierWish) -> dict[str, Any]:
        return {
            "wish": row,
            "who": self.who(row) if sees_details(request.user) else str(row.patient),
            "booked_for": self.booked_for(row),
            "state": self.state(row),
            "may_take_off": row.ended_at is None
            and request.user.has_perm("reminders.change_earlierwish"),
        }

    @admin.display(description=gettext_lazy("patient"))
    def who(self, wish: EarlierWish) -> str:
        return wish.patient.full_name

    @admin.display(description=gettext_lazy("booked for"))
    def booked_for(self, wish: EarlierWish) -> str:
        return _moment(wish.appointment.starts_at, wish.appointment.site)

    @admin.display(description=gettext_lazy("now"))
    def state(self, wish: EarlierWish) -> str:
        if wish.ended_at is None:
            return mark(_("on the list"), Tone.WAITING)
        tone = Tone.GOOD if wish.ended == EarlierEnd.MOVED else Tone.QUIET
        return mark(wish.get_ended_display(), tone)


@admin.register(FreedSlot)
class FreedSlotAdmin(StoryAdmin[FreedSlot]):
    """Times that visits left, and who got them."""

    list_display = ("when", "kind", "site", "clinician", "freed_at", "rounds", "state")
    list_filter = ("ended",)
    list_select_related = ("kind", "site__clinic", "clinician")
    ordering = ("-pk",)
    change_form_outer_before_template = "reminders/freed_story.html"

    def story(self, request: HttpRequest, row: FreedSlot) -> dict[str, Any]:
        offers = row.offers.select_related("wish__patient", "wish__appointment").order_by("pk")
        recording.shows(request, [offer.wish for offer in offers], is_list=True)
        return {
            "slot": row,
            "when": self.when(row),
            "state": self.state(row),
            "details": sees_details(request.user),
            "offers": offers,
        }

    @admin.display(description=gettext_lazy("times asked"))
    def rounds(self, slot: FreedSlot) -> int:
        return slot.waves

    @admin.display(description=gettext_lazy("time"))
    def when(self, slot: FreedSlot) -> str:
        return _moment(slot.starts_at, slot.site)

    @admin.display(description=gettext_lazy("now"))
    def state(self, slot: FreedSlot) -> str:
        if slot.ended:
            return mark(slot.get_ended_display(), _ENDS[SlotEnd(slot.ended)])
        return mark(_("being offered"), Tone.WAITING)


def _moment(at: Any, site: Any) -> str:
    local = timezone.localtime(at, site.zone)
    return dates.written(local.replace(tzinfo=None), "D j N, H:i")
