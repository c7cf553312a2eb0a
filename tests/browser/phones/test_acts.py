"""What a person does on the phone's page reaches the clinic as from a real phone."""

from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.browser.phones.conftest import Phone
from tests.sandbox_process import SandboxProcess
from tests.whatsapp.sandbox.browsing import CHAT, choice
from tests.whatsapp.sandbox.conftest import PATIENT, Receiver, Sender, buttons, reminder, text


@pytest.fixture(autouse=True)
def quick(sandbox: SandboxProcess, receiver: Receiver) -> None:
    sandbox.settings(pace=0.05)


def the_only(receiver: Receiver, kind: str) -> dict[str, Any]:
    (message,) = [one for one in receiver.messages() if one["type"] == kind]
    assert message["from"] == PATIENT.lstrip("+")
    return message


def test_a_template_is_answered_by_its_button(
    phone: Phone, sender: Sender, sandbox: SandboxProcess, receiver: Receiver
) -> None:
    message_id = sender.send(reminder())
    phone.open()

    phone.page.get_by_role("button", name="Cancelar").press("Enter")
    phone.says("in answer to:")
    sandbox.wait_until_quiet()

    told = the_only(receiver, "button")
    assert told["button"] == {"payload": "tap:2", "text": "Cancelar"}
    assert told["context"] == {"from": "541155550000", "id": message_id}
    assert phone.was_loaded_once


def test_a_list_opens_and_a_row_is_chosen_by_keyboard(
    phone: Phone, sender: Sender, sandbox: SandboxProcess, receiver: Receiver
) -> None:
    phone.open()
    phone.write("Hola")
    phone.says("Hola")
    sender.send(choice())
    opener = phone.page.locator("details.rows summary")

    opener.press("Enter")
    row = phone.page.get_by_role("button", name="9:00").last
    row.press("Enter")
    phone.says("in answer to:")
    sandbox.wait_until_quiet()

    reply = the_only(receiver, "interactive")["interactive"]["list_reply"]
    assert reply == {"id": "at:Wednesday", "title": "9:00", "description": "Dra. Paz"}
    assert not row.is_visible()
    assert opener.evaluate("one => one === document.activeElement")
    assert phone.was_loaded_once


def test_a_text_is_written_and_the_next_can_follow_at_once(
    phone: Phone, sandbox: SandboxProcess, receiver: Receiver
) -> None:
    phone.open()

    phone.write("*STOP* <b>")
    phone.says("STOP <b>")
    phone.page.keyboard.type("again")
    sandbox.wait_until_quiet()

    assert the_only(receiver, "text")["text"] == {"body": "*STOP* <b>"}
    assert phone.page.locator(".from-patient strong").inner_text() == "STOP"
    assert phone.page.get_by_label("Write as the patient").input_value() == "again"
    phone.page.locator(".ticks.delivered").wait_for()


def test_a_picture_is_sent_with_its_caption(
    phone: Phone, sandbox: SandboxProcess, receiver: Receiver, picture: bytes
) -> None:
    phone.open()
    phone.page.get_by_text("Send a picture or a PDF").click()
    file = {"name": "x.png", "mimeType": "image/png", "buffer": picture}
    phone.page.get_by_label("JPEG, PNG or PDF").set_input_files(file)  # type: ignore[arg-type]
    phone.page.get_by_label("Caption").fill("Mi receta")

    phone.page.get_by_role("button", name="Send the file").click()
    shown = phone.page.get_by_role("img", name="Picture")
    shown.wait_for()
    sandbox.wait_until_quiet()

    image = the_only(receiver, "image")["image"]
    assert (image["mime_type"], image["caption"]) == ("image/png", "Mi receta")
    phone.page.wait_for_function("document.querySelector('.picture img').naturalWidth === 60")


