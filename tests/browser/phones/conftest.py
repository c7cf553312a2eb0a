"""The sandbox's own pages in a browser, and a receiver of what they send."""

import zlib
from struct import pack

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import find_faults
from tests.running_house import house, house_processes, practice
from tests.sandbox_process import SandboxProcess, sandbox, sandbox_process
from tests.whatsapp.sandbox.browsing import CHAT
from tests.whatsapp.sandbox.conftest import receiver, sender

__all__ = [
    "house",
    "house_processes",
    "practice",
    "receiver",
    "sandbox",
    "sandbox_process",
    "sender",
]


class Phone:
    """A person at the page of the phones."""

    def __init__(self, page: Page, sandbox: SandboxProcess) -> None:
        self.page, self._sandbox = page, sandbox

    def open(self, path: str = CHAT) -> None:
        self.page.goto(self._sandbox.base_url + path)
        # Gone once the page is loaded anew.
        self.page.evaluate("window.isTheSamePage = true")

    def says(self, words: str) -> None:
        self.page.locator("main").get_by_text(words).first.wait_for()

    @property
    def was_loaded_once(self) -> bool:
        return bool(self.page.evaluate("window.isTheSamePage === true"))

    def write(self, text: str) -> None:
        self.page.get_by_label("Write as the patient").fill(text)
        self.page.keyboard.press("Enter")

    def is_accessible(self) -> None:
        assert not find_faults(self.page)


@pytest.fixture
def phone(page: Page, sandbox: SandboxProcess) -> Phone:
    return Phone(page, sandbox)


@pytest.fixture(scope="session")
def picture() -> bytes:
    """A small PNG, all of one color."""
    width, height = 60, 40
    rows = b"".join(b"\0" + b"\x0a\x5a\x86" * width for _ in range(height))

    def chunk(kind: bytes, content: bytes) -> bytes:
        whole = kind + content
        return pack(">I", len(content)) + whole + pack(">I", zlib.crc32(whole))

    head = chunk(b"IHDR", pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
