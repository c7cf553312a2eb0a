"""Two people at one page with rows on it: nobody's row goes unseen, and it says whose it is."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import pytest
from django.contrib.auth.models import Group
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from healthmsg import acting
from healthmsg.clinic.models import (
    Clinic,
    Clinician,
    ClosingDay,
    Contact,
    Leave,
    Patient,
    Site,
    StaffUser,
)
from tests import factories
from tests.house.test_two_at_one_form import TOLD, Opened, _form_in, _open, _send

pytestmark = pytest.mark.django_db
DAY = date(2030, 7, 1)


@dataclass
class Case:
    """A page with one row on it, a field of that row, and one of the page itself."""

    address: str
    row: Model
    field: str  # of the row, as the page names it
    column: str
    own: str  # of the page itself
    kind: str
    typed: tuple[str, str]


def contacts(clinic: Clinic) -> Case:
    patient = factories.make_patient(clinic)
    return Case(
        reverse("admin:clinic_patient_change", args=[patient.pk]),
        patient.contacts.get(),
        "contacts-0-name",
        "name",
        "family_name",
        "Contact",
        ("Eva", "Iris"),
    )


def leave(clinic: Clinic) -> Case:
    doctor = factories.make_clinician(clinic)
    row = Leave.objects.create(clinician=doctor, first_day=DAY, last_day=DAY, note="away")
    return Case(
        reverse("admin:clinic_clinician_change", args=[doctor.pk]),
        row,
        "leave-0-note",
        "note",
        "name",
        "Time away",
        ("course", "holiday"),
    )


def closing_days(clinic: Clinic) -> Case:
    site = factories.make_site(clinic)
    row = ClosingDay.objects.create(site=site, closed_on=DAY, reason="feast")
    return Case(
        reverse("admin:clinic_site_change", args=[site.pk]),
        row,
        "closing_days-0-reason",
        "reason",
        "name",
        "Closing day",
        ("works", "strike"),
    )


Made = Callable[[Clinic], Case]
every_page = pytest.mark.parametrize("made", [contacts, leave, closing_days])


def person(clinic: Clinic, name: str) -> Client:
    user = StaffUser.objects.create(username=name, is_staff=True)
    user.clinics.add(clinic)
    user.groups.set(Group.objects.exclude(name="Support"))
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def ana(sunrise_clinic: Clinic) -> Client:
    return person(sunrise_clinic, "ana")


@pytest.fixture
def ben(sunrise_clinic: Clinic) -> Client:
    return person(sunrise_clinic, "ben")


def opened_by(client: Client, case: Case) -> Opened:
    opened = _open(client, case.address)
    assert opened is not None
    assert case.field in opened.form.sent(), sorted(opened.form.sent())
    return opened


def stands(case: Case) -> str:
    case.row.refresh_from_db()
    return str(getattr(case.row, case.column))


@every_page
def test_who_types_into_the_same_row_is_told_by_whom_it_changed(
    made: Made, sunrise_clinic: Clinic, ana: Client, ben: Client
) -> None:
    case = made(sunrise_clinic)
    mine, theirs = opened_by(ben, case), opened_by(ana, case)
    assert _send(ana, case.address, theirs.sent(**{case.field: case.typed[0]}))[0] == 302

    status, html = _send(ben, case.address, mine.sent(**{case.field: case.typed[1]}))

    assert (status, stands(case)) == (200, case.typed[0])
    assert TOLD in html
    assert f"ana changed: {case.kind}: " in html
    assert f"Changed meanwhile to: {case.typed[0]}." in html
    again = _form_in(html)
    assert again is not None
    assert again.sent()[case.field] == [case.typed[1]]
    assert _send(ben, case.address, again.sent())[0] == 302
    assert stands(case) == case.typed[1]


@every_page
def test_a_row_that_nobody_touched_is_not_put_back(
    made: Made, sunrise_clinic: Clinic, ana: Client, ben: Client
) -> None:
    case = made(sunrise_clinic)
    mine, theirs = opened_by(ben, case), opened_by(ana, case)
    _send(ana, case.address, theirs.sent(**{case.field: case.typed[0]}))

    status, html = _send(ben, case.address, mine.sent(**{case.own: "Newer"}))

    again = _form_in(html)
    assert again is not None
    assert (status, again.sent()[case.own]) == (200, ["Newer"])
    assert "ana changed: " in html
    assert _send(ben, case.address, again.sent())[0] == 302
    assert stands(case) == case.typed[0]


def test_a_number_that_nobody_touched_is_not_put_back(
    sunrise_clinic: Clinic, ana: Client, ben: Client
) -> None:
    case = contacts(sunrise_clinic)
    mine, theirs = opened_by(ben, case), opened_by(ana, case)
    fresh = "+54 9 11 5555-0177"
    sent = theirs.sent(**{"contacts-0-number": fresh})
    assert _send(ana, case.address, sent)[0] == 302

    _status, html = _send(ben, case.address, mine.sent(**{case.own: "Newer"}))
    again = _form_in(html)

    assert again is not None
    assert _send(ben, case.address, again.sent())[0] == 302
    case.row.refresh_from_db()
    assert isinstance(case.row, Contact)
    assert case.row.phone is not None
    assert case.row.phone.number == "+5491155550177"


def one_more(case: Case) -> None:
    if isinstance(case.row, Contact):
        Contact.objects.create(patient_id=case.row.patient_id, name="Third", language="es")
    elif isinstance(case.row, Leave):
        Leave.objects.create(clinician_id=case.row.clinician_id, first_day=DAY, last_day=DAY)
    else:
        assert isinstance(case.row, ClosingDay)
        ClosingDay.objects.create(site_id=case.row.site_id, closed_on=date(2030, 8, 1))


@every_page
def test_a_row_that_came_meanwhile_is_told_and_stays(
    made: Made, sunrise_clinic: Clinic, ben: Client
) -> None:
    case = made(sunrise_clinic)
    mine = opened_by(ben, case)
    one_more(case)

    status, html = _send(ben, case.address, mine.sent(**{case.own: "Newer"}))

    again = _form_in(html)
    assert (status, again is not None) == (200, True)
    assert f"changed: {case.kind} (one more)." in html
    assert again is not None
    assert again.sent()[case.own] == ["Newer"]
    assert _send(ben, case.address, again.sent())[0] == 302
    assert type(case.row)._default_manager.count() == 2


@every_page
def test_a_row_that_was_taken_out_is_told_and_nothing_typed_is_lost(
    made: Made, sunrise_clinic: Clinic, ben: Client
) -> None:
    case = made(sunrise_clinic)
    mine = opened_by(ben, case)
    type(case.row)._default_manager.all().delete()

    status, html = _send(ben, case.address, mine.sent(**{case.own: "Newer"}))

    again = _form_in(html)
    assert (status, again is not None) == (200, True)
    assert f"{case.kind} (one was taken out" in html
    assert again is not None
    assert again.sent()[case.own] == ["Newer"]
    assert _send(ben, case.address, again.sent())[0] == 302
    assert not type(case.row)._default_manager.exists()


@every_page
def test_what_was_typed_into_a_row_that_is_gone_stands_as_a_new_one(
    made: Made, sunrise_clinic: Clinic, ben: Client
) -> None:
    case = made(sunrise_clinic)
    mine = opened_by(ben, case)
    type(case.row)._default_manager.all().delete()

    status, html = _send(ben, case.address, mine.sent(**{case.field: case.typed[1]}))

    again = _form_in(html)
    assert (status, again is not None) == (200, True)
    assert f"{case.kind} (one was taken out; what you typed" in html
    assert again is not None
    assert again.sent()[case.field] == [case.typed[1]]
    assert _send(ben, case.address, again.sent())[0] == 302
    assert getattr(type(case.row)._default_manager.get(), case.column) == case.typed[1]


def test_in_two_windows_of_ones_own_it_says_so(sunrise_clinic: Clinic, ben: Client) -> None:
    case = leave(sunrise_clinic)
    mine, also_mine = opened_by(ben, case), opened_by(ben, case)
    _send(ben, case.address, also_mine.sent(**{case.own: "Newer"}))

    _status, html = _send(ben, case.address, mine.sent(**{case.own: "Newest"}))

    assert "you yourself changed: Name as patients know it." in html


def test_what_a_program_changed_names_nobody(sunrise_clinic: Clinic, ben: Client) -> None:
    case = leave(sunrise_clinic)
    mine = opened_by(ben, case)
    with acting.as_program("command of a test"):
        Clinician.objects.update(name="Newer")

    _status, html = _send(ben, case.address, mine.sent(**{case.own: "Newest"}))

    assert "this changed: Name as patients know it." in html


def test_both_are_named_where_two_changed_it(
    sunrise_clinic: Clinic, ana: Client, ben: Client
) -> None:
    case = leave(sunrise_clinic)
    mine = opened_by(ben, case)
    for client, typed in ((ana, "Newer"), (person(sunrise_clinic, "cleo"), "Newer yet")):
        assert _send(client, case.address, opened_by(client, case).sent(**{case.own: typed}))

    _status, html = _send(ben, case.address, mine.sent(**{case.own: "Newest"}))

    assert "ana and cleo changed: " in html
    assert not Site.objects.exists()
    assert not Patient.objects.exists()
