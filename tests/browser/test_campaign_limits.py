"""A campaign's own limits are set on its page; the check tells what they come to."""

from django.utils import timezone
from playwright.sync_api import Page

from campaigns import launching
from campaigns.models import Campaign
from healthmsg.clinic.models import Clinic, Patient, Purpose, StaffUser
from tests import factories
from tests.browser.conftest import Desk
from whatsapp.models import Message, Sender
from whatsapp.status import Reason, Status


def set_up(clinic: Clinic, sender: Sender) -> Campaign:
    """Six invited to one site, two of them on one phone."""
    factories.make_template(
        sender.account, name="flu", body="Hola {{contact_name}}, {{clinic_name}}. STOP"
    )
    site = factories.make_site(clinic, name="Puerto")
    shared = factories.make_phone(clinic)
    patients = [
        factories.make_patient(
            clinic, consents=(Purpose.PREVENTION,), site=site, phone=shared if n < 2 else None
        )
        for n in range(6)
    ]
    return factories.make_campaign(
        clinic,
        name="Flu",
        audience=factories.make_audience(clinic, *patients),
        template_name="flu",
        visit_kind=factories.make_kind(clinic, name="Vaccination"),
        created_by=StaffUser.objects.create(username="author"),
    )


def unfold(page: Page, *parts: str) -> None:
    """Open what a form folds away as long as nothing stands in it."""
    for part in parts:
        page.locator("summary", has_text=part).click()


def fill_in(page: Page) -> None:
    unfold(page, "How fast", "Free times")
    page.locator("#id_own_rate").fill("60")
    page.locator("#id_own_rate_per").select_option("HOUR")
    page.locator("#id_daily_cap").fill("200")
    page.locator("#id_expected_percent").fill("50")
    page.get_by_role("link", name="Add another group that is written to first").click()
    page.locator("#id_priority_groups-0-place").fill("1")
    page.locator("#id_priority_groups-0-audience").select_option(label="At risk")
    page.get_by_role("link", name="Add another site with free times").click()
    page.locator("#id_free_slots-0-site").select_option(label="Puerto")
    page.locator("#id_free_slots-0-a_day").fill("1")


def test_limits_are_set_and_the_check_tells_what_they_come_to(
    desk: Desk, clinic: Clinic, clinic_sender: Sender
) -> None:
    campaign = set_up(clinic, clinic_sender)
    factories.make_audience(clinic, *Patient.objects.all()[:1], name="At risk")
    desk.sign_in("Clinic admin")
    page = desk.page
    here = f"/admin/campaigns/campaign/{campaign.pk}"

    desk.open(f"{here}/change/")
    fill_in(page)
    desk.picture("limits-filled-in")
    page.get_by_role("button", name="Save and continue editing").click()
    desk.says("was changed successfully")
    desk.is_accessible()
    desk.picture("limits")

    campaign.refresh_from_db()
    assert (campaign.own_rate, campaign.own_rate_per, campaign.daily_cap) == (60, "HOUR", 200)
    assert campaign.free_slots.get().a_day == 1
    desk.open(f"{here}/start/")
    desk.says("6 of 6 would get it")
    desk.says("5 messages")
    desk.says("1 patient shares a phone")
    desk.says("Written to first, in this order: At risk")
    desk.is_accessible()
    desk.picture("limits-start")


def test_a_notice_that_would_wait_is_refused_in_words(
    desk: Desk, clinic: Clinic, clinic_sender: Sender
) -> None:
    campaign = set_up(clinic, clinic_sender)
    desk.sign_in("Clinic admin")
    page = desk.page

    desk.open(f"/admin/campaigns/campaign/{campaign.pk}/change/")
    unfold(page, "Safety notice", "How fast")
    page.locator("#id_notice").select_option("RECALL")
    page.locator("#id_daily_cap").fill("200")
    page.get_by_role("button", name="Save", exact=True).click()

    desk.says("A safety notice is for information.")
    desk.says("A safety notice goes at once")
    desk.is_accessible()
    desk.picture("notice-refused")


def test_a_run_is_tried_again(desk: Desk, clinic: Clinic, clinic_sender: Sender) -> None:
    campaign = set_up(clinic, clinic_sender)
    now = timezone.now()
    run = launching.start(campaign, by=None, now=now)
    launching.pour(now=now)
    Message.objects.update(status=Status.READ, send_after=None)
    Message.objects.filter(pk=Message.objects.latest("pk").pk).update(
        status=Status.FAILED, reason=Reason.TRIED_OFTEN, failed_at=now
    )
    desk.sign_in("Clinic admin")
    page = desk.page

    desk.open(f"/admin/campaigns/campaign/{campaign.pk}/change/")
    page.get_by_role("link", name="Try again those who did not get it").click()
    desk.says("1 patient")
    desk.says("WhatsApp could not take it after several tries")
    desk.is_accessible()
    desk.picture("retry")
    page.get_by_role("button", name="Try again").click()

    desk.says("1 patient is tried again.")
    run.refresh_from_db()
    assert run.retries == 1
