"""A clinic's languages are chosen by name, on any screen and in the reader's language."""

import pytest
from playwright.sync_api import expect

from healthmsg.clinic.models import Clinic
from tests.browser.conftest import Desk


@pytest.mark.parametrize("page", [320, 768, 1280], indirect=True)
def test_a_language_is_added_by_its_name_and_stays_behind_the_first(
    desk: Desk, clinic: Clinic
) -> None:
    desk.sign_in("Clinic admin")
    desk.open(f"/admin/clinic/clinic/{clinic.pk}/change/")
    desk.is_accessible()
    width = desk.page.evaluate("innerWidth")
    desk.picture(f"languages-{width}")
    expect(desk.page.get_by_label("First, also for all others")).to_have_value("es")
    third = desk.page.get_by_label("Language 3")
    third.select_option(label="Portuguese (Brazil)")

    desk.page.get_by_role("button", name="Save", exact=True).click()

    desk.says("was changed successfully")
    clinic.refresh_from_db()
    assert clinic.languages == ["es", "en", "pt_BR"]


@pytest.mark.parametrize("page", [320, 1280], indirect=True)
@pytest.mark.parametrize(("reader", "says"), [("es", "Primero"), ("ar", "الأولى")])
def test_it_is_asked_in_the_readers_language(
    desk: Desk, clinic: Clinic, reader: str, says: str
) -> None:
    desk.sign_in("Clinic admin")
    desk.page.set_extra_http_headers({"Accept-Language": reader})
    desk.open(f"/admin/clinic/clinic/{clinic.pk}/change/")

    expect(desk.page.get_by_label(says)).to_have_value("es")
    desk.is_accessible()
    desk.picture(f"languages-{reader}-{desk.page.evaluate('innerWidth')}")
