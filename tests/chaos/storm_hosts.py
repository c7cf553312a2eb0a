"""Two hosts on one PostgreSQL and one Redis: they share the work and the limits, and one dies."""

import subprocess
import sys
import time
from urllib.parse import urlsplit

from django.conf import settings

from tests import factories
from tests.chaos.evidence import patiently
from tests.chaos.house import House, procfile
from tests.chaos.network import CENTRE, POSTGRES, REDIS, WHATSAPP, Network
from tests.chaos.practice import Practice
from tests.chaos.storm_house import BOOKED
from whatsapp.models import Message, Sender
from whatsapp.status import Status

NUMBERS = ("100000000000001", "100000000000002", "100000000000003", "100000000000004")
PER_SECOND = 80
# What a host may use of a core: too little for four numbers at their limit.
SHARE_OF_A_CORE = 0.12
MEASURED_SECONDS = 9.0
ON_A_HOST = ("sender", "inbox")


def blow(house: House, practice: Practice) -> None:
    practices = [practice, *(_further(house, practice, number) for number in NUMBERS[1:])]
    network = Network()
    house.after.append(network.clear)
    network.build()
    _forward(house, network)
    for name in ON_A_HOST:
        house.processes.drop(name)
    for one in practices:
        one.queue(BOOKED)
    _stand_up(house, network, "a")
    alone = _rate(house)
    house.say(f"one host sent {alone:.0f} a second")
    _stand_up(house, network, "b")
    together = _rate(house)
    house.say(f"two hosts sent {together:.0f} a second")
    _kill(house, network, "b")
    house.facts |= {"alone": alone, "together": together}
    house.say(f"{sum(one.queued for one in practices)} messages were queued on four numbers")


def _further(house: House, practice: Practice, phone_number_id: str) -> Practice:
    sender = factories.make_sender(practice.clinic, phone_number_id=phone_number_id)
    useful_for = int(practice.useful_for.total_seconds())
    further = Practice(practice.clinic, sender, useful_for=useful_for)
    further.book(BOOKED)
    house.practices.append(further)
    return further


def _forward(house: House, network: Network) -> None:
    """Give PostgreSQL, Redis and the sandbox addresses that a host can reach over the wire."""
    location = settings.EMBEDDED
    routes = (
        f"{POSTGRES}=unix:{location.postgres_socket}",
        f"{REDIS}=unix:{location.valkey_socket}",
        f"{WHATSAPP}=tcp:{urlsplit(house.sandbox.base_url).port}",
    )
    command = [sys.executable, "-m", "tests.chaos.forwarder", network.centre, CENTRE, *routes]
    forwarder = subprocess.Popen(command, stdout=subprocess.PIPE)
    house.after.append(forwarder.wait)
    house.after.append(forwarder.terminate)
    assert forwarder.stdout is not None
    assert forwarder.stdout.readline() == b"ready\n"
    forwarder.stdout.close()


def _stand_up(house: House, network: Network, host: str) -> None:
    """Start a worker host as the README says: the same variables, and the senders and readers."""
    variables = {
        "DATABASE_URL": f"postgresql://healthmsg@{CENTRE}:{POSTGRES}/healthmsg",
        "REDIS_URL": f"redis://{CENTRE}:{REDIS}/0",
        "SANDBOX_URL": f"http://{CENTRE}:{WHATSAPP}",
        "WHATSAPP_TURN_SECONDS": "3",
    }
    before = network.into(host, share_of_a_core=SHARE_OF_A_CORE)
    for name in ON_A_HOST:
        house.processes.start(
            f"{name}_{host}", procfile()[name], before=before, variables=variables
        )
    sent = _sent(house)
    give_up_at = time.monotonic() + 60
    while _sent(house) == sent and time.monotonic() < give_up_at:
        time.sleep(0.2)
    house.say(f"host {host} stands")


def _rate(house: House) -> float:
    time.sleep(5.0)
    before, began = _sent(house), time.monotonic()
    time.sleep(MEASURED_SECONDS)
    return (_sent(house) - before) / (time.monotonic() - began)


def _kill(house: House, network: Network, host: str) -> None:
    sending = patiently(
        lambda: Message.objects.filter(status=Status.SENDING).count(), wait=lambda: time.sleep(0.2)
    )
    house.unknown_at_most += sending + Sender.objects.count() * (PER_SECOND // 2)
    network.cut(host)
    for name in ON_A_HOST:
        house.processes.drop(f"{name}_{host}")
    house.say(f"host {host} is gone, with at most {house.unknown_at_most} calls")


def _sent(house: House) -> int:
    return int(house.sandbox.stats()["accepted"])
