"""
How long the pages take, and how often they ask, among a million patients and messages.

Each page is looked at by a clinic's admin, who may see most, and by nobody else meanwhile. It is
seen once before it is timed; shown are the middle one of ten looks, the fastest and the slowest.
See `busy_clinic` for what there is. `--people 50000` makes fewer of all; `--keep DIR` leaves them
for the next time, which then begins at once; `--only agenda` times the pages so named alone.
"""

import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote_plus

from tests.bench import figures, house
from tests.bench.figures import Figure, at_most, below

if TYPE_CHECKING:
    from django.test import Client

    from healthmsg.clinic.models import Clinic
    from tests.bench.busy_clinic import Busy

BENCH = "pages"
LOOKS = 10
# A page that is far too slow is not looked at for ever.
LONGEST_SECONDS = 4.0
MOST_MS, MOST_OF_A_SEARCH_MS = 300, 200
MOST_STATEMENTS = 14
# What reception types to find one of a million: number 123,456.
_TYPED = {
    "a very common name": "García Ana",
    "the beginning of a name": "apellido1234",
    "a birth date": "15/3/1980",
    "a birth date in eight digits": "15031980",
    "a birth date and a name": "15/3/1980 jo",
    "an identifier": "H-123456",
    "the last digits of a number": "0012 3456",
    "a number as it is dialed": "011 15 0012-3456",
    "a number in full": "+54 9 (11) 0012-3456",
    "what nobody is called": "zzyzx",
}


def measure(_seconds: float, *, people: int, kept: Path | None, only: str = "") -> Iterator[Figure]:
    house.open_house(kept)
    from healthmsg import asgi
    from tests.bench import busy_clinic

    if not busy_clinic.stands():
        began = time.perf_counter()
        busy_clinic.fill(people)
        print(f"filled in within {time.perf_counter() - began:.0f} s")
    busy = busy_clinic.found()
    print(f"{busy.clinic.patients.count():,} patients, as many messages")
    client = signed_in(busy.clinic)
    # As the web process does before its first page.
    asgi.settle()
    for name, address in (desk(busy) | rows(busy) | long_lists() | lists(client)).items():
        if only in name:
            yield from looked_at(client, name, address)
    yield from searched(client, busy, only)
    if only in "not reached, file":
        yield from files(client)


def searched(client: "Client", busy: "Busy", only: str) -> Iterator[Figure]:
    """Time where reception types a few letters, and what the list of patients answers to them."""
    for name, typed in _TYPED.items():
        pages = {"who comes": _book(), "registered twice": _twin_of(busy)}
        for page, address in pages.items():
            if only in (search := f"{page}, by {name}"):
                yield from looked_at(client, search, address, typed=typed)
        if only in (search := f"patients, by {name}"):
            found = f"{_list('clinic.patient')}?q={quote_plus(typed)}"
            yield from looked_at(client, search, found, most=MOST_OF_A_SEARCH_MS)


def looked_at(
    client: "Client", name: str, address: str, *, typed: str = "", most: float = MOST_MS
) -> Iterator[Figure]:
    """Time a page, and count what it asks: told where it is too much, and beside each time."""
    if (status := client.get(address).status_code) != 200:
        yield Figure(BENCH, name, None, "ms", note=f"answered {status}")
        return
    asked = statements(client, address, typed)
    times = looks(client, address, typed)
    aims = (below(MOST_OF_A_SEARCH_MS if typed else most),)
    yield Figure.median(BENCH, name, times, "ms", aims=aims, note=f"{asked} statements")
    if asked > MOST_STATEMENTS:
        yield Figure(BENCH, f"{name}, statements", asked, "", aims=(at_most(MOST_STATEMENTS),))


def looks(client: "Client", address: str, typed: str = "") -> list[float]:
    """Return how long some looks at a page took, in milliseconds."""
    times: list[float] = []
    while len(times) < 2 or (len(times) < LOOKS and sum(times) < LONGEST_SECONDS * 1000):
        times.append(look(client, address, typed) * 1000)
    return times


def look(client: "Client", address: str, typed: str = "") -> float:
    began = time.perf_counter()
    answer = client.post(address, {"typed": typed}) if typed else client.get(address)
    if answer.streaming:
        assert answer.getvalue()
    spent = time.perf_counter() - began
    assert answer.status_code == 200, (address, answer.status_code)
    return spent


def statements(client: "Client", address: str, typed: str) -> int:
    """Count what is asked; the page has been looked at before."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    look(client, address, typed)
    with CaptureQueriesContext(connection) as asked:
        look(client, address, typed)
    return sum(one["sql"] not in {"BEGIN", "COMMIT"} for one in asked.captured_queries)


def signed_in(clinic: "Clinic") -> "Client":
    from django.contrib.auth.models import Group
    from django.test import Client

    from healthmsg.clinic.models import StaffUser

    user, _is_new = StaffUser.objects.get_or_create(username="manager", is_staff=True)
    user.clinics.add(clinic)
    user.groups.add(Group.objects.get(name="Clinic admin"))
    client = Client(SERVER_NAME="localhost")
    client.force_login(user)
    return client


def desk(busy: "Busy") -> dict[str, str]:
    """Return the desk's own pages by name."""
    site = busy.visit.site_id
    return {
        "overview": _of("overview"),
        "overview, the part renewed": _of("overview", only="now"),
        "agenda of a day, all sites": _of("agenda", site=f"all-{busy.clinic.pk}"),
        "agenda of a day": _of("agenda", site=site),
        "agenda of a week, all sites": _of("agenda_week", site=f"all-{busy.clinic.pk}"),
        "agenda of a week": _of("agenda_week", site=site),
        "a visit": _of("agenda_visit", busy.visit.pk),
        "a visit, another time": _of("agenda_move", busy.visit.pk),
        "who comes": _book(),
        "booking for a patient": _of("agenda_book_for", busy.patient.pk),
        "to call, all sites": _of("to_call"),
        "to call, one site": _of("to_call", site=site),
        "to call, one site, seven days": _of("to_call", site=site, days=7),
        "day list, all sites": _of("day_list"),
        "day list": _of("day_list", site=site),
        "not reached, visits of a week": _of("unreached"),
        "not reached, of a month": _of("unreached", days=30),
        "not reached, of a year": _of("unreached", days=0),
        "not reached, of a year, for a rare reason": _of("unreached", days=0, reason="RAN_OUT"),
        "trends of 13 weeks": _of("trends"),
        "trends of a year": _of("trends", weeks=52),
        "why, lately": _of("why"),
        "why a message": _of("why_message", busy.message.pk),
        "why a visit": _of("why_visit", busy.visit.pk),
        "why a patient": _of("why_patient", busy.patient.pk),
        "how everything stands": _of("status"),
        "what is kept": _of("kept"),
        "after a standstill": _of("standstill"),
        "after silence": _of("after_silence"),
        "setup guide": _of("setup"),
        "cancelled lists": _of("cancelled_lists"),
        "registered twice": _of("duplicates"),
    }


