"""Signing in at a real browser: by keyboard, on a telephone, and with what is pasted."""

import re

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse
from django_otp.oath import totp

from healthmsg.clinic.models import Clinic, StaffUser, Tag, Telephone
from tests.browser.conftest import Desk

PASSWORD = "correct horse 9"


def person(clinic: Clinic, name: str) -> StaffUser:
    user = StaffUser.objects.create_user(name, password=PASSWORD, is_staff=True)
    user.clinics.add(clinic)
    user.groups.add(Group.objects.get(name="Reception"))
    return user


def digits_of(name: str, *, confirmed: bool) -> str:
    device = Telephone.objects.get(user__username=name, confirmed=confirmed)
    return f"{totp(device.bin_key):06d}"


def sign_in(desk: Desk, name: str, password: str = PASSWORD) -> None:
    desk.page.get_by_label("Username").fill(name)
    desk.page.get_by_label("Password").fill(password)
    desk.page.keyboard.press("Enter")


def test_a_second_factor_is_set_up_and_asked_for(desk: Desk, clinic: Clinic) -> None:
    person(clinic, "robin")
    clinic.second_factor_for = ["Reception"]
    clinic.save()
    desk.open("/admin/clinic/patient/")
    desk.is_accessible()
    sign_in(desk, "robin")

    desk.says("Set up the second factor")
    desk.is_accessible()
    desk.picture("set-up")
    # The field has the keyboard already.
    desk.page.keyboard.type(digits_of("robin", confirmed=False))
    desk.page.keyboard.press("Enter")
    desk.says("Your recovery codes")
    desk.is_accessible()
    desk.picture("recovery-codes")
    words = desk.page.locator(".words code").all_inner_texts()
    desk.page.get_by_role("link", name="I have kept them").click()
    desk.page.wait_for_url("**/admin/clinic/patient/")
    _comes_back_without_a_telephone(desk, words[0])


def _middle(desk: Desk) -> float:
    box = desk.page.locator("main").bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2


def _comes_back_without_a_telephone(desk: Desk, word: str) -> None:
    desk.page.context.clear_cookies()
    desk.open("/admin/")
    sign_in(desk, "robin")
    desk.says("Second step")
    desk.is_accessible()
    desk.page.keyboard.type("aaaaa")
    desk.page.keyboard.press("Enter")
    desk.says("not the code")
    desk.is_accessible()
    desk.picture("second-step")
    assert _middle(desk) == pytest.approx(desk.page.evaluate("window.innerWidth / 2"), abs=8)
    Telephone.objects.update(throttling_failure_timestamp=None, throttling_failure_count=0)
    desk.page.get_by_label("Code").fill(word)
    desk.page.keyboard.press("Enter")
    desk.page.wait_for_url("**/admin/")


def test_another_person_goes_on_at_the_same_desk(desk: Desk, clinic: Clinic) -> None:
    person(clinic, "sam")
    desk.sign_in("Reception")
    desk.open("/admin/clinic/patient/")

    if not desk.is_wide:
        desk.page.get_by_role("button", name="Menu", exact=True).click()
    desk.page.get_by_text("somebody", exact=True).first.click()
    desk.picture("account-menu")
    desk.page.get_by_role("button", name="Change user").click()
    desk.page.wait_for_url(re.compile("/admin/login/"))
    desk.picture("sign-in")
    sign_in(desk, "sam")

    desk.page.wait_for_url("**/admin/clinic/patient/")


def test_the_frame_of_the_desk_knows_the_second_factor_and_the_next_person(
    desk: Desk, clinic: Clinic
) -> None:
    person(clinic, "sam")
    desk.sign_in("Reception")
    desk.open("/desk/to-call/?days=7")

    desk.page.get_by_text("somebody", exact=True).press("Enter")
    desk.is_accessible()
    desk.picture("frame-menu")
    for _ in range(3):
        desk.page.keyboard.press("Tab")
    assert desk.page.evaluate("document.activeElement.textContent") == "Change user"
    factor = desk.page.get_by_role("link", name="Second factor")
    assert (factor.get_attribute("href") or "").endswith(reverse("sign_in_set_up"))
    desk.page.keyboard.press("Enter")
    desk.page.wait_for_url(re.compile("/admin/login/"))
    sign_in(desk, "sam")

    desk.page.wait_for_url("**/desk/to-call/?days=7")


def test_what_stood_in_the_first_tab_is_offered_after_signing_in_again_in_the_second(
    desk: Desk, clinic: Clinic
) -> None:
    person(clinic, "robin").groups.add(Group.objects.get(name="Clinic admin"))
    desk.open("/admin/clinic/tag/add/")
    sign_in(desk, "robin")
    desk.page.wait_for_url(desk.address("/admin/clinic/tag/add/"))
    desk.page.locator("#id_name").fill("Zwitscha")

    second = desk.page.context.new_page()
    second.goto(desk.address("/admin/clinic/tag/"))
    second.evaluate("document.querySelector('form[action$=\"/change-user/\"]').submit()")
    second.wait_for_url(re.compile("/admin/login/"))
    second.get_by_label("Username").fill("robin")
    second.get_by_label("Password").fill(PASSWORD)
    second.keyboard.press("Enter")
    second.wait_for_url(desk.address("/admin/clinic/tag/"))
    second.close()
    desk.page.get_by_role("button", name="Save", exact=True).click()

    desk.says("What you typed is still here")
    desk.is_accessible()
    desk.picture("offered-again")
    desk.page.get_by_role("button", name="Send it again").click()
    desk.page.wait_for_url("**/admin/clinic/tag/")
    assert Tag.objects.filter(name="Zwitscha").exists()


def test_a_locked_name_says_how_long(desk: Desk, clinic: Clinic) -> None:
    person(clinic, "kim")
    desk.open("/admin/login/")
    for _ in range(6):
        sign_in(desk, "kim", "wrong")
        desk.page.wait_for_load_state()

    desk.says("For 15 minutes nobody can sign in")
    desk.is_accessible()
    desk.picture("locked")
