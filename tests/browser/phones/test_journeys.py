"""Desk and phone side by side, every process between them running."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
import requests
from django.contrib.auth.hashers import PBKDF2PasswordHasher, make_password
from django.contrib.auth.models import Group
from playwright.sync_api import FrameLocator, Page

from healthmsg.clinic.models import Patient, StaffUser
from reminders.models import Reminder
from tests import factories
from tests.browser.conftest import find_faults
from tests.running_house import House, Practice, open_web

# How the page stands on a narrow screen is looked at elsewhere.
pytestmark = pytest.mark.parametrize("page", [1280], indirect=True, ids=["desktop"])
PASSWORD = "correct horse 9"


class Both:
    """One person who works at the desk and holds the patient's phone."""

    def __init__(self, page: Page, house: House) -> None:
        self.page, self._house = page, house

    @property
    def desk(self) -> FrameLocator:
        return self.page.frame_locator("iframe[title=Desk]")

    @property
    def phone(self) -> FrameLocator:
        return self.page.frame_locator("iframe[title=Phone]")

    def choose(self, card: str) -> None:
        self.page.get_by_role("link", name=card).click()

    def pass_until(self, moment: datetime) -> None:
        """Let everything happen that is due by then."""
        self._house.at(moment)
        self._house.settle()


@pytest.fixture(scope="module")
def web(house_processes: House) -> str:
    return open_web(house_processes)


@pytest.fixture
def patient(practice: Practice) -> Patient:
    patient = practice.patient(given_name="Sofía", family_name="García")
    factories.make_site(practice.clinic, name="Centro Norte")
    factories.make_kind(practice.clinic, name="Consulta")
    return patient


@pytest.fixture
def both(
    page: Page, house: House, practice: Practice, patient: Patient, web: str
) -> Iterator[Both]:
    """Reception, signed in within the frame, at the patient's page; beside it her phone."""
    # The pages run with the house's own settings, not with the tests' quick hashes.
    password = make_password(PASSWORD, hasher=PBKDF2PasswordHasher())
    user = StaffUser.objects.create(username="somebody", password=password, is_staff=True)
    user.clinics.add(practice.clinic)
    user.groups.add(Group.objects.get(name="Reception"))
    phone = factories.phone_of(patient).number
    card = {
        "title": "Book",
        "steps": ["Book a visit.", "Answer on the phone."],
        "desk_path": f"desk/patients/{patient.pk}/",
        "phone": phone,
    }
    at = f"{house.sandbox.base_url}/_control/cards"
    requests.post(at, json={"desk": f"{web}/admin/", "cards": [card]}, timeout=10)
    page.goto(f"{house.sandbox.base_url}/try")
    person = Both(page, house)
    person.desk.get_by_label("Username").fill("somebody")
    person.desk.get_by_label("Password").fill(PASSWORD)
    person.desk.get_by_role("button", name="Log in").click()
    person.desk.get_by_label("Password").wait_for(state="detached")
    person.desk.get_by_text("Practice: nothing leaves").first.wait_for()
    person.choose("Book")
    person.desk.get_by_role("link", name="Book a visit").first.wait_for()
    yield person
    # It asks for its pages every second.
    page.goto("about:blank")


def book(both: Both, day: datetime) -> None:
    both.desk.get_by_role("link", name="Book a visit").first.click()
    both.desk.get_by_label("Day").fill(day.date().isoformat())
    both.desk.get_by_label("Time").fill("10:00")
    both.desk.get_by_role("button", name="Book", exact=True).click()
    both.desk.get_by_text("Undo the booking").wait_for()


def test_reception_books_and_the_patient_confirms_on_the_phone(both: Both, noon: datetime) -> None:
    book(both, noon + timedelta(days=2))

    both.pass_until(noon + timedelta(minutes=3))
    both.phone.get_by_text("Sofía").first.wait_for()
    both.pass_until(noon + timedelta(days=1))
    both.phone.get_by_role("button", name="Confirmar").click()
    both.phone.get_by_text("in answer to:").wait_for(state="attached")
    both.pass_until(noon + timedelta(days=1, minutes=1))

    assert not find_faults(both.page)
    both.choose("Book")
    both.desk.get_by_text("confirmed").first.wait_for()
    both.phone.locator(".from-patient").get_by_text("Confirmar").wait_for()


def test_stop_written_on_the_phone_is_kept_and_seen_at_the_desk(
    both: Both, noon: datetime, patient: Patient
) -> None:
    book(both, noon + timedelta(days=2))
    both.pass_until(noon + timedelta(minutes=3))
    both.phone.get_by_text("Sofía").first.wait_for()

    both.phone.get_by_label("Write as the patient").fill("STOP")
    both.phone.get_by_role("button", name="Send", exact=True).click()
    both.phone.locator(".from-patient").get_by_text("STOP").wait_for()
    both.pass_until(noon + timedelta(minutes=5))
    # What she was told of her visit, and that no more will come: the phone looks now and then.
    both.phone.locator(".from-clinic").nth(1).wait_for()
    both.pass_until(noon + timedelta(days=1))

    assert both.phone.locator(".from-clinic").count() == 2
    assert not Reminder.objects.filter(message__status="READ", due_at__gt=noon + timedelta(hours=1))
    both.choose("Book")
    both.desk.get_by_text("asked us to stop").first.wait_for()
