"""What is left of people signing in does not stay for ever."""

from datetime import timedelta

import pytest
import time_machine
from axes.models import AccessAttempt
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from healthmsg.clinic.models import StaffUser
from healthmsg.desk.signing_in import forgetting

DAY = timedelta(days=1)


@pytest.fixture
def signed_in(client: Client, db: None) -> Client:
    client.force_login(StaffUser.objects.create(username="ada"))
    return client


def test_a_session_goes_once_it_is_over_and_not_before(signed_in: Client) -> None:
    forgetting.forget()
    assert Session.objects.count() == 1

    with time_machine.travel(timezone.now() + 2 * DAY):
        forgetting.forget()

    assert not Session.objects.exists()


def test_what_was_typed_as_a_name_goes_after_a_day(client: Client, db: None) -> None:
    form = {"username": "my password perhaps", "password": "wrong"}
    assert client.post("/admin/login/", form).status_code == 200
    assert forgetting.forget() == 0
    assert AccessAttempt.objects.count() == 1

    with time_machine.travel(timezone.now() + 2 * DAY):
        assert forgetting.forget() == 1

    assert not AccessAttempt.objects.exists()
