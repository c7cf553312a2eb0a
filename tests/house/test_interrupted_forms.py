"""A form that is sent too late: to whoever was signed out meanwhile, or about what is gone."""

import re
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from healthmsg.clinic.models import Clinic, StaffUser
from healthmsg.cockpit import again
from tests.healthmsg.entering import LOGIN, PASSWORD
from tests.house import addresses, who_may_open
from tests.house.test_admin_pages import rows
from tests.house.test_wrong_input import _ELSEWHERE, Asking, _let_go, everybody, forms_of

__all__ = ["everybody", "rows"]

HTML: dict[str, Any] = {"HTTP_ACCEPT": "text/html"}
PARTS = (
    *("desk/", "admin/clinic/", "admin/whatsapp/", "admin/campaigns/"),
    *("admin/desk/", "admin/reminders/", "admin/kept/"),
)
NAME = "everybody"


@pytest.fixture
def asked(everybody: Client, rows: dict[str, Model], part: str) -> list[Asking]:
    found = [one for one in forms_of(everybody, rows, part) if one.form.method == "post"]
    assert found, "no form was found: what is tried here?"
    return found


def _signed_out(everybody: Client, how: str) -> Client:
    """Somebody whose form is open while their session ends."""
    person = StaffUser.objects.get(username=NAME)
    person.set_password(PASSWORD)
    if how == "password changed":
        person.save(update_fields=["password"])
    elif how == "powers changed":
        StaffUser.objects.filter(pk=person.pk).update(
            password=person.password, powers_version=person.powers_version + 1
        )
    else:
        person.save(update_fields=["password"])
        everybody.cookies.pop("sessionid")
    return everybody


@pytest.mark.parametrize("how", ["password changed", "powers changed", "another tab"])
@pytest.mark.parametrize("part", PARTS)
def test_whoever_was_signed_out_meanwhile_signs_in_and_comes_back_to_the_page(
    part: str, asked: list[Asking], everybody: Client, rows: dict[str, Model], how: str
) -> None:
    faults = {}
    kept = dict(everybody.cookies)
    client = _signed_out(everybody, how)
    for one in asked:
        with transaction.atomic():
            stood_on = addresses.filled(one.at, rows)
            answer = client.post(
                one.target, one.form.sent(), HTTP_REFERER=f"http://testserver{stood_on}"
            )
            onward = urlsplit(answer.get("Location", ""))
            back = parse_qs(onward.query).get("next")
            if (answer.status_code, onward.path, back) != (302, LOGIN, [stood_on]):
                faults[one.at] = (answer.status_code, answer.get("Location"))
            _let_go(answer)
            transaction.set_rollback(True)
        client.cookies.clear()
        client.cookies.update({name: value for name, value in kept.items() if how != "another tab"})

    assert faults == {}


@pytest.mark.parametrize("how", ["password changed", "powers changed"])
@pytest.mark.parametrize("who", [NAME, "other"])
def test_attack_what_was_typed_is_offered_again_to_the_same_person_alone(
    everybody: Client, rows: dict[str, Model], how: str, who: str
) -> None:
    page, clinic = reverse("admin:clinic_tag_add"), rows["clinic.Clinic"]
    client = _signed_out(everybody, how)
    StaffUser.objects.create_user("other", password=PASSWORD, is_staff=True)

    client.post(page, {"clinic": clinic.pk, "name": "Zwitscha"})
    assert "Zwitscha" not in str(dict(client.session))
    shown = client.get(LOGIN).content.decode()
    client.post(LOGIN, {"username": who, "password": PASSWORD, "next": page})
    onward = client.get(reverse("overview"), follow=True, **HTML)

    assert "nothing was changed" in shown
    assert ("Zwitscha" in onward.content.decode()) == (who == NAME)


@pytest.mark.parametrize("who", [NAME, "other"])
@pytest.mark.parametrize("is_back", [True, False], ids=["in-again", "out"])
def test_attack_what_stood_in_another_tab_is_offered_to_its_own_person_alone(
    everybody: Client, rows: dict[str, Model], who: str, is_back: bool
) -> None:
    page, clinic = reverse("admin:clinic_tag_add"), rows["clinic.Clinic"]
    StaffUser.objects.create_user("other", password=PASSWORD, is_staff=True)
    person = StaffUser.objects.get(username=NAME)
    person.set_password(PASSWORD)
    person.save(update_fields=["password"])
    tabs = Client(enforce_csrf_checks=True)
    _sign_in(tabs, NAME)
    token = _token(tabs.get(page))

    tabs.post(reverse("admin:logout"), {"csrfmiddlewaretoken": _token(tabs.get(page))})
    if is_back:
        _sign_in(tabs, who)
    file = SimpleUploadedFile("beleg.pdf", b"secret words")
    typed = {"clinic": clinic.pk, "name": "Zwitscha", "paper": file}
    tabs.post(page, typed | {"csrfmiddlewaretoken": token}, HTTP_REFERER=f"http://testserver{page}")
    if not is_back:
        _sign_in(tabs, who)
    onward = tabs.get(page, follow=True, **HTML).content.decode()

    is_theirs = who == NAME
    assert ("Zwitscha" in onward) == is_theirs
    assert ("A file is not kept. Choose “beleg.pdf” again" in onward) == is_theirs
    assert ('type="file" id="file-1" name="paper" required' in onward) == is_theirs
    assert "secret words" not in onward


