"""An approval is somebody else's, and of what stands there now."""

from datetime import date, datetime, timedelta

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from campaigns import approving
from campaigns.admin.downloads import plain
from campaigns.models import Campaign, Deputy, PriorityGroup
from healthmsg.clinic.models import Clinic, StaffUser
from tests import factories
from tests.campaigns.invitees import invite

TODAY = date(2026, 3, 10)


def person(clinic: Clinic, name: str, *roles: str) -> StaffUser:
    user = StaffUser.objects.create(username=name, is_staff=True)
    user.clinics.add(clinic)
    user.groups.set(Group.objects.filter(name__in=roles))
    return user


@pytest.fixture
def approver(sunrise_clinic: Clinic) -> StaffUser:
    return person(sunrise_clinic, "approver", "Approver")


@pytest.fixture
def author(sunrise_clinic: Clinic) -> StaffUser:
    return person(sunrise_clinic, "author", "Campaign author")


@pytest.fixture
def approved(campaign: Campaign, approver: StaffUser, noon: datetime) -> Campaign:
    approving.approve(campaign, by=approver, now=noon)
    return campaign


def stand_in(campaign: Campaign, deputy: StaffUser, approver: StaffUser, *days: int) -> Deputy:
    first, last = (TODAY + timedelta(days=day) for day in days)
    return Deputy.objects.create(
        clinic=campaign.clinic,
        deputy=deputy,
        stands_in_for=approver,
        first_day=first,
        last_day=last,
    )


def test_nobody_approves_what_they_wrote(
    campaign: Campaign, approver: StaffUser, noon: datetime
) -> None:
    campaign.created_by = approver
    campaign.save()

    with pytest.raises(approving.NotYours, match="other than its author"):
        approving.approve(campaign, by=approver, now=noon)


@pytest.mark.parametrize(("days", "may"), [((-1, 0), True), ((0, 0), True), ((1, 2), False)])
def test_a_deputy_approves_on_the_days_that_were_named(
    campaign: Campaign,
    author: StaffUser,
    approver: StaffUser,
    noon: datetime,
    days: tuple[int, int],
    may: bool,
) -> None:
    stand_in(campaign, author, approver, *days)

    assert approving.may(author, campaign, today=TODAY) == may


def test_a_deputy_of_somebody_who_left_approves_nothing(
    campaign: Campaign, author: StaffUser, approver: StaffUser
) -> None:
    stand_in(campaign, author, approver, -1, 1)
    approver.is_active = False
    approver.save()

    assert not approving.may(author, campaign, today=TODAY)


def test_a_deputy_of_another_clinic_approves_nothing_here(
    campaign: Campaign, author: StaffUser, approver: StaffUser
) -> None:
    named = stand_in(campaign, author, approver, -1, 1)
    named.clinic = factories.make_clinic()
    named.save()

    assert not approving.may(author, campaign, today=TODAY)


def is_approved(campaign: Campaign) -> bool:
    return Campaign.objects.filter(pk=campaign.pk, approved_at__isnull=False).exists()


def form_of(campaign: Campaign, **changes: str) -> dict[str, str]:
    return {
        "name": campaign.name,
        "purpose": campaign.purpose,
        "audience": str(campaign.audience_id),
        "template_name": campaign.template_name,
        "spare_language": "",
        "trial_size": "",
        "trial_percent": "80",
        "trial_hours": "4",
        "sender": "",
        "visit_kind": "",
        "vaccine": "",
        "vaccine_since": "",
        "own_rate_per": "MINUTE",
        **no_rows("priority_groups"),
        **no_rows("free_slots"),
    } | changes


def no_rows(prefix: str, added: int = 0) -> dict[str, str]:
    return {f"{prefix}-TOTAL_FORMS": str(added), f"{prefix}-INITIAL_FORMS": "0"}


@pytest.mark.parametrize(
    ("changes", "stands"),
    [
        ({"name": "Flu again"}, True),
        ({"spare_language": "es"}, False),
        ({"own_rate": "20", "own_rate_per": "HOUR"}, False),
        ({"daily_cap": "100"}, False),
    ],
)
def test_a_change_takes_the_approval_back(
    client: Client, approved: Campaign, author: StaffUser, changes: dict[str, str], stands: bool
) -> None:
    client.force_login(author)
    address = reverse("admin:campaigns_campaign_change", args=[approved.pk])

    answer = client.post(address, form_of(approved, **changes))

    assert answer.status_code == 302
    assert is_approved(approved) == stands


def test_a_group_or_free_slots_added_take_the_approval_back(
    client: Client, approved: Campaign, author: StaffUser, noon: datetime
) -> None:
    client.force_login(author)
    address = reverse("admin:campaigns_campaign_change", args=[approved.pk])
    site = factories.make_site(approved.clinic)
    slots = {"free_slots-0-site": site.pk, "free_slots-0-a_day": "5"}
    first = {"priority_groups-0-place": "1", "priority_groups-0-audience": approved.audience_id}

    added = {"free_slots": slots, "priority_groups": first}
    for prefix, row in added.items():
        Campaign.objects.filter(pk=approved.pk).update(
            approved_by=StaffUser.objects.get(username="approver"), approved_at=noon
        )
        form = form_of(approved) | no_rows(prefix, 1) | row
        assert client.post(address, form).status_code == 302
        assert not is_approved(approved)
        approved.refresh_from_db()
        assert approved.changed_by == author
        approved.priority_groups.all().delete()
        approved.free_slots.all().delete()


