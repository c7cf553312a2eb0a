"""The setup guide looks at WhatsApp, the clinic goes live, and clinicians agree to notices."""

from django.conf import LazySettings
from playwright.sync_api import expect

from healthmsg.clinic.models import Clinic, Mode
from tests.browser.conftest import Desk
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
    expect(checked.get_by_text("good")).to_have_count(3)
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
