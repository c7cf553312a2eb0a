"""A safety notice needs two people, goes before other campaigns, and is held up by nothing."""

import asyncio
from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from campaigns import approving, audience, forecast, launching
from campaigns.approving import NotYours
from campaigns.models import Campaign, Notice, Recipient, Run
from campaigns.refusing import NotAllowed
from healthmsg.clinic.models import Clinic, Purpose, StaffUser
from tests import factories
from tests.campaigns.invitees import invite
from whatsapp import leasing, serving
from whatsapp.claiming import Claims, Terms
from whatsapp.connection import connect
from whatsapp.models import Message, Sender
from whatsapp.status import Reason

pytestmark = pytest.mark.django_db(transaction=True)
INFORMED = (Purpose.INFORMATION,)


@pytest.fixture
def author(sunrise_clinic: Clinic) -> StaffUser:
    return factories.make_person("author")


@pytest.fixture
def other(sunrise_clinic: Clinic) -> StaffUser:
    return StaffUser.objects.create(username="other", is_superuser=True)


@pytest.fixture
def notice(sunrise_clinic: Clinic, sender: Sender, author: StaffUser) -> Campaign:
    factories.make_template(
        sender.account, name="recall", body="Hola {{contact_name}}, {{clinic_name}}: llámenos."
    )
    return Campaign.objects.create(
        clinic=sunrise_clinic,
        name="Recall",
        notice=Notice.RECALL,
        purpose=Purpose.INFORMATION,
        template_name="recall",
        audience=factories.make_audience(sunrise_clinic, name="Takes it"),
        created_by=author,
    )


def approved(notice: Campaign, other: StaffUser, noon: datetime) -> Campaign:
    approving.approve(notice, by=other, now=noon)
    return notice


def test_one_person_alone_starts_none_however_small(
    notice: Campaign, author: StaffUser, other: StaffUser, noon: datetime
) -> None:
    invite(notice, consents=INFORMED)

    with pytest.raises(NotAllowed, match="needs two"):
        launching.start(notice, by=author, now=noon)
    with pytest.raises(NotYours):
        approving.approve(notice, by=author, now=noon)

    approving.approve(notice, by=other, now=noon)
    run = launching.start(notice, by=author, now=noon)
    assert (run.started_by, run.approved_by, run.campaign.created_by) == (author, other, author)


def test_whoever_changed_it_last_does_not_approve_it(
    notice: Campaign, other: StaffUser, noon: datetime
) -> None:
    notice.changed_by = other
    notice.save()

    with pytest.raises(NotYours, match="changed it last"):
        approving.approve(notice, by=other, now=noon)


def test_without_an_author_there_is_only_one_person(
    notice: Campaign, other: StaffUser, noon: datetime
) -> None:
    notice.created_by = None
    notice.save()

    with pytest.raises(NotYours, match="no author"):
        approving.approve(notice, by=other, now=noon)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"purpose": Purpose.PREVENTION}, id="an-invitation"),
        pytest.param({"trial_size": 10}, id="a-trial"),
        pytest.param({"own_rate": 10}, id="a-rate"),
        pytest.param({"daily_cap": 10}, id="a-cap"),
        pytest.param({"notice": "BIRTHDAY"}, id="no-notice-at-all"),
    ],
)
def test_the_database_knows_what_a_notice_is(notice: Campaign, change: dict[str, object]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Campaign.objects.filter(pk=notice.pk).update(**change)


def test_the_database_refuses_its_author_as_approver(notice: Campaign, author: StaffUser) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Campaign.objects.filter(pk=notice.pk).update(approved_by=author)


def test_a_month_full_of_invitations_does_not_hold_it_up_but_permission_does(
    notice: Campaign, other: StaffUser, campaign: Campaign, noon: datetime
) -> None:
    full = invite(notice, consents=(*INFORMED, Purpose.PREVENTION))
    invite(notice, consents=(Purpose.PREVENTION,))
    notice.clinic.invitations_a_month = 1
    notice.clinic.save()
    campaign.audience = notice.audience
    campaign.save()
    launching.start(campaign, by=None, now=noon)
    launching.pour(now=noon)

    look = audience.look(audience.of(notice, now=noon + timedelta(hours=1)))

    assert look == {"": 1, Reason.NEVER_ASKED: 1}
    assert audience.look(audience.of(campaign, now=noon))[Reason.TOLD_RECENTLY] == 2
    approved(notice, other, noon)
    run = launching.start(notice, by=other, now=noon)
    launching.pour(now=noon)
    assert [r.patient for r in Recipient.objects.filter(run=run, reason="")] == [full]


def test_it_is_poured_and_claimed_before_what_began_earlier(
    notice: Campaign, other: StaffUser, campaign: Campaign, sender: Sender, noon: datetime
) -> None:
    for _ in range(6):
        invite(campaign)
    for _ in range(3):
        invite(notice, consents=INFORMED)
    launching.start(campaign, by=None, now=noon)
    launching.pour(now=noon, portion=4)
    run = launching.start(approved(notice, other, noon), by=other, now=noon)
    reminder = factories.make_message(sender, factories.make_patient(sender.clinic))
    later = noon + timedelta(minutes=1)

    launching.pour(now=later)

    streams = Message.objects.filter(created_at=later).order_by("pk")
    assert list(streams.values_list("stream", flat=True))[:3] == [run.stream_id] * 3
    first, second = claimed(sender, later, 4, 4)
    assert first == [None, run.stream_id, run.stream_id, run.stream_id]
    assert set(second) == {Run.objects.get(campaign=campaign).stream_id}
    assert Message.objects.get(pk=reminder.pk).status == "SENDING"


def test_only_other_notices_are_ahead_of_it(
    notice: Campaign, campaign: Campaign, noon: datetime
) -> None:
    for _ in range(5):
        invite(campaign)
    sender = Sender.objects.get()
    launching.start(campaign, by=None, now=noon)
    launching.pour(now=noon)

    alone = forecast.of_campaign(notice, 1, now=noon)
    behind = forecast.of_campaign(factories.make_campaign(campaign.clinic), 1, now=noon)

    assert alone is not None
    assert behind is not None
    assert (behind - noon) > 5 * (alone - noon)
    assert sender.clinic == campaign.clinic


def claimed(sender: Sender, now: datetime, *wanted: int) -> list[list[int | None]]:
    """Claim as a pump does; from which streams, claim by claim."""

    async def run() -> list[list[int]]:
        terms = Terms(sender.pk, True, lambda _now: serving.EVERYTHING, lambda: now)
        async with await connect() as held:
            await held.execute(leasing.STEADY)
            claims = Claims(held, terms)
            return [[one.id for one in (await claims(many)).claimed] for many in wanted]

    taken = asyncio.run(run())
    streams = dict(Message.objects.values_list("pk", "stream"))
    return [[streams[pk] for pk in ids] for ids in taken]
