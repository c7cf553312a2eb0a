"""The second factor: set up, asked for, asked of a role, lost; and who tries to get round it."""

from base64 import b32encode

import pytest
from django.conf import LazySettings
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from healthmsg.clinic import second_factor, strongbox
from healthmsg.clinic.models import Clinic, RecoveryCode, StaffUser, Telephone
from tests.healthmsg.entering import (
    HOME,
    digits,
    enrolled,
    head,
    is_in,
    nobody_has_tried_yet,
    person,
    sign_in,
    signed_in,
)

__all__ = ["head", "nobody_has_tried_yet", "person", "signed_in"]


def test_whoever_has_a_second_factor_is_asked_for_it(client: Client, person: StaffUser) -> None:
    enrolled(person)
    sign_in(client)
    code = reverse("sign_in_code")
    assert client.get(HOME)["Location"].startswith(code)

    wrong = client.post(code, {"code": "000000"})
    Telephone.objects.update(throttling_failure_timestamp=None, throttling_failure_count=0)
    right = client.post(code, {"code": digits(person), "next": HOME})

    assert "not the code" in wrong.content.decode()
    assert right["Location"] == HOME
    assert is_in(client)


def test_attack_digits_and_recovery_codes_open_once(client: Client, person: StaffUser) -> None:
    words = enrolled(person)
    now = timezone.now()
    shown = digits(person)

    assert second_factor.check(person, shown, now=now)
    assert not second_factor.check(person, shown, now=now)
    Telephone.objects.update(throttling_failure_timestamp=None, throttling_failure_count=0)
    assert second_factor.check(person, words[0].upper(), now=now)
    assert not second_factor.check(person, words[0], now=now)


def test_attack_codes_are_not_guessed(person: StaffUser) -> None:
    words = enrolled(person)
    now = timezone.now()

    assert not second_factor.check(person, "aaaaa-aaaaa", now=now)

    # After a wrong one nothing is looked at for a while.
    assert not second_factor.check(person, words[0], now=now)


def test_recovery_codes_are_kept_nowhere(person: StaffUser) -> None:
    words = enrolled(person)

    kept = set(RecoveryCode.objects.values_list("digest", flat=True))

    assert len(kept) == second_factor.WORDS
    assert not kept & {*words, *(word.replace("-", "") for word in words)}


def test_a_clinic_asks_it_of_a_role(
    client: Client, person: StaffUser, sunrise_clinic: Clinic
) -> None:
    sunrise_clinic.second_factor_for = ["Reception"]
    sunrise_clinic.save()
    sign_in(client)
    set_up = reverse("sign_in_set_up")
    assert client.get(HOME)["Location"].startswith(set_up)

    page = client.get(set_up).content.decode()
    shown = client.post(set_up, {"code": digits(person, confirmed=False), "next": HOME})

    assert "<svg" in page
    assert len(shown.context["words"]) == second_factor.WORDS
    assert is_in(client)


def test_attack_a_password_alone_does_not_put_another_telephone_in_place(
    client: Client, person: StaffUser
) -> None:
    enrolled(person)
    sign_in(client)

    page = client.get(reverse("sign_in_set_up"))
    made = client.post(reverse("sign_in_recovery"))

    assert page["Location"].startswith(reverse("sign_in_code"))
    assert made.status_code == 302
    assert not Telephone.objects.filter(user=person, confirmed=False).exists()


def test_whoever_lost_both_is_helped_and_signed_out(
    signed_in: Client, person: StaffUser, head: Client
) -> None:
    enrolled(person)

    head.post(reverse("admin:clinic_staffuser_reset_second_factor", args=[person.pk]))

    person.refresh_from_db()
    assert not person.has_second_factor
    assert not is_in(signed_in)
    sign_in(signed_in)
    assert is_in(signed_in)


def test_canary_what_a_telephone_shares_with_us_is_sealed(person: StaffUser) -> None:
    enrolled(person)

    telephone = Telephone.objects.get(user=person)

    assert telephone.key.startswith(strongbox.MARK)
    assert telephone.bin_key.hex() not in telephone.key
    assert b32encode(telephone.bin_key).decode() in telephone.config_url


def test_attack_a_telephone_put_into_another_persons_row_shows_nothing(
    person: StaffUser, head: Client
) -> None:
    enrolled(person)
    other = StaffUser.objects.get(username="head")

    Telephone.objects.filter(user=person).update(user=other)

    with pytest.raises(strongbox.WrongKeys):
        Telephone.objects.get(user=other).bin_key  # noqa: B018 - reading it is the attack


def test_telephones_of_the_release_before_are_sealed_and_go_on(person: StaffUser) -> None:
    enrolled(person)
    in_clear = Telephone.objects.get(user=person).bin_key.hex()
    Telephone.objects.filter(user=person).update(key=in_clear)
    assert second_factor.check(person, digits(person), now=timezone.now())
    Telephone.objects.filter(user=person).update(last_t=-1)

    assert second_factor.seal_clear() == 1
    assert second_factor.seal_clear() == 0

    assert Telephone.objects.get(user=person).key != in_clear
    assert second_factor.check(person, digits(person), now=timezone.now())


def test_telephones_go_on_under_new_keys(person: StaffUser, settings: LazySettings) -> None:
    enrolled(person)
    settings.AUDIT_KEYS = ["new", *settings.AUDIT_KEYS]
    call_command("rewrap_audit_keys")

    settings.AUDIT_KEYS = ["new"]

    assert second_factor.check(person, digits(person), now=timezone.now())


def test_without_the_houses_keys_recovery_words_still_open(
    person: StaffUser, settings: LazySettings
) -> None:
    words = enrolled(person)
    shown = digits(person)
    settings.AUDIT_KEYS = ["another house's"]

    assert not second_factor.check(person, shown, now=timezone.now())
    assert second_factor.check(person, words[0], now=timezone.now())
