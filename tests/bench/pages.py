"""
How long the pages take, and how often they ask, among a million patients and messages.

`--seconds 5` makes a million of each; `--seconds 0.2` makes 40,000. Each page is looked at by a
clinic's admin, who may see most, once before it is timed. See `busy_clinic` for what there is.
"""

import statistics
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from tests.bench import figures, house
from tests.bench.figures import Figure, at_most, below

if TYPE_CHECKING:
    from django.test import Client

    from healthmsg.clinic.models import Clinic
    from tests.bench.busy_clinic import Busy

BENCH = "pages"
A_SECOND, FEWEST = 200_000, 40_000
LOOKS = 20
# A page that is far too slow is not looked at for ever.
LONGEST_SECONDS = 15.0
MOST_STATEMENTS = 14


def measure(seconds: float) -> Iterator[Figure]:
    house.open_house()
    from tests.bench import busy_clinic

    many = max(FEWEST, int(seconds * A_SECOND))
    began = time.perf_counter()
    busy = busy_clinic.fill(many)
    print(f"{many:,} patients and messages stood after {time.perf_counter() - began:.0f} s")
    client = signed_in(busy.clinic)
    for name, address in addresses(busy).items():
        asked = statements(client, address)
        times = looks(client, address)
        slow = statistics.quantiles(times, n=20)[-1]
        note = f"95 of 100 within {slow:.0f} ms"
        yield Figure.median(BENCH, name, times, "ms", aims=(below(300),), note=note)
        aims = (at_most(MOST_STATEMENTS),)
        yield Figure(BENCH, f"{name}, statements", asked, "", aims=aims)


def looks(client: "Client", address: str) -> list[float]:
    """Look at a page many times; in milliseconds, at least two."""
    times: list[float] = []
    while len(times) < 2 or (len(times) < LOOKS and sum(times) < LONGEST_SECONDS * 1000):
        times.append(look(client, address) * 1000)
    return times


def look(client: "Client", address: str) -> float:
    began = time.perf_counter()
    answer = client.get(address)
    spent = time.perf_counter() - began
    assert answer.status_code == 200, (address, answer.status_code)
    return spent


def statements(client: "Client", address: str) -> float:
    """Count what is asked; the page has been looked at before."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    look(client, address)
    with CaptureQueriesContext(connection) as asked:
        look(client, address)
    return float(len(asked))


def signed_in(clinic: "Clinic") -> "Client":
    from django.contrib.auth.models import Group
    from django.test import Client

    from healthmsg.clinic.models import StaffUser

    user = StaffUser.objects.create(username="manager", is_staff=True)
    user.clinics.add(clinic)
    user.groups.add(Group.objects.get(name="Clinic admin"))
    client = Client(SERVER_NAME="localhost")
    client.force_login(user)
    return client


def addresses(busy: "Busy") -> dict[str, str]:
    """Return the pages by name."""
    from django.urls import reverse

    def of(name: str, *keys: int, **asked: object) -> str:
        query = "&".join(f"{key}={value}" for key, value in asked.items())
        return reverse(name, args=keys) + (f"?{query}" if query else "")

    patients, here = "admin:clinic_patient_changelist", busy.patient.pk
    return {
        "overview": of("overview"),
        "overview, the part renewed": of("overview", only="now"),
        "agenda of a day": of("agenda"),
        "agenda of a week": of("agenda_week"),
        "a visit": of("agenda_visit", busy.visit.pk),
        "to call": of("to_call"),
        "to call, seven days": of("to_call", days=7),
        "day list": of("day_list"),
        "not reached, visits of a week": of("unreached"),
        "not reached, of a month": of("unreached", days=30),
        "not reached, of a year": of("unreached", days=0),
        "not reached, of a year, for a rare reason": of("unreached", days=0, reason="RAN_OUT"),
        "patients": of(patients),
        "patients, of a very common name": of(patients, q="garcia"),
        "patients, of a name": of(patients, q="apellido123"),
        "patients, by a number": of(patients, q="100123456"),
        "patients, last": of(patients, p=199),
        "a patient": of("admin:clinic_patient_change", here),
        "visits": of("admin:clinic_appointment_changelist"),
        "phones": of("admin:clinic_phone_changelist"),
        "inbox": of("admin:whatsapp_thread_changelist"),
        "inbox, done": of("admin:whatsapp_thread_changelist", which="done"),
        "inbox, of a very common name": of("admin:whatsapp_thread_changelist", q="garcia"),
        "a conversation": of("admin:whatsapp_thread_change", busy.thread.pk),
        "messages": of("admin:whatsapp_message_changelist"),
        "messages, of a month, failed": of(
            "admin:whatsapp_message_changelist", days=30, fate="failed"
        ),
        "a message": of("admin:whatsapp_message_change", busy.message.pk),
        "campaigns": of("admin:campaigns_campaign_changelist"),
        "trends of 13 weeks": of("trends"),
        "trends of a year": of("trends", weeks=52),
        "why, lately": of("why"),
        "why a message": of("why_message", busy.message.pk),
        "why a visit": of("why_visit", busy.visit.pk),
        "why a patient": of("why_patient", here),
        "how everything stands": of("status"),
        "setup guide": of("setup"),
        "cancelled lists": of("cancelled_lists"),
        "registered twice": of("duplicates"),
    }


if __name__ == "__main__":
    figures.alone(BENCH, measure)
