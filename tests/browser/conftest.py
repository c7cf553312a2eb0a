"""A real Chromium against a real server; skipped, with the reason, where there is none."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from django.conf import settings
from django.contrib.auth.models import Group
from django.test import Client
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright
from pytest_django.live_server_helper import LiveServer

from healthmsg.clinic.models import Clinic, StaffUser
from reminders import rules
from tests import at_rest, factories
from whatsapp.models import Sender

# The one without a window around its pages works twice as fast.
BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser")
CHROMIUM = next(filter(None, map(shutil.which, BROWSERS)), None)
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
# For one thing to show, on a machine that runs other tests too; milliseconds.
PATIENCE = 20_000
# Of what else axe found, one of each is looked at: thousands would be.
WCAG = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
    "resultTypes": ["violations"],
}
CONTRAST = {"runOnly": ["color-contrast"], "resultTypes": ["violations"]}
# What comes back over the wire takes as long as the looking: only what is wrong does.
_LOOK = """options => axe.run(options).then((found) => found.violations.map(
  (one) => [one.id, one.nodes[0].html.slice(0, 200)]))"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what lives here, and say why it does not run where it cannot; CI has no excuse."""
    if CHROMIUM is None and os.environ.get("CI"):
        raise pytest.UsageError("no chromium is installed, and CI must not go without")
    for item in items:
        if "tests/browser" in item.path.as_posix():
            item.add_marker(pytest.mark.browser)
            if CHROMIUM is None:
                item.add_marker(pytest.mark.skip(reason="no chromium is installed"))


# Of the package, not the session: while Playwright lives, its loop runs in this thread, and no test
# could start one of its own.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    # Playwright's loop runs in this thread, and Django takes it for an async context.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield chromium
        chromium.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture(params=[1280, 390], ids=["desktop", "telephone"])
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A fresh page; the test fails if its scripts do."""
    context = browser.new_context(viewport={"width": request.param, "height": 900})
    opened = context.new_page()
    faults: list[str] = []
    opened.on("pageerror", lambda error: faults.append(str(error)))
    yield opened
    context.close()
    assert not faults


@pytest.fixture
def clinic(transactional_db: None) -> Clinic:
    """A clinic ready to book and send."""
    clinic = factories.make_clinic(name="Sunrise")
    rules.install(clinic)
    factories.make_site(clinic, name="Centro Norte")
    factories.make_clinician(clinic, name="Dra. Paz")
    factories.make_kind(clinic, name="Consulta")
    return clinic


@pytest.fixture
def clinic_sender(clinic: Clinic) -> Sender:
    sender = factories.make_sender(clinic)
    factories.make_template(
        sender.account,
        name="appointment_confirmation",
        body="Hola {{contact_name}}, te esperamos el {{when}}.",
    )
    return sender


class Desk:
    """A signed-in person at a browser."""

    def __init__(self, page: Page, server: LiveServer, clinic: Clinic) -> None:
        self.page, self._server, self._clinic = page, server, clinic

    @property
    def is_wide(self) -> bool:
        size = self.page.viewport_size
        return size is not None and size["width"] > 600

    def sign_in(self, role: str) -> None:
        user = StaffUser.objects.create(username="somebody", is_staff=True)
        user.set_password("correct horse 9")
        user.save()
        user.clinics.add(self._clinic)
        user.groups.add(Group.objects.get(name=role))
        # The page for signing in has its own tests; a hundred others begin behind it.
        client = Client()
        client.force_login(user)
        cookie = client.cookies[settings.SESSION_COOKIE_NAME]
        self.page.context.add_cookies(
            [{"name": cookie.key, "value": cookie.value, "url": self._server.url}]
        )

    def address(self, path: str) -> str:
        return self._server.url + path

    def open(self, path: str) -> None:
        self.page.goto(self.address(path))

    def follow(self, link: Locator) -> None:
        """Press what leads to another page, and be there: a press alone waits for nothing."""
        with self.page.expect_navigation():
            link.click()

    def says(self, words: str) -> None:
        self.page.get_by_text(words).first.wait_for()

    def is_accessible(self) -> None:
        """Fail on what axe finds against WCAG 2.2 AA, and on a page wider than its window."""
        assert not find_faults(self.page)

    def picture(self, name: str) -> None:
        """Keep a picture where somebody wants to look at it: HEALTHMSG_PICTURES=directory."""
        if directory := os.environ.get("HEALTHMSG_PICTURES"):
            width = "wide" if self.is_wide else "narrow"
            self.page.screenshot(path=Path(directory) / f"{name}-{width}.png", full_page=True)

    def fits(self) -> None:
        """Fail where a page is wider than its window."""
        assert overhang(self.page) <= 0


def find_faults(page: Page) -> list[tuple[str, str]]:
    """Return what axe finds against WCAG 2.2 AA, and a page wider than its window."""
    faults = _looked(page, WCAG)
    return [*faults, *([("too-wide", page.url)] if overhang(page) > 0 else [])]


def faults_in_the_dark(page: Page) -> list[tuple[str, str]]:
    """Return what only the other colors may break."""
    page.emulate_media(color_scheme="dark")
    faults = _looked(page, CONTRAST)
    page.emulate_media(color_scheme="light")
    return [(f"{rule} in the dark", html) for rule, html in faults]


def _looked(page: Page, options: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the rules that a page breaks, each with the first that breaks it."""
    # Half a megabyte of script, which a page keeps once it has it.
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(AXE_SCRIPT)
    return [(rule, html) for rule, html in page.evaluate(_LOOK, options)]


def overhang(page: Page) -> int:
    """Return by how many pixels a page is wider than its window."""
    pixels: int = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    return pixels


@pytest.fixture
def desk(page: Page, live_server: LiveServer, clinic: Clinic) -> Iterator[Desk]:
    yield Desk(page, live_server, clinic)
    # What a page still asks for would be in the way of the tables' being emptied.
    page.close()
    at_rest.until_nobody_works(still_for=0.1)
