"""The main switches: shown, stopped by a person, and never lifted past a look after a silence."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from healthmsg.clinic.models import Clinic, StaffUser
from healthmsg.desk.alarms import silences
from healthmsg.desk.models import Silence
from whatsapp.models import Switch


def signed_in(client: Client, clinic: Clinic, role: str) -> Client:
    user = StaffUser.objects.create(username=role, is_staff=True)
    user.clinics.add(clinic)
    user.groups.add(Group.objects.get(name=role))
    client.force_login(user)
    return client


@pytest.fixture
def admin_client(client: Client, sunrise_clinic: Clinic) -> Client:
    return signed_in(client, sunrise_clinic, "Clinic admin")


def post(client: Client, address: str, **values: str) -> str:
    return client.post(address, values, follow=True).content.decode()


def act(name: str, switch: Switch) -> str:
    return reverse(f"admin:whatsapp_switch_{name}", args=[switch.pk])


def now_is(row: Switch) -> Switch:
    return Switch.objects.get(pk=row.pk)


def test_the_main_switches_are_shown_though_nobody_ever_touched_them(
    admin_client: Client, db: None
) -> None:
    page = admin_client.get(reverse("admin:whatsapp_switch_changelist")).content.decode()

    assert page.count("running") == len(Switch.Name.values)
    assert not Switch.objects.exists()


def test_a_main_switch_says_who_stopped_it(admin_client: Client, db: None) -> None:
    post(admin_client, act("stop", Switch(name=Switch.Name.EVERYTHING)), reason="a wrong text")

    page = admin_client.get(reverse("admin:whatsapp_switch_changelist")).content.decode()

    assert "a wrong text" in page
    assert "<bdi>Clinic admin</bdi>" in page
    assert Switch.objects.get().held_by == StaffUser.objects.get()


def test_what_waits_after_a_silence_is_lifted_by_a_look_alone(
    admin_client: Client, db: None
) -> None:
    now = timezone.now()
    silence = Silence.objects.create(began_at=now - timedelta(hours=9), ended_at=now)
    silences._hold(now)
    page = admin_client.get(reverse("admin:whatsapp_switch_changelist")).content.decode()
    broadcasts = Switch.objects.get(name=Switch.Name.BROADCASTS)
    reminders = Switch.objects.get(name=Switch.Name.REMINDERS)

    refused = post(admin_client, act("start", broadcasts))
    early = post(admin_client, act("start", reminders))

    assert reverse("after_silence") in page
    assert act("start", broadcasts) not in page
    assert "Somebody looks at what happened meanwhile" in refused
    assert "It ends by itself within minutes" in early
    assert Switch.objects.filter(held_at__isnull=False).count() == 2
    silences.end(silence, by=None, now=now)
    assert not now_is(broadcasts).held_at


def test_what_nobody_else_would_lift_any_more_is_lifted_by_hand(
    admin_client: Client, db: None
) -> None:
    silences._hold(timezone.now())

    for switch in Switch.objects.all():
        post(admin_client, act("start", switch))

    assert not Switch.objects.filter(held_at__isnull=False).exists()
