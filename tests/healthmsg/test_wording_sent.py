"""The whole wording of a permission: sent once within the open window, else printed."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from healthmsg.clinic import consent
from healthmsg.clinic.models import (
    AuditNote,
    Contact,
    GivenHow,
    PhoneState,
    Purpose,
    StaffUser,
    Wording,
)
from tests import factories
from whatsapp.models import Conversation, Message, Sender
from whatsapp.rendering import LONGEST_FREE_TEXT
from whatsapp.status import Lane, Status

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
BUTTON = "Send the whole wording"


@pytest.fixture
def staff(sender: Sender) -> StaffUser:
    person = StaffUser.objects.create(username="robin", is_staff=True)
    person.clinics.add(sender.clinic)
    person.groups.add(Group.objects.get(name="Reception"))
    return person


@pytest.fixture
def desk(client: Client, staff: StaffUser) -> Client:
    client.force_login(staff)
    return client


@pytest.fixture
def asked(sender: Sender) -> Contact:
    return factories.make_patient(sender.clinic, consents=()).contacts.get()


@pytest.fixture
def words(sender: Sender) -> Wording:
    return Wording.objects.create(
        clinic=sender.clinic,
        language="es",
        version=1,
        text="Acepta mensajes. " * 60 + "Fin.",
        valid_from=factories.NOON,
    )


def page(words: Wording, contact: Contact) -> str:
    return reverse("permission_wording", args=[words.pk, contact.pk])


def press(desk: Client, words: Wording, contact: Contact) -> str:
    address = reverse("permission_wording_send", args=[words.pk, contact.pk])
    return desk.post(address, follow=True).content.decode()


def open_window(contact: Contact, sender: Sender, *, ago: timedelta = HOUR) -> Conversation:
    at, phone = timezone.now() - ago, factories.phone_of(contact.patient)
    return Conversation.objects.create(sender=sender, phone=phone, last_inbound_at=at)


def test_who_has_just_written_is_sent_the_whole_wording_once(
    desk: Client, words: Wording, asked: Contact, sender: Sender, staff: StaffUser
) -> None:
    talk = open_window(asked, sender)
    assert BUTTON in desk.get(page(words, asked)).content.decode()

    said = press(desk, words, asked)
    press(desk, words, asked)

    (message,) = Message.objects.all()
    assert (message.status, message.purpose) == (Status.QUEUED, Purpose.REPLY)
    assert (message.body, message.sender, message.phone) == (words.text, sender, asked.phone)
    assert (message.lane, message.patient) == (int(Lane.REPLY), asked.patient)
    assert message.expires_at == talk.last_inbound_at + timedelta(hours=24)
    assert "goes out, once" in said
    assert BUTTON not in said
    assert "written on" in said
    # Who has sent it stands in the audit, once; the words themselves do not.
    (note,) = AuditNote.objects.filter(model="whatsapp.message", verb="INSERT")
    assert (note.by_id, note.patient_id) == (staff.pk, asked.patient_id)
    assert note.after == {"wording": words.pk, "version": 1}


@pytest.mark.parametrize("ago", [None, timedelta(hours=24, minutes=1)])
def test_outside_the_window_it_is_printed_and_the_page_says_why(
    desk: Client, words: Wording, asked: Contact, sender: Sender, ago: timedelta | None
) -> None:
    if ago is not None:
        open_window(asked, sender, ago=ago)

    shown, said = desk.get(page(words, asked)).content.decode(), press(desk, words, asked)

    for one in (shown, said):
        assert BUTTON not in one
        assert "only within a day of their own last message" in one
        assert "Fin." in one
    assert not Message.objects.exists()


def test_who_has_answered_is_not_sent_what_asks(
    desk: Client, words: Wording, asked: Contact, sender: Sender
) -> None:
    open_window(asked, sender)
    phone, said = factories.phone_of(asked.patient), consent.Evidence(GivenHow.AT_DESK)
    consent.decline(asked.patient, phone, [Purpose.APPOINTMENTS], evidence=said, at=factories.NOON)

    assert "They have already answered" in press(desk, words, asked)
    assert not Message.objects.exists()


def test_nothing_goes_to_a_number_of_somebody_else(
    desk: Client, words: Wording, asked: Contact, sender: Sender
) -> None:
    open_window(asked, sender)
    assert asked.phone is not None
    asked.phone.state = PhoneState.WRONG_PERSON
    asked.phone.save()

    assert "belongs to somebody else" in press(desk, words, asked)
    assert not Message.objects.exists()


def test_words_too_long_for_one_message_are_printed(
    desk: Client, asked: Contact, sender: Sender
) -> None:
    open_window(asked, sender)
    long = Wording.objects.create(
        clinic=sender.clinic,
        language="es",
        version=2,
        text="a" * (LONGEST_FREE_TEXT + 1),
        valid_from=factories.NOON,
    )

    assert "too long for one message" in press(desk, long, asked)
    assert not Message.objects.exists()


def test_another_clinics_words_and_people_are_not_found(
    desk: Client, words: Wording, asked: Contact
) -> None:
    other = factories.make_clinic()
    foreign = Wording.objects.create(
        clinic=other, language="es", version=1, text="Acepta.", valid_from=factories.NOON
    )
    stranger = factories.make_patient(other).contacts.get()

    for wording, contact in ((foreign, asked), (words, stranger), (foreign, stranger)):
        assert desk.get(page(wording, contact)).status_code == 404
        address = reverse("permission_wording_send", args=[wording.pk, contact.pk])
        assert desk.post(address).status_code == 404
    assert not Message.objects.exists()
