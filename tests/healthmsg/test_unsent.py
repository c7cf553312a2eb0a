"""A form sent after the session ended: kept for whoever typed it, and sent again with one press."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from healthmsg.clinic.models import Patient, StaffUser, Tag
from tests.healthmsg.entering import (
    LOGIN,
    PASSWORD,
    nobody_has_tried_yet,
    person,
    sign_in,
    signed_in,
)
from tests.house.forms import Page

__all__ = ["nobody_has_tried_yet", "person", "signed_in"]

PAGE = reverse("admin:clinic_tag_add")
HTML: dict[str, Any] = {"HTTP_ACCEPT": "text/html"}


@pytest.fixture
def hours_later(signed_in: Client, person: StaffUser) -> Iterator[Client]:
    """Somebody had a form open, and went for lunch."""
    person.groups.set(Group.objects.filter(name="Clinic admin"))
    assert signed_in.get(PAGE, **HTML).status_code == 200
    with time_machine.travel(timezone.now() + timedelta(hours=2)):
        yield signed_in


def test_what_was_typed_is_sent_again_with_one_press(hours_later: Client) -> None:
    typed = {"clinic": _clinic(), "name": "Ásma <b>", "is_sensitive": "on"}

    ended = hours_later.post(PAGE, typed)
    sign_in(hours_later)
    onward = hours_later.get(reverse("overview"), **HTML)
    shown = hours_later.get(onward["Location"], **HTML)
    form = next(form for form in Page(shown.content.decode()).forms if form.action == PAGE)
    hours_later.post(form.action, form.sent())

    assert "Tags: new" in shown.content.decode()
    assert "/login/" in ended["Location"]
    assert Tag.objects.get().name == "Ásma <b>"
    assert hours_later.get(reverse("overview"), **HTML).status_code == 200


def test_it_can_be_left(hours_later: Client) -> None:
    hours_later.post(PAGE, {"name": "Asthma"})
    sign_in(hours_later)

    left = hours_later.post(reverse("sign_in_unsent"), {"next": reverse("overview")})

    assert left["Location"] == reverse("overview")
    assert hours_later.get(reverse("overview"), **HTML).status_code == 200
    assert not Tag.objects.exists()


def test_what_was_going_nowhere_is_let_go(hours_later: Client) -> None:
    hours_later.post("/desk/nothing/", {"name": "Asthma"})
    sign_in(hours_later)

    shown = hours_later.get(reverse("sign_in_unsent"), {"next": reverse("overview")})

    assert shown["Location"] == reverse("overview")
    assert hours_later.get(reverse("overview"), **HTML).status_code == 200


def test_parts_of_pages_are_not_led_astray(hours_later: Client) -> None:
    hours_later.post(PAGE, {"name": "Asthma"})
    sign_in(hours_later)

    part = hours_later.get(reverse("overview"), {"only": "now"}, **HTML)
    htmx = hours_later.get(reverse("overview"), HTTP_HX_REQUEST="true", **HTML)

    assert (part.status_code, htmx.status_code) == (200, 200)


@pytest.mark.parametrize("what", ["somebody else", "a day later"])
def test_attack_what_was_typed_is_shown_to_nobody_else_and_not_for_long(
    what: str, hours_later: Client
) -> None:
    StaffUser.objects.create_user("kim", password=PASSWORD, is_staff=True)
    hours_later.post(PAGE, {"name": "Asthma"})
    later = timedelta(days=1 if what == "a day later" else 0)

    with time_machine.travel(timezone.now() + later):
        name = "robin" if later else "kim"
        hours_later.post(LOGIN, {"username": name, "password": PASSWORD, "next": "/"})
        shown = hours_later.get(reverse("sign_in_unsent"), follow=True).content.decode()

    assert "Asthma" not in shown
    assert "unsent" not in hours_later.session


def test_attack_a_form_of_another_site_is_not_kept(hours_later: Client) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = hours_later.cookies

    ended = strict.post(PAGE, {"name": "Planted"})

    assert "/login/" in ended["Location"]
    assert "unsent" not in strict.session


def test_canary_no_password_and_no_patient_stands_in_the_session(hours_later: Client) -> None:
    secrets = {"password": PASSWORD, "old_password": PASSWORD, "code": "123456"}

    hours_later.post(PAGE, {"name": "Kanarienthal", **secrets})

    kept = str(dict(hours_later.session))
    sign_in(hours_later)
    shown = hours_later.get(reverse("sign_in_unsent")).content.decode()
    assert "unsent" in kept
    assert "Kanarienthal" not in kept
    assert "Kanarienthal" in shown
    assert PASSWORD not in shown
    assert "123456" not in shown
    assert not Patient.objects.exists()


def _clinic() -> int:
    return StaffUser.objects.get(username="robin").clinics.values_list("pk", flat=True)[0]
