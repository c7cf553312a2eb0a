"""What may fill the gaps of a template: a typed registry, each value in the contact's language."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import DateTimePattern, format_skeleton, format_time, parse_pattern
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from healthmsg.clinic.models import Appointment, Clinic, Contact, Discretion, Patient, Site
from healthmsg.clinic.phone import spoken

# A day's visits begin at few moments: babel is asked once for each, not for every patient.
_REMEMBERED = 4096


@dataclass(frozen=True)
class Scene:
    """Everything a fill-in may look at."""

    clinic: Clinic
    language: str
    patient: Patient | None = None
    contact: Contact | None = None
    appointment: Appointment | None = None
    # Where it is, for a message about no visit.
    spare_site: Site | None = None

    @property
    def site(self) -> Site | None:
        return self.appointment.site if self.appointment else self.spare_site

    @property
    def zone(self) -> ZoneInfo:
        return self.site.zone if self.site else self.clinic.zone

    @property
    def may_name_the_kind(self) -> bool:
        """Only where both the kind of visit and the contact allow everything to be told."""
        if self.appointment is None or self.contact is None:
            return False
        return {self.appointment.kind.discretion, self.contact.may_be_told} == {Discretion.FULL}


@dataclass(frozen=True)
class FillIn:
    """One thing a gap can be filled with; an empty value withholds the message."""

    label: str | Promise
    example: str
    value: Callable[[Scene], str]


@cache
def locale_of(language: str) -> Locale:
    """Return babel's locale for one of WhatsApp's codes; English where it knows none."""
    for code in (language, language.split("_", maxsplit=1)[0], "en"):
        try:
            return Locale.parse(code)
        except (UnknownLocaleError, ValueError):
            continue
    raise AssertionError("babel knows English")


@lru_cache(_REMEMBERED)
def day_in_words(moment: datetime, *, zone: ZoneInfo, language: str) -> str:
    """Return such as "Tuesday, November 24", weekday included, as the language orders it."""
    pattern = _day_pattern(language)
    return pattern.apply(moment.astimezone(zone).date(), locale_of(language))


@cache
def _day_pattern(language: str) -> DateTimePattern:
    # CLDR has weekday, day and month together in short forms only; their order is right for the
    # long ones. Looked up once: babel's own matching took a quarter of the time to write a message,
    # and found the short forms.
    skeletons = locale_of(language).datetime_skeletons
    pattern = str(skeletons.get("MMMMEd") or skeletons.get("MMMEd") or "EEEE, d MMMM")
    pattern = re.sub(r"\bM{3}\b", "MMMM", pattern)
    return parse_pattern(re.sub(r"(?<![A-Za-z'])E(?![A-Za-z])|(?<=日)E", "EEEE", pattern))


@lru_cache(_REMEMBERED)
def short_day(moment: datetime, *, zone: ZoneInfo, language: str) -> str:
    """Return such as "24 nov", for the title of a button."""
    day = moment.astimezone(zone).date()
    return str(format_skeleton("MMMd", day, locale=locale_of(language)))


@lru_cache(_REMEMBERED)
def short_day_in_words(moment: datetime, *, zone: ZoneInfo, language: str) -> str:
    """Return such as "Tue, Nov 24", for where there is room for 20 letters."""
    locale = locale_of(language)
    return format_skeleton("MMMEd", moment.astimezone(zone).date(), locale=locale)


@lru_cache(_REMEMBERED)
def time_in_words(moment: datetime, *, zone: ZoneInfo, language: str) -> str:
    return format_time(moment.astimezone(zone), "short", tzinfo=zone, locale=locale_of(language))


@lru_cache(_REMEMBERED)
def moment_in_words(moment: datetime, *, zone: ZoneInfo, language: str) -> str:
    """Return such as "martes, 24 de noviembre, 10:30"."""
    pattern = str(locale_of(language).datetime_formats["medium"])
    day = day_in_words(moment, zone=zone, language=language)
    hour = time_in_words(moment, zone=zone, language=language)
    return pattern.replace("{1}", day).replace("{0}", hour).replace("'", "")


def _at(part: Callable[..., str]) -> Callable[[Scene], str]:
    def value(scene: Scene) -> str:
        if scene.appointment is None:
            return ""
        return part(scene.appointment.starts_at, zone=scene.zone, language=scene.language)

    return value


def _preparation(scene: Scene) -> str:
    if scene.appointment is None or not scene.may_name_the_kind:
        return ""
    texts = {p.language: p.text for p in scene.appointment.kind.preparations.all()}
    return texts.get(scene.language) or texts.get(scene.language.split("_")[0], "")


def _clinician(scene: Scene) -> str:
    clinician = scene.appointment.clinician if scene.appointment else None
    return clinician.name if clinician else ""


def _clinic_phone(scene: Scene) -> str:
    number = scene.clinic.phone
    return spoken(number) if number.startswith("+") else number


REGISTRY: dict[str, FillIn] = {
    "contact_name": FillIn(
        _("name of the person written to"), "Ana", lambda s: s.contact.name if s.contact else ""
    ),
    "patient_name": FillIn(
        _("given name of the patient"), "Ana", lambda s: s.patient.given_name if s.patient else ""
    ),
    "clinic_name": FillIn(_("name of the clinic"), "Clinica Aurora", lambda s: s.clinic.name),
    "clinic_phone": FillIn(_("phone of the clinic"), "+54 11 5555-0000", _clinic_phone),
    "when": FillIn(
        _("day and time of the visit"), "Tuesday, 24 November, 10:30", _at(moment_in_words)
    ),
    "date": FillIn(_("day of the visit"), "Tuesday, 24 November", _at(day_in_words)),
    "time": FillIn(_("time of the visit"), "10:30", _at(time_in_words)),
    "site_name": FillIn(
        _("name of the site"),
        "Centro Norte",
        lambda s: s.site.name if s.site else s.clinic.name,
    ),
    "address": FillIn(
        _("address of the site"), "Av. X 123", lambda s: s.site.address if s.site else ""
    ),
    "directions": FillIn(
        _("how to find the site"), "Second floor", lambda s: s.site.directions if s.site else ""
    ),
    "clinician_name": FillIn(_("name of the clinician"), "Dr. Paz", _clinician),
    "kind_name": FillIn(
        _("kind of visit, where it may be told"),
        "Check-up",
        lambda s: s.appointment.kind.name if s.appointment and s.may_name_the_kind else "",
    ),
    "preparation": FillIn(
        _("how to prepare, where it may be told"),
        "Please come with an empty stomach.",
        _preparation,
    ),
    "join_link": FillIn(
        _("link for the video visit"),
        "https://example.org/visit",
        lambda s: s.appointment.kind.join_link if s.appointment else "",
    ),
    # Handed over by the floors above; empty unless they do.
    "old_when": FillIn(
        _("day and time before the move"), "Monday, 23 November, 9:00", lambda _s: ""
    ),
    "earlier_when": FillIn(
        _("day and time that has become free"), "Monday, 23 November, 9:00", lambda _s: ""
    ),
    "another_time_link": FillIn(
        _("link to a page to confirm, move or cancel the visit"),
        "https://example.org/another-time/abc",
        lambda _s: "",
    ),
    "day": FillIn(_("day of several visits"), "Tuesday, 24 November", lambda _s: ""),
    "noted_on": FillIn(_("day a permission was noted"), "Tuesday, 24 November", lambda _s: ""),
    "purposes": FillIn(
        _("what a permission is for"), "appointments, vaccinations and check-ups", lambda _s: ""
    ),
    "how_many": FillIn(_("number of visits on a clinician's list"), "12", lambda _s: ""),
    "visits": FillIn(_("several visits, listed"), "10:30 Ana, 10:50 Luis", lambda _s: ""),
}
