"""What an approval is given to: every field that there is counts, or is said not to."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from campaigns import approving, audience, launching, refusing, stamps
from campaigns.models import Audience, Campaign, FreeSlots, PriorityGroup, Run, RunStatus
from campaigns.stamps import Part
from healthmsg.clinic.models import Clinic, StaffUser, Tag
from tests import factories
from tests.campaigns.invitees import WILLING, put_on_list
from tests.campaigns.test_approving import approved, approver, is_approved, person
from whatsapp.fill_ins import REGISTRY
from whatsapp.models import Binding, HeaderFile, Message, Sender, Template

__all__ = ["approved", "approver"]

# What is looked at before somebody approves; a new field belongs into one of the two, after a
# thought: does it change what a patient reads, or who is written to?
COUNTS: dict[type[Model], str] = {
    Campaign: """id clinic purpose notice template_name audience visit_kind vaccine vaccine_since
        spare_language sender created_by trial_size trial_percent trial_hours own_rate own_rate_per
        daily_cap expected_percent budget budget_currency starts_at crontab ends_on when_late owner
        created_at""",
    Audience: """id clinic lists lists_alone left_out sites age_from_months age_below_months sexes
        languages tags tags_left_out visit_kinds clinicians seen_within_days not_seen_for_days
        next_visit vaccine doses doses_since season in_season not_contacted_for_days created_at""",
    PriorityGroup: "id campaign audience place",
    FreeSlots: "id campaign site a_day",
    Template: "id account name language current file uses_preparation",
}
# What fills gaps and is of the person written to: who that is, the audience says.
OF_THE_PERSON = {"contact_name", "patient_name"}
# Of a visit, a permission or a list of the day: a campaign is about none, and what stays empty is
# not sent.
OF_NO_CAMPAIGN = {"when", "date", "time", "address", "directions", "clinician_name", "kind_name"}
OF_NO_CAMPAIGN |= {"preparation", "join_link", "old_when", "earlier_when", "another_time_link"}
OF_NO_CAMPAIGN |= {"day", "noted_on", "purposes", "how_many", "visits"}


@pytest.mark.parametrize("model", COUNTS, ids=lambda model: model.__name__)
def test_every_field_counts_or_was_thought_of(model: type[Model]) -> None:
    assert stamps.counted(model) == set(COUNTS[model].split())


def test_every_fill_in_was_thought_of() -> None:
    thought_of = {*stamps.OF_THE_CLINIC} | OF_THE_PERSON | OF_NO_CAMPAIGN

    assert set(REGISTRY) == thought_of


def _save(row: Model, **values: Any) -> None:
    type(row)._default_manager.filter(pk=row.pk).update(**values)


def _template(campaign: Campaign) -> Template:
    return Template.objects.get(name=campaign.template_name)


def _fill_in(campaign: Campaign, **values: Any) -> None:
    Binding.objects.filter(template_name=campaign.template_name, variable="contact_name").update(
        **values
    )


def _file(campaign: Campaign, now: datetime) -> HeaderFile:
    wish = {"name": "flu.pdf", "mime_type": "application/pdf", "content": b"%PDF", "size": 4}
    return HeaderFile.objects.create(clinic=campaign.clinic, changed_at=now, **wish)


def _own_words(campaign: Campaign, now: datetime) -> None:
    template = _template(campaign)
    version = template.current
    assert version is not None
    version.pk, version.number, version.first_seen_at = None, version.number + 1, now
    version.save()
    _save(template, current=version)


CHANGES: dict[str, tuple[Part, Callable[[Campaign, datetime], object]]] = {
    "limit": (Part.TERMS, lambda c, _now: _save(c, daily_cap=9)),
    "language": (Part.TERMS, lambda c, _now: _save(c, spare_language="es")),
    "slots": (
        Part.TERMS,
        lambda c, _now: c.free_slots.create(site=factories.make_site(c.clinic), a_day=5),
    ),
    "audience": (Part.AUDIENCE, lambda c, _now: _save(c.audience, languages=["es"])),
    "tags": (
        Part.AUDIENCE,
        lambda c, _now: c.audience.tags.add(Tag.objects.create(clinic=c.clinic, name="A")),
    ),
    "words": (Part.WORDS, _own_words),
    "file": (Part.WORDS, lambda c, now: _save(_template(c), file=_file(c, now))),
    "a language": (
        Part.WORDS,
        lambda c, _now: factories.make_template(
            _template(c).account, name=c.template_name, language="fr", body="{{clinic_name}}"
        ),
    ),
    "fill-in": (Part.FILL_INS, lambda c, _now: _fill_in(c, fill_in="patient_name")),
    "no fill-in": (Part.FILL_INS, lambda c, _now: Binding.objects.all().delete()),
    "clinic": (Part.CLINIC, lambda c, _now: _save(c.clinic, name="Another")),
}


@pytest.mark.parametrize("what", CHANGES)
def test_what_was_changed_since_is_named(approved: Campaign, noon: datetime, what: str) -> None:
    part, change = CHANGES[what]
    approved.refresh_from_db()
    assert stamps.changed(approved) == []

    change(approved, noon + timedelta(hours=1))

    assert part in stamps.changed(Campaign.objects.get(pk=approved.pk))


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda c: _save(c, name="Flu again"), id="name"),
        pytest.param(lambda c: _save(c.clinic, phone="+541155550000"), id="a-phone-nobody-reads"),
        pytest.param(lambda c: _save(_template(c), quality="RED"), id="quality"),
    ],
)
def test_what_no_patient_reads_leaves_it_standing(
    approved: Campaign, change: Callable[[Campaign], None]
) -> None:
    change(approved)

    assert stamps.changed(Campaign.objects.get(pk=approved.pk)) == []


@pytest.fixture
def large(approved: Campaign) -> Campaign:
    phone = factories.make_phone(approved.clinic)
    several = range(refusing.SIZE_THAT_NEEDS_TWO + 1)
    put_on_list(
        approved,
        *(factories.make_patient(approved.clinic, phone=phone, consents=WILLING) for _ in several),
    )
    return approved


def test_attack_an_approval_does_not_hold_for_other_fill_ins(
    large: Campaign, approver: StaffUser, noon: datetime
) -> None:
    check = audience.check(audience.of(large, now=noon))
    approving.approve(large, by=approver, now=noon)
    refusing.unless_fit(large, check, now=noon)

    _fill_in(large, fill_in="patient_name")

    with pytest.raises(refusing.NotAllowed, match="has to be approved again"):
        refusing.unless_fit(large, check, now=noon)


@pytest.mark.parametrize("is_large", [True, False])
def test_attack_a_large_run_stops_when_it_says_something_else_and_goes_on_once_approved(
    approved: Campaign, approver: StaffUser, noon: datetime, request: Any, is_large: bool
) -> None:
    campaign = request.getfixturevalue("large") if is_large else approved
    put_on_list(campaign, factories.make_patient(campaign.clinic, consents=WILLING))
    approving.approve(campaign, by=approver, now=noon)
    run = launching.start(campaign, by=approver, now=noon)
    launching.pour(now=noon, portion=0)

    _fill_in(campaign, fill_in="patient_name")
    launching.pour(now=noon)

    run.refresh_from_db()
    assert Message.objects.exists() != is_large
    if is_large:
        assert (run.status, "approved again" in run.status_reason) == (RunStatus.PAUSED, True)
        with pytest.raises(refusing.NotAllowed, match="approved again"):
            launching.resume(run, now=noon)
        approving.approve(campaign, by=approver, now=noon)
        run = Run.objects.get()
        assert launching.resume(run, now=noon)
        launching.pour(now=noon)
        assert Message.objects.exists()


@pytest.mark.parametrize("page", ["template", "list"])
def test_attack_who_fills_gaps_otherwise_takes_the_approval_back_and_does_not_give_it(
    client: Client, approved: Campaign, sunrise_clinic: Clinic, noon: datetime, page: str
) -> None:
    both = person(sunrise_clinic, "both", "Approver", "Clinic admin")
    client.force_login(both)

    answer = _fill_otherwise(client, approved, page)

    assert "have to be approved again" in answer.content.decode()
    assert not is_approved(approved)
    approved.refresh_from_db()
    with pytest.raises(approving.NotYours, match="changed it last"):
        approving.approve(approved, by=both, now=noon)


def _fill_otherwise(client: Client, campaign: Campaign, page: str) -> Any:
    if page == "list":
        row = Binding.objects.get(template_name=campaign.template_name, variable="contact_name")
        address = reverse("admin:whatsapp_binding_change", args=[row.pk])
        return client.post(address, {"fill_in": "patient_name"}, follow=True)
    template = _template(campaign)
    address = reverse("admin:whatsapp_template_fill_ins", args=[template.pk])
    filled = {"contact_name": "patient_name", "clinic_name": "clinic_name"}
    return client.post(address, filled, follow=True)


def test_the_same_fill_ins_once_more_change_nothing(
    client: Client, approved: Campaign, sunrise_clinic: Clinic
) -> None:
    client.force_login(person(sunrise_clinic, "boss", "Clinic admin"))
    template = _template(approved)

    client.post(
        reverse("admin:whatsapp_template_fill_ins", args=[template.pk]),
        {"contact_name": "contact_name", "clinic_name": "clinic_name"},
    )

    assert is_approved(approved)


def test_the_page_says_why_and_asks_for_another_approval(
    client: Client, approved: Campaign, approver: StaffUser, sender: Sender
) -> None:
    approver.groups.add(Group.objects.get(name="Campaign author"))
    client.force_login(approver)
    address = reverse("admin:campaigns_campaign_change", args=[approved.pk])
    assert "It has to be approved again" not in client.get(address).content.decode()

    _save(approved.clinic, name="Another")
    page = client.get(address).content.decode()

    assert "It has to be approved again" in page
    assert "name or phone, which patients read in it" in page
    assert reverse("admin:campaigns_campaign_approve", args=[approved.pk]) in page
