"""What the gaps of a template look like with a clinic's own facts, in a patient's language."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from healthmsg.clinic.models import Clinic, Site
from healthmsg.clinic.phone import spoken
from whatsapp import patient_pages
from whatsapp.fill_ins import REGISTRY, day_in_words, moment_in_words, time_in_words
from whatsapp.link_buttons import OTHER_TIMES
from whatsapp.template_languages import root_of

# Invented people: no patient's name is shown to whoever writes templates, nor to the reviewers.
_PEOPLE = {
    "en": ("Anna", "Tom"),
    "es": ("Ana", "Luis"),
    "pt": ("Ana", "João"),
    "fr": ("Anne", "Louis"),
    "de": ("Anna", "Paul"),
    "ar": ("سارة", "عمر"),
    "hi": ("आशा", "रवि"),
}
_NO_SITE = ("Centro Norte", "Av. X 123")


def site_of(clinic: Clinic) -> Site | None:
    """Return the site that examples speak of."""
    site = Site.objects.filter(clinic=clinic).order_by("pk").first()
    if site is not None:
        site.clinic = clinic
    return site


def samples(clinic: Clinic, language: str, *, now: datetime) -> Mapping[str, str]:
    """Return a value for everything a gap may be filled with; a visit in a week, at 10:30."""
    return samples_at(site_of(clinic), clinic, language, now=now)


def samples_at(
    site: Site | None, clinic: Clinic, language: str, *, now: datetime
) -> Mapping[str, str]:
    """Return the same for several languages, whose site was read once."""
    somebody, another = _PEOPLE.get(root_of(language), _PEOPLE["en"])
    zone = site.zone if site else clinic.zone
    visit = now.astimezone(zone).replace(hour=10, minute=30, second=0, microsecond=0)
    visit += timedelta(days=7)
    at = {"zone": zone, "language": language}
    before = visit - timedelta(days=1)
    hours = [time_in_words(visit + timedelta(minutes=m), **at) for m in (0, 20)]
    number = clinic.phone
    page = patient_pages.other_times()
    ours = {
        "contact_name": somebody,
        "patient_name": somebody,
        "clinic_name": clinic.name,
        "clinic_phone": spoken(number) if number.startswith("+") else number,
        "when": moment_in_words(visit, **at),
        "date": day_in_words(visit, **at),
        "day": day_in_words(visit, **at),
        "time": hours[0],
        "old_when": moment_in_words(before, **at),
        "visits": f"{hours[0]} {somebody}, {hours[1]} {another}",
        "site_name": site.name if site else _NO_SITE[0],
        "address": (site.address if site else "") or _NO_SITE[1],
        OTHER_TIMES: f"{page}example/" if page else "",
        "directions": site.directions if site else "",
    }
    return {key: ours.get(key) or one.example for key, one in REGISTRY.items()}
