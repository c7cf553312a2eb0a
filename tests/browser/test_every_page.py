"""Every page there is, once: nothing axe objects to in either scheme, nothing cut off at 320."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db.models import Model
from django.test import Client
from playwright.sync_api import Page, ViewportSize

from healthmsg.clinic.models import Clinic, StaffUser
from tests.browser.conftest import Desk, faults_in_the_dark, find_faults, overhang
from tests.browser.test_narrow import cut
from tests.house import addresses, who_may_open
from tests.house.test_admin_pages import rows

__all__ = ["rows"]

_ROLE, _COLUMN = "Clinic admin", "M"
# The same page for every kind of row: one of each is looked at.
_ALIKE = ("/history/", "/delete/", "/add/")
_SURE = "cockpit/act.html"
# So high that the bar at its foot covers nothing: axe takes what is half covered for too small.
_WIDE: ViewportSize = {"width": 1280, "height": 3000}
_NARROW: ViewportSize = {"width": 320, "height": 700}
# The names of fields and, on a telephone, of a list's cells; not those of choices.
_SMALL = """() => [...document.querySelectorAll("label[for], [data-label]")]
  .filter((one) => !["checkbox", "radio"].includes(document.getElementById(one.htmlFor)?.type))
  .filter((one) => !one.querySelector(".material-symbols-outlined"))
  .map((one) => one.dataset.label ?? one.textContent.trim())
  .filter((words) => /^\\p{Ll}/u.test(words))"""
# Left for the pages that forms have of their own: adding differs from changing in few.
_ADDED = tuple(
    f"{one}/add/"
    for one in (
        *("clinic/site", "clinic/clinician", "clinic/visitkind", "clinic/patient"),
        *("desk/watcher", "campaigns/campaign"),
    )
)


@pytest.fixture
def clinic(rows: dict[str, Model], transactional_db: None) -> Clinic:
    found = rows["clinic.Clinic"]
    assert isinstance(found, Clinic)
    return found


def _addresses(rows: dict[str, Model]) -> Iterator[str]:
    """Return what an admin may open, each template once where only the row's name differs."""
    seen: set[str] = set()
    for pattern, columns in who_may_open.table().items():
        if _COLUMN not in columns:
            continue
        alike = next((end for end in _ALIKE if pattern.endswith(end)), "")
        if alike in seen and not pattern.endswith(_ADDED):
            continue
        seen |= {alike} - {""}
        yield addresses.filled(pattern, rows)


def _pages(rows: dict[str, Model]) -> list[str]:
    """Return those that are pages: no files, no parts, no ways on."""
    client: Any = Client()
    client.force_login(StaffUser.objects.get(username="somebody else"))
    found: dict[tuple[str, str], str] = {}
    for address in _addresses(rows):
        answer = client.get(address)
        is_page = answer.status_code == 200 and not answer.streaming
        if is_page and b"<html" in answer.content and "Content-Disposition" not in answer:
            template = answer.templates[0].name or ""
            # Of pages that ask whether somebody is sure, one for each kind of row.
            about = address.rsplit("/", 3)[0] if template == _SURE else address
            found.setdefault((about, template), address)
        # Not `close`, which ends the connection to the database too.
        for close in answer._resource_closers:
            close()
    return list(found.values())


@pytest.mark.parametrize("page", [1280], indirect=True, ids=["desktop"])
def test_every_page_is_accessible_and_fits_a_small_telephone(
    desk: Desk, rows: dict[str, Model], clinic: Clinic
) -> None:
    user = StaffUser.objects.create(username="somebody else", is_staff=True)
    user.clinics.add(clinic)
    StaffUser.objects.filter(username="somebody").update(username="a colleague")
    desk.sign_in(_ROLE)
    user.groups.set(StaffUser.objects.get(username="somebody").groups.all())
    pages = _pages(rows)

    faults: dict[str, list[object]] = {}
    for address in pages:
        desk.page.set_viewport_size(_WIDE)
        desk.page.goto(desk.address(address), wait_until="domcontentloaded")
        found: list[object] = [*find_faults(desk.page), *faults_in_the_dark(desk.page)]
        desk.page.set_viewport_size(_NARROW)
        found += [("too wide at 320", overhang(desk.page))] if overhang(desk.page) > 0 else []
        found += [("cut off at 320", one) for one in cut(desk.page)[:2]]
        found += [("begins small", one) for one in desk.page.evaluate(_SMALL)]
        if found:
            faults[address] = found

    assert len(pages) > 120
    assert faults == {}, "\n".join(f"{one}: {found}" for one, found in faults.items())


@pytest.mark.parametrize("page", [1280], indirect=True, ids=["desktop"])
def test_what_is_too_pale_in_dark_colors_alone_is_found(page: Page) -> None:
    page.set_content(
        "<!doctype html><html lang='en'><title>x</title><style>"
        "@media (prefers-color-scheme: dark) { p { background: #000; color: #222 } }"
        "</style><main><h1>Words</h1><p>Words</p></main></html>"
    )

    assert find_faults(page) == []
    assert faults_in_the_dark(page) == [("color-contrast in the dark", "<p>Words</p>")]
    # The next page is looked at in light colors again.
    assert find_faults(page) == []