def test_what_cannot_be_sent_is_said_and_nothing_is_lost(phone: Phone, receiver: Receiver) -> None:
    phone.open()
    phone.page.get_by_text("Send a picture or a PDF").click()
    file = {"name": "x.png", "mimeType": "image/png", "buffer": b"MZ"}
    phone.page.get_by_label("JPEG, PNG or PDF").set_input_files(file)  # type: ignore[arg-type]
    phone.page.get_by_label("Caption").fill("Mi receta")

    phone.page.get_by_role("button", name="Send the file").click()

    phone.page.get_by_role("alert").get_by_text("Only JPEG and PNG").wait_for()
    assert phone.page.get_by_label("Caption").input_value() == "Mi receta"
    assert receiver.messages() == []


def test_a_reaction_is_given_and_taken_back(
    phone: Phone, sender: Sender, sandbox: SandboxProcess, receiver: Receiver
) -> None:
    message_id = sender.send(reminder())
    phone.open()

    for button in ("thumbs up", "Take back"):
        phone.page.locator("details.react summary").click()
        phone.page.get_by_role("button", name=button).click()
        phone.page.locator(".reaction").wait_for(
            state="attached" if button == "thumbs up" else "detached"
        )
    sandbox.wait_until_quiet()

    reactions = [one["reaction"] for one in receiver.messages()]
    assert {"message_id": message_id, "emoji": "👍"} in reactions
    assert {"message_id": message_id} in reactions


def test_without_scripts_it_refreshes_itself_and_taps_all_the_same(
    browser: Browser, sender: Sender, sandbox: SandboxProcess, receiver: Receiver
) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{sandbox.base_url}{CHAT}")
    messages = page.frame_locator("iframe[title=Messages]")

    page.get_by_label("Write as the patient").fill("Hola")
    page.get_by_role("button", name="Send", exact=True).click()
    messages.get_by_text("Hola").wait_for()
    sender.send(buttons(("Undo",)))
    messages.get_by_role("button", name="Undo").click()
    messages.get_by_text("in answer to:").wait_for()
    sandbox.wait_until_quiet()
    context.close()

    assert the_only(receiver, "interactive")["interactive"]["button_reply"]["id"] == "id:Undo"


def test_news_come_without_touching_what_a_person_is_at(
    phone: Phone, sender: Sender, sandbox: SandboxProcess
) -> None:
    for place in range(12):
        sender.send(reminder(language="es" if place % 2 else "ar"))
    phone.open()
    field = phone.page.get_by_label("Write as the patient")
    field.fill("Half a sen")
    phone.page.locator("#scroll").evaluate("one => one.scrollTop = 40")

    sandbox.inbound(PATIENT.lstrip("+"), text="Hola")
    sender.send(text("Your *results* are here"))
    phone.page.locator("#news", has_text="New message: Your results are here").wait_for(
        state="attached"
    )

    assert phone.page.locator("strong", has_text="results").count() == 1
    assert field.input_value() == "Half a sen"
    assert field.evaluate("one => one === document.activeElement")
    assert phone.page.locator("#scroll").evaluate("one => one.scrollTop") == 40
    assert phone.was_loaded_once


def test_who_reads_the_end_stays_at_the_end(
    phone: Phone, sender: Sender, sandbox: SandboxProcess
) -> None:
    for _ in range(8):
        sender.send(reminder())
    phone.open()

    sandbox.inbound(PATIENT.lstrip("+"), text="Hola")
    sender.send(text("The last one"))
    phone.says("The last one")

    left = "one => one.scrollHeight - one.scrollTop - one.clientHeight"
    assert phone.page.locator("#scroll").evaluate(left) < 5


def test_the_list_of_chats_moves_what_is_new_to_its_top(phone: Phone, sender: Sender) -> None:
    for place in range(3):
        sender.send(reminder(to=f"+549115555{place}000"))
    phone.open("/")
    phone.says("3 messages accepted")
    last = phone.page.get_by_role("link", name="+5491155550000")
    last.focus()

    sender.send(reminder(to="+5491155550000"))
    phone.says("4 messages accepted")

    first = phone.page.locator("#live a").first
    assert first.get_attribute("href") == last.get_attribute("href")
    assert last.evaluate("one => one === document.activeElement")
    assert phone.was_loaded_once
