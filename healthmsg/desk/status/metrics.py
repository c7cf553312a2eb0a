"""Figures for Prometheus, read from rows: all processes and hosts together, no patient in them."""

from collections.abc import Iterator
from datetime import datetime

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

from healthmsg.desk.status import counted, numbers, parts, waiting
from whatsapp import histograms, watching
from whatsapp.models import Portfolio, Sender
from whatsapp.status import Lane

_LANES = {int(lane): lane.name.lower() for lane in Lane}
_MEASURED = {
    "queue_to_accept": "From due to taken by WhatsApp.",
    "api_latency": "One call to WhatsApp, by what came of it.",
    "accepted_to_delivered": "From taken by WhatsApp to arrived on the phone.",
}


def page(*, now: datetime) -> bytes:
    """Return everything in Prometheus' text format."""
    registry = CollectorRegistry()
    registry.register(_Rows(now))
    return generate_latest(registry)


class _Rows(Collector):
    """Reads the rows anew each time it is asked."""

    def __init__(self, now: datetime) -> None:
        self._now = now

    def describe(self) -> list[Metric]:
        # Else registering would already read everything.
        return []

    def collect(self) -> Iterator[Metric]:
        real_now = watching.real_now()
        yield from _measured()
        yield from _waiting(self._now, real_now)
        yield from _numbers(self._now, real_now)
        yield from _house(real_now)
        yield from _sweeps(real_now)


def _measured() -> Iterator[Metric]:
    found = histograms.since_ever()
    for name, words in _MEASURED.items():
        labels = ["sender", "outcome"] if name == "api_latency" else ["sender"]
        family = HistogramMetricFamily(f"healthmsg_{name}_seconds", words, labels=labels)
        for (measured, sender, outcome), one in found.items():
            if measured == name:
                buckets = [(_bound(b), float(n)) for b, n in one.cumulative()]
                family.add_metric([sender, outcome][: len(labels)], buckets, one.seconds)
        yield family


def _waiting(now: datetime, real_now: datetime) -> Iterator[Metric]:
    queued = _gauge("messages_waiting", "Not sent yet; capped.", "sender", "lane")
    due = _gauge("messages_due", "Could be sent now; capped.", "sender", "lane")
    oldest = _gauge("oldest_due_seconds", "Since when the oldest is due.", "sender", "lane")
    for row in waiting.queued(now=now):
        labels = [str(row.sender_id), _LANES[row.lane]]
        queued.add_metric(labels, row.waiting)
        due.add_metric(labels, row.due)
        oldest.add_metric(labels, _age(row.since, now))
    in_hand, others = waiting.beside_the_queues(now=now)
    leased = _gauge("messages_in_hand", "Being sent, or in doubt; capped.", "state", "lane")
    for one in in_hand:
        leased.add_metric([one.status.lower(), _LANES[one.lane]], one.count)
    rest = _gauge("waiting", "Everything else that waits; capped.", "what")
    age = _gauge("waiting_oldest_seconds", "Since when the oldest of it waits.", "what")
    for other in others:
        rest.add_metric([other.kind], other.count)
        age.add_metric([other.kind], _age(other.since, other.clock(now=now, real_now=real_now)))
    yield from (queued, due, oldest, leased, rest, age)


def _numbers(now: datetime, real_now: datetime) -> Iterator[Metric]:
    limit = _gauge("number_limit_per_second", "WhatsApp's limit of a number.", "sender")
    pace = _gauge("number_pace_per_second", "Its pace now.", "sender")
    held = _gauge("number_held", "1 where something stops it.", "sender")
    for number in numbers.standing(Sender.objects.all(), real_now=real_now):
        labels = [str(number.sender.pk)]
        limit.add_metric(labels, number.sender.rate_per_second)
        pace.add_metric(labels, number.pace)
        held.add_metric(labels, bool(number.holds))
    used = _gauge("seats_used", "People written to first within 24 hours.", "portfolio")
    kept = _gauge("seats_kept", "Of the daily limit, kept for reminders.", "portfolio")
    most = _gauge("seats_limit", "The daily limit; missing where there is none.", "portfolio")
    for portfolio, seats in numbers.daily_limits(Portfolio.objects.all(), now=now):
        labels = [str(portfolio.pk)]
        used.add_metric(labels, seats.used)
        kept.add_metric(labels, seats.kept)
        if seats.limit is not None:
            most.add_metric(labels, seats.limit)
    yield from (limit, pace, held, used, kept, most)


def _house(real_now: datetime) -> Iterator[Metric]:
    ages = _gauge("sign_of_life_age_seconds", "Since a part last worked.", "part", "host")
    for sign in parts.signs():
        if sign.seen_at is not None:
            ages.add_metric([sign.part, sign.host], _age(sign.seen_at, real_now))
    free = _gauge("disk_free_bytes", "Free on a disk of this host.", "disk")
    for disk in parts.disks():
        free.add_metric([disk.name], disk.free)
    alarms = _gauge("alarms_open", "Alarms that are not over.", "kind", "severity")
    for kind, severity, count in counted.alarms():
        alarms.add_metric([kind, severity], count)
    yield from (ages, free, alarms)


def _sweeps(real_now: datetime) -> Iterator[Metric]:
    age = _gauge("sweep_age_seconds", "Since a sweeper last looked.", "sweep")
    broken = _gauge("sweep_broken", "1 where its last look broke off.", "sweep")
    found = CounterMetricFamily(
        "healthmsg_sweep_found", "What a sweeper has found so far.", labels=["sweep"]
    )
    for name, sweep in sorted(parts.sweeps().items()):
        age.add_metric([name], _age(sweep.ran_at, real_now))
        broken.add_metric([name], bool(sweep.broke_with))
        found.add_metric([name], sweep.found_in_all)
    yield from (age, broken, found)


def _bound(seconds: float) -> str:
    return str(floatToGoString(seconds))  # type: ignore[no-untyped-call]


def _gauge(name: str, words: str, *labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"healthmsg_{name}", words, labels=labels)


def _age(since: datetime | None, now: datetime) -> float:
    return max(0.0, (now - since).total_seconds()) if since else 0.0
