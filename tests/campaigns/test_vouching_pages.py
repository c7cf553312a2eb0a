"""Who may press what on the pages of schedules, seasons and lists."""

from datetime import date, datetime

import pytest
from django.test import Client
from django.urls import reverse

from campaigns import editions, listing, vouching
from campaigns.models import Making, PatientList, Schedule, ScheduleDose, Season
from healthmsg.clinic.models import Clinic, StaffUser
from tests import factories
from tests.campaigns import vaccinating
from tests.campaigns.vaccinating import approved, person

PENTA = ("penta", 1, "6w", "")


@pytest.fixture
def clinician(sunrise_clinic: Clinic) -> StaffUser:
    return person(sunrise_clinic, "clinician", "Clinician")


@pytest.fixture
def admin(sunrise_clinic: Clinic) -> StaffUser:
    return person(sunrise_clinic, "admin", "Clinic admin")


@pytest.fixture
def schedule(sunrise_clinic: Clinic) -> Schedule:
    return vaccinating.schedule(sunrise_clinic, PENTA)


def address(row: Schedule | Season | PatientList, act: str) -> str:
    return reverse(f"admin:campaigns_{row._meta.model_name}_{act}", args=[row.pk])


@pytest.mark.parametrize("act", ["approve", "withdraw"])
def test_an_admin_who_is_no_clinician_may_not_approve_or_withdraw(
    act: str, schedule: Schedule, admin: StaffUser, client: Client
) -> None:
    client.force_login(admin)

    assert client.get(address(schedule, act)).status_code == 403
    assert client.post(address(schedule, act), {"reason": "?"}).status_code == 403


def test_a_clinician_of_another_clinic_finds_nothing(schedule: Schedule, client: Client) -> None:
    client.force_login(person(factories.make_clinic(), "stranger", "Clinician"))

    assert client.post(address(schedule, "approve")).status_code == 404


def test_whoever_wrote_it_is_told_that_another_approves(
    schedule: Schedule, clinician: StaffUser, client: Client
) -> None:
    Schedule.objects.update(created_by=clinician)
    client.force_login(clinician)

    answer = client.post(address(schedule, "approve"))

    assert "other than who made it" in answer.content.decode()
    assert Schedule.objects.get().approved_at is None


def test_a_frozen_schedule_has_no_form(
    schedule: Schedule, clinician: StaffUser, admin: StaffUser, client: Client
) -> None:
    client.force_login(admin)
    page = reverse("admin:campaigns_schedule_change", args=[schedule.pk])
    assert b"doses-TOTAL_FORMS" in client.get(page).content

    approved(schedule, clinician)

    assert b"doses-TOTAL_FORMS" not in client.get(page).content
    assert client.post(page, {"name": "Else"}).status_code == 403


def test_who_writes_a_schedule_and_asks_for_a_list_is_written_down(
    clinician: StaffUser, admin: StaffUser, sunrise_clinic: Clinic, client: Client
) -> None:
    client.force_login(admin)
    written = {
        "clinic": sunrise_clinic.pk,
        "name": "Ours",
        "authority": "Us",
        "edition": "1",
        "effective_from": "2020-01-01",
    }
    client.post(reverse("admin:campaigns_schedule_add"), written)
    schedule = Schedule.objects.get()
    assert schedule.created_by == admin
    ScheduleDose.objects.create(
        schedule=schedule,
        vaccine=vaccinating.vaccine(sunrise_clinic, "penta"),
        due_age="6w",
        minimum_age="6w",
    )
    vouching.approve(schedule, by=clinician, now=factories.NOON)

    until = {"name": "Due", "due_by": "2099-01-01"}
    client.post(address(schedule, "make_list"), until)

    made = PatientList.objects.get()
    assert (made.asked_by, made.making, made.schedule) == (admin, Making.MAKING, schedule)
    again = client.post(address(schedule, "make_list"), until)
    assert "There is a list of this name already" in again.content.decode()


def test_an_unapproved_schedule_makes_no_list_on_the_page_either(
    schedule: Schedule, admin: StaffUser, client: Client
) -> None:
    client.force_login(admin)

    answer = client.post(address(schedule, "make_list"), {"name": "Due", "due_by": "2099-01-01"})

    assert "A clinician has to approve it" in answer.content.decode()
    assert not PatientList.objects.exists()


def test_a_season_asks_for_no_day(
    sunrise_clinic: Clinic, clinician: StaffUser, admin: StaffUser, client: Client
) -> None:
    season = vaccinating.season(sunrise_clinic, last_day=date(2099, 5, 31))
    approved(season, clinician)
    client.force_login(admin)

    client.post(address(season, "make_list"), {"name": "Flu"})

    assert PatientList.objects.get().due_by == season.last_day


def test_a_new_edition_needs_a_name_of_its_own(
    schedule: Schedule, admin: StaffUser, client: Client
) -> None:
    client.force_login(admin)
    values = {"edition": schedule.edition, "effective_from": "2027-01-01"}

    answer = client.post(address(schedule, "new_edition"), values)
    assert "There is this edition already" in answer.content.decode()

    client.post(address(schedule, "new_edition"), values | {"edition": "2027"})
    new = Schedule.objects.get(edition="2027")
    assert (new.created_by, new.doses.count()) == (admin, 1)


def test_the_example_is_added_by_who_may_write_schedules(
    sunrise_clinic: Clinic, admin: StaffUser, client: Client
) -> None:
    page = reverse("admin:campaigns_schedule_example")
    client.force_login(person(sunrise_clinic, "author", "Campaign author"))
    assert client.post(page, {"clinic": sunrise_clinic.pk}).status_code == 403

    client.force_login(admin)
    client.post(page, {"clinic": factories.make_clinic().pk})
    assert not Schedule.objects.exists()
    client.post(page, {"clinic": sunrise_clinic.pk})

    assert Schedule.objects.get().edition == editions.EDITION


def test_a_hand_that_changes_an_approved_list_takes_its_approval_back(
    schedule: Schedule, clinician: StaffUser, admin: StaffUser, client: Client, noon: datetime
) -> None:
    approved(schedule, clinician)
    made = listing.make(schedule, name="Due", by=admin, due_by=date(2026, 4, 1), now=noon)
    listing.go_on(now=noon)
    made.refresh_from_db()
    approved(made, clinician)
    factories.make_patient(schedule.clinic, external_id="P-1")
    client.force_login(admin)

    answer = client.post(address(made, "add_patients"), {"identifiers": "P-1"}, follow=True)

    assert "A clinician has to approve this list again" in answer.content.decode()
    assert PatientList.objects.get().approved_at is None
