"""Nobody gets another campaign approved than the one that somebody else has looked at."""

from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from campaigns import approving, audience, refusing
from campaigns.models import Campaign, PriorityGroup
from healthmsg.clinic.models import Clinic, StaffUser
from tests import factories
from tests.campaigns.invitees import WILLING, put_on_list
from tests.campaigns.test_approving import approved, approver, is_approved, looked_at, person
from whatsapp.models import Template

__all__ = ["approved", "approver"]


@pytest.mark.parametrize("what", ["campaign", "audience", "group", "slots", "words", "not looked"])
def test_attack_what_was_changed_after_somebody_looked_is_not_approved_by_their_press(
    client: Client, campaign: Campaign, approver: StaffUser, what: str
) -> None:
    client.force_login(approver)
    seen = looked_at(client, campaign)

    _change(campaign, what)
    pressed = client.post(
        reverse("admin:campaigns_campaign_approve", args=[campaign.pk]),
        {} if what == "not looked" else seen,
    )

    assert "changed since this page was opened" in pressed.content.decode()
    assert not is_approved(campaign)
    client.post(pressed.request["PATH_INFO"], looked_at(client, campaign))
    assert is_approved(campaign)


def _change(campaign: Campaign, what: str) -> None:
    if what == "campaign":
        Campaign.objects.filter(pk=campaign.pk).update(daily_cap=100_000)
    elif what == "audience":
        campaign.audience.languages = ["es"]
        campaign.audience.save()
    elif what == "group":
        group = factories.make_audience(campaign.clinic, name="first")
        PriorityGroup.objects.create(campaign=campaign, audience=group, place=1)
    elif what == "slots":
        site = factories.make_site(campaign.clinic)
        campaign.free_slots.create(site=site, a_day=5)
    elif what == "words":
        _reword(campaign, at=timezone.now())


def _reword(campaign: Campaign, *, at: datetime) -> None:
    """WhatsApp approves other words of the campaign's template."""
    for template in Template.objects.filter(name=campaign.template_name):
        version = template.current
        assert version is not None
        version.pk, version.number, version.first_seen_at = None, version.number + 1, at
        version.save()
        Template.objects.filter(pk=template.pk).update(current=version)


def test_attack_nobody_approves_alone_whom_they_have_chosen_themselves(
    client: Client, campaign: Campaign, sunrise_clinic: Clinic, noon: datetime
) -> None:
    both = person(sunrise_clinic, "both", "Approver", "Campaign author")
    factories.make_patient(sunrise_clinic, external_id="H1")
    client.force_login(both)
    chosen = campaign.audience.lists.get()

    client.post(
        reverse("admin:campaigns_patientlist_add_patients", args=[chosen.pk]),
        {"identifiers": "H1", "due_on": ""},
    )

    campaign.refresh_from_db()
    with pytest.raises(approving.NotYours, match="changed it last"):
        approving.approve(campaign, by=both, now=noon)


def test_attack_an_approval_does_not_hold_for_words_that_came_after_it(
    approved: Campaign, noon: datetime
) -> None:
    phone = factories.make_phone(approved.clinic)
    many = [
        factories.make_patient(approved.clinic, phone=phone, consents=WILLING)
        for _ in range(refusing.SIZE_THAT_NEEDS_TWO + 1)
    ]
    put_on_list(approved, *many)
    check = audience.check(audience.of(approved, now=noon))
    refusing.unless_fit(approved, check, now=noon)

    _reword(approved, at=noon + timedelta(seconds=1))

    with pytest.raises(refusing.NotAllowed, match="words were changed since"):
        refusing.unless_fit(approved, check, now=noon)
