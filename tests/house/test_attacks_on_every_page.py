"""What holds on every page there is, or will be: no row of others, a note of each look, no copy."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
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
# Words of the screens, and empty fields for one's own password.
MAY_BE_KEPT = {"admin/jsi18n/", "admin/password_change/", "admin/password_change/done/"}


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


def test_attack_the_walk_would_find_a_page_that_asks_for_no_clinic(
    rows: dict[str, Model], somebody: StaffUser
) -> None:
    """Each address leads to a row that is there: only whose it is keeps the stranger out."""
    closed = {
        one: statuses
        for one in ABOUT_A_ROW
        for statuses in [
            {
                addresses.asked(addresses.filled(one, rows), somebody, posted=posted)
                for posted in (None, _SENT.get(one, {"a": "b"}))
            }
        ]
        if statuses <= {*_REFUSED, 405}
    }

    assert closed == {}


# What is looked at before anything is done, where not any form will do.
_SENT: dict[str, dict[str, str]] = {
    "desk/to-call/<visit_id>/log/": {"outcome": "NO_ANSWER"},
    "desk/agenda/visits/<visit_id>/ask/": {"fix": "later"},
}


def test_attack_every_page_keeps_to_its_clinic_notes_its_looks_and_is_kept_by_nobody(
    rows: dict[str, Model], inside: Client, somebody: StaffUser
) -> None:
    """One walk through all pages, each rendered once."""
    _elsewhere()
    patient = rows["clinic.Patient"]
    type(patient)._default_manager.filter(pk=patient.pk).update(family_name=FAMILY)
    offers, shown = Offers(somebody), set()
    unnoted, kept = set(), {}

    for one in OPEN_TO_STAFF:
        since = AuditNote.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        answer = inside.get(addresses.filled(one, rows))
        text = _text_of(answer)
        if answer.status_code != 200:
            continue
        offers.look_at(one, getattr(answer, "context", None), text)
        if "no-store" not in answer.get("Cache-Control", ""):
            kept[one] = answer.get("Cache-Control", "")
        if FAMILY in text:
            shown.add(one)
            if not _is_noted(patient, since):
                unnoted.add(one)

    assert offers.looked_at > 40
    assert offers.wrong == {}
    assert len(shown) > 15
    assert unnoted == set()
    assert kept.keys() == MAY_BE_KEPT


def _is_noted(patient: Model, since: int) -> bool:
    told = Q(patient_id=patient.pk) | Q(after__patients__contains=[patient.pk])
    return AuditNote.objects.filter(told, pk__gt=since, kind__in=["VIEW", "EXPORT"]).exists()


@dataclass
class Offers:
    """Which rows forms let somebody choose, each model's own rows asked for once."""

    somebody: StaffUser
    looked_at: int = 0
    wrong: dict[str, str] = field(default_factory=dict)
    _mine: dict[type[Model], set[Any]] = field(default_factory=dict)

    def look_at(self, page: str, context: Any, text: str) -> None:
        for name, queryset in _choices(context, text):
            self.looked_at += 1
            model = queryset.model
            if model not in self._mine:
                mine = owned(model._default_manager.all(), self.somebody)
                self._mine[model] = set(mine.values_list("pk", flat=True))
            if not set(queryset.values_list("pk", flat=True)) <= self._mine[model]:
                self.wrong[f"{page} {name}"] = model._meta.label


def _text_of(answer: Any) -> str:
    content: bytes = answer.getvalue() if answer.streaming else answer.content
    return content.decode(errors="replace")


def _choices(context: Any, text: str) -> Iterator[tuple[str, Any]]:
    """Yield each field on a page that takes the key of a row, and the rows it takes."""
    layers = [layer for one in context or () for layer in getattr(one, "dicts", ())]
    for form in [form for layer in layers for value in layer.values() for form in _forms_in(value)]:
        for name, one in form.fields.items():
            queryset = getattr(one, "queryset", None)
            # A row of a form set names itself: that key is looked up among the set's own.
            itself = name == "id" or f'name="{form.add_prefix(name)}"' not in text
            if queryset is not None and not itself:
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
