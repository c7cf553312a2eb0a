"""Who may sign in as what: a clinic's admin gives what they have, at their own clinics."""

import pytest
from django.contrib.auth.models import Group, Permission
from django.test import Client
from django.urls import reverse

from healthmsg.clinic.models import Clinic, StaffUser
from tests import factories


@pytest.fixture
def admin_of_clinic(client: Client, sunrise_clinic: Clinic) -> Client:
    user = StaffUser.objects.create(username="admin", is_staff=True)
    user.clinics.add(sunrise_clinic)
    user.groups.add(Group.objects.get(name="Clinic admin"))
    client.force_login(user)
    return client


def test_a_clinics_admin_gives_roles_but_never_more(
    admin_of_clinic: Client, sunrise_clinic: Clinic
) -> None:
    StaffUser.objects.create(username="root", is_staff=True, is_superuser=True)
    group = Group.objects.get(name="Reception")
    form = {
        "username": "new",
        "usable_password": "true",
        "password1": "correct horse 9",
        "password2": "correct horse 9",
        "clinics": [sunrise_clinic.pk],
        "groups": [group.pk],
        "is_superuser": "on",
    }

    answer = admin_of_clinic.post(reverse("admin:clinic_staffuser_add"), form)

    assert answer.status_code == 302, answer.context["errors"]
    made = StaffUser.objects.get(username="new")
    assert made.is_staff
    assert not made.is_superuser
    listed = admin_of_clinic.get(reverse("admin:clinic_staffuser_changelist"))
    assert "root" not in {user.username for user in listed.context["cl"].result_list}


def test_memberships_at_other_clinics_survive_an_edit(
    admin_of_clinic: Client, sunrise_clinic: Clinic
) -> None:
    elsewhere = factories.make_clinic()
    user = StaffUser.objects.create(username="both", is_staff=True)
    user.clinics.set([sunrise_clinic, elsewhere])
    form = {"username": "both", "clinics": [sunrise_clinic.pk], "is_active": "on"}

    admin_of_clinic.post(reverse("admin:clinic_staffuser_change", args=[user.pk]), form)

    assert set(user.clinics.all()) == {sunrise_clinic, elsewhere}


@pytest.mark.parametrize("where", ["both", "here"])
def test_a_password_is_set_only_by_who_governs_all_of_somebodys_clinics(
    admin_of_clinic: Client, sunrise_clinic: Clinic, where: str
) -> None:
    user = StaffUser.objects.create_user("other", password="correct horse 9", is_staff=True)
    user.clinics.add(sunrise_clinic)
    if where == "both":
        user.clinics.add(factories.make_clinic())
    form = {"usable_password": "true", "password1": "stolen cat 42", "password2": "stolen cat 42"}

    answer = admin_of_clinic.post(f"/admin/clinic/staffuser/{user.pk}/password/", form)

    user.refresh_from_db()
    assert answer.status_code == (403 if where == "both" else 302)
    assert user.check_password("stolen cat 42") == (where == "here")


def test_powers_of_somebody_shared_with_another_clinic_stay(
    admin_of_clinic: Client, sunrise_clinic: Clinic
) -> None:
    user = StaffUser.objects.create(username="both", is_staff=True)
    user.clinics.set([sunrise_clinic, factories.make_clinic()])
    form = {
        "username": "mine",
        "first_name": "Robin",
        "email": "me@clinic.example",
        "clinics": [sunrise_clinic.pk],
        "groups": [Group.objects.get(name="Clinic admin").pk],
    }

    admin_of_clinic.post(reverse("admin:clinic_staffuser_change", args=[user.pk]), form)

    user.refresh_from_db()
    assert (user.username, user.email, user.is_active) == ("both", "", True)
    assert user.first_name == "Robin"
    assert not user.groups.exists()
    assert user.clinics.count() == 2


def test_nobody_gives_or_takes_over_more_than_they_have(
    client: Client, sunrise_clinic: Clinic
) -> None:
    head = StaffUser.objects.create(username="head", is_staff=True)
    head.clinics.add(sunrise_clinic)
    head.groups.add(Group.objects.get(name="Reception"))
    head.user_permissions.set(Permission.objects.filter(codename__endswith="_staffuser"))
    above = StaffUser.objects.create(username="above", is_staff=True)
    root = StaffUser.objects.create(username="root", is_staff=True, is_superuser=True)
    for user in (above, root):
        user.clinics.add(sunrise_clinic)
    above.groups.add(Group.objects.get(name="Clinic admin"))
    client.force_login(head)
    beside = StaffUser.objects.create(username="beside", is_staff=True)
    beside.clinics.add(sunrise_clinic)

    page = client.get(reverse("admin:clinic_staffuser_change", args=[beside.pk]))
    offered = {g.name for g in page.context["adminform"].form.fields["groups"].queryset}
    set_above = client.get(f"/admin/clinic/staffuser/{above.pk}/password/").status_code
    set_root = client.get(f"/admin/clinic/staffuser/{root.pk}/password/").status_code

    # A clinician approves what decides who is vaccinated, which reception may not.
    assert offered == {"Reception"}
    assert (set_above, set_root) == (403, 404)
