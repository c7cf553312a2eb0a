"""What was changed since it was approved waits for its approvers by itself, before it is sent."""

from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from campaigns import approving, tasks
from campaigns.models import Campaign, Run, RunStatus
from campaigns.stamps import Part
from healthmsg.clinic.models import Clinic, StaffUser
from tests import factories
from tests.campaigns.invitees import WILLING
from tests.campaigns.test_approving import approved, approver, is_approved
from tests.campaigns.test_stamps import _own_words, _save
from tests.healthmsg.test_waiting import person, waits_for
from whatsapp.models import Sender, Stream

__all__ = ["approved", "approver"]

pytestmark = pytest.mark.django_db


def approved_before_parts(campaign: Campaign) -> Campaign:
    Campaign.objects.filter(pk=campaign.pk).update(approved_parts={})
    return campaign


def page_of(client: Client, campaign: Campaign, approver: StaffUser) -> str:
    approver.groups.add(Group.objects.get(name="Campaign author"))
    client.force_login(approver)
    address = reverse("admin:campaigns_campaign_change", args=[campaign.pk])
    return client.get(address).content.decode()


def test_after_the_clinic_has_another_name_the_campaign_waits_for_its_approvers(
    client: Client, approved: Campaign, approver: StaffUser
) -> None:
    assert tasks.look_at_approvals() == 0
    assert waits_for(client, approver) == []

    _save(approved.clinic, name="Another")

    assert tasks.look_at_approvals() == 1
    assert waits_for(client, approver) == [("Campaign", approved.name)]
    assert "it was changed since it was approved" in client.get(reverse("overview")).text
    assert "name or phone, which patients read in it" in page_of(client, approved, approver)
    assert tasks.look_at_approvals() == 0


def test_once_it_is_approved_again_nothing_waits(
    client: Client, approved: Campaign, approver: StaffUser, noon: datetime
) -> None:
    _save(approved.clinic, name="Another")
    tasks.look_at_approvals()

    approving.approve(Campaign.objects.get(), by=approver, now=noon)

    assert tasks.look_at_approvals() == 0
    assert is_approved(approved)
    assert waits_for(client, approver) == []


@pytest.mark.parametrize(
    ("status", "comes_again", "waits"),
    [
        (RunStatus.DONE, False, False),
        (RunStatus.CANCELLED, False, False),
        (RunStatus.DONE, True, True),
        (RunStatus.PAUSED, False, True),
    ],
)
def test_what_is_over_waits_for_nobody(
    client: Client,
    approved: Campaign,
    approver: StaffUser,
    noon: datetime,
    status: RunStatus,
    comes_again: bool,
    waits: bool,
) -> None:
    make_run(approved, status, noon)
    if comes_again:
        _save(approved, next_run_at=noon + timedelta(days=1))
    _save(approved.clinic, name="Another")

    tasks.look_at_approvals()

    assert is_approved(approved) is not waits
    assert bool(waits_for(client, approver)) is waits


def test_what_was_sent_without_an_approval_waits_for_none(
    client: Client, campaign: Campaign, approver: StaffUser, noon: datetime
) -> None:
    make_run(campaign, RunStatus.POURING, noon)

    assert waits_for(client, approver) == []


def make_run(campaign: Campaign, status: RunStatus, now: datetime) -> Run:
    stream = Stream.objects.create(clinic=campaign.clinic, name="Flu")
    moments = {"occurrence_at": now, "started_at": now, "expires_at": now + timedelta(days=1)}
    return Run.objects.create(campaign=campaign, stream=stream, status=status, **moments)


def test_an_approval_from_before_its_parts_were_kept_says_what_it_cannot_tell(
    client: Client, approved: Campaign, approver: StaffUser, sender: Sender, noon: datetime
) -> None:
    approved_before_parts(approved)

    page = page_of(client, approved, approver)

    assert "Approved by" in page
    assert "not kept what exactly was approved" in page
    assert reverse("admin:campaigns_campaign_approve", args=[approved.pk]) in page
    _save(approved.clinic, name="Another")
    assert tasks.look_at_approvals() == 0

    approving.approve(Campaign.objects.get(), by=approver, now=noon)
    assert "not kept" not in page_of(client, approved, approver)


def test_of_such_an_approval_other_words_are_noticed_and_named_alone(
    client: Client, approved: Campaign, approver: StaffUser, sender: Sender, noon: datetime
) -> None:
    approved_before_parts(approved)
    factories.make_patient(approved.clinic, consents=WILLING)
    _own_words(approved, noon + timedelta(hours=1))
    page = page_of(client, approved, approver)
    assert "It has to be approved again" in page
    assert "not kept" not in page

    assert tasks.look_at_approvals() == 1

    page = page_of(client, approved, approver)
    assert "The words of its template" in page
    assert "name or phone, which patients read in it" not in page
    assert Campaign.objects.get().approved_parts[Part.WORDS] == ""


def test_an_approver_of_another_clinic_hears_nothing_of_it(
    client: Client, approved: Campaign, sunrise_clinic: Clinic
) -> None:
    elsewhere = person(factories.make_clinic(name="Elsewhere"), "Approver", "elsewhere")
    _save(sunrise_clinic, name="Another")
    tasks.look_at_approvals()

    assert waits_for(client, elsewhere) == []
