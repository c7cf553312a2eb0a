"""A patient writes and a person answers: from the phone to the inbox and back."""

import os
from pathlib import Path

import pytest
import requests
from django.contrib.auth.hashers import PBKDF2PasswordHasher, make_password
from django.contrib.auth.models import Group
from playwright.sync_api import Page

from healthmsg.clinic.models import Patient, StaffUser
from tests import factories
from tests.browser.conftest import find_faults
from tests.running_house import House, Practice, open_web
from whatsapp.models import InboundFile, Message, SavedAnswer, Thread
from whatsapp.status import Status

PASSWORD = "correct horse 9"
# Where somebody wants to look at the pages: a directory.
LOOK_AT = os.environ.get("SCREENSHOTS", "")


@pytest.fixture(scope="module")
def web(house_processes: House) -> str:
    return open_web(house_processes)


@pytest.fixture
def patient(practice: Practice) -> Patient:
    return practice.patient(given_name="Sofía", family_name="García")


class Desk:
    """Reception at the inbox."""

    def __init__(self, page: Page, web: str) -> None:
        self.page, self._web = page, web

    def open(self, path: str) -> None:
        self.page.goto(f"{self._web}/admin/{path}")

    def sign_in(self) -> None:
        self.open("login/")
        self.page.get_by_label("Username").fill("somebody")
        self.page.get_by_label("Password").fill(PASSWORD)
        self.page.get_by_role("button", name="Log in").click()
        self.page.wait_for_url("**/admin/")

    def looks_well(self, name: str) -> None:
        if LOOK_AT:
            width = (self.page.viewport_size or {"width": 0})["width"]
            self.page.screenshot(path=Path(LOOK_AT) / f"{name}-{width}.png", full_page=True)
        assert not find_faults(self.page)


@pytest.fixture
def desk(page: Page, practice: Practice, web: str) -> Desk:
    # The pages run with the house's own settings, not with the tests' quick hashes.
    password = make_password(PASSWORD, hasher=PBKDF2PasswordHasher())
    user = StaffUser.objects.create(
        username="somebody", first_name="Elena", password=password, is_staff=True
    )
    user.clinics.add(practice.clinic)
    user.groups.add(Group.objects.get(name="Reception"))
    person = Desk(page, web)
    person.sign_in()
    return person


def test_a_patient_writes_and_a_person_answers(
    desk: Desk, house: House, practice: Practice, patient: Patient, picture: bytes
) -> None:
    words = "Atendemos de 8 a 18 h."
    SavedAnswer.objects.create(clinic=practice.clinic, language="es", name="Hours", text=words)
    chat = write_in_haste(house, practice, patient, picture)

    desk.page.goto(f"{desk._web}/desk/overview/")
    desk.page.get_by_role("link", name="conversations that wait").click()
    desk.page.get_by_text("needs haste: dolor en el pecho").wait_for()
    desk.looks_well("list")
    desk.page.get_by_role("link", name="Sofía García").click()
    desk.page.get_by_text("¿puedo ir antes?").wait_for()
    desk.looks_well("conversation")
    desk.page.get_by_role("button", name="Take it").click()
    desk.page.get_by_text("It is yours now.").wait_for()
    answer(desk)

    house.until(Message.objects.filter(status=Status.READ, answer_of_a_person__isnull=False).exists)
    desk.page.reload()
    ours = desk.page.locator(".chat-ours")
    ours.get_by_text("Llame al 107 ahora.").wait_for()
    ours.get_by_text("Elena").wait_for()
    desk.looks_well("answered")
    on_the_phone = desk.page.context.new_page()
    on_the_phone.goto(chat)
    on_the_phone.locator("main").get_by_text(words).first.wait_for()
    on_the_phone.close()
    desk.page.get_by_role("button", name="Done").click()
    desk.page.get_by_text("Done, until the patient writes again.").wait_for()


def write_in_haste(house: House, practice: Practice, patient: Patient, picture: bytes) -> str:
    """Let a patient write and send a picture; returns the address of the chat on the phone."""
    wa_id = factories.phone_of(patient).number.lstrip("+")
    chat = f"{house.sandbox.base_url}/chats/{practice.sender.phone_number_id}/{wa_id}"
    house.sandbox.inbound(wa_id, text="Hola, ¿puedo ir antes?")
    file = {"file": ("a.png", picture, "image/png")}
    requests.post(f"{chat}/file", {"caption": "Así está"}, files=file, timeout=10)
    house.sandbox.inbound(wa_id, text="Tengo dolor en el pecho")
    house.until(Thread.objects.filter(urgent_since__isnull=False).exists)
    house.until(InboundFile.objects.filter(state="KEPT").exists)
    return chat


def answer(desk: Desk) -> None:
    """Put a saved answer below words of one's own, and send both."""
    desk.page.get_by_label("Your answer").fill("Llame al 107 ahora.")
    desk.page.get_by_label("Saved answers").select_option(label="Hours (es)")
    desk.page.get_by_role("button", name="Insert").click()
    desk.page.get_by_role("button", name="Send").click()
    desk.page.get_by_text("Your answer is on its way.").wait_for()


def test_after_the_window_a_template_is_chosen(
    desk: Desk, house: House, practice: Practice, patient: Patient
) -> None:
    wa_id = factories.phone_of(patient).number.lstrip("+")
    house.sandbox.inbound(wa_id, text="Hola, ¿puedo ir antes?")
    house.until(Thread.objects.exists)
    thread = Thread.objects.get()
    house.at(factories.NOON.replace(day=13))

    desk.open(f"whatsapp/thread/{thread.pk}/change/")
    desk.page.get_by_text("approved templates only").first.wait_for()
    desk.looks_well("over")
    desk.page.get_by_role("link", name="Write with an approved template").click()
    desk.looks_well("templates")
    desk.page.get_by_role("radio").first.check()
    desk.page.get_by_role("button", name="Send it").click()
    desk.page.get_by_text("The template is on its way.").wait_for()
