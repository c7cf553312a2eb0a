"""A test send reaches a test phone that never wrote, and nobody else."""

from datetime import datetime, timedelta

import pytest

from healthmsg.clinic.models import Phone
from tests import factories
from tests.sandbox_process import SandboxProcess
from tests.whatsapp.turning import around_the, take_a_turn
from whatsapp import trying
from whatsapp.models import Message, Sender
from whatsapp.rendering import Rendered
from whatsapp.samples import samples
from whatsapp.status import Reason, Status

pytestmark = pytest.mark.django_db(transaction=True)


def tried(sender: Sender, phone: Phone, noon: datetime) -> Message | Rendered:
    template = factories.make_contact_us(sender.account)
    shown = samples(sender.clinic, "en", now=noon)
    ends_at = noon + timedelta(minutes=30)
    return trying.send(template, phone, shown, now=noon, expires_at=ends_at)


def test_it_needs_no_open_window(sender: Sender, sandbox: SandboxProcess, noon: datetime) -> None:
    phone = factories.make_phone(sender.clinic, is_test=True)

    message = tried(sender, phone, noon)
    take_a_turn(around_the(sandbox, noon))

    assert isinstance(message, Message)
    message.refresh_from_db()
    assert message.status == Status.ACCEPTED
    assert len(sandbox.accepted()) == 1


def test_a_phone_that_is_no_test_phone_any_more_gets_nothing(
    sender: Sender, sandbox: SandboxProcess, noon: datetime
) -> None:
    phone = factories.make_phone(sender.clinic, is_test=True)
    message = tried(sender, phone, noon)
    Phone.objects.update(is_test=False)

    take_a_turn(around_the(sandbox, noon))

    assert isinstance(message, Message)
    message.refresh_from_db()
    assert (message.status, message.reason) == (Status.WITHHELD, Reason.WINDOW_CLOSED)
    assert sandbox.accepted() == []


def test_what_cannot_be_written_says_why(sender: Sender, noon: datetime) -> None:
    phone = factories.make_phone(sender.clinic, is_test=True)
    template = factories.make_contact_us(sender.account)
    template.status = "PAUSED"
    template.save()

    looked_at = tried(sender, phone, noon)

    assert isinstance(looked_at, Rendered)
    assert looked_at.reason == Reason.TEMPLATE_NOT_APPROVED
    assert not Message.objects.exists()


def test_only_test_phones_may_be_asked_for(sender: Sender, noon: datetime) -> None:
    with pytest.raises(AssertionError):
        tried(sender, factories.make_phone(sender.clinic), noon)
