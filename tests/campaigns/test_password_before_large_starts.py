"""A large campaign, a plan and a file of patients ask who is at the desk."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from campaigns import refusing
from campaigns.models import Campaign, Run, RunStatus
from healthmsg.clinic.models import Purpose
from tests import factories
from tests.campaigns.test_approving import person
from whatsapp.models import Stream

LATER = timedelta(minutes=11)


@pytest.fixture
def boss(client: Client, campaign: Campaign) -> Client:
    client.force_login(person(campaign.clinic, "boss", "Clinic admin"))
    return client


@pytest.fixture
def run(campaign: Campaign) -> Run:
    now = timezone.now()
    stream = Stream.objects.create(clinic=campaign.clinic, name="Flu")
    return Run.objects.create(
        campaign=campaign, occurrence_at=now, stream=stream, started_at=now, expires_at=now
    )


def asks(client: Client, page: str, key: int, *, posted: bool = False) -> bool:
    address = reverse(f"admin:campaigns_{page}", args=[key])
    answer: Any = client.post(address) if posted else client.get(address)
    return str(answer.get("Location", "")).startswith(reverse("sign_in_again"))


def test_role_that_sends_is_asked_before_files_and_plans_after_a_while(
    boss: Client, campaign: Campaign, run: Run
) -> None:
    pages = [("campaign_who", campaign.pk), ("campaign_plan", campaign.pk)]
    pages += [("run_csv", run.pk), ("run_xlsx", run.pk)]
    assert not any(asks(boss, page, key) for page, key in pages[:2])

    with time_machine.travel(timezone.now() + LATER):
        assert all(asks(boss, page, key) for page, key in pages)


@pytest.mark.parametrize("people", [1, refusing.SIZE_THAT_NEEDS_TWO + 1], ids=["small", "large"])
def test_role_that_sends_is_asked_before_a_large_start(
    boss: Client, campaign: Campaign, people: int
) -> None:
    phone = factories.make_phone(campaign.clinic)
    willing = [
        factories.make_patient(campaign.clinic, phone=phone, consents=(Purpose.PREVENTION,))
        for _ in range(people)
    ]
    campaign.audience = factories.make_audience(campaign.clinic, *willing, name="Many")
    campaign.save()

    with time_machine.travel(timezone.now() + LATER):
        is_asked = asks(boss, "campaign_start", campaign.pk, posted=True)

    assert is_asked == (people > 1)
    assert not (is_asked and Run.objects.exists())


@pytest.mark.parametrize("act", ["resume", "retry"])
@pytest.mark.parametrize("people", [1, refusing.SIZE_THAT_NEEDS_TWO + 1], ids=["small", "large"])
def test_attack_no_other_way_lets_a_large_one_go_without_the_password(
    boss: Client, campaign: Campaign, run: Run, act: str, people: int
) -> None:
    Run.objects.filter(pk=run.pk).update(audience_size=people, status=RunStatus.PAUSED)
    Stream.objects.filter(pk=run.stream_id).update(held_at=timezone.now(), held_reason="a look")
    address = reverse(f"admin:campaigns_campaign_{act}", args=[campaign.pk])

    with time_machine.travel(timezone.now() + LATER):
        answer: Any = boss.post(f"{address}?run={run.pk}")

    is_asked = str(answer.get("Location", "")).startswith(reverse("sign_in_again"))
    assert is_asked == (people > 1)
    assert Stream.objects.filter(pk=run.stream_id, held_at=None).exists() == (
        act == "resume" and not is_asked
    )
