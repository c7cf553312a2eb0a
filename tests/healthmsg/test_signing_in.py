"""Signing in: passwords, the second factor, how long it lasts, and who is shown out."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group
from django.contrib.auth.password_validation import get_default_password_validators
from django.core.exceptions import ValidationError
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone

from healthmsg.clinic.models import Clinic, StaffUser
from healthmsg.cockpit import visitors
from healthmsg.desk.signing_in import guesses
from tests.healthmsg.entering import (
    ARGON,
    HOME,
    LOGIN,
    PASSWORD,
    head,
    is_in,
    nobody_has_tried_yet,
    person,
    sign_in,
    signed_in,
)

__all__ = ["head", "nobody_has_tried_yet", "person", "signed_in"]


def test_passwords_are_kept_with_argon2_and_old_ones_when_their_owner_signs_in(
    client: Client, person: StaffUser, settings: Any
) -> None:
    settings.PASSWORD_HASHERS = ARGON
    person.password = make_password(PASSWORD, hasher="pbkdf2_sha256")
    person.save()

    sign_in(client)

    person.refresh_from_db()
    assert person.password.startswith("argon2$argon2id$")
    assert is_in(client)


@pytest.mark.parametrize(
    ("password", "is_taken"),
    [
        pytest.param("long enough and plain", True, id="no-signs-asked-for"),
        pytest.param("elevenchars", False, id="short"),
        pytest.param("1q2w3e4r5t6y", False, id="common"),
    ],
)
def test_a_password_is_long_and_not_common(password: str, is_taken: bool) -> None:
    def validate() -> bool:
        try:
            for validator in get_default_password_validators():
                validator.validate(password, None)
        except ValidationError:
            return False
        return True

    assert validate() == is_taken


def test_managers_know_the_fields(client: Client, db: None) -> None:
    page = client.get(LOGIN).content.decode()

    assert 'autocomplete="username"' in page
    assert 'autocomplete="current-password"' in page
    assert "onpaste" not in page


def test_attack_passwords_are_not_guessed(client: Client, person: StaffUser) -> None:
    answers = [sign_in(client, "wrong", REMOTE_ADDR="192.0.2.7").status_code for _ in range(7)]

    assert answers[-1] == 429
    right = sign_in(client, REMOTE_ADDR="192.0.2.7")
    assert right.status_code == 429
    assert "15 minutes" in right.content.decode()
    # Whoever sits at the clinic is not locked out by a stranger elsewhere.
    assert sign_in(client, REMOTE_ADDR="192.0.2.8").status_code == 302


def test_attack_wrong_passwords_from_afar_keep_nobody_out_where_they_were_before(
    client: Client, person: StaffUser, head: Client
) -> None:
    assert sign_in(client, REMOTE_ADDR="192.0.2.8").status_code == 302
    for _ in range(40):
        # From one address alone the name is soon locked for it, and nobody else is in the way.
        sign_in(Client(), "wrong", REMOTE_ADDR="203.0.113.1")
    assert is_let_in(REMOTE_ADDR="192.0.2.9")

    for n in range(40):
        sign_in(Client(), "wrong", REMOTE_ADDR=f"203.0.113.{10 + n}")
    assert not is_let_in(REMOTE_ADDR="192.0.2.10")
    assert is_let_in(REMOTE_ADDR="192.0.2.8")

    head.post(reverse("admin:clinic_staffuser_unlock", args=[person.pk]))
    assert is_let_in(REMOTE_ADDR="192.0.2.10")


def is_let_in(**request: Any) -> bool:
    return bool(sign_in(Client(), **request).status_code == 302)


def test_a_lock_ends_by_itself_and_by_who_looks_after_staff(
    client: Client, person: StaffUser, head: Client
) -> None:
    for _ in range(7):
        sign_in(client, "wrong")
    with time_machine.travel(timezone.now() + timedelta(minutes=16)):
        assert sign_in(client).status_code == 302
    client.logout()
    for _ in range(7):
        sign_in(client, "wrong")
    assert sign_in(client).status_code == 429

    head.post(reverse("admin:clinic_staffuser_unlock", args=[person.pk]))

    assert sign_in(client).status_code == 302


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        pytest.param([], "203.0.113.1", "192.0.2.7", id="nobody-is-believed"),
        pytest.param(["192.0.2.0/24"], "203.0.113.1", "203.0.113.1", id="our-proxy"),
        pytest.param(["192.0.2.7"], "1.1.1.1, 203.0.113.1", "203.0.113.1", id="forged-before"),
        pytest.param(["192.0.2.0/24"], "203.0.113.1, 192.0.2.9", "203.0.113.1", id="two-proxies"),
        pytest.param(["198.51.100.1"], "203.0.113.1", "192.0.2.7", id="a-strangers-proxy"),
        pytest.param(["192.0.2.7"], "<script>", "192.0.2.7", id="no-address"),
    ],
)
def test_attack_an_address_is_not_forged(
    settings: Any, rf: Any, proxies: list[str], forwarded: str, address: str
) -> None:
    settings.TRUSTED_PROXIES = proxies
    request = rf.get("/", REMOTE_ADDR="192.0.2.7", HTTP_X_FORWARDED_FOR=forwarded)

    assert visitors.address_of(request) == address


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2::7", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
    ],
)
def test_attack_a_network_full_of_addresses_is_one_place(
    rf: RequestFactory, address: str, place: str
) -> None:
    assert visitors.place_of(rf.get("/", REMOTE_ADDR=address)) == place


@pytest.mark.parametrize("how", ["left", "role", "password"])
def test_attack_who_has_left_is_out_at_once(
    signed_in: Client, person: StaffUser, head: Client, sunrise_clinic: Clinic, how: str
) -> None:
    assert is_in(signed_in)
    form: dict[str, Any] = {"username": "robin", "clinics": [sunrise_clinic.pk]}
    form |= {"groups": [Group.objects.get(name="Reception").pk], "is_active": "on"}
    changed = reverse("admin:clinic_staffuser_change", args=[person.pk])

    if how == "left":
        del form["is_active"]
        head.post(changed, form)
    elif how == "role":
        head.post(changed, form | {"groups": []})
    else:
        words = {"password1": "another horse 9", "password2": "another horse 9"}
        words |= {"usable_password": "true"}
        head.post(f"/admin/clinic/staffuser/{person.pk}/password/", words)

    assert not is_in(signed_in)


def test_nobody_there_is_signed_out_and_a_page_that_renews_itself_is_nobody(
    signed_in: Client, settings: Any
) -> None:
    settings.SESSION_IDLE_MINUTES = 30
    begun = timezone.now()
    with time_machine.travel(begun + timedelta(minutes=29)):
        assert signed_in.get(HOME, {"only": "now"}).status_code == 200
    with time_machine.travel(begun + timedelta(minutes=31)):
        ended = signed_in.get(HOME, follow=True)

    assert ended.redirect_chain[0][0].startswith(LOGIN)
    assert "signed out" in ended.content.decode()


def test_a_day_ends_however_busy_it_was(signed_in: Client) -> None:
    begun = timezone.now()
    for half_hours in range(1, 24):
        with time_machine.travel(begun + timedelta(minutes=30 * half_hours)):
            assert is_in(signed_in)

    with time_machine.travel(begun + timedelta(hours=12, minutes=10)):
        assert not is_in(signed_in)


def test_attack_a_session_from_before_signing_in_is_not_used(
    client: Client, person: StaffUser
) -> None:
    session = client.session
    session["planted"] = True
    session.save()
    before = client.cookies["sessionid"].value

    sign_in(client)

    assert client.cookies["sessionid"].value != before


def test_another_person_goes_on_where_the_page_was(signed_in: Client) -> None:
    page = reverse("admin:clinic_patient_changelist")

    changed = signed_in.post(reverse("change_user"), {"next": page})

    assert changed["Location"] == f"{LOGIN}?next={page}"
    assert not is_in(signed_in)


def test_attack_who_finds_a_session_open_does_not_guess_its_password(
    signed_in: Client, person: StaffUser
) -> None:
    change, new = reverse("admin:password_change"), "an entirely other password"

    def typed(old: str) -> None:
        asked = {"old_password": old, "new_password1": new, "new_password2": new}
        signed_in.post(change, asked)

    for n in range(guesses.MOST):
        typed(f"a guess, number {n}")
    typed(PASSWORD)

    person.refresh_from_db()
    assert person.check_password(PASSWORD)
    again = signed_in.post(reverse("sign_in_again"), {"password": PASSWORD})
    assert again.status_code == 200
    assert "too often" in again.content.decode()


@pytest.mark.parametrize("page", ["change_user", "sign_in_again", "admin:login"])
@pytest.mark.parametrize(
    "elsewhere",
    ["https://evil.example/", "//evil.example", "javascript:alert(1)", "/\\evil.example"],
)
def test_attack_no_page_leads_elsewhere(signed_in: Client, page: str, elsewhere: str) -> None:
    if page == "admin:login":
        signed_in.logout()
    form = {"next": elsewhere, "username": "robin", "password": PASSWORD}

    answer = signed_in.post(reverse(page), form)

    assert answer.status_code == 302
    assert "evil" not in answer["Location"]
    assert "alert" not in answer["Location"]


def test_the_password_is_asked_once_more_after_a_while(signed_in: Client, settings: Any) -> None:
    again = reverse("sign_in_again")
    with time_machine.travel(timezone.now() + timedelta(minutes=11)):
        asked = signed_in.get(reverse("sign_in_set_up"))
        wrong = signed_in.post(again, {"password": "wrong"})
        right = signed_in.post(again, {"password": PASSWORD, "next": HOME})
        shown = signed_in.get(reverse("sign_in_set_up"))

    assert asked["Location"].startswith(again)
    assert "not your password" in wrong.content.decode()
    assert right["Location"] == HOME
    assert shown.status_code == 200
