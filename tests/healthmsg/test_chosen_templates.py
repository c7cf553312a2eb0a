"""Several templates are stopped with one reason, and started again, from their list."""

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from healthmsg.clinic.models import Clinic, StaffUser
from tests import factories
from tests.factories import NOON
from whatsapp.admin import chosen_templates
from whatsapp.models import Sender, Template

LIST = "admin:whatsapp_template_changelist"


@pytest.fixture
def person(client: Client, sunrise_clinic: Clinic) -> StaffUser:
    user = StaffUser.objects.create(username="somebody", is_staff=True)
    user.clinics.add(sunrise_clinic)
    user.groups.add(Group.objects.get(name="Clinic admin"))
    client.force_login(user)
    return user


@pytest.fixture
def wording(sender: Sender, person: StaffUser) -> list[Template]:
    """One wording in three languages."""
    return [
        factories.make_template(sender.account, name="reminder", language=language)
        for language in ("ar", "es", "pt_BR")
    ]


def choose(client: Client, act: str, rows: list[Template], **values: str) -> str:
    posted = {"action": act, "_selected_action": [row.pk for row in rows], **values}
    return client.post(reverse(LIST), posted, follow=True).content.decode()


def reasons(rows: list[Template]) -> list[str]:
    found = Template.objects.filter(pk__in=[row.pk for row in rows])
    return [row.held_reason for row in found.order_by("language") if row.held_at is not None]


def test_one_reason_stops_a_wording_in_all_its_languages(
    client: Client, wording: list[Template]
) -> None:
    asked = choose(client, "stop_chosen", wording)
    not_yet = reasons(wording)
    refused = choose(client, "stop_chosen", wording, seen="1", reason=" ")
    still_not = reasons(wording)
    done = choose(client, "stop_chosen", wording, seen="1", reason="the hour is wrong")

    assert "Stop 3 templates" in asked
    assert "Please look at the marked fields" not in asked
    assert "Please look at the marked fields" in refused
    assert not_yet == still_not == []
    assert "Stopped 3 templates." in done
    assert reasons(wording) == ["the hour is wrong"] * 3
    assert LogEntry.objects.filter(change_message__contains="the hour is wrong").count() == 3


def test_what_was_stopped_is_started_again_and_the_rest_is_counted(
    client: Client, wording: list[Template]
) -> None:
    choose(client, "stop_chosen", wording[:2], seen="1", reason="the hour is wrong")

    again = choose(client, "stop_chosen", wording, seen="1", reason="another look")
    both = reasons(wording)
    asked = choose(client, "start_chosen", wording)
    started = choose(client, "start_chosen", wording, seen="1")
    twice = choose(client, "start_chosen", wording, seen="1")

    assert "Stopped 1 template. 2 stopped already." in again
    assert both == ["the hour is wrong", "the hour is wrong", "another look"]
    assert "stopped: another look" in asked
    assert "Started 3 templates." in started
    assert reasons(wording) == []
    assert "Started 0 templates. 3 running already." in twice


def test_too_many_are_not_stopped(client: Client, wording: list[Template], sender: Sender) -> None:
    more = Template.objects.bulk_create(
        Template(account=sender.account, name=f"more_{number}", language="es", seen_at=NOON)
        for number in range(chosen_templates.AT_MOST)
    )

    answer = choose(client, "stop_chosen", [*wording, *more], seen="1", reason="the hour is wrong")

    assert f"At most {chosen_templates.AT_MOST} at once" in answer
    assert reasons(wording) == []


def test_attack_an_account_of_another_clinic_is_not_stopped_from_the_list(
    client: Client, wording: list[Template]
) -> None:
    elsewhere = factories.make_clinic(name="Elsewhere")
    factories.make_sender(elsewhere, phone_number_id="100000000000777")

    posted: dict[str, Any] = {"action": "stop_chosen", "seen": "1", "reason": "mine"}
    posted["_selected_action"] = [row.pk for row in wording]
    answer = client.post(reverse(LIST), posted)

    assert answer.status_code == 403
    assert reasons(wording) == []


@pytest.mark.parametrize("role", ["Reception", "Campaign author", "Approver"])
def test_role_that_may_not_stop_one_may_not_stop_several(
    client: Client, wording: list[Template], person: StaffUser, role: str
) -> None:
    person.groups.set([Group.objects.get(name=role)])

    choose(client, "stop_chosen", wording, seen="1", reason="mine")

    assert reasons(wording) == []
