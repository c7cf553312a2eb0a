"""An alarm leads whoever may look there to the page where its cause is seen."""

import pytest
from django.test import Client
from django.urls import reverse

from healthmsg.clinic.models import Clinic
from healthmsg.cockpit import visitors
from healthmsg.desk.alarms import words
from healthmsg.desk.alarms.kinds import Kind, Severity
from healthmsg.desk.alarms.models import Alarm
from healthmsg.desk.other_times import haste
from tests import factories
from tests.healthmsg.test_waiting import person

pytestmark = pytest.mark.django_db

LEADS = "To the page where it is seen"
ASKED: list[tuple[Kind, dict[str, object]]] = [
    (Kind.KEPT_TOO_LONG, {"kinds": "MESSAGES,NOTES"}),
    (Kind.REPEATS_LATE, {"count": 2}),
    (Kind.STOPS_UNDECIDED, {"count": 2}),
    (Kind.NUMBERS_UNCHECKED, {"count": 2}),
]


def make_alarm(clinic: Clinic, kind: Kind, facts: dict[str, object]) -> Alarm:
    return Alarm.objects.create(
        clinic=clinic,
        kind=kind,
        severity=Severity.WARNING,
        subject=f"clinic:{clinic.pk}",
        facts=facts,
        opened_at=factories.NOON,
        last_seen_at=factories.NOON,
    )


def story(client: Client, alarm: Alarm) -> str:
    return client.get(reverse("admin:desk_alarm_change", args=[alarm.pk])).text


@pytest.mark.parametrize(("kind", "facts"), ASKED)
def test_what_only_people_settle_has_its_page(
    client: Client, sunrise_clinic: Clinic, kind: Kind, facts: dict[str, object]
) -> None:
    alarm = make_alarm(sunrise_clinic, kind, facts)
    client.force_login(person(sunrise_clinic, "Clinic admin"))

    page = story(client, alarm)

    assert LEADS in page
    assert f'href="{words.page_of(alarm)}"' in page
    assert client.get(words.page_of(alarm)).status_code == 200


def test_who_may_not_look_there_is_not_led_there(client: Client, sunrise_clinic: Clinic) -> None:
    alarm = make_alarm(sunrise_clinic, *ASKED[0])
    auditor = person(sunrise_clinic, "Auditor")
    client.force_login(auditor)

    page = story(client, alarm)

    assert words.headline(alarm) in page
    assert LEADS not in page
    assert client.get(words.page_of(alarm)).status_code == 403


def test_attack_links_of_alarms_are_not_guessed(client: Client, db: None) -> None:
    place = {"REMOTE_ADDR": "192.0.2.77"}
    visitors.forget("wrong-link", place["REMOTE_ADDR"])

    statuses = [
        client.get(reverse("acknowledge", args=[f"guess-{n}"]), **place).status_code  # type: ignore[arg-type]
        for n in range(haste.MOST_WRONG + 1)
    ]

    assert statuses == [404] * haste.MOST_WRONG + [429]
