"""What a campaign would cost, and what receipts say it has cost."""

import json
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from campaigns import costs, launching
from campaigns.costs import Cost
from campaigns.models import Campaign, Run
from healthmsg.clinic.models import Purpose
from tests import factories
from tests.campaigns.invitees import WILLING, invite, put_on_list
from whatsapp import inbox
from whatsapp.models import Delivery, Message, Template
from whatsapp.status import Status

pytestmark = pytest.mark.django_db


def invite_at(campaign: Campaign, number: str, *, language: str = "es") -> None:
    phone = factories.make_phone(campaign.clinic, number)
    patient = factories.make_patient(
        campaign.clinic, consents=WILLING, phone=phone, language=language
    )
    put_on_list(campaign, patient)


def sums(cost: Cost) -> list[tuple[str, str, int, str]]:
    return [(one.country, one.category, one.messages, str(one.amount)) for one in cost.lines]


def test_an_estimate_counts_messages_by_country_and_by_how_each_language_counts(
    campaign: Campaign, noon: datetime
) -> None:
    account = campaign.clinic.senders.get().account
    factories.make_template(
        account, name=campaign.template_name, language="en", body="Hello", category="UTILITY"
    )
    factories.make_rate(campaign.clinic, price=Decimal("0.05"))
    factories.make_rate(campaign.clinic, country="US", category="UTILITY", price=Decimal("0.004"))
    for n in range(3):
        invite_at(campaign, f"+5491155550{n:03}")
    invite_at(campaign, "+12125550101", language="en")
    invite_at(campaign, "+14165550101", language="en")

    cost = costs.estimate(campaign, now=noon)

    assert sums(cost) == [
        ("AR", "MARKETING", 3, "0.150000"),
        ("CA", "UTILITY", 1, "0"),
        ("US", "UTILITY", 1, "0.004000"),
    ]
    assert cost.totals == {"USD": Decimal("0.154")}
    assert [(one.country, one.messages) for one in cost.unknown] == [("CA", 1)]
    assert cost.messages == 5


def test_a_household_costs_one_message_and_who_gets_none_costs_nothing(
    campaign: Campaign, noon: datetime
) -> None:
    phone = factories.make_phone(campaign.clinic, "+5491155550999")
    for _ in range(3):
        invite(campaign, phone=phone)
    invite(campaign, consents=(Purpose.APPOINTMENTS,))

    assert costs.estimate(campaign, now=noon).messages == 1


def test_without_rates_a_cost_is_unknown_and_not_nothing(
    campaign: Campaign, noon: datetime
) -> None:
    invite(campaign)

    cost = costs.estimate(campaign, now=noon)

    assert cost.totals == {}
    assert [one.country for one in cost.unknown] == ["AR"]


@pytest.fixture
def run(campaign: Campaign, noon: datetime) -> Run:
    """A run whose three messages WhatsApp has taken; two of its people share one."""
    shared = factories.make_phone(campaign.clinic, "+5491155550777")
    invite(campaign, phone=shared)
    invite(campaign, phone=shared)
    invite(campaign)
    invite(campaign)
    run = launching.start(campaign, by=None, now=noon)
    launching.pour(now=noon)
    for message in Message.objects.all():
        message.status, message.send_after = Status.ACCEPTED, None
        message.attempt, message.accepted_at = 1, noon
        message.wamid = f"wamid.{message.pk}"
        message.save()
    return run


def tell(message: Message, status: str, *, type_: str, at: datetime) -> None:
    """What WhatsApp says of a message, through the door's own row."""
    told = {
        "id": message.wamid,
        "status": status,
        "timestamp": str(int(at.timestamp())),
        "recipient_id": "5491155550101",
        "biz_opaque_callback_data": f"{message.callback}.1",
        "pricing": {"pricing_model": "PMP", "type": type_, "category": "marketing"},
    }
    value = {"metadata": {"phone_number_id": factories.PHONE_NUMBER_ID}, "statuses": [told]}
    entry = {"id": factories.WABA_ID, "changes": [{"field": "messages", "value": value}]}
    Delivery.objects.create(clear_body=json.dumps({"entry": [entry]}).encode())
    inbox.digest(now=at)


def test_only_what_is_charged_for_and_has_arrived_is_spent(run: Run, noon: datetime) -> None:
    factories.make_rate(run.campaign.clinic, price=Decimal("0.05"))
    arrived, only_sent, free = Message.objects.order_by("pk")

    tell(arrived, "sent", type_="regular", at=noon)
    tell(only_sent, "sent", type_="regular", at=noon)
    tell(free, "sent", type_="free_entry_point", at=noon)
    assert costs.spend(run, now=noon).totals == {}

    tell(arrived, "delivered", type_="regular", at=noon)
    tell(arrived, "delivered", type_="regular", at=noon)
    tell(arrived, "read", type_="regular", at=noon)
    tell(free, "delivered", type_="free_entry_point", at=noon)

    assert sums(costs.spend(run, now=noon)) == [("AR", "MARKETING", 1, "0.050000")]
    assert costs.spend_of(run.campaign, now=noon) == costs.spend(run, now=noon)
    assert costs.expected(run, now=noon).total("USD") == Decimal("0.15")


def test_what_did_not_arrive_is_not_expected_to_cost_anything(run: Run, noon: datetime) -> None:
    factories.make_rate(run.campaign.clinic, price=Decimal("0.05"))
    failed, withheld, _gone = Message.objects.order_by("pk")
    Message.objects.filter(pk=failed.pk).update(status=Status.FAILED)
    Message.objects.filter(pk=withheld.pk).update(status=Status.WITHHELD, reason="TOO_LATE")

    assert costs.expected(run, now=noon).messages == 1


def test_the_rate_of_the_day_of_arrival_counts_by_the_clinics_clocks(
    run: Run, noon: datetime
) -> None:
    # In Buenos Aires the day ends at 03:00 UTC.
    midnight = (noon + timedelta(days=1)).replace(hour=3, minute=0)
    factories.make_rate(run.campaign.clinic, price=Decimal("0.05"))
    factories.make_rate(
        run.campaign.clinic, price=Decimal("0.07"), valid_from=noon.date() + timedelta(days=1)
    )
    before, after, _waiting = Message.objects.order_by("pk")

    tell(before, "delivered", type_="regular", at=midnight - timedelta(seconds=1))
    tell(after, "delivered", type_="regular", at=midnight)

    assert costs.spend(run, now=midnight).total("USD") == Decimal("0.12")


def test_what_whatsapp_says_it_charges_counts_before_what_the_template_is(
    run: Run, noon: datetime
) -> None:
    Template.objects.update(category="UTILITY")
    told, *_others = Message.objects.order_by("pk")

    tell(told, "delivered", type_="regular", at=noon)

    found = {(one.category, one.messages) for one in costs.expected(run, now=noon).lines}
    assert found == {("MARKETING", 1), ("UTILITY", 2)}


def test_what_whatsapp_took_twice_costs_twice(run: Run, noon: datetime) -> None:
    told, *_others = Message.objects.order_by("pk")
    tell(told, "delivered", type_="regular", at=noon)
    Message.objects.filter(pk=told.pk).update(doubled_at=noon)

    assert costs.spend(run, now=noon).messages == 2
