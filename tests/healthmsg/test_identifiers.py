"""An identifier is one person's, whoever writes it, when, and in which digits."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse

from healthmsg.clinic import remembered
from healthmsg.clinic.admin.search import patients_like
from healthmsg.clinic.models import Clinic, Patient, RememberedStop
from tests import factories
from tests.house.forms import Page
from tests.house.test_role_table import person
from tests.reminders.test_races import Elsewhere

ARABIC, PERSIAN, LATIN = "H-٤٧١١", "H-۴۷۱۱", "H-4711"
SAME = {"given_name": "Nina", "family_name": "Ríos", "external_id": LATIN}
KEY = "key-of-numbers-of-the-tests"


@pytest.mark.parametrize("kept", [ARABIC, PERSIAN, LATIN])
@pytest.mark.parametrize("typed", [ARABIC, PERSIAN, LATIN])
def test_it_is_found_by_the_digits_of_any_script(
    sunrise_clinic: Clinic, kept: str, typed: str
) -> None:
    patient = factories.make_patient(sunrise_clinic, external_id=kept)

    assert patient.external_id == LATIN
    assert list(patients_like(Patient.objects.all(), typed)) == [patient]
    assert sunrise_clinic.patients.get(external_id=typed) == patient


def test_what_was_kept_as_it_was_typed_is_brought_to_latin_digits_once(
    sunrise_clinic: Clinic,
) -> None:
    old, twin, other, latin = (
        factories.make_patient(sunrise_clinic, external_id=f"H-{n}") for n in range(4)
    )
    for patient, kept in ((old, ARABIC), (twin, "H-٣"), (other, "é-٣")):
        _as_typed(patient, kept)

    spell = import_module("healthmsg.clinic.migrations.0035_identifiers_in_latin_digits").spell
    for _twice in range(2):
        spell(apps, None)

    stands = dict(Patient.objects.values_list("pk", "external_id"))
    # Whose H-3 it is people have to say: nothing is joined and nothing is lost.
    assert stands == {old.pk: LATIN, twin.pk: "H-٣", other.pk: "é-3", latin.pk: "H-3"}


def _as_typed(patient: Patient, kept: str) -> None:
    """As a release kept it that knew nothing of digits."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE clinic_patient SET external_id = %s WHERE id = %s", [kept, patient.pk]
        )


def test_who_was_deleted_under_other_digits_stays_deleted(sunrise_clinic: Clinic) -> None:
    known = remembered.identifier_hash(ARABIC, sunrise_clinic.pk, key=KEY)
    RememberedStop.objects.create(
        clinic=sunrise_clinic, number_hash=known, purpose="MARKETING", since=factories.NOON
    )

    assert remembered.identifiers(sunrise_clinic.pk, {LATIN, "H-1"}, key=KEY) == {LATIN}


@pytest.mark.parametrize("typed", [ARABIC, LATIN])
def test_another_patients_identifier_is_an_error_beside_the_field(
    sunrise_clinic: Clinic, client: Client, typed: str
) -> None:
    factories.make_patient(sunrise_clinic, external_id=LATIN)
    patient = factories.make_patient(sunrise_clinic, external_id="H-1")
    client.force_login(person(sunrise_clinic, "Reception"))
    page = reverse("admin:clinic_patient_change", args=[patient.pk])

    answer = client.post(page, _form_of(client, page) | {"external_id": typed})

    assert answer.status_code == 200
    form = answer.context["adminform"].form
    assert form.errors == {"external_id": ["Another patient has this identifier."]}


def _form_of(client: Client, page: str) -> dict[str, Any]:
    """Return what the page's own form sends if nobody types anything."""
    forms = (form.sent() for form in Page(client.get(page).content.decode()).forms)
    return next(sent for sent in forms if "given_name" in sent)


@contextmanager
def faster(clinic: Clinic) -> Iterator[None]:
    """Somebody writes down the same identifier, and their transaction ends only now."""
    with transaction.atomic():
        Patient.objects.create(clinic=clinic, **SAME)
        yield
        _until_somebody_waits()


def _until_somebody_waits(*, seconds: float = 20) -> None:
    until = time.monotonic() + seconds
    waiting = "SELECT 1 FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'"
    with connection.cursor() as cursor:
        while time.monotonic() < until:
            cursor.execute(waiting)
            if cursor.fetchone():
                return
            time.sleep(0.02)
    raise AssertionError("nobody came for the same identifier")


def _registered(client: Client) -> Callable[[], Any]:
    typed = {"number": "011 15 5555 0101", "language": "es", "relationship": "SELF"}
    return lambda: client.post(reverse("agenda_register"), SAME | typed)


def _added(client: Client) -> Callable[[], Any]:
    page = reverse("admin:clinic_patient_add")
    return lambda: client.post(page, _form_of(client, page) | SAME)


def _changed(client: Client) -> Callable[[], Any]:
    page = reverse("admin:clinic_patient_change", args=[Patient.objects.get().pk])
    return lambda: client.post(page, _form_of(client, page) | {"external_id": LATIN})


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("act", [_registered, _added, _changed])
def test_attack_of_two_who_write_down_one_identifier_at_once_the_second_is_told(
    sunrise_clinic: Clinic, act: Callable[[Client], Callable[[], Any]]
) -> None:
    client = Client()
    client.force_login(person(sunrise_clinic, "Reception"))
    factories.make_site(sunrise_clinic)
    factories.make_patient(sunrise_clinic, external_id="H-1", given_name="Nora")
    send = act(client)

    with faster(sunrise_clinic):
        second = Elsewhere(send)
    answer: Any = second.wait()

    assert answer.status_code == 200
    assert "Another patient has this identifier." in answer.content.decode()
    assert Patient.objects.filter(external_id=LATIN).count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_receptionists_at_one_moment_register_one_patient(sunrise_clinic: Clinic) -> None:
    factories.make_site(sunrise_clinic)
    start, answers = threading.Barrier(2), list[int]()

    def register(client: Client) -> None:
        send = _registered(client)
        try:
            start.wait()
            answers.append(send().status_code)
        finally:
            connection.close()

    clients = []
    for role in ("Reception", "Reception lead"):
        clients.append(Client())
        clients[-1].force_login(person(sunrise_clinic, role))
    threads = [threading.Thread(target=register, args=(one,)) for one in clients]
    for one in threads:
        one.start()
    for one in threads:
        one.join()

    assert sorted(answers) == [200, 302]
    assert Patient.objects.count() == 1
