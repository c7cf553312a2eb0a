"""Deleting asks once more, says what goes with it, and why something has to stay."""

import pytest
from django.test import Client
from django.urls import reverse

from healthmsg.clinic.models import Clinic, StaffUser
from tests.healthmsg.test_breakers import signed_in
from whatsapp.models import SavedAnswer, Sender


@pytest.fixture
def admin(client: Client, sunrise_clinic: Clinic) -> Client:
    return signed_in(client, sunrise_clinic, "Clinic admin")


def test_what_is_deleted_is_named_and_can_be_kept(admin: Client, sunrise_clinic: Clinic) -> None:
    answer = SavedAnswer.objects.create(
        clinic=sunrise_clinic, language="es", name="Hours", text="8 a 18 h"
    )
    address = reverse("admin:whatsapp_savedanswer_delete", args=[answer.pk])

    page = admin.get(address).content.decode()

    assert f"Delete “{answer}”? It cannot be brought back." in page
    assert f'href="{reverse("admin:whatsapp_savedanswer_change", args=[answer.pk])}"' in page
    admin.post(address, {"post": "yes"})
    assert not SavedAnswer.objects.exists()


def test_what_something_belongs_to_stays(client: Client, sender: Sender) -> None:
    whoever_installed = StaffUser.objects.create_superuser("root")
    whoever_installed.clinics.add(sender.clinic)
    client.force_login(whoever_installed)
    address = reverse("admin:whatsapp_account_delete", args=[sender.account_id])

    page = client.get(address).content.decode()

    assert f"“{sender.account}” cannot be deleted while this belongs to it:" in page
    assert "types of objects" not in page
    assert 'name="post"' not in page
    client.post(address, {"post": "yes"})
    assert Sender.objects.get() == sender
