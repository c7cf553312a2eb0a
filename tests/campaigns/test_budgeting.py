"""A budget is never exceeded, stops a run that reaches it, and never keeps one from its end."""

import threading
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from campaigns import budgeting, costs, guarding, launching
from campaigns.models import Campaign, Rate, Recipient, Run, RunStatus
from campaigns.refusing import NotAllowed
from tests import factories
from tests.campaigns.invitees import invite
from whatsapp.models import Message
from whatsapp.status import Status

pytestmark = pytest.mark.django_db
PRICE = Decimal("0.05")


@pytest.fixture
def paid(campaign: Campaign) -> Campaign:
    """Ten people at five cents, with a budget of a dollar."""
    factories.make_rate(campaign.clinic, price=PRICE)
    for _ in range(10):
        invite(campaign)
    return allow(campaign, "1.00")


def allow(campaign: Campaign, budget: str) -> Campaign:
    campaign.budget, campaign.budget_currency = Decimal(budget), "USD"
    campaign.save(update_fields=["budget", "budget_currency"])
    return campaign


def start(campaign: Campaign, now: datetime) -> Run:
    return launching.start(campaign, by=None, now=now)


def leave(now: datetime) -> int:
    """All that waits leaves."""
    waiting = Message.objects.filter(send_after__isnull=False)
    return waiting.update(status=Status.ACCEPTED, send_after=None, accepted_at=now)


def fresh(run: Run) -> Run:
    return Run.objects.select_related("campaign__clinic").get(pk=run.pk)


def tick(now: datetime, *, portion: int = 500) -> int:
    guarding.guard(now=now)
    return launching.pour(now=now, portion=portion)


def test_within_its_budget_a_run_goes_to_its_end(paid: Campaign, noon: datetime) -> None:
    run = start(paid, noon)

    assert tick(noon) == 10
    leave(noon)
    tick(noon)

    assert fresh(run).status == RunStatus.DONE
    assert fresh(run).costs_at_most == Decimal("0.5")


def test_what_costs_exactly_the_budget_is_covered(paid: Campaign, noon: datetime) -> None:
    allow(paid, "0.50")
    run = start(paid, noon)

    tick(noon)
    leave(noon)
    tick(noon)

    assert fresh(run).status == RunStatus.DONE


def test_what_would_exceed_its_budget_is_not_started(paid: Campaign, noon: datetime) -> None:
    allow(paid, "0.49")

    with pytest.raises(NotAllowed, match=r"about \$0.50; of its budget of \$0.49 there is \$0.49"):
        start(paid, noon)

    assert not Run.objects.exists()


def test_a_budget_is_for_all_runs_together(paid: Campaign, noon: datetime) -> None:
    start(paid, noon)
    tick(noon)
    leave(noon)
    tick(noon)
    allow(paid, "0.95")

    with pytest.raises(NotAllowed, match=r"there is \$0.45"):
        start(paid, noon + timedelta(minutes=5))

    # What did not arrive costs nothing.
    first = Message.objects.order_by("pk").values("pk")[:1]
    Message.objects.filter(pk__in=first).update(status=Status.FAILED)
    assert start(paid, noon + timedelta(minutes=5)).status == RunStatus.EXPANDING


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        pytest.param({"country": "BR"}, "no rate is known", id="no-rate"),
        pytest.param({"currency": "EUR"}, "another currency", id="another-currency"),
    ],
)
def test_a_budget_that_nothing_can_be_counted_against_is_refused(
    campaign: Campaign, noon: datetime, fields: dict[str, object], why: str
) -> None:
    factories.make_rate(campaign.clinic, **fields)
    invite(campaign)
    allow(campaign, "5")

    with pytest.raises(NotAllowed, match=why):
        start(campaign, noon)


def test_a_run_whose_prices_rise_stops_before_its_budget_is_exceeded(
    paid: Campaign, noon: datetime
) -> None:
    allow(paid, "0.50")
    run = start(paid, noon)
    assert tick(noon, portion=4) == 4
    leave(noon)
    Rate.objects.filter(clinic=paid.clinic).update(price=Decimal("0.07"))
    budgeting.forget(Campaign.objects.all())

    poured = [tick(noon, portion=2), tick(noon, portion=2)]
    assert poured == [2, 1]
    # What waits has not left: nothing is said before it has.
    assert tick(noon) == 0
    assert fresh(run).status == RunStatus.POURING
    leave(noon)
    tick(noon)

    found = fresh(run)
    assert found.status == RunStatus.PAUSED
    assert found.status_reason == (
        "of its budget of $0.50, about $0.49 is used up by what has left"
    )
    assert costs.expected(found, now=noon).total("USD") == Decimal("0.49")