def rows(busy: "Busy") -> dict[str, str]:
    """Return the pages of one row."""
    return {
        "a patient": _of("patient", busy.patient.pk),
        "what has happened to a patient": _of("patient_past", busy.patient.pk),
        "a patient's form": _of("admin:clinic_patient_change", busy.patient.pk),
        "an appointment": _of("admin:clinic_appointment_change", busy.visit.pk),
        "a phone": _of("admin:clinic_phone_change", busy.message.phone_id),
        "a conversation": _of("admin:whatsapp_thread_change", busy.thread.pk),
        "a message": _of("admin:whatsapp_message_change", busy.message.pk),
        "a campaign": _of("admin:campaigns_campaign_change", busy.run.campaign_id),
        "a run": _of("admin:campaigns_run_change", busy.run.pk),
        "a clinic": _of("admin:clinic_clinic_change", busy.clinic.pk),
    }


def long_lists() -> dict[str, str]:
    """Return the ends of long lists, and what is filtered of them."""
    patients, inbox = _list("clinic.patient"), _list("whatsapp.thread")
    messages, audit = _list("whatsapp.message"), _list("clinic.auditline")
    return {
        "patients, last page": f"{patients}?p=200",
        "patients, paused": f"{patients}?state__exact=PAUSED",
        "appointments, of a week": f"{_list('clinic.appointment')}?day=week",
        "phones, last page": f"{_list('clinic.phone')}?p=200",
        "phones, by last digits": f"{_list('clinic.phone')}?q=00123456",
        "inbox, done": f"{inbox}?which=done",
        "inbox, of a very common name": f"{inbox}?q=garcia",
        "messages, of a month, last page": f"{messages}?days=30&p=200",
        "messages, of a month, failed": f"{messages}?days=30&fate=failed",
        "audit, last page": f"{audit}?p=200",
    }


def lists(client: "Client") -> dict[str, str]:
    """Return the first page of every list that somebody who works for a clinic may see."""
    from django.contrib import admin
    from django.contrib.auth import get_user

    request = client.request().wsgi_request
    request.user = get_user(request)
    return {
        f"list of {model._meta.verbose_name_plural}": _list(model._meta.label_lower)
        for model, page in admin.site._registry.items()
        if page.has_view_permission(request)
    }


def files(client: "Client") -> Iterator[Figure]:
    """Who cannot be reached, as a file: it comes piece by piece, and is as long as it is."""
    from healthmsg.cockpit import again

    session = client.session
    session[again.KEY] = int(time.time())
    session.save()
    for span, days in (("a week", 7), ("a month", 30), ("a year", 0)):
        file = f"not reached, file of {span}"
        address = _of("unreached_file", days=days)
        handed_out(client, address)
        begins, spent, lines = zip(*(handed_out(client, address) for _ in range(3)), strict=True)
        first = [one * 1000 for one in begins]
        yield Figure.median(BENCH, f"{file}, its first lines", first, "ms", aims=(below(MOST_MS),))
        yield Figure(BENCH, file, sorted(spent)[1], "s", note=f"{lines[0]:,} lines")


def handed_out(client: "Client", address: str) -> tuple[float, float, int]:
    """Return after how many seconds a file's first lines came, and all of them, and how many."""
    began = time.perf_counter()
    answer = client.get(address)
    assert answer.streaming, (address, answer.status_code)
    pieces = iter(answer.streaming_content)  # type: ignore[attr-defined]
    head, first = next(pieces), next(pieces)
    first_at = time.perf_counter() - began
    lines = sum(piece.count(b"\n") for piece in (head, first, *pieces))
    return first_at, time.perf_counter() - began, lines


def _of(name: str, *keys: int | None, **asked: object) -> str:
    from django.urls import reverse

    query = "&".join(f"{key}={value}" for key, value in asked.items())
    return reverse(name, args=keys) + (f"?{query}" if query else "")


def _list(model: str) -> str:
    return _of(f"admin:{model.replace('.', '_')}_changelist")


def _book() -> str:
    return _of("agenda_book")


def _twin_of(busy: "Busy") -> str:
    return _of("compare_patients", one=busy.patient.pk)


if __name__ == "__main__":
    chosen = figures.arguments(__doc__).parse_args()
    of = {"people": chosen.people, "kept": chosen.keep, "only": chosen.only}
    figures.alone(BENCH, partial(measure, **of))
