"""The setup guide looks at WhatsApp, the clinic goes live, and clinicians agree to notices."""

import pytest
from django.conf import LazySettings
from playwright.sync_api import expect

from healthmsg.clinic.models import Clinic, Mode
from tests.browser.conftest import Desk
from tests.factories import PHONE_NUMBER_ID, WABA_ID
from tests.sandbox_process import SandboxProcess
from whatsapp.models import Sender


def test_check_now_says_what_whatsapp_knows_and_what_is_missing(
    desk: Desk, clinic_sender: Sender, sandbox: SandboxProcess, settings: LazySettings
) -> None:
    settings.SANDBOX_URL = sandbox.base_url
    desk.sign_in("Clinic admin")
    desk.open("/desk/setup/")
    expect(desk.page.get_by_text("No opening hours are entered for: Centro Norte.")).to_be_visible()

    desk.page.get_by_role("button", name="Check now").press("Enter")

    checked = desk.page.get_by_role("region", name="Check the connection").get_by_role("status")
    expect(checked).to_contain_text("WhatsApp knows the number")
    expect(checked.get_by_text("good")).to_have_count(4)
    desk.is_accessible()
    desk.picture("setup-checked")


def test_a_clinic_goes_live_after_seeing_what_would_leave(
    desk: Desk, clinic: Clinic, clinic_sender: Sender, settings: LazySettings
) -> None:
    settings.MISSING_FOR_LIVE = ()
    desk.sign_in("Clinic admin")
    desk.open("/desk/setup/")
    desk.page.get_by_role("link", name="Go live").click()
    expect(desk.page.get_by_text("What would leave in the next 24 hours")).to_be_visible()
    desk.is_accessible()
    desk.picture("go-live")

    desk.page.get_by_role("button", name="Go live: messages reach patients").click()

    desk.page.wait_for_url("**/change/**")
    clinic.refresh_from_db()
    assert clinic.mode == Mode.LIVE


def test_a_clinician_agrees_to_notices_and_wants_no_more(
    desk: Desk, clinic: Clinic, clinic_sender: Sender
) -> None:
    clinician = clinic.clinicians.get()
    desk.sign_in("Clinic admin")
    desk.open(f"/desk/team/{clinician.pk}/")
    desk.is_accessible()
    desk.page.get_by_label("Their own number").fill("12")
    desk.page.get_by_role("button", name="Write it down").click()
    expect(desk.page.get_by_label("Their own number")).to_have_value("12")
    desk.is_accessible()
    desk.page.get_by_label("Their own number").fill("+54 9 11 5555-0199")
    desk.page.get_by_role("button", name="Write it down").press("Enter")

    desk.says("Written down: they take notices on this number.")
    desk.says("They take notices on")
    clinician.refresh_from_db()
    assert clinician.phone is not None
    desk.picture("team-notices")
    desk.page.get_by_role("button", name="No more notices").click()

    desk.says("No more notices go to them; the number is forgotten.")
    clinician.refresh_from_db()
    assert clinician.phone is None


@pytest.mark.parametrize("width", [320, 1280])
def test_a_new_clinic_enters_its_number_and_leaves_the_guide_for_nothing(
    desk: Desk, clinic: Clinic, sandbox: SandboxProcess, settings: LazySettings, width: int
) -> None:
    settings.SANDBOX_URL = sandbox.base_url
    desk.page.set_viewport_size({"width": width, "height": 900})
    desk.sign_in("Clinic admin")
    desk.open("/desk/setup/")
    desk.page.get_by_role("link", name="Enter it").click()
    card = desk.page.get_by_role("region", name="The clinic's WhatsApp number")
    expect(card.get_by_text("WHATSAPP_TOKEN", exact=True)).to_be_visible()
    card.get_by_label("ID of the WhatsApp Business Account").fill(WABA_ID)
    card.get_by_label("ID of the phone number").fill("+54 9 11 5555-0101")
    card.get_by_role("button", name="Enter and check").press("Enter")
    expect(card.get_by_text("looks like a telephone number")).to_be_visible()
    expect(card.get_by_label("ID of the phone number")).to_have_value("+54 9 11 5555-0101")
    desk.is_accessible()
    wide = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    assert desk.page.evaluate(wide)
    desk.picture(f"setup-number-wrong-{width}")

    card.get_by_label("ID of the phone number").fill(PHONE_NUMBER_ID)
    card.get_by_role("button", name="Enter and check").click()

    expect(card.get_by_text("This clinic writes from")).to_be_visible()
    checked = desk.page.get_by_role("region", name="Check the connection").get_by_role("status")
    expect(checked.get_by_text("good")).to_have_count(4)
    desk.is_accessible()
    assert desk.page.evaluate(wide)
    desk.picture(f"setup-number-{width}")
    assert Sender.objects.get().clinic == clinic
