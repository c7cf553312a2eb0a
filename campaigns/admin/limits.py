"""On a campaign's form: how fast, how many a day, to whom first; and whether it is for safety."""

from typing import Any

from django.contrib.admin.utils import flatten
from django.db.models import Model
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.admin import choices
from campaigns.models import Audience, Campaign, FreeSlots, Notice, PriorityGroup, RatePer
from healthmsg.clinic.models import Site
from healthmsg.cockpit import CockpitInline, fields

FIELDSETS: Any = (
    (
        gettext_lazy("How fast"),
        {
            "fields": (("own_rate", "own_rate_per"), "daily_cap"),
            "description": gettext_lazy(
                "Left empty, it leaves as fast as WhatsApp allows, in turns with other campaigns."
            ),
        },
    ),
    (
        gettext_lazy("Free times"),
        {
            "fields": ("expected_percent",),
            "description": gettext_lazy(
                "So that no more are invited in a day than find a visit: with 10 free times and 25"
                " of 100 expected to want one, 40 are invited to that site. How many free times"
                " each site has is filled in below. Patients without a usual site are not counted."
            ),
        },
    ),
    (
        gettext_lazy("Safety notice"),
        {
            "fields": ("notice",),
            "description": gettext_lazy(
                "It always needs two people, leaves before all other campaigns, and goes to"
                " everybody who allowed information, however many invitations they got lately."
                " It is for information, and has no trial and no limits of its own."
            ),
        },
    ),
)


# Approved and changed with the campaign itself: whoever may change that may change these.
class _OnCampaign(CockpitInline[Any, Campaign]):
    offered: type[Model]
    chosen: str

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("campaigns.view_campaign")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("campaigns.change_campaign")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("campaigns.change_campaign")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("campaigns.change_campaign")

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        formset = super().get_formset(request, obj, **kwargs)
        field: Any = formset.form.base_fields.get(self.chosen)
        if field is not None:
            # Of the campaign's own clinic, also for people who work at several.
            rows = self.offered._default_manager.filter(clinic=obj.clinic_id)
            field.queryset = rows.order_by("name")
            choices.offer(request, formset.form.base_fields, clinic_id=obj.clinic_id)
        return formset


class PriorityGroupInline(_OnCampaign):
    model = PriorityGroup
    offered, chosen = Audience, "audience"
    fields = (("place", "audience"),)
    ordering = ("place",)


class FreeSlotsInline(_OnCampaign):
    model = FreeSlots
    offered, chosen = Site, "site"
    fields = (("site", "a_day"),)
    ordering = ("site__name",)


# Once the campaign is there, and with it the clinic whose audiences and sites are offered.
INLINES = (PriorityGroupInline, FreeSlotsInline)


def is_known_to_have_none(inline: Any, campaign: Campaign) -> bool:
    """True where the campaign was read together with what an inline shows, and has none."""
    if isinstance(inline, FreeSlotsInline):
        return getattr(campaign, "its_free_slots", None) == []
    return not getattr(campaign, "has_groups", True)


def folded(part: Any, campaign: Campaign) -> Any:
    """Return a part of the form that opens by a click where nothing in it was filled in."""
    title, options = part
    names = flatten(options["fields"])
    untouched = Campaign()
    if any(getattr(campaign, name) != getattr(untouched, name) for name in names):
        return part
    return title, {**options, "classes": ("collapse",)}


def field(name: str) -> Any:
    """Return the form's field where the model's own words are not those of a choice; else None."""
    if name == "own_rate_per":
        return fields.choice(_("In"), RatePer.choices, required=False)
    if name == "notice":
        choices = [("", _("no")), *Notice.choices]
        return fields.choice(_("Safety notice"), choices, required=False)
    return None
