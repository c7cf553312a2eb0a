"""What somebody looks at: which clinic, site and day, and for which kind of visit."""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest

from healthmsg.clinic import availability
from healthmsg.clinic.models import Appointment, Clinic, Clinician, Site, VisitKind
from healthmsg.clinic.sending_hours import wall_clock
from healthmsg.cockpit import meant_days, owned, recording
from healthmsg.cockpit.keys import key_of
from healthmsg.desk.agenda import returning
from reminders import booking

# In the session: the site, and the kind of visit that free times are shown for.
_KEPT = "agenda"
_ALL_OF = "all-"
# Who has not chosen sees all of so many sites; of more, a day has more people than a board holds.
_MANY_SITES = 6
# Nobody reads a board of more people than this; of more, sites are told of instead.
MOST_ON_A_BOARD = 20


@dataclass(frozen=True)
class Chosen:
    """One day, at one site or at all sites of a clinic."""

    clinic: Clinic
    all_sites: tuple[Site, ...]  # of every clinic the person works for
    site: Site | None  # None: all of the clinic's
    day: date
    kinds: tuple[VisitKind, ...]
    kind: VisitKind | None
    clinicians: tuple[Clinician, ...]
    clinician: Clinician | None = None
    moving: Appointment | None = None
    way_back: dict[str, str] = field(default_factory=dict)  # after the move

    @property
    def zone(self) -> ZoneInfo:
        return self.site.zone if self.site else self.clinic.zone

    @property
    def sites(self) -> tuple[Site, ...]:
        """The sites looked at."""
        if self.site:
            return (self.site,)
        return tuple(site for site in self.all_sites if site.clinic_id == self.clinic.pk)

    @property
    def is_crowded(self) -> bool:
        """True where too many people work at the sites looked at to be shown together."""
        is_one = self.site is not None or self.clinician is not None
        return not is_one and len(self.sites) > 1 and len(self.clinicians) > MOST_ON_A_BOARD

    @property
    def length(self) -> timedelta | None:
        """How long a free time has to be; None where no kind of visit is in use."""
        if self.moving:
            return self.moving.ends_at - self.moving.starts_at
        return self.kind.length if self.kind else None

    @property
    def site_key(self) -> str:
        return str(self.site.pk) if self.site else f"{_ALL_OF}{self.clinic.pk}"

    @property
    def onward(self) -> dict[str, Any]:
        """What every link carries on while a visit is being moved."""
        return {"move": self.moving.pk, **self.way_back} if self.moving else {}

    def bounds(self, days: int = 1) -> tuple[datetime, datetime]:
        """Return from when until when the day, or so many days, last."""
        return midnight(self.day, self.zone), midnight(self.day + timedelta(days), self.zone)


def midnight(day: date, zone: ZoneInfo) -> datetime:
    return wall_clock(datetime.combine(day, time(12), zone), time())


def chosen(request: HttpRequest, *, now: datetime) -> Chosen | None:
    """Return what is looked at, and remember the site and kind; None where there is no site."""
    asked = request.GET
    kept: dict[str, str] = request.session.get(_KEPT, {})
    sites = owned(Site.objects.select_related("clinic"), request.user)
    found = list(sites.order_by("clinic", "name").prefetch_related("closing_days"))
    if not found:
        return None
    site_key = asked.get("site") or kept.get("site", "")
    clinic, site = _place(found, site_key)
    kinds = tuple(VisitKind.objects.filter(clinic=clinic, is_active=True).order_by("name", "pk"))
    kind_key = asked.get("kind") or kept.get("kind", "")
    kind = next((kind for kind in kinds if str(kind.pk) == kind_key), next(iter(kinds), None))
    people = availability.with_hours(Clinician.objects.filter(clinic=clinic, is_active=True))
    clinicians = tuple(people.order_by("name", "pk"))
    who = asked.get("clinician", "")
    zone = site.zone if site else clinic.zone
    fresh = {"site": site_key, "kind": kind_key}
    if fresh != kept:
        request.session[_KEPT] = fresh
    return Chosen(
        clinic=clinic,
        all_sites=tuple(found),
        site=site,
        day=_day(asked.get("day", ""), now.astimezone(zone).date()),
        kinds=kinds,
        kind=kind,
        clinicians=clinicians,
        clinician=next((one for one in clinicians if str(one.pk) == who), None),
        moving=_moving(request, clinic),
        way_back=returning.kept(request),
    )


def site_choices(chosen: Chosen) -> list[tuple[str, Any, list[tuple[str, str]]]]:
    """Return by clinic the key of all its sites, its name, and its sites' keys and names."""
    clinics = {site.clinic_id: site.clinic for site in chosen.all_sites}
    return [
        (
            f"{_ALL_OF}{pk}",
            clinic,
            [(str(site.pk), site.name) for site in chosen.all_sites if site.clinic_id == pk],
        )
        for pk, clinic in clinics.items()
    ]


def _place(sites: list[Site], key: str) -> tuple[Clinic, Site | None]:
    for site in sites:
        if key == str(site.pk):
            return site.clinic, site
        if key == f"{_ALL_OF}{site.clinic_id}":
            return site.clinic, None
    is_one = len(_of_first_clinic(sites)) == 1
    is_many = len(_of_first_clinic(sites)) >= _MANY_SITES
    return sites[0].clinic, sites[0] if is_one or is_many else None


def _of_first_clinic(sites: list[Site]) -> list[Site]:
    return [site for site in sites if site.clinic_id == sites[0].clinic_id]


def _day(typed: str, today: date) -> date:
    return meant_days.read(typed) or today


def _moving(request: HttpRequest, clinic: Clinic) -> Appointment | None:
    key = key_of(request.GET.get("move"))
    if not key or not request.user.has_perm("clinic.change_appointment"):
        return None
    mine = owned(booking.visits_with_parts(), request.user)
    moving = mine.filter(pk=key, clinic=clinic).first()
    if moving is not None:
        recording.shows(request, [moving])
    return moving
