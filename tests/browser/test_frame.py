"""The frame around the desk's own pages."""

from playwright.sync_api import Page

from tests.browser.conftest import Desk, find_faults


def test_the_frame_is_usable_by_keyboard_and_in_the_dark(desk: Desk) -> None:
    desk.sign_in("Reception")
    desk.open("/desk/to-call/")

    desk.page.keyboard.press("Tab")
    assert focused(desk.page) == "Skip to the page"
    desk.page.keyboard.press("Enter")
    assert desk.page.url.endswith("#main")
    assert desk.page.locator("[aria-current=page]").inner_text() == "To call"
    desk.page.get_by_text("somebody", exact=True).press("Enter")
    desk.page.get_by_role("link", name="Change password").wait_for()
    desk.is_accessible()
    desk.picture("frame")

    desk.page.emulate_media(color_scheme="dark")
    assert not find_faults(desk.page)
    desk.picture("frame-dark")


def test_no_script_of_the_page_breaks_its_own_rules(desk: Desk) -> None:
    complaints: list[str] = []
    desk.page.on("console", lambda line: complaints.append(line.text))
    desk.sign_in("Reception")
    complaints.clear()

    desk.open("/desk/to-call/")

    assert desk.page.evaluate("typeof htmx") == "object"
    assert not complaints


def focused(page: Page) -> str:
    words: str = page.evaluate("document.activeElement.textContent.trim()")
    return words
