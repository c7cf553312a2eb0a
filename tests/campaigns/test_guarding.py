"""A run that does harm stops by itself, and says why."""

from datetime import datetime, timedelta

import pytest

from campaigns import guarding, launching
from campaigns.models import Campaign, Recipient, Run, RunStatus
from tests import factories
from tests.campaigns.invitees import invite
from whatsapp.models import Message, ReplyOutcome, Template, TemplateStatus
from whatsapp.status import Reason, Status

pytestmark = pytest.mark.django_db


@pytest.fixture
def going(campaign: Campaign, noon: datetime) -> Run:
    """A run whose sixty invitations have all left."""
    for _ in range(60):
        invite(campaign)
    run = launching.start(campaign, by=None, now=noon)
    launching.pour(now=noon)
    Message.objects.update(status=Status.DELIVERED, send_after=None, accepted_at=noon)
    return Run.objects.get(pk=run.pk)


def fail(count: int) -> None:
    chosen = Message.objects.order_by("pk").values("pk")[:count]
    Message.objects.filter(pk__in=chosen).update(
        status=Status.FAILED, reason=Reason.NOT_ON_WHATSAPP
    )


def stop(count: int, now: datetime) -> None:
    for n, recipient in enumerate(Recipient.objects.select_related("run__campaign")[:count]):
        factories.make_reply(
            clinic=recipient.run.campaign.clinic,
            sender=recipient.run.campaign.clinic.senders.get(),
            phone=recipient.phone,
            wamid=f"wamid.{n}",
            kind="text",
            text="STOP",
            written_at=now,
            outcome=ReplyOutcome.STOPPED,
        )


def test_a_run_that_arrives_goes_on(going: Run, noon: datetime) -> None:
    fail(12)
    stop(3, noon)

    assert guarding.guard(now=noon) == 0


def test_a_run_of_which_too_much_fails_is_paused_with_the_reason(
    going: Run, noon: datetime
) -> None:
    fail(13)

    assert guarding.guard(now=noon) == 1

    going.refresh_from_db()
    going.stream.refresh_from_db()
    assert going.status == RunStatus.PAUSED
    assert (
        going.status_reason == "13 of the last 60 did not arrive, mostly: not reached on WhatsApp"
    )
    assert going.stream.held_at == noon
    assert guarding.guard(now=noon) == 0


def test_a_run_that_too_many_ask_to_stop_is_paused(going: Run, noon: datetime) -> None:
    stop(4, noon)

    guarding.guard(now=noon)

    going.refresh_from_db()
    assert going.status_reason == "4 people asked us to stop within a day"


def test_of_few_messages_nothing_is_said(going: Run, noon: datetime) -> None:
    kept = Recipient.objects.order_by("pk").values("pk")[:40]
    Recipient.objects.exclude(pk__in=kept).update(poured_at=None)
    fail(40)
    stop(40, noon)

    assert guarding.guard(now=noon) == 0


def test_a_run_whose_template_is_stopped_burns_nobody(going: Run, noon: datetime) -> None:
    Template.objects.update(status=TemplateStatus.DISABLED)

    assert guarding.guard(now=noon) == 1

    going.refresh_from_db()
    assert going.status_reason == "no language of its template is approved any more"


def test_a_run_that_was_paused_goes_on_only_by_a_person(going: Run, noon: datetime) -> None:
    fail(13)
    guarding.guard(now=noon)
    launching.resume(Run.objects.get(pk=going.pk), now=noon + timedelta(minutes=1))

    # What failed before is known, and was accepted.
    assert guarding.guard(now=noon + timedelta(minutes=2)) == 0
    going.refresh_from_db()
    assert going.status == RunStatus.POURING


def test_a_household_counts_for_each_of_its_people(going: Run) -> None:
    phone = Recipient.objects.order_by("pk")[0].phone
    shared = Recipient.objects.order_by("pk")[0].message
    Recipient.objects.filter(pk__in=Recipient.objects.order_by("pk").values("pk")[:3]).update(
        phone=phone, message=shared
    )
    fail(1)

    assert guarding.outcome_of(going).failed.total() == 3
