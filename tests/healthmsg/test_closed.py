"""Kinds and countries that WhatsApp closed, and slowed numbers: said, and opened by a person."""

from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from healthmsg.clinic.models import Clinic, StaffUser
from whatsapp import holds
from whatsapp.models import ClosedCountry, Kind, Restriction, Sender

READING_ROLES = ("Reception", "Clinician", "Campaign author", "Approver")


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


@pytest.fixture
def closed(sender: Sender) -> Restriction:
    closing = holds.Closing("131042", "the payment has failed", timezone.now(), code=131042)
    holds.close_kinds(sender.account_id, [Kind.MARKETING], closing, now=timezone.now())
    return Restriction.objects.get()


def test_a_closed_kind_is_opened_once_and_the_number_said_so(
    admin_client: Client, sender: Sender, closed: Restriction
) -> None:
    address = reverse("admin:whatsapp_account_open_kind", args=[closed.account_id, closed.pk])
    number = reverse("admin:whatsapp_sender_change", args=[sender.pk])
    assert "No offers and invitations leave" in admin_client.get(number).content.decode()
    assert "A way to pay has to be set up" in admin_client.get(address).content.decode()
    assert Restriction.objects.exists()

    first = post(admin_client, address)
    again = post(admin_client, address)

    assert "Opened again: offers and invitations." in first
    assert "Nothing changed." in again
    assert not Restriction.objects.exists()
    assert LogEntry.objects.get().change_message == "Opened again: offers and invitations"


def test_a_closed_country_is_opened(admin_client: Client, sender: Sender) -> None:
    country = ClosedCountry.objects.create(
        account=sender.account, prefix="+7", closed_at=timezone.now()
    )
    address = reverse("admin:whatsapp_account_open_country", args=[sender.account_id, country.pk])

    assert "numbers that begin with +7" in post(admin_client, address)

    assert not ClosedCountry.objects.exists()


@pytest.mark.parametrize("role", READING_ROLES)
def test_without_the_permission_nothing_is_opened(
    role: str, client: Client, sender: Sender, closed: Restriction
) -> None:
    signed_in(client, sender.clinic, role)
    address = reverse("admin:whatsapp_account_open_kind", args=[closed.account_id, closed.pk])

    assert client.post(address).status_code == 403
    assert Restriction.objects.exists()


def test_a_slow_number_and_one_without_campaigns_say_so(
    admin_client: Client, sender: Sender
) -> None:
    now = timezone.now()
    Sender.objects.update(
        slowed_to=8.0,
        slowed_at=now + timedelta(hours=1),
        slowed_reason="too many complaints",
        broadcasts_held_until=now + timedelta(hours=1),
        broadcasts_held_reason="too many complaints",
    )

    page = admin_client.get(reverse("admin:whatsapp_sender_change", args=[sender.pk]))

    text = page.content.decode()
    assert "8 of 80 messages a second: too many complaints." in text
    assert "No campaigns leave from this number" in text
