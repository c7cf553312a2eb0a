"""Priority groups are written to first, and no site is invited to beyond its free slots."""

import json
from collections import Counter
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from campaigns import allowances, launching, portions, refusing
from campaigns.models import (
    Audience,
    Campaign,
    DayCount,
    FreeSlots,
    PriorityGroup,
    Recipient,
    Run,
    RunStatus,
)
from healthmsg.clinic.models import ClosingDay, Patient, Phone, Site, Tag
from tests import factories
from tests.campaigns.invitees import invite

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def older(campaign: Campaign, months: int) -> Audience:
    return Audience.objects.create(
        clinic=campaign.clinic, name=f"from {months}", age_from_months=months
    )


def born(campaign: Campaign, year: int, phone: Phone | None = None) -> Patient:
    patient = invite(campaign, phone=phone)
    Patient.objects.filter(pk=patient.pk).update(birth_date=date(year, 1, 1))
    return patient


@pytest.fixture
def in_order(campaign: Campaign) -> Campaign:
    """Whoever has asthma first, then whoever is 65 or older, then the rest."""
    asthma = Tag.objects.create(clinic=campaign.clinic, name="Asthma")
    tagged = Audience.objects.create(clinic=campaign.clinic, name="asthma")
    tagged.tags.add(asthma)
    PriorityGroup.objects.create(campaign=campaign, audience=older(campaign, 780), place=2)
    PriorityGroup.objects.create(campaign=campaign, audience=tagged, place=1)
    for year in (2000, 1940, 2001, 1941):
        born(campaign, year)
    for year in (2002, 1942):
        born(campaign, year).tags.add(asthma)
    return campaign


def order_of(run: Run) -> list[int]:
    told = Recipient.objects.filter(run=run, message__isnull=False).select_related("patient")
    born_on = [r.patient.birth_date for r in told.order_by("message_id")]
    return [day.year for day in born_on if day]


def test_group_by_group_and_then_the_rest(in_order: Campaign, noon: datetime) -> None:
    run = launching.start(in_order, by=None, now=noon)

    poured = []
    for _ in range(3):
        launching.pour(now=noon, portion=2)
        poured.append(set(order_of(run)[-2:]))

    # Whoever is old and has asthma counts to the first of both.
    assert poured == [{2002, 1942}, {1940, 1941}, {2000, 2001}]


def test_within_one_portion_the_first_are_queued_first(in_order: Campaign, noon: datetime) -> None:
    run = launching.start(in_order, by=None, now=noon)

    launching.pour(now=noon)

    assert order_of(run) == [2002, 1942, 1940, 1941, 2000, 2001]


def test_a_household_is_told_when_its_first_is(in_order: Campaign, noon: datetime) -> None:
    phone = factories.make_phone(in_order.clinic)
    born(in_order, 2010, phone)
    born(in_order, 1930, phone)
    run = launching.start(in_order, by=None, now=noon)

    launching.pour(now=noon, portion=5)

    assert set(order_of(run)) == {2002, 1942, 1940, 1941, 1930, 2010}


def test_without_groups_everybody_has_one_place(campaign: Campaign, noon: datetime) -> None:
    invite(campaign)
    launching.start(campaign, by=None, now=noon)

    launching.pour(now=noon)

    assert Recipient.objects.get().place == 0


@pytest.mark.parametrize("is_by_site", [False, True])
def test_the_next_ones_are_found_by_an_index_in_its_order(
    is_by_site: bool, campaign: Campaign, noon: datetime
) -> None:
    invite(campaign)
    run = launching.start(campaign, by=None, now=noon)
    launching.pour(now=noon)
    one = Recipient.objects.get()
    Recipient.objects.filter(pk=one.pk).update(message=None, limited_by_site_id=0)
    patients = [p.pk for p in (factories.make_patient(campaign.clinic) for _ in range(400))]
    # One in ten by this site: its own index is the shorter way, and statistics say so.
    Recipient.objects.bulk_create(
        Recipient(
            run=run,
            patient_id=pk,
            contact=one.contact,
            phone=one.phone,
            limited_by_site_id=0 if n % 10 == 0 else 1,
        )
        for n, pk in enumerate(patients)
    )
    rows = portions.waiting(run).order_by("place", "pk")
    if is_by_site:
        rows = rows.filter(limited_by_site_id=0)

    with connection.cursor() as cursor:
        cursor.execute("ANALYZE campaigns_recipient")
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
        plan = json.loads(rows.values("phone_id")[:50].explain(format="json"))

    names = list(_nodes(plan[0]["Plan"]))
    index = "recipient_to_pour_by_site" if is_by_site else "recipient_to_pour"
    assert ("Index Scan", index) in names
    assert not any("Sort" in kind for kind, _index in names)


def _nodes(plan: dict[str, Any]) -> list[tuple[str, str]]:
    below = [node for part in plan.get("Plans", ()) for node in _nodes(part)]
    return [(plan["Node Type"], plan.get("Index Name", "")), *below]


