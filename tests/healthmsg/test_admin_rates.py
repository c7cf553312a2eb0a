"""Rates and budgets in the admin: pasted, typed in, shown before anything leaves."""

from datetime import date
from decimal import Decimal

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from campaigns.models import Campaign, Rate
from healthmsg.clinic.models import Clinic, Purpose, StaffUser
from tests import factories
from tests.campaigns.test_approving import form_of
from whatsapp.models import Sender

pytestmark = pytest.mark.django_db
PASTE = "admin:campaigns_rate_paste"


def sign_in(client: Client, clinic: Clinic, role: str) -> Client:
    user = StaffUser.objects.create(username=role, is_staff=True)
    user.clinics.add(clinic)
    user.groups.add(Group.objects.get(name=role))
    client.force_login(user)
    return client


@pytest.fixture
def admin_of_clinic(client: Client, sunrise_clinic: Clinic) -> Client:
    return sign_in(client, sunrise_clinic, "Clinic admin")


@pytest.fixture
def campaign(sunrise_clinic: Clinic, sender: Sender) -> Campaign:
    """One patient in Argentina and one in Spain."""
    factories.make_template(sender.account, name="flu", body="Hola", category="MARKETING")
    patients = [
        factories.make_patient(
            sunrise_clinic,
            consents=(Purpose.PREVENTION,),
            phone=factories.make_phone(sunrise_clinic, number),
        )
        for number in ("+5491155550101", "+34612345678")
    ]
    return factories.make_campaign(
        sunrise_clinic,
        template_name="flu",
        audience=factories.make_audience(sunrise_clinic, *patients),
    )


def pasted(clinic: Clinic, lines: str, **fields: object) -> dict[str, object]:
    known = {"clinic": clinic.pk, "currency": "usd", "valid_from": "2026-04-01", "lines": lines}
    return known | fields


def test_rates_are_pasted_all_or_none(admin_of_clinic: Client, sunrise_clinic: Clinic) -> None:
    page = admin_of_clinic.post(reverse(PASTE), pasted(sunrise_clinic, "AR;MARKETING;0.06\nX;Y;Z"))
    assert "Line 2: “X” is not a country." in page.content.decode()
    assert not Rate.objects.exists()

    admin_of_clinic.post(reverse(PASTE), pasted(sunrise_clinic, "Argentina;MARKETING;0.06"))

    rate = Rate.objects.get()
    assert (rate.country, rate.price, rate.currency) == ("AR", Decimal("0.06"), "USD")
    assert rate.valid_from == date(2026, 4, 1)


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        pytest.param({"currency": "XYZ"}, "This is not a currency.", id="no-currency"),
        pytest.param({"currency": "EUR"}, "the other rates are in USD", id="a-second-currency"),
        pytest.param({"lines": " \n"}, "This field is required", id="nothing"),
        pytest.param({"lines": "Country;Category;Price"}, "no rate in it", id="headings-alone"),
    ],
)
def test_what_is_pasted_wrongly_is_refused_with_the_reason(
    admin_of_clinic: Client, sunrise_clinic: Clinic, fields: dict[str, object], why: str
) -> None:
    factories.make_rate(sunrise_clinic, country="BR")

    page = admin_of_clinic.post(reverse(PASTE), pasted(sunrise_clinic, "AR;MARKETING;1") | fields)

    assert why in page.content.decode()
    assert Rate.objects.count() == 1


def test_nobody_pastes_for_another_clinic(admin_of_clinic: Client) -> None:
    elsewhere = factories.make_clinic()

    admin_of_clinic.post(reverse(PASTE), pasted(elsewhere, "AR;MARKETING;1"))

    assert not Rate.objects.exists()


def test_an_author_sees_rates_and_changes_none(client: Client, sunrise_clinic: Clinic) -> None:
    rate = factories.make_rate(sunrise_clinic, price=Decimal("0.0618"))
    author = sign_in(client, sunrise_clinic, "Campaign author")

    page = author.get(reverse("admin:campaigns_rate_changelist")).content.decode()
    assert "$0.0618" in page
    assert "Argentina" in page
    assert "Paste rates" not in page
    assert author.get(reverse(PASTE)).status_code == 403
    assert author.get(reverse("admin:campaigns_rate_delete", args=[rate.pk])).status_code == 403


