"""Between two tests tables are emptied by a way of our own, which leaves what Django's leaves."""

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command
from django.db import connection

from healthmsg.clinic import protections
from healthmsg.clinic.models import AuditNote, Patient
from healthmsg.clinic.roles import ROLES
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)


def flush() -> None:
    call_command("flush", verbosity=0, interactive=False)


def installed() -> dict[str, set[tuple[str, str]]]:
    """Return each role's permissions."""
    return {
        role.name: set(role.permissions.values_list("content_type__model", "codename"))
        for role in Group.objects.all()
    }


@pytest.fixture(autouse=True)
def _flushed_once() -> Iterator[None]:
    """The first time, nothing is known that could be put back."""
    flush()
    yield
    flush()


def test_rows_go_and_what_is_installed_comes_back() -> None:
    before = installed()
    assert before.keys() == set(ROLES)
    factories.make_patient(factories.make_clinic())
    Permission.objects.filter(codename="view_patient").delete()
    Group.objects.filter(name="Reception").delete()
    Group.objects.create(name="Nobody's")

    flush()

    assert installed() == before
    assert not Patient.objects.exists()
    assert not AuditNote.objects.exists()


def test_no_key_is_given_twice() -> None:
    """As in a real database, whose sequences go on."""
    first = factories.make_clinic()

    flush()

    assert factories.make_clinic().pk > first.pk


def test_a_trigger_that_a_test_removed_is_made_again() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER audit_update ON clinic_patient")
    assert protections.missing()

    flush()

    assert not protections.missing()