def test_a_budget_that_is_lowered_holds_back_what_waits(paid: Campaign, noon: datetime) -> None:
    run = start(paid, noon)
    tick(noon, portion=6)
    first = Message.objects.order_by("pk").values("pk")[:3]
    Message.objects.filter(pk__in=first).update(
        status=Status.DELIVERED, send_after=None, accepted_at=noon
    )
    allow(paid, "0.15")

    assert tick(noon) == 0

    assert fresh(run).status == RunStatus.PAUSED
    run.stream.refresh_from_db()
    assert run.stream.held_at == noon


def test_raised_again_it_goes_on_where_it_was(paid: Campaign, noon: datetime) -> None:
    run = start(paid, noon)
    tick(noon, portion=6)
    leave(noon)
    allow(paid, "0.30")
    tick(noon)
    assert fresh(run).status == RunStatus.PAUSED

    allow(paid, "1.00")
    launching.resume(fresh(run), now=noon)
    tick(noon)

    assert Message.objects.count() == 10
    assert fresh(run).status == RunStatus.POURING


def test_a_run_that_nobody_is_left_of_ends_though_its_budget_is_used_up(
    paid: Campaign, noon: datetime
) -> None:
    run = start(paid, noon)
    tick(noon)
    leave(noon)
    allow(paid, "0.10")

    tick(noon)

    assert fresh(run).status == RunStatus.DONE


def test_a_trial_that_its_budget_holds_back_does_not_begin_to_wait(
    paid: Campaign, noon: datetime
) -> None:
    paid.trial_size = 4
    paid.save(update_fields=["trial_size"])
    run = start(paid, noon)
    tick(noon, portion=2)
    leave(noon)
    allow(paid, "0.10")

    tick(noon)

    assert fresh(run).trial_ends_at is None
    assert fresh(run).status == RunStatus.PAUSED


def test_a_budget_set_on_a_run_that_is_going_counts_what_has_left(
    paid: Campaign, noon: datetime
) -> None:
    Campaign.objects.update(budget=None)
    run = start(paid, noon)
    tick(noon, portion=6)
    leave(noon)
    assert fresh(run).costs_at_most is None

    allow(paid, "0.30")

    assert tick(noon) == 0
    assert fresh(run).status == RunStatus.PAUSED


def test_another_run_that_was_not_counted_is_counted_first(paid: Campaign, noon: datetime) -> None:
    start(paid, noon)
    tick(noon)
    leave(noon)
    tick(noon)
    second = start(paid, noon + timedelta(minutes=5))
    Run.objects.exclude(pk=second.pk).update(costs_at_most=None)

    assert launching.pour(now=noon) == 0
    assert tick(noon) == 10
    assert sum(filter(None, Run.objects.values_list("costs_at_most", flat=True))) == 1


def test_the_database_refuses_a_budget_without_a_currency(campaign: Campaign) -> None:
    with pytest.raises(IntegrityError):
        Campaign.objects.update(budget=5, budget_currency="")


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.integers(1, 60), st.lists(st.sampled_from(["tick", "leave", "fail"]), max_size=14))
def test_whatever_happens_no_budget_is_exceeded(
    paid: Campaign, noon: datetime, cents: int, steps: list[str]
) -> None:
    Recipient.objects.all().delete()
    Message.objects.all().delete()
    Run.objects.all().delete()
    Rate.objects.filter(clinic=paid.clinic).update(price=PRICE)
    allow(paid, "1.00")
    run = start(paid, noon)
    allow(paid, str(Decimal(cents) / 100))
    at_worst = Decimal(0)

    for step in [*steps, "tick", "leave", "tick"]:
        if step == "tick":
            tick(noon, portion=3)
        elif step == "leave":
            leave(noon)
        elif step == "fail":
            one = Message.objects.filter(status=Status.ACCEPTED).order_by("pk").values("pk")[:1]
            Message.objects.filter(pk__in=one).update(status=Status.FAILED)
        cost = costs.of_runs(
            paid.clinic, [run.pk], now=noon, statuses=[Status.QUEUED, Status.ACCEPTED]
        )
        at_worst = max(at_worst, cost.total("USD"))

    assert at_worst <= Decimal(cents) / 100


@pytest.mark.django_db(transaction=True)
def test_two_ticks_at_once_stay_within_the_budget(paid: Campaign, noon: datetime) -> None:
    start(paid, noon)
    allow(paid, "0.33")
    gate = threading.Barrier(2)
    poured: list[int] = []

    def work() -> None:
        try:
            gate.wait(5)
            poured.extend(tick(noon, portion=2) for _ in range(6))
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(30)

    assert len(poured) == 12
    assert sum(poured) == Message.objects.count() == 6
