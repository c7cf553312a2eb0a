"""After a restore a person says that the old machine is off; nobody else lets it go on."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import Group
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from healthmsg.clinic.models import Clinic, StaffUser
from healthmsg.desk.backups import after, standstills
from healthmsg.desk.backups.models import Cause, Standstill
from tests import factories
from whatsapp.models import Switch

PAGE = "/admin/standstill/"


def signed_in(client: Client, clinic: Clinic, role: str) -> Client:
    user = StaffUser.objects.create(username=role, is_staff=True)
    user.clinics.add(clinic)
    user.groups.add(Group.objects.get(name=role))
    client.force_login(user)
    return client


@pytest.fixture
def admin_client(client: Client, sunrise_clinic: Clinic) -> Client:
    return signed_in(client, sunrise_clinic, "Clinic admin")


@pytest.fixture
def restored(sunrise_clinic: Clinic) -> Standstill:
    return settled(sunrise_clinic)


def settled(_clinic: Clinic) -> Standstill:
    now = timezone.now()
    copied_at = now - timedelta(hours=9)
    after.settle(
        None, key="k", host="new-machine", files=Path("none"), copied_at=copied_at, now=now
    )
    row = standstills.current()
    assert row is not None
    return row


def is_held() -> bool:
    return Switch.objects.filter(name=Switch.Name.EVERYTHING, held_at__isnull=False).exists()


def test_attack_a_session_of_before_the_restore_opens_nothing(
    client: Client, sunrise_clinic: Clinic
) -> None:
    """As the backup has them: the session's row, and whoever has left since."""
    signed_in(client, sunrise_clinic, "Clinic admin")
    assert client.get(reverse("admin:index")).status_code == 200
    kept = list(Session.objects.values())

    settled(sunrise_clinic)
    # A row that comes back with yet another copy opens nothing either.
    Session.objects.bulk_create(Session(**row) for row in kept)

    assert "/login/" in client.get(reverse("admin:index"))["Location"]


def test_after_a_restore_the_page_asks_to_look_through_who_may_sign_in(
    restored: Standstill, admin_client: Client
) -> None:
    page = admin_client.get(PAGE).content.decode()

    assert "1 person may sign in, with the role and the password" in page
    assert reverse("admin:clinic_staffuser_changelist") in page


def test_every_page_says_that_nothing_is_sent_after_a_restore(
    restored: Standstill, admin_client: Client
) -> None:
    page = admin_client.get(reverse("admin:index")).content.decode()

    assert "this was restored from a backup" in page
    assert PAGE in page


def test_the_main_switch_leads_to_the_page_after_a_restore(
    restored: Standstill, admin_client: Client
) -> None:
    page = admin_client.get(reverse("admin:whatsapp_switch_changelist")).content.decode()

    assert PAGE in page
    assert "that no other machine sends the same" in page


def test_after_a_restore_a_person_says_that_the_old_machine_is_off(
    restored: Standstill, admin_client: Client
) -> None:
    assert "new-machine" in admin_client.get(PAGE).content.decode()

    admin_client.post(PAGE, {"other": "OFF", "looked": "on"})

    restored.refresh_from_db()
    assert restored.ended_by == StaffUser.objects.get()
    assert restored.other_off_at is not None
    assert not is_held()


@pytest.mark.parametrize(
    "values",
    [
        pytest.param({}, id="nothing-said"),
        pytest.param({"other": "OFF"}, id="nobody-looked-who-may-sign-in"),
        pytest.param(
            {"other": "TOGETHER", "looked": "on"}, id="no-further-machine-after-a-restore"
        ),
        pytest.param(
            {"other": "OFF", "looked": "on", "off_at_0": "2999-01-01", "off_at_1": "10:00"},
            id="to-come",
        ),
        pytest.param(
            {"other": "OFF", "looked": "on", "off_at_0": "2020-01-01", "off_at_1": "10:00"},
            id="before-the-backup",
        ),
    ],
)
def test_after_a_restore_what_makes_no_sense_lets_nothing_go(
    restored: Standstill, admin_client: Client, values: dict[str, str]
) -> None:
    admin_client.post(PAGE, values)

    assert is_held()


def test_another_machine_may_be_a_further_one(admin_client: Client, sunrise_clinic: Clinic) -> None:
    standstills.begin(Cause.OTHER_MACHINE, host="second", now=timezone.now())

    admin_client.post(PAGE, {"other": "TOGETHER"})

    assert Standstill.objects.get().other_off_at is None
    assert not is_held()


@pytest.mark.parametrize("role", ["Reception", "Approver", "Campaign author"])
def test_nobody_else_lets_it_go_on_after_a_restore(
    client: Client, sunrise_clinic: Clinic, restored: Standstill, role: str
) -> None:
    answer = signed_in(client, sunrise_clinic, role).post(PAGE, {"other": "OFF"})

    assert answer.status_code == 403
    assert is_held()


def test_who_works_for_one_clinic_does_not_let_all_go_on_after_a_restore(
    restored: Standstill, admin_client: Client
) -> None:
    factories.make_clinic(name="Another")

    assert admin_client.post(PAGE, {"other": "OFF"}).status_code == 403
    assert is_held()


def test_where_nothing_stands_still_the_page_says_so(admin_client: Client) -> None:
    assert "Nothing stands still" in admin_client.get(PAGE).content.decode()
