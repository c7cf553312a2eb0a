"""What holds on every page there is, or will be: no row of others, a note of each look, no copy."""

import re
from typing import Any

import pytest
from django.db.models import Model, Q
from django.test import Client

from healthmsg.clinic.models import AuditNote, Clinic, StaffUser
from healthmsg.clinic.roles import ROLES
from tests import factories
from tests.house import addresses, who_may_open
from tests.house.test_admin_pages import rows
from tests.house.test_role_table import _REFUSED, person

__all__ = ["rows"]

PAGES = who_may_open.table()
OPEN_TO_STAFF = [one for one, columns in PAGES.items() if columns != who_may_open.PUBLIC]
_NAMED = re.compile(rf"<({'|'.join(addresses._ROWS)})>")
ABOUT_A_ROW = [one for one in PAGES if _NAMED.search(one)]
FAMILY = "Kanarienthal"


@pytest.fixture
def clinic(rows: dict[str, Model]) -> Clinic:
    found = rows["clinic.Clinic"]
    assert isinstance(found, Clinic)
    return found


@pytest.fixture
def somebody(clinic: Clinic) -> StaffUser:
    """Whoever has every role at the clinic of all rows."""
    return person(clinic, *ROLES)


@pytest.fixture
def inside(client: Client, somebody: StaffUser) -> Client:
    client.force_login(somebody)
    return client


@pytest.mark.parametrize("posted", [None, {"a": "b"}], ids=["looked-at", "acted-on"])
def test_attack_no_page_about_a_row_opens_for_another_clinic(
    rows: dict[str, Model], posted: dict[str, str] | None
) -> None:
    stranger = person(factories.make_clinic(), *ROLES)

    opened = {
        one: status
        for one in ABOUT_A_ROW
        for status in [addresses.asked(addresses.filled(one, rows), stranger, posted=posted)]
        # Only pressed, and so never looked at.
        if status not in {*_REFUSED, 405}
    }

    assert len(ABOUT_A_ROW) > 15
    assert opened == {}


def test_attack_no_page_of_a_patient_is_looked_at_unnoted(
    rows: dict[str, Model], inside: Client
) -> None:
    patient = rows["clinic.Patient"]
    type(patient)._default_manager.filter(pk=patient.pk).update(family_name=FAMILY)
    shown, unnoted = set(), set()

    for one in OPEN_TO_STAFF:
        since = AuditNote.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        answer = inside.get(addresses.filled(one, rows))
        if answer.status_code != 200 or FAMILY not in _text_of(answer):
            continue
        shown.add(one)
        told = Q(patient_id=patient.pk) | Q(after__patients__contains=[patient.pk])
        looks = AuditNote.objects.filter(told, pk__gt=since, kind__in=["VIEW", "EXPORT"])
        if not looks.exists():
            unnoted.add(one)

    assert len(shown) > 15
    assert unnoted == set()


def _text_of(answer: Any) -> str:
    content: bytes = answer.getvalue() if answer.streaming else answer.content
    return content.decode(errors="replace")