def test_a_rate_is_found_by_its_countrys_name(
    admin_of_clinic: Client, sunrise_clinic: Clinic
) -> None:
    factories.make_rate(sunrise_clinic)
    factories.make_rate(sunrise_clinic, country="BR")
    address = reverse("admin:campaigns_rate_changelist")

    answer = admin_of_clinic.post(address, {"typed": "braz"}, follow=True)

    assert [rate.country for rate in answer.context["cl"].result_list] == ["BR"]


def test_a_changed_rate_is_counted_anew(admin_of_clinic: Client, campaign: Campaign) -> None:
    rate = factories.make_rate(campaign.clinic)
    Campaign.objects.update(budget=5, budget_currency="USD")
    admin_of_clinic.post(reverse("admin:campaigns_campaign_start", args=[campaign.pk]))
    run = campaign.runs.get()
    campaign.runs.update(costs_at_most=1)
    form = {"country": "AR", "category": "MARKETING", "price": "0.07", "currency": "USD"}

    admin_of_clinic.post(
        reverse("admin:campaigns_rate_change", args=[rate.pk]), form | {"valid_from": "2026-01-01"}
    )

    run.refresh_from_db()
    rate.refresh_from_db()
    assert (run.costs_at_most, rate.price) == (None, Decimal("0.07"))


def test_before_the_start_a_person_sees_what_it_costs_and_what_is_not_known(
    admin_of_clinic: Client, campaign: Campaign
) -> None:
    factories.make_rate(campaign.clinic)
    address = reverse("admin:campaigns_campaign_start", args=[campaign.pk])

    page = admin_of_clinic.get(address).content.decode()

    assert "About $0.05 for 1 message" in page
    assert "No rate is known for:" in page
    assert "Spain, marketing: 1 message" in page


def test_a_budget_that_is_too_small_is_told_when_it_is_started(
    admin_of_clinic: Client, campaign: Campaign
) -> None:
    factories.make_rate(campaign.clinic)
    Campaign.objects.update(budget=Decimal("0.04"), budget_currency="USD")
    address = reverse("admin:campaigns_campaign_start", args=[campaign.pk])

    page = admin_of_clinic.post(address).content.decode()

    assert "It would cost about $0.05; of its budget of $0.04 there is $0.04." in page
    assert "The budget of $0.04 is for all its runs; $0.00 is used up." in page
    assert not campaign.runs.exists()


def test_a_budget_takes_the_currency_of_the_rates(
    admin_of_clinic: Client, campaign: Campaign
) -> None:
    factories.make_rate(campaign.clinic, currency="EUR")
    form = form_of(campaign, template_name="flu", budget="12.50")
    address = reverse("admin:campaigns_campaign_change", args=[campaign.pk])

    refused = admin_of_clinic.post(address, form | {"budget_currency": "???"})
    assert "budget_currency" in refused.context["adminform"].form.errors
    admin_of_clinic.post(address, form)

    campaign.refresh_from_db()
    assert (campaign.budget, campaign.budget_currency) == (Decimal("12.5"), "EUR")


def test_what_it_has_cost_is_counted_beside_the_page(
    admin_of_clinic: Client, campaign: Campaign
) -> None:
    factories.make_rate(campaign.clinic)
    Campaign.objects.update(budget=5, budget_currency="USD")
    admin_of_clinic.post(reverse("admin:campaigns_campaign_start", args=[campaign.pk]))
    costs = reverse("admin:campaigns_campaign_costs", args=[campaign.pk])

    page = admin_of_clinic.get(reverse("admin:campaigns_campaign_change", args=[campaign.pk]))
    part = admin_of_clinic.get(costs).content.decode()

    assert costs in page.content.decode()
    assert "Nothing that was charged for has arrived yet." in part
    assert "Of a budget of $5.00, $0.00 is used up" in part
