"""Patients change and take back what they wrote, and are known by what WhatsApp calls them."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from healthmsg.clinic.models import Clinic, Patient, Phone, PhoneState, StaffUser
from tests import factories
from tests.whatsapp.test_inbox import NOON, envelope, hear, written
from whatsapp import correspondents
from whatsapp.models import Conversation, Message, Reply, ReplyOutcome, Sender

pytestmark = pytest.mark.django_db


@pytest.fixture
def phone(willing_patient: Patient) -> Phone:
    return factories.phone_of(willing_patient)


def edited(phone: Phone, words: str) -> bytes:
    inner: dict[str, Any] = {"type": "text", "text": {"body": words}}
    edit: dict[str, Any] = {"original_message_id": "wamid.first", "message": inner}
    return written(phone, wamid="wamid.edit", type="edit", edit=edit)


def revoked(phone: Phone) -> bytes:
    revoke = {"original_message_id": "wamid.first"}
    return written(phone, wamid="wamid.revoke", type="revoke", revoke=revoke)


def hidden(user_id: str, **contact: Any) -> bytes:
    told: dict[str, Any] = {
        "id": f"wamid.{user_id}",
        "timestamp": str(int(NOON.timestamp())),
        "type": "text",
    }
    told |= {"from_user_id": user_id, "text": {"body": "Hola"}}
    return envelope(messages=[told], contacts=[{"user_id": user_id, **contact}])


def test_a_stop_may_be_mended_into_one(sender: Sender, phone: Phone) -> None:
    hear(written(phone, "SOTP", wamid="wamid.first"), edited(phone, "STOP"))

    phone.refresh_from_db()
    assert phone.state == PhoneState.STOPPED
    assert Reply.objects.get(kind="edit").outcome == ReplyOutcome.STOPPED


def test_second_thoughts_wait_for_a_person_and_open_no_window(sender: Sender, phone: Phone) -> None:
    hear(edited(phone, "A las 12"), revoked(phone))

    kinds = Reply.objects.filter(needs_person_at__isnull=False).values_list("kind", flat=True)
    assert sorted(kinds) == ["edit", "revoke"]
    assert not Conversation.objects.exists()
    assert not Message.objects.exists()
    phone.refresh_from_db()
    assert phone.last_inbound_at is None


def test_staff_read_what_was_changed_and_taken_back(
    client: Client, sunrise_clinic: Clinic, sender: Sender, phone: Phone
) -> None:
    hear(written(phone, "A las 11", wamid="wamid.first"), edited(phone, "A las 12"), revoked(phone))
    user = StaffUser.objects.create(username="Reception", is_staff=True)
    user.clinics.add(sunrise_clinic)
    user.groups.add(Group.objects.get(name="Reception"))
    client.force_login(user)

    page = client.get(reverse("admin:whatsapp_reply_changelist")).content.decode()
    story = client.get(reverse("admin:whatsapp_reply_change", args=[Reply.objects.latest("pk").pk]))

    assert "(changed a message to:) A las 12" in page
    assert "(took a message back)" in page
    assert "(changed a message to:) A las 12" in story.content.decode()


def test_a_parents_id_is_learnt_and_finds_who_has_a_new_id(sender: Sender, phone: Phone) -> None:
    known = {"wa_id": phone.number.lstrip("+"), "parent_user_id": "AR.ENT.9"}
    told: dict[str, Any] = {"from": phone.number.lstrip("+"), "from_user_id": "AR.1"}
    told |= {"id": "wamid.1", "timestamp": str(int(NOON.timestamp()))}
    told |= {"type": "text", "text": {"body": "Hola"}}
    hear(envelope(messages=[told], contacts=[known | {"user_id": "AR.1"}]))
    phone.refresh_from_db()
    assert (phone.user_id, phone.parent_user_id) == ("AR.1", "AR.ENT.9")

    hear(hidden("AR.2", parent_user_id="AR.ENT.9"), now=NOON + timedelta(minutes=1))

    assert Reply.objects.latest("pk").phone == phone
    phone.refresh_from_db()
    assert phone.user_id == "AR.2"


def test_nobody_is_found_by_no_id_at_all(sender: Sender, phone: Phone) -> None:
    assert correspondents.find(phone.clinic_id, number="", user_id="", parent_user_id="") is None
