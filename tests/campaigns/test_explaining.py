"""Why, or why not: of any patient, whether a run knows them or not."""

from datetime import date, datetime, timedelta

import pytest

from campaigns import explaining, launching
from campaigns.models import Campaign, Recipient, Run, RunStatus
from healthmsg.clinic.models import Patient
from tests import factories
from tests.campaigns.invitees import invite
from whatsapp.models import Message
from whatsapp.status import Reason

pytestmark = pytest.mark.django_db


def start(campaign: Campaign, now: datetime) -> Run:
    return launching.start(campaign, by=None, now=now)


def poured(campaign: Campaign, now: datetime) -> Run:
    start(campaign, now)
    launching.pour(now=now)
    return Run.objects.get()


def test_whoever_got_it_is_shown_the_message(campaign: Campaign, noon: datetime) -> None:
    patient = invite(campaign)

    verdict = explaining.explain(poured(campaign, noon), patient, now=noon)

    assert verdict.message == Message.objects.get()
    assert (verdict.why, verdict.waits_for) == ("", "")


def test_whoever_was_left_out_is_told_why(campaign: Campaign, noon: datetime) -> None:
    invite(campaign)
    silent = invite(campaign, consents=())

    verdict = explaining.explain(poured(campaign, noon), silent, now=noon)

    assert verdict.why == str(Reason.NEVER_ASKED.label)
    assert verdict.message is None


@pytest.mark.parametrize(
    ("change", "words"),
    [
        pytest.param({"status": RunStatus.PAUSED}, "the campaign is paused", id="paused"),
        pytest.param({}, "others are written to before", id="its-turn"),
    ],
)
def test_whoever_waits_is_told_for_what(
    change: dict[str, str], words: str, campaign: Campaign, noon: datetime
) -> None:
    for _ in range(2):
        invite(campaign)
    start(campaign, noon)
    launching.pour(now=noon, portion=1)
    Run.objects.update(**change)
    left = Recipient.objects.get(message=None)

    verdict = explaining.explain(Run.objects.get(), left.patient, now=noon)

    assert (verdict.waits_for, verdict.why, verdict.message) == (words, "", None)


def test_behind_a_trial_group_it_says_so(campaign: Campaign, noon: datetime) -> None:
    campaign.trial_size = 1
    campaign.save()
    for _ in range(2):
        invite(campaign)
    run = poured(campaign, noon)
    left = Recipient.objects.get(message=None)

    verdict = explaining.explain(run, left.patient, now=noon)

    assert verdict.waits_for == "a trial group is written to first"


def test_a_cancelled_run_says_so_before_each_row_does(campaign: Campaign, noon: datetime) -> None:
    for _ in range(2):
        invite(campaign)
    run = start(campaign, noon)
    launching.pour(now=noon, portion=1)
    launching.cancel(run, reason="second thoughts", now=noon)
    left = Recipient.objects.get(message=None)

    verdict = explaining.explain(Run.objects.get(), left.patient, now=noon)

    assert verdict.why == str(Reason.CANCELLED_BY_STAFF.label)


def test_while_it_is_prepared_nobody_outside_is_said_to_be_out(
    campaign: Campaign, noon: datetime
) -> None:
    patient = invite(campaign)

    verdict = explaining.explain(start(campaign, noon), patient, now=noon)

    assert verdict.waits_for == "not everybody has been looked at yet"


def test_whoever_does_not_fit_is_told_in_which_respect(campaign: Campaign, noon: datetime) -> None:
    audience = campaign.audience
    audience.age_from_months, audience.sexes, audience.lists_alone = 780, ["FEMALE"], False
    audience.save()
    invited, old = invite(campaign), invite(campaign)
    audience.lists.clear()
    Patient.objects.update(
        birth_date=date(1950, 1, 1), sex="FEMALE", created_at=noon - timedelta(days=9)
    )
    young = factories.make_patient(campaign.clinic, birth_date=date(2020, 1, 1), sex="FEMALE")
    Patient.objects.update(created_at=noon - timedelta(days=9))
    young.refresh_from_db()
    run = poured(campaign, noon)
    assert Recipient.objects.filter(patient=invited).exists()

    verdict = explaining.explain(run, young, now=noon)

    assert verdict.why == "does not belong to the audience: from this age on, in months"
    Recipient.objects.filter(patient=old).delete()
    fits_now = explaining.explain(run, Patient.objects.get(pk=old.pk), now=noon)
    assert fits_now.why == "did not belong to the audience when it was sent"


def test_whoever_came_later_is_told_so(campaign: Campaign, noon: datetime) -> None:
    invite(campaign)
    run = poured(campaign, noon)
    late = factories.make_patient(campaign.clinic)
    Patient.objects.filter(pk=late.pk).update(created_at=noon + timedelta(hours=1))
    late.refresh_from_db()

    assert explaining.explain(run, late, now=noon).why == "was entered after this was sent"