def _sign_in(client: Client, name: str) -> None:
    token = _token(client.get(LOGIN))
    typed = {"username": name, "password": PASSWORD, "next": reverse("overview")}
    client.post(LOGIN, typed | {"csrfmiddlewaretoken": token})


def _token(page: Any) -> str:
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.content.decode())
    assert found
    return found[1]


def test_a_part_of_a_page_leads_the_whole_page_to_sign_in(
    everybody: Client, rows: dict[str, Model]
) -> None:
    client = _signed_out(everybody, "another tab")
    page = reverse("to_call")

    answer = client.post(
        f"/desk/to-call/{rows['clinic.Appointment'].pk}/log/",
        {"outcome": "REACHED"},
        HTTP_HX_REQUEST="true",
        HTTP_HX_CURRENT_URL=f"http://testserver{page}?day=1",
    )

    assert urlsplit(answer["HX-Redirect"]).path == LOGIN
    assert parse_qs(urlsplit(answer["HX-Redirect"]).query)["next"] == [f"{page}?day=1"]


def test_attack_a_form_from_elsewhere_leads_nobody_there(everybody: Client) -> None:
    client = _signed_out(everybody, "another tab")

    answer = client.post(reverse("admin:clinic_tag_add"), {}, HTTP_REFERER="https://evil.example/x")

    assert answer["Location"] == f"{LOGIN}?next={reverse('admin:index')}"


def test_what_was_typed_waits_until_the_password_was_typed_once_more(
    everybody: Client, rows: dict[str, Model]
) -> None:
    session = everybody.session
    session[again.KEY] = int(time.time()) - 3600
    session.save()
    person = StaffUser.objects.get(username=NAME)
    page = reverse("admin:campaigns_campaign_plan", args=[rows["campaigns.Campaign"].pk])

    asked = everybody.post(page, {"how": "ONCE", "day": "2031-05-06"})

    assert urlsplit(asked["Location"]).path == reverse("sign_in_again")
    assert person.is_active
    onward = everybody.get(page, **HTML)
    assert "2031-05-06" in everybody.get(onward["Location"]).content.decode()


def test_what_was_typed_waits_until_the_second_factor_was_shown(
    everybody: Client, rows: dict[str, Model]
) -> None:
    session = everybody.session
    session["asked_at"] = 0
    session.save()
    Clinic.objects.update(second_factor_for=["Clinic admin"])
    page, clinic = reverse("admin:clinic_tag_add"), rows["clinic.Clinic"]

    asked = everybody.post(
        page,
        {"clinic": clinic.pk, "name": "Zwitscha"},
        HTTP_REFERER=f"http://testserver{page}",
    )
    shown = everybody.get(reverse("sign_in_unsent"), {"next": page})

    assert asked["Location"] == f"{reverse('sign_in_set_up')}?{urlencode({'next': page})}"
    assert "Zwitscha" in shown.content.decode()


def _gone(rows: dict[str, Model]) -> Iterator[tuple[str, str, str]]:
    """Yield each address about a row, with one that leads to a row that is not there."""
    missing = {label: type(row)(pk=987_654_321) for label, row in rows.items()}
    for pattern in who_may_open.table():
        there, gone = addresses.filled(pattern, rows), addresses.filled(pattern, missing)
        if gone != there and not there.startswith(_ELSEWHERE):
            yield pattern, there, gone


def _posted(client: Client, address: str) -> tuple[int, str]:
    with transaction.atomic():
        answer = client.post(address, {"name": "typed"})
        words = "" if answer.streaming else answer.content.decode()
        _let_go(answer)
        transaction.set_rollback(True)
    return answer.status_code, words


def test_what_is_about_a_row_that_is_gone_says_so(
    everybody: Client, rows: dict[str, Model]
) -> None:
    faults, count = {}, 0
    for pattern, there, gone in _gone(rows):
        status, words = _posted(everybody, gone)
        if "It is not there any more" in words:
            count += 1
        elif status not in {403, 405} or _posted(everybody, there)[0] != status:
            # Of what nobody may send, nobody has a form open.
            faults[pattern] = status

    assert count > 200
    assert faults == {}


def test_a_form_with_the_token_of_an_earlier_session_says_what_to_do(
    everybody: Client, rows: dict[str, Model]
) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = everybody.cookies
    table = who_may_open.table()
    for pattern in (one for one, columns in table.items() if columns != who_may_open.PUBLIC):
        with transaction.atomic():
            answer = strict.post(addresses.filled(pattern, rows), {"csrfmiddlewaretoken": "x" * 64})
            assert "This page was too old to send" in answer.content.decode(), pattern
            _let_go(answer)
            transaction.set_rollback(True)
