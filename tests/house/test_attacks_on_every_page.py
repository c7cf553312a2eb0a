"""What holds on every page there is, or will be: no row of others, a note of each look, no copy."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django import forms
from django.db.models import Model, Q
from django.test import Client

from healthmsg.clinic.models import AuditNote, Clinic, StaffUser, Tag, Vaccine, Wording
from healthmsg.clinic.roles import ROLES
from healthmsg.cockpit import owned
from tests import factories, header_files
from tests.campaigns import vaccinating
from tests.house import addresses, who_may_open
from tests.house.test_admin_pages import rows
from tests.house.test_role_table import _REFUSED, person
from whatsapp.models import SavedAnswer

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


def test_attack_no_form_offers_a_row_of_another_clinic(
    rows: dict[str, Model], inside: Client, somebody: StaffUser
) -> None:
    _elsewhere()
    offered: dict[str, str] = {}
    looked_at = 0

    for one in OPEN_TO_STAFF:
        answer = _look(inside, addresses.filled(one, rows))
        for field, queryset in _choices(getattr(answer, "context", None)):
            looked_at += 1
            model = queryset.model
            mine = owned(model._default_manager.all(), somebody)
            if queryset.exclude(pk__in=mine.values("pk")).exists():
                offered[f"{one} {field}"] = model._meta.label

    assert looked_at > 40
    assert offered == {}


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


def test_attack_no_page_of_staff_is_kept_by_a_browser(
    rows: dict[str, Model], inside: Client
) -> None:
    kept = {
        one: answer.get("Cache-Control", "")
        for one in OPEN_TO_STAFF
        for answer in [_look(inside, addresses.filled(one, rows))]
        if answer.status_code == 200 and "no-store" not in answer.get("Cache-Control", "")
    }

    # Words of the screens.
    kept.pop("admin/jsi18n/", None)
    assert kept == {}


def _look(client: Client, address: str) -> Any:
    """Ask for a page, and read a file to its end: one that nobody reads stays open."""
    answer = client.get(address)
    if answer.streaming:
        answer.getvalue()
    return answer


def _text_of(answer: Any) -> str:
    content: bytes = answer.getvalue() if answer.streaming else answer.content
    return content.decode(errors="replace")


def _choices(context: Any) -> Iterator[tuple[str, Any]]:
    """Yield each field of a page's forms that takes the key of a row, and the rows it takes."""
    layers = [layer for one in context or () for layer in getattr(one, "dicts", ())]
    for form in [form for layer in layers for value in layer.values() for form in _forms_in(value)]:
        for name, field in form.fields.items():
            queryset = getattr(field, "queryset", None)
            if queryset is not None:
                yield f"{type(form).__name__}.{name}", queryset


def _forms_in(value: Any) -> list[forms.BaseForm]:
    if isinstance(value, forms.BaseForm):
        return [value]
    if isinstance(value, forms.BaseFormSet):
        return [*value.forms, value.empty_form]
    if isinstance(value, (list, tuple)):
        return [form for one in value for form in _forms_in(one)]
    inner = getattr(value, "form", None) or getattr(value, "formset", None)
    return _forms_in(inner) if isinstance(inner, (forms.BaseForm, forms.BaseFormSet)) else []


def _elsewhere() -> None:
    """Another clinic that has one of everything that a form may offer."""
    other = factories.make_clinic(name="Elsewhere")
    patient = factories.make_patient(other)
    sender = factories.make_sender(other, phone_number_id="900000000000001", waba_id="9000001")
    factories.make_template(sender.account)
    header_files.make_file(other)
    factories.make_audience(other, patient)
    factories.make_clinician(other)
    factories.make_kind(other)
    factories.make_site(other)
    vaccinating.season(other)
    Tag.objects.create(clinic=other, name="Theirs")
    Wording.objects.create(
        clinic=other, version=1, language="es", text="…", valid_from=factories.NOON
    )
    SavedAnswer.objects.create(clinic=other, language="es", name="Theirs", text="8 a 18 h")
    assert Vaccine.objects.filter(clinic=other).exists()
    StaffUser.objects.create(username="theirs", is_staff=True).clinics.add(other)
