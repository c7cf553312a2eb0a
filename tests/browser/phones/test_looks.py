"""The phones' pages can be used by everybody, in every direction and width."""

import pytest
import requests
from playwright.sync_api import Page

from tests.browser.phones.conftest import Phone
from tests.sandbox_process import SandboxProcess
from tests.whatsapp.sandbox.browsing import ENVELOPE, WA_ID, choice, uploaded
from tests.whatsapp.sandbox.conftest import Sender, buttons, reminder, text

PANES = ("Desk", "Phone")


@pytest.fixture
def full(sender: Sender, sandbox: SandboxProcess, picture: bytes) -> None:
    """A chat with everything that there can be."""
    for language in ("ar", "es"):
        sender.send(reminder(language=language))
    sandbox.inbound(WA_ID, text="Hola, ¿qué *tal*?")
    image = uploaded(sandbox, picture, "image/png")
    pdf = uploaded(sandbox, b"%PDF-1.4", "application/pdf")
    place = {"latitude": -34.6, "longitude": -58.4, "name": "Centro", "address": "Av. X 123"}
    for message in (
        choice(),
        buttons(("Undo", "Keep")),
        text("a" * 200),
        {**ENVELOPE, "type": "image", "image": {"id": image, "caption": "The entrance"}},
        {**ENVELOPE, "type": "document", "document": {"id": pdf, "filename": "Prep.pdf"}},
        {**ENVELOPE, "type": "location", "location": place},
    ):
        sender.send(message)
    for act in ({"send": "audio"}, {"send": "contacts"}, {"tap": 0}):
        sandbox.inbound(WA_ID, **act)


def test_the_phones_are_accessible(phone: Phone, full: None) -> None:
    phone.open("/")
    phone.is_accessible()

    phone.open()
    phone.is_accessible()
    for summary in phone.page.locator("summary").all():
        summary.click()
    phone.is_accessible()

    phone.open("/phones/5491155559999")
    phone.is_accessible()


def test_a_right_to_left_template_is_so_in_all_its_parts(phone: Phone, sender: Sender) -> None:
    sender.send(reminder(language="ar"))
    phone.open()

    for part in (".said .text", ".said .footer", ".taps button[name=tap]"):
        shown = phone.page.locator(part).first
        assert shown.evaluate("one => getComputedStyle(one).direction") == "rtl"
        assert shown.evaluate("one => one.closest('[lang]').lang") == "ar"
    aside = phone.page.locator("details.react")
    assert aside.evaluate("one => getComputedStyle(one).direction") == "ltr"


def test_desk_and_phone_are_accessible_and_stand_where_there_is_room(
    phone: Phone, page: Page, sandbox: SandboxProcess
) -> None:
    phone.open("/try")
    phone.is_accessible()
    card = {"title": "Cancel", "steps": ["Tap Cancel.", "Look at the desk."], "phone": WA_ID}
    # Another page of the sandbox stands for the desk.
    desk = {"desk": f"{sandbox.base_url}/phones/5491155550000", "cards": [card]}
    requests.post(f"{sandbox.base_url}/_control/cards", json=desk, timeout=10)
    phone.open("/try")

    page.get_by_role("link", name="Cancel").click()
    phone.page.get_by_text("Tap Cancel.").wait_for()
    page.frame_locator("iframe[title=Phone]").get_by_text(f"on the phone +{WA_ID}").wait_for()

    phone.is_accessible()
    left, right = (page.locator(f"iframe[title={name}]").bounding_box() for name in PANES)
    assert left is not None
    assert right is not None
    size = page.viewport_size
    is_wide = size is not None and size["width"] > 600
    assert (right["x"] > left["x"]) is is_wide
    assert (right["y"] > left["y"] + 100) is not is_wide
    assert page.get_by_role("link", name="Open the phone in its own tab").is_visible()


def test_the_keyboard_passes_over_the_messages_to_what_is_written(phone: Phone, full: None) -> None:
    phone.open()

    phone.page.keyboard.press("Tab")
    phone.page.keyboard.press("Enter")

    field = phone.page.get_by_label("Write as the patient")
    assert field.evaluate("one => one === document.activeElement")