@pytest.fixture
def by_site(campaign: Campaign) -> tuple[Campaign, Site, Site]:
    """Half of the invited want a visit: two slots at one site let four in, one at the other two."""
    campaign.visit_kind = factories.make_kind(campaign.clinic)
    campaign.expected_percent = 50
    campaign.save()
    large, small = (factories.make_site(campaign.clinic, name=n) for n in ("large", "small"))
    FreeSlots.objects.create(campaign=campaign, site=large, a_day=2)
    FreeSlots.objects.create(campaign=campaign, site=small, a_day=1)
    for site in (large, small):
        for _ in range(7):
            Patient.objects.filter(pk=invite(campaign).pk).update(site=site)
    return campaign, large, small


def invited(run: Run) -> Counter[str]:
    told = Recipient.objects.filter(run=run, message__isnull=False)
    return Counter(told.values_list("patient__site__name", flat=True))


def test_each_site_gets_what_its_slots_let_in_each_day(
    by_site: tuple[Campaign, Site, Site], noon: datetime
) -> None:
    run = launching.start(by_site[0], by=None, now=noon)

    for n in range(3):
        launching.pour(now=noon + n * HOUR)
    assert invited(run) == {"large": 4, "small": 2}

    launching.pour(now=noon + DAY)
    assert invited(run) == {"large": 7, "small": 4}
    assert Run.objects.get(pk=run.pk).status == RunStatus.POURING


def test_a_closed_site_is_invited_to_on_no_closed_day(
    by_site: tuple[Campaign, Site, Site], noon: datetime
) -> None:
    _campaign, large, _small = by_site
    ClosingDay.objects.create(site=large, closed_on=noon.date())
    run = launching.start(by_site[0], by=None, now=noon)

    launching.pour(now=noon)

    assert invited(run) == {"small": 2}


def test_a_sites_own_calendar_counts(by_site: tuple[Campaign, Site, Site], noon: datetime) -> None:
    _campaign, large, _small = by_site
    Site.objects.filter(pk=large.pk).update(time_zone="Pacific/Auckland")  # already the 11th
    launching.start(by_site[0], by=None, now=noon)

    launching.pour(now=noon)

    days = dict(DayCount.objects.exclude(site=None).values_list("site__name", "day"))
    assert days == {"large": date(2026, 3, 11), "small": date(2026, 3, 10)}


def test_whoever_has_no_usual_site_is_not_limited(
    by_site: tuple[Campaign, Site, Site], noon: datetime
) -> None:
    for _ in range(5):
        invite(by_site[0])
    run = launching.start(by_site[0], by=None, now=noon)

    launching.pour(now=noon)

    assert Recipient.objects.filter(run=run, message__isnull=False, patient__site=None).count() == 5


def test_campaigns_for_one_kind_of_visit_share_its_slots(
    by_site: tuple[Campaign, Site, Site], noon: datetime
) -> None:
    campaign, large, _small = by_site
    other = factories.make_campaign(
        campaign.clinic, audience=campaign.audience, visit_kind=campaign.visit_kind
    )
    DayCount.objects.create(campaign=other, site=large, day=noon.date(), count=3)
    run = launching.start(campaign, by=None, now=noon)

    launching.pour(now=noon)

    assert invited(run) == {"large": 1, "small": 2}


def test_a_household_counts_each_and_is_not_torn_apart(
    by_site: tuple[Campaign, Site, Site], noon: datetime
) -> None:
    campaign, _large, small = by_site
    phone = factories.make_phone(campaign.clinic)
    for _ in range(3):
        Patient.objects.filter(pk=invite(campaign, phone=phone).pk).update(site=small)
    PriorityGroup.objects.create(campaign=campaign, audience=of_phone(campaign, phone), place=1)
    run = launching.start(campaign, by=None, now=noon)

    # Three are more than the two of a day: they go on a day of their own.
    launching.pour(now=noon)
    assert invited(run)["small"] == 3
    launching.pour(now=noon + HOUR)
    assert invited(run)["small"] == 3
    launching.pour(now=noon + DAY)
    assert invited(run)["small"] == 5


def of_phone(campaign: Campaign, phone: Phone) -> Audience:
    patients = Patient.objects.filter(contacts__phone=phone)
    return factories.make_audience(campaign.clinic, *patients, name="household")


def test_who_is_full_does_not_hold_up_those_who_come_later(
    by_site: tuple[Campaign, Site, Site], noon: datetime
) -> None:
    campaign, _large, small = by_site
    first = factories.make_audience(
        campaign.clinic, *Patient.objects.filter(site=small), name="small first"
    )
    PriorityGroup.objects.create(campaign=campaign, audience=first, place=1)
    run = launching.start(campaign, by=None, now=noon)

    launching.pour(now=noon)

    assert invited(run) == {"large": 4, "small": 2}


def test_a_site_without_free_slots_entered_keeps_it_from_starting(
    by_site: tuple[Campaign, Site, Site], noon: datetime
) -> None:
    campaign, large, _small = by_site
    FreeSlots.objects.filter(site=large).delete()

    with pytest.raises(refusing.NotAllowed, match="free times"):
        launching.start(campaign, by=None, now=noon)


def test_slots_and_the_expected_share_round_down(
    by_site: tuple[Campaign, Site, Site], noon: datetime
) -> None:
    campaign, *_sites = by_site
    campaign.expected_percent = 30
    slots = allowances.slots_of(campaign)

    assert [allowances.most_on(campaign, one, noon.date()) for one in slots] == [6, 3]
