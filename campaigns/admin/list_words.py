"""A list in words: what made it, how far it is, and some of those who are on it."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from campaigns.admin import vouched
from campaigns.models import ListEntry, Making, PatientList
from healthmsg.cockpit import Tone, mark, recording, sees_details

SHOWN = 50
COUNT_UNTIL = 10_000


def state_of(patient_list: PatientList) -> str:
    """Return how far it is, and whether a clinician stands by it, as a mark."""
    if patient_list.making in {Making.MAKING, Making.STOPPED}:
        words = Making(patient_list.making).label
        is_going = patient_list.making == Making.MAKING
        return mark(words, Tone.WAITING if is_going else Tone.ASKS)
    if patient_list.is_made:
        return vouched.state_of(patient_list)
    return mark(_("needs no approval"), Tone.QUIET)


def told(patient_list: PatientList, request: HttpRequest) -> dict[str, Any]:
    """Return what a page shows, noting whom; those whose earlier dose came too early first."""
    names = dict(patient_list.clinic.vaccines.values_list("pk", "name"))
    entries = ListEntry.objects.filter(patient_list=patient_list)
    count = entries[: COUNT_UNTIL + 1].count()
    early = list(entries.filter(is_after_early=True).select_related("patient")[:SHOWN])
    others = entries.filter(is_after_early=False).select_related("patient").order_by("-pk")
    shown = [*early, *others[:SHOWN]][:SHOWN]
    details = sees_details(request.user)
    if details:
        recording.shows(request, shown, is_list=True)
    looked_at, of = patient_list.looked_at, patient_list.to_look_at
    return {
        "patient_list": patient_list,
        "entries": [_entry(entry, names) for entry in shown],
        "entry_count": f"{COUNT_UNTIL}+" if count > COUNT_UNTIL else count,
        "entry_details": details,
        "state": state_of(patient_list),
        "is_making": patient_list.making == Making.MAKING,
        "is_stopped": patient_list.making == Making.STOPPED,
        "percent": min(100, round(100 * looked_at / of)) if of else 0,
        "by_vaccine": [(names.get(int(key), "?"), n) for key, n in patient_list.by_vaccine.items()],
    }


def _entry(entry: ListEntry, names: dict[int, str]) -> dict[str, Any]:
    numbers = entry.dose_numbers or [0] * len(entry.vaccines)
    pairs = zip(entry.vaccines, numbers, strict=False)
    return {
        "patient": entry.patient,
        "due_on": entry.due_on,
        "due": "; ".join(_dose(names.get(vaccine_id, "?"), n) for vaccine_id, n in pairs),
        "is_after_early": entry.is_after_early,
    }


def _dose(name: str, number: int) -> str:
    if not number:
        return name
    return _("%(vaccine)s, dose %(number)d") % {"vaccine": name, "number": number}