def test_another_clinics_audience_is_not_offered(
    client: Client, approved: Campaign, author: StaffUser
) -> None:
    other = factories.make_clinic()
    author.clinics.add(other)
    foreign = factories.make_audience(other, name="theirs")
    client.force_login(author)
    address = reverse("admin:campaigns_campaign_change", args=[approved.pk])
    row = {"priority_groups-0-place": "1", "priority_groups-0-audience": foreign.pk}

    answer = client.post(address, form_of(approved) | no_rows("priority_groups", 1) | row)

    assert answer.status_code == 200
    assert not approved.priority_groups.exists()


def test_whoever_changed_it_last_is_not_asked_to_approve_it(
    client: Client, campaign: Campaign, sunrise_clinic: Clinic, noon: datetime
) -> None:
    both = person(sunrise_clinic, "both", "Approver", "Campaign author")
    client.force_login(both)
    address = reverse("admin:campaigns_campaign_change", args=[campaign.pk])

    client.post(address, form_of(campaign, daily_cap="100"))

    campaign.refresh_from_db()
    with pytest.raises(approving.NotYours, match="changed it last"):
        approving.approve(campaign, by=both, now=noon)


def test_a_change_of_the_first_group_takes_the_approval_back(
    approved: Campaign, author: StaffUser
) -> None:
    audience = factories.make_audience(approved.clinic, name="first")
    PriorityGroup.objects.create(campaign=approved, audience=audience, place=1)

    assert list(approving.of_audience(audience)) == [approved]
    assert list(approving.of_list(audience.lists.get())) == [approved]


def test_a_change_of_the_audience_takes_the_approval_back(
    client: Client, approved: Campaign, author: StaffUser
) -> None:
    client.force_login(author)
    audience = approved.audience
    form = {
        "name": audience.name,
        "next_visit": "ANY",
        "doses": "ANY",
        "in_season": "ANY",
        "lists": str(audience.lists.get().pk),
        "lists_alone": "on",
        "sexes": "FEMALE",
    }

    client.post(reverse("admin:campaigns_audience_change", args=[audience.pk]), form)

    audience.refresh_from_db()
    assert audience.sexes == ["FEMALE"]
    assert not is_approved(approved)


def test_more_patients_on_its_list_take_the_approval_back(
    client: Client, approved: Campaign, author: StaffUser
) -> None:
    factories.make_patient(approved.clinic, external_id="H1")
    client.force_login(author)
    chosen = approved.audience.lists.get()

    client.post(
        reverse("admin:campaigns_patientlist_add_patients", args=[chosen.pk]),
        {"identifiers": "H1", "due_on": ""},
    )

    assert chosen.entries.count() == 1
    assert not is_approved(approved)


def test_a_deputy_presses_the_button(
    client: Client, campaign: Campaign, author: StaffUser, approver: StaffUser
) -> None:
    address = reverse("admin:campaigns_campaign_approve", args=[campaign.pk])
    client.force_login(author)
    assert client.post(address).status_code == 403

    today = timezone.localdate()
    Deputy.objects.create(
        clinic=campaign.clinic,
        deputy=author,
        stands_in_for=approver,
        first_day=today - timedelta(days=1),
        last_day=today + timedelta(days=1),
    )
    client.post(address, looked_at(client, campaign))

    assert is_approved(campaign)


def looked_at(client: Client, campaign: Campaign) -> dict[str, str]:
    """Return what the page for approving sends along when its button is pressed."""
    page = client.get(reverse("admin:campaigns_campaign_approve", args=[campaign.pk]))
    return {"seen": page.context["form"]["seen"].value()}


def test_the_check_is_handed_out_as_a_file(client: Client, campaign: Campaign) -> None:
    patient = invite(campaign)
    patient.external_id = "=1+1"
    patient.save()
    client.force_login(person(campaign.clinic, "boss", "Clinic admin"))

    answer = client.get(reverse("admin:campaigns_campaign_who", args=[campaign.pk]))

    lines = b"".join(answer.streaming_content).decode().splitlines()  # type: ignore[attr-defined]
    assert lines == [
        "\ufeffpatient,identifier,would get it,why not",
        f"{patient.pk},'=1+1,yes,",
    ]


def test_nobody_without_the_right_to_see_patients_gets_the_file(
    client: Client, campaign: Campaign, author: StaffUser
) -> None:
    client.force_login(author)
    answer = client.get(reverse("admin:campaigns_campaign_who", args=[campaign.pk]))
    assert answer.status_code == 403


def test_a_word_that_is_no_formula_stays() -> None:
    assert plain("H-12") == "H-12"
