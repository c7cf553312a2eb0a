"""Who of a run is written to next: first places first, and a household as one."""

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import groupby

from django.db.models import QuerySet

from campaigns import trial
from campaigns.allowances import Allowance
from campaigns.models import Recipient, Run
from healthmsg.clinic.models import Site

Household = list[Recipient]


def waiting(run: Run) -> QuerySet[Recipient]:
    """Return who may be written to next: while a trial is on, its group alone."""
    to_pour = _to_pour(run)
    return to_pour.filter(is_trial=True) if trial.is_on(run) else to_pour


def households(run: Run, allowance: Allowance) -> list[Household]:
    """Return the next ones, in their order, each with everybody who shares its number."""
    # Whoever has no reason has a number.
    phones = [phone for phone in dict.fromkeys(_phones(run, allowance)) if phone is not None]
    place = {phone: n for n, phone in enumerate(phones)}
    # Whoever shares a number with somebody who is written to is told with them.
    rows = _to_pour(run).filter(phone_id__in=phones).select_related("patient", "contact", "phone")
    in_order = sorted(rows, key=lambda r: (place[r.phone_id or 0], r.pk))
    grouped = (list(group) for _phone, group in groupby(in_order, key=lambda r: r.phone_id))
    return list(_that_fit(grouped, allowance) if run.is_by_site else grouped)


def people_by_site(told: Iterable[Household]) -> Counter[int]:
    """Count people by the site whose free slots limit them."""
    people = (r.limited_by_site_id for household in told for r in household)
    return Counter(site_id for site_id in people if site_id)


def _to_pour(run: Run) -> QuerySet[Recipient]:
    return Recipient.objects.filter(run=run, message=None, reason="")


def _phones(run: Run, allowance: Allowance) -> list[int | None]:
    most, in_order = allowance.messages, waiting(run).order_by("place", "pk")
    if not most:
        return []
    if not run.is_by_site:
        return list(in_order.values_list("phone_id", flat=True)[:most])
    found: list[tuple[int, int, int | None]] = []
    sites = Site.objects.filter(clinic=run.campaign.clinic_id).values_list("pk", flat=True)
    # Each by its own stretch of the index: past a full site's thousands to the next one's.
    for site_id in (0, *sites):
        of_site = in_order.filter(limited_by_site_id=site_id)
        room = min(most, allowance.by_site.get(site_id, most))
        found += of_site.values_list("place", "pk", "phone_id")[:room]
    return [phone for _place, _pk, phone in sorted(found, key=lambda row: row[:2])[:most]]


def _that_fit(grouped: Iterable[Household], allowance: Allowance) -> Iterator[Household]:
    """Leave out whoever finds no room at a site; a household is not torn apart."""
    used: Counter[int] = Counter()
    for household in grouped:
        asked = people_by_site([household])
        if all(_fits(site_id, used[site_id], n, allowance) for site_id, n in asked.items()):
            used += asked
            yield household


def _fits(site_id: int, used: int, people: int, allowance: Allowance) -> bool:
    room = allowance.by_site.get(site_id)
    if room is None or used + people <= room:
        return True
    # Larger than a whole day's room: on a day on which nobody else was invited.
    return not used and site_id in allowance.untouched
