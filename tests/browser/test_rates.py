"""Rates are pasted, and a campaign says what it would cost."""

from decimal import Decimal

import pytest

from campaigns.models import Campaign
from healthmsg.clinic.models import Clinic, Purpose
from tests import factories
from tests.browser.conftest import Desk
from whatsapp.models import Sender


@pytest.fixture
def campaign(clinic: Clinic, clinic_sender: Sender) -> Campaign:
    factories.make_template(clinic_sender.account, name="flu", body="Hola", category="MARKETING")
    patients = [
        factories.make_patient(
            clinic,
            consents=(Purpose.PREVENTION,),
            phone=factories.make_phone(clinic, number),
        )
        for number in ("+5491155550101", "+5491155550102", "+34612345678")
    ]
    return factories.make_campaign(
        clinic, audience=factories.make_audience(clinic, *patients), template_name="flu"
    )


def test_rates_are_pasted(desk: Desk, clinic: Clinic) -> None:
    desk.sign_in("Clinic admin")
    page = desk.page

    desk.open("/admin/campaigns/rate/paste/")
    page.get_by_label("Currency").fill("USD")
    page.get_by_label("Rates").fill("Argentina;MARKETING;0.0618\nAtlantis;MARKETING;1")
    page.get_by_role("button", name="Keep").click()
    desk.says("Line 2: “Atlantis” is not a country.")
    desk.is_accessible()
    desk.picture("rates-refused")
    page.get_by_label("Rates").fill("Argentina;MARKETING;0.0618\nUS;Utility;0.004")
    page.get_by_role("button", name="Keep").click()
    desk.says("Kept 2 rates.")
    desk.says("$0.0618")
    desk.is_accessible()
    desk.picture("rates")

    desk.open("/admin/campaigns/rate/add/")
    desk.is_accessible()
    desk.picture("rate")


def test_a_campaign_says_what_it_costs(desk: Desk, campaign: Campaign) -> None:
    factories.make_rate(campaign.clinic, price=Decimal("0.0618"))
    desk.sign_in("Clinic admin")
    page = desk.page
    here = f"/admin/campaigns/campaign/{campaign.pk}"

    desk.open(f"{here}/change/")
    page.locator("summary", has_text="Budget").click()
    page.locator("#id_budget").fill("5")
    desk.picture("campaign-budget")
    page.get_by_role("button", name="Save and continue editing").click()
    desk.says("was changed successfully")
    desk.open(f"{here}/start/")
    desk.says("About $0.12 for 2 messages")
    desk.says("Spain, marketing: 1 message")
    page.get_by_text("How it adds up").first.click()
    desk.is_accessible()
    desk.picture("start-cost")
    page.get_by_role("button", name="Start now").click()
    desk.says("Nothing that was charged for has arrived yet.")
    desk.says("Of a budget of $5.00, $0.00 is used up")
    desk.is_accessible()
    desk.picture("campaign-costs")
