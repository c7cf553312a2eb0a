"""Deleting asks once more, says what goes with it, and why something has to stay."""

import pytest
from django.test import Client
from django.urls import reverse

from healthmsg.clinic.models import Clinic
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


def test_what_something_belongs_to_stays(admin: Client, sender: Sender) -> None:
    page = admin.get(reverse("admin:whatsapp_account_delete", args=[sender.account_id]))

    words = page.content.decode()
    assert "cannot be deleted while this belongs to it:" in words
    assert "objects" not in words
    admin.post(page.request["PATH_INFO"], {"post": "yes"})
    assert Sender.objects.get().account_id == sender.account_id
