"""The figures for machines: from real sends, without a word of a patient."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample
from pytest_django import Settings

from healthmsg.clinic.models import Patient
from healthmsg.desk.status import metrics, waiting
from tests import factories
from whatsapp import sweeping, watching
from whatsapp.measures import Tally
from whatsapp.models import Delivery, LineBeat, Message, Sender
from whatsapp.status import Lane, Status

pytestmark = pytest.mark.django_db(transaction=True)


def samples(now: datetime) -> Iterator[Sample]:
    for family in text_string_to_metric_families(metrics.page(now=now).decode()):
        yield from family.samples


def value(now: datetime, name: str, **labels: str) -> float:
    found = [s.value for s in samples(now) if s.name == name and labels.items() <= s.labels.items()]
    assert len(found) == 1, (name, labels, found)
    return found[0]


def test_what_waits_is_counted_by_number_and_lane(
    sender: Sender, willing_patient: Patient, noon: datetime
) -> None:
    hour_ago = noon - timedelta(hours=1)
    factories.make_message(sender, willing_patient, send_after=hour_ago)
    factories.make_message(sender, willing_patient, send_after=noon + timedelta(hours=1))

    mine = {"sender": str(sender.pk), "lane": "reminder"}
    assert value(noon, "healthmsg_messages_waiting", **mine) == 2
    assert value(noon, "healthmsg_messages_due", **mine) == 1
    assert value(noon, "healthmsg_oldest_due_seconds", **mine) == 3600


def test_what_is_in_hand_is_counted_by_state(
    sender: Sender, willing_patient: Patient, noon: datetime
) -> None:
    for status in (Status.SENDING, Status.UNCERTAIN, Status.UNCERTAIN):
        factories.make_message(
            sender,
            willing_patient,
            status=status,
            send_after=None,
            lane=int(Lane.BROADCAST),
            leased_until=datetime.now(UTC),
        )

    broadcasts = {"lane": "broadcast"}
    assert value(noon, "healthmsg_messages_in_hand", state="sending", **broadcasts) == 1
    assert value(noon, "healthmsg_messages_in_hand", state="uncertain", **broadcasts) == 2


def test_histograms_add_up_over_processes(sender: Sender, noon: datetime) -> None:
    for _process in range(2):
        tally = Tally()
        tally.observe_many("api_latency", sender.pk, [0.1, 0.4], "accepted")
        tally.flush_now()

    mine = {"sender": str(sender.pk), "outcome": "accepted"}
    assert value(noon, "healthmsg_api_latency_seconds_count", **mine) == 4
    assert value(noon, "healthmsg_api_latency_seconds_sum", **mine) == pytest.approx(1.0)
    assert value(noon, "healthmsg_api_latency_seconds_bucket", le="0.1", **mine) == 2
    assert value(noon, "healthmsg_api_latency_seconds_bucket", le="+Inf", **mine) == 4


def test_a_stopped_and_slowed_number_says_so(sender: Sender, noon: datetime) -> None:
    Sender.objects.update(held_at=noon, slowed_to=10.0, slowed_at=datetime.now(UTC))

    mine = {"sender": str(sender.pk)}
    assert value(noon, "healthmsg_number_held", **mine) == 1
    assert value(noon, "healthmsg_number_limit_per_second", **mine) == 80
    assert 10 <= value(noon, "healthmsg_number_pace_per_second", **mine) < 20


def test_signs_of_life_and_sweeps_have_an_age(sender: Sender, noon: datetime) -> None:
    watching.live("sender")
    LineBeat.objects.create(
        name="door", since=noon, seen_at=datetime.now(UTC) - timedelta(minutes=5)
    )
    sweeping.sweep(now=noon)

    assert value(noon, "healthmsg_sign_of_life_age_seconds", part="sender") < 60
    assert 299 < value(noon, "healthmsg_sign_of_life_age_seconds", part="door") < 360
    assert value(noon, "healthmsg_sweep_broken", sweep="too_late") == 0
    assert value(noon, "healthmsg_sweep_found_total", sweep="too_late") == 0


def test_no_label_carries_anything_of_a_patient(
    sender: Sender, willing_patient: Patient, noon: datetime
) -> None:
    """Labels are ids of our own numbers and words of our own; nothing else may appear."""
    phone = factories.make_phone(sender.clinic)
    factories.make_message(sender, willing_patient, body="Hola", wamid="wamid.SECRET")
    Delivery.objects.create(clear_body=b'{"from": "549"}', problem="KeyError")
    Tally().observe("api_latency", sender.pk, 0.1, "accepted")
    sweeping.sweep(now=noon)
    watching.live("sender")

    numeric = {"sender", "portfolio", "le"}
    words = {"lane", "state", "what", "sweep", "part", "kind", "severity", "disk", "outcome"}
    for sample in samples(noon):
        for label, said in sample.labels.items():
            assert label in numeric | words | {"host"}, label
            if label in words:
                assert said.replace("_", "").replace(".", "").isalpha(), (label, said)
    text = metrics.page(now=noon).decode()
    for secret in (phone.number, willing_patient.full_name, "Hola", "wamid", sender.display_number):
        assert not secret or secret not in text


def test_the_figures_cost_the_same_queries_however_much_waits(
    sender: Sender, willing_patient: Patient, noon: datetime
) -> None:
    with CaptureQueriesContext(
        connection,
    ) as few:
        metrics.page(now=noon)
    for n in range(3):
        factories.make_sender(sender.clinic, phone_number_id=f"20000000000000{n}")
        factories.make_message(sender, willing_patient)
    with CaptureQueriesContext(connection) as many:
        metrics.page(now=noon)

    assert len(many) == len(few)
    assert len(few) < 20


def test_counts_are_capped(sender: Sender, willing_patient: Patient, noon: datetime) -> None:
    for _ in range(3):
        factories.make_message(sender, willing_patient, send_after=noon)

    reminders = waiting.queued(now=noon, until=2)[1]
    assert (reminders.lane, reminders.waiting) == (1, 2)
    assert Message.objects.count() == 3


def test_only_this_machine_may_read_them_without_a_token(client: Client) -> None:
    assert client.get("/metrics").status_code == 200
    assert client.get("/metrics", REMOTE_ADDR="10.0.0.7").status_code == 403


def test_behind_a_proxy_on_this_machine_nobody_is_this_machine(
    client: Client, settings: Settings
) -> None:
    assert client.get("/metrics", HTTP_X_FORWARDED_FOR="203.0.113.9").status_code == 403
    settings.HAS_HTTPS = True
    assert client.get("/metrics").status_code == 403


def test_with_a_token_whoever_bears_it_may(client: Client, settings: Settings) -> None:
    settings.METRICS_TOKEN = "let-me-see"

    refused = client.get("/metrics")
    assert (refused.status_code, refused["WWW-Authenticate"]) == (401, "Bearer")
    wrong = client.get("/metrics", headers={"authorization": "Bearer let-me"})
    assert wrong.status_code == 401
    right = client.get(
        "/metrics", headers={"authorization": "Bearer let-me-see"}, REMOTE_ADDR="10.0.0.7"
    )
    assert right.status_code == 200
    assert right["Content-Type"].startswith("text/plain; version=0.0.4")
