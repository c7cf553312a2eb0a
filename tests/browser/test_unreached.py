"""Reception looks up whom WhatsApp does not reach, and writes down what did."""

from datetime import timedelta

from django.utils import timezone
from playwright.sync_api import expect

from healthmsg.clinic.models import Clinic, Phone, PhoneState
from healthmsg.desk.unreached.models import UnreachedOutcome
from tests import factories
from tests.browser.conftest import Desk, find_faults


def test_a_letter_is_written_down_and_taken_back(desk: Desk, clinic: Clinic) -> None:
    for n, name in enumerate(("Ana Ruiz", "Omar Nasr", "Lía Sosa")):
        given, family = name.split()
        patient = factories.make_patient(
            clinic, given_name=given, family_name=family, consents=(), language=("es", "ar")[n % 2]
        )
        factories.make_visit(
            patient,
            starts_at=timezone.now() + timedelta(days=1 + n),
            kind=clinic.visit_kinds.get(),
            site=clinic.sites.get(),
        )
    Phone.objects.filter(contacts__name="Omar").update(state=PhoneState.FAILING)
    desk.sign_in("Reception")
    desk.open("/desk/unreached/?days=14")
    desk.picture("unreached")
    desk.is_accessible()

    with desk.page.expect_download() as loaded:
        desk.page.get_by_role("link", name="Keep as a file").click()
    assert loaded.value.suggested_filename == "not-reached-by-whatsapp.csv"
    desk.page.get_by_role("link", name="never asked").click()
    expect(desk.page.get_by_role("checkbox")).to_have_count(2)
    desk.page.get_by_role("checkbox", name="Ana Ruiz").press("Space")
    desk.page.get_by_role("button", name="Write down for those ticked").press("Enter")

    desk.says("Written down for 1 patient: reached by letter")
    assert UnreachedOutcome.objects.get().patient.given_name == "Ana"
    desk.is_accessible()
    desk.picture("unreached-written-down")
    desk.page.emulate_media(color_scheme="dark")
    assert not find_faults(desk.page)
    desk.page.get_by_role("button", name="Undo").click()
    desk.says("Taken back for 1 patient.")
