"""The setup guide by the Tab key alone, from a clinic without details to its opening hours."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from healthmsg.clinic.models import Clinic, Site
from tests.browser import tab_alone
from tests.browser.conftest import Desk

pytestmark = pytest.mark.parametrize("page", [1280], indirect=True, ids=["desktop"])


def test_a_clinic_enters_its_details_and_its_sites(desk: Desk, clinic: Clinic) -> None:
    Clinic.objects.update(phone="", emergency_number="")
    desk.sign_in("Clinic admin")
    desk.open(reverse("setup"))
    page = desk.page
    tab_alone.goes_round(page)
    expect(page.get_by_text("Missing:").first).to_be_visible()
    tab_alone.follow(page.get_by_role("link", name="Open the clinic", exact=True))

    tab_alone.write(page.locator("#id_phone"), "011 5555 0000")
    tab_alone.write(page.locator("#id_emergency_number"), "107")
    tab_alone.follow(page.get_by_role("button", name="Save", exact=True))
    clinic.refresh_from_db()
    assert (clinic.phone, clinic.emergency_number) == ("011 5555 0000", "107")

    desk.open(reverse("setup"))
    expect(page.get_by_text("Name, phone and languages.")).to_be_visible()
    tab_alone.follow(page.get_by_role("link", name="Open the sites"))
    tab_alone.goes_round(page)
    tab_alone.follow(page.locator("#result_list").get_by_role("link", name="Centro Norte").first)
    tab_alone.write(page.locator("#id_opening_hours_0"), "08:00-12:00")
    tab_alone.goes_round(page)
    tab_alone.follow(page.get_by_role("button", name="Save", exact=True))
    assert Site.objects.get().opening_hours["0"] == [["08:00", "12:00"]]
