"""A sheet: what opens over the agenda, and is a page of its own without scripts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import urlencode

from django import forms
from django.http import HttpRequest, HttpResponse

from healthmsg import dates
from healthmsg.clinic.models import Clinic, Clinician, Site, StaffUser, VisitKind
from healthmsg.cockpit import meant_days, owned
from healthmsg.cockpit.keys import key_of
from healthmsg.desk.admin.booking_forms import Offered
from healthmsg.desk.agenda import returning
from healthmsg.desk.frame import show

F = TypeVar("F", bound=forms.BaseForm)
_MOMENT = "%Y%m%dT%H%MZ"
_KEYS = ("at", "site", "clinician", "kind", "day", "walk_in", "beside")
_FIVE = timedelta(minutes=5)


@dataclass(frozen=True)
class Place:
    """What is known of a visit before it is booked; any part may be missing."""

    stays: str  # for the addresses of the next sheets
    at: datetime | None
    site: Site | None
    clinician: Clinician | None
    kind: VisitKind | None
    is_walk_in: bool
    is_beside: bool
    day: date | None = None  # looked at as booking began

    @property
    def starts_at(self) -> datetime | None:
        """By the clocks of the site."""
        return self.at.astimezone(self.site.zone) if self.at and self.site else self.at

    @property
    def in_words(self) -> str:
        when = self.starts_at
        parts = [dates.written(when.replace(tzinfo=None), "D, j F, H:i") if when else ""]
        parts += [str(one) for one in (self.clinician, self.site) if one]
        return ", ".join(filter(None, parts))


def place_of(request: HttpRequest, *, now: datetime, offered: Offered | None = None) -> Place:
    """
    Return what the address says, as far as it is the person's own.

    :param offered: what was read already of a clinic that is the person's
    """
    asked = request.GET
    stays = {key: asked[key] for key in _KEYS if asked.get(key)} | returning.kept(request)
    is_walk_in = bool(asked.get("walk_in"))
    return Place(
        stays=urlencode(stays),
        at=_next_five(now) if is_walk_in else _moment(asked),
        site=_one(Site, request, "site", offered.sites if offered else ()),
        clinician=_one(Clinician, request, "clinician", offered.clinicians if offered else ()),
        kind=_one(VisitKind, request, "kind", offered.kinds if offered else ()),
        is_walk_in=is_walk_in,
        is_beside=bool(asked.get("beside")),
        day=meant_days.read(asked.get("day")),
    )


def moment_key(at: datetime) -> str:
    return at.astimezone(UTC).strftime(_MOMENT)


def sheet(
    request: HttpRequest, template: str, *, title: Any, is_changed: bool = False, **context: Any
) -> HttpResponse:
    """
    Render a sheet, alone where the agenda asks for it, else within the desk's frame.

    :param is_changed: the agenda behind it shows something else by now
    """
    is_part = bool(getattr(request, "htmx", False))
    layout = "agenda/part.html" if is_part else "agenda/sheet.html"
    context |= {"layout": layout, "back": returning.back(request), "way": returning.query(request)}
    response = show(request, template, title=title, here="agenda", **context)
    if is_part:
        # The address stays the agenda's.
        response["HX-Push-Url"] = "false"
    if is_part and is_changed:
        response["HX-Trigger"] = "agenda-changed"
    return response


def plain(form: F) -> F:
    """Let a form of the admin look like the desk's: the browser's own fields, no colons."""
    form.label_suffix = ""
    for field in form.fields.values():
        widget = field.widget
        widget.attrs.pop("class", None)
        if isinstance(widget, forms.Select):
            widget.template_name = forms.Select.template_name
    return form


def person_of(request: HttpRequest) -> StaffUser:
    if not isinstance(request.user, StaffUser):
        raise TypeError("only people who signed in come here")
    return request.user


def clinic_of(request: HttpRequest, place: Place) -> Clinic | None:
    """Return the clinic of the site, else of the site looked at last, else the first one."""
    if place.site:
        return place.site.clinic
    key = str(request.session.get("agenda", {}).get("site", ""))
    sites = owned(Site.objects.select_related("clinic"), request.user).order_by("clinic", "name")
    found = list(sites)
    fitting = [s for s in found if key in (str(s.pk), f"all-{s.clinic_id}")]
    return next((site.clinic for site in [*fitting, *found]), None)


def _one(model: Any, request: HttpRequest, name: str, known: Sequence[Any]) -> Any:
    key = key_of(request.GET.get(name))
    if not key:
        return None
    if found := next((one for one in known if one.pk == key), None):
        return found
    return owned(model.objects.select_related("clinic"), request.user).filter(pk=key).first()


def _moment(asked: Mapping[str, str]) -> datetime | None:
    try:
        at = datetime.strptime(asked.get("at", ""), _MOMENT).replace(tzinfo=UTC)
    except ValueError:
        return None
    return at if meant_days.is_meant(at) else None


def _next_five(now: datetime) -> datetime:
    """A visit is booked ahead: the next round five minutes."""
    minute = now.replace(second=0, microsecond=0)
    return minute + _FIVE - timedelta(minutes=minute.minute % 5)
