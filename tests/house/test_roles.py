"""The groups a clinic starts with: given once, brought up to date, left as a clinic made them."""

from django.apps import apps
from django.contrib.auth.models import Group
from django.db.migrations.state import ProjectState

from healthmsg.clinic import roles
from healthmsg.clinic.models import OfferedPermission
from tests.house.test_admin_pages import AUTHOR, RECEPTION


def test_roles_are_installed_once_and_edits_stay(db: None) -> None:
    group = Group.objects.get(name=RECEPTION)
    assert group.permissions.filter(codename="view_patient_details").exists()
    group.permissions.clear()

    roles.install()

    assert not group.permissions.exists()
    assert set(Group.objects.values_list("name", flat=True)) == set(roles.ROLES)


def test_what_a_release_adds_is_given_to_roles_that_stand(db: None) -> None:
    group = Group.objects.get(name=AUTHOR)
    group.permissions.clear()
    OfferedPermission.objects.filter(role=AUTHOR, permission="campaigns.view_run").delete()

    roles.install()

    assert [one.codename for one in group.permissions.all()] == ["view_run"]
    roles.install()
    assert group.permissions.count() == 1


def test_a_role_that_a_clinic_deleted_stays_deleted(db: None) -> None:
    Group.objects.get(name=AUTHOR).delete()
    OfferedPermission.objects.filter(role=AUTHOR, permission="campaigns.view_run").delete()

    roles.install()

    assert not Group.objects.filter(name=AUTHOR).exists()


def test_before_its_table_stands_nothing_is_given() -> None:
    roles.install(apps=ProjectState().apps)


def test_every_permission_a_role_names_exists() -> None:
    known = {
        f"{model._meta.app_label}.{codename}"
        for model in apps.get_models()
        for codename in (
            *(f"{verb}_{model._meta.model_name}" for verb in ("add", "change", "delete", "view")),
            *(codename for codename, _words in model._meta.permissions),
        )
    }

    assert {one for role in roles.ROLES.values() for one in role} <= known
