"""Messages to parents and guardians end when the patient comes of age, until asked anew."""

from datetime import date, timedelta

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from healthmsg import clock
from healthmsg.clinic import guardians
from healthmsg.clinic.models import Clinic, Contact, Patient, Relationship, StaffUser
from healthmsg.desk.proof import ages
from reminders.last_look import blocker
from reminders.timing import Anchor
from tests import factories
from whatsapp.status import Reason

pytestmark = pytest.mark.django_db
TODAY = date(2026, 3, 10)
DAY = timedelta(days=1)


@pytest.fixture
def clinic(sunrise_clinic: Clinic) -> Clinic:
    sunrise_clinic.guardians_until_age = 16
    sunrise_clinic.save(update_fields=["guardians_until_age"])
    return sunrise_clinic


def child(clinic: Clinic, born: date | None, who: str = Relationship.PARENT) -> Contact:
    patient = factories.make_patient(clinic, birth_date=born)
    contact = patient.contacts.get()
    contact.relationship = who
    contact.save(update_fields=["relationship"])
    return contact


def until(contact: Contact) -> tuple[date | None, bool]:
    contact.refresh_from_db()
    return contact.until, contact.until_by_age


def test_a_parent_is_written_to_until_the_day_before_the_birthday(clinic: Clinic) -> None:
    contact = child(clinic, date(2012, 5, 4))

    assert guardians.follow_age(clinic, today=TODAY) == 1
    assert until(contact) == (date(2028, 5, 3), True)
    assert guardians.follow_age(clinic, today=TODAY) == 0


@pytest.mark.parametrize(
    ("born", "last"),
    [
        pytest.param(date(2012, 2, 29), date(2028, 2, 28), id="leap-day"),
        pytest.param(TODAY.replace(year=2010), TODAY - DAY, id="birthday-today"),
        pytest.param(date(2010, 2, 20), date(2026, 2, 19), id="noticed-late"),
        pytest.param(date(1990, 1, 1), None, id="looked-after-as-an-adult"),
        pytest.param(None, None, id="birth-date-not-known"),
    ],
)
def test_the_last_day_follows_from_the_birth_date(
    clinic: Clinic, born: date | None, last: date | None
) -> None:
    contact = child(clinic, born)

    guardians.follow_age(clinic, today=TODAY)

    assert until(contact) == (last, last is not None)


@pytest.mark.parametrize("who", [Relationship.SELF, Relationship.PARTNER, Relationship.CARER])
def test_nobody_else_ends_by_age(clinic: Clinic, who: Relationship) -> None:
    contact = child(clinic, date(2012, 5, 4), who)

    assert guardians.follow_age(clinic, today=TODAY) == 0
    assert until(contact) == (None, False)


def test_a_day_written_by_hand_stays(clinic: Clinic) -> None:
    contact = child(clinic, date(2012, 5, 4))
    Contact.objects.filter(pk=contact.pk).update(until=date(2027, 1, 1))

    guardians.follow_age(clinic, today=TODAY)

    assert until(contact) == (date(2027, 1, 1), False)


def test_another_age_or_birth_date_moves_the_day_and_no_age_ends_it(clinic: Clinic) -> None:
    contact = child(clinic, date(2012, 5, 4))
    guardians.follow_age(clinic, today=TODAY)

    clinic.guardians_until_age = 18
    clinic.save(update_fields=["guardians_until_age"])
    guardians.follow_age(clinic, today=TODAY)
    assert until(contact) == (date(2030, 5, 3), True)

    Patient.objects.filter(pk=contact.patient_id).update(birth_date=date(2012, 5, 5))
    guardians.follow_age(clinic, today=TODAY)
    assert until(contact) == (date(2030, 5, 4), True)

    clinic.guardians_until_age = None
    clinic.save(update_fields=["guardians_until_age"])
    guardians.follow_age(clinic, today=TODAY)
    assert until(contact) == (None, False)


def test_a_patient_asked_anew_brings_the_parent_back(clinic: Clinic) -> None:
    contact = child(clinic, date(2010, 3, 9))
    guardians.follow_age(clinic, today=TODAY)
    assert until(contact) == (date(2026, 3, 8), True)

    Contact.objects.filter(pk=contact.pk).update(agreed_on=date(2026, 3, 8))
    guardians.follow_age(clinic, today=TODAY)
    assert until(contact)[1]  # asked a day too early: still a child

    Contact.objects.filter(pk=contact.pk).update(agreed_on=TODAY)
    guardians.follow_age(clinic, today=TODAY)
    assert until(contact) == (None, False)
    guardians.follow_age(clinic, today=TODAY + 400 * DAY)
    assert until(contact) == (None, False)


def test_one_patient_alone_and_one_clinic_alone_are_followed(clinic: Clinic) -> None:
    mine, other = (child(clinic, date(2012, 5, 4)) for _ in range(2))
    elsewhere = child(factories.make_clinic(guardians_until_age=16), date(2012, 5, 4))

    guardians.follow_age(clinic, today=TODAY, patient=mine.patient)

    assert [until(one)[1] for one in (mine, other, elsewhere)] == [True, False, False]
    assert ages.follow(now=factories.NOON) == 2
    assert [until(one)[1] for one in (mine, other, elsewhere)] == [True, True, True]


def test_nothing_is_said_to_the_parent_from_the_birthday_on(clinic: Clinic) -> None:
    contact = child(clinic, TODAY.replace(year=2010) + DAY)
    visit = factories.make_visit(contact.patient, starts_at=factories.NOON + 3 * DAY)
    guardians.follow_age(clinic, today=TODAY)
    visit.refresh_from_db()

    assert blocker(visit, Anchor.STARTS, at=factories.NOON) is None
    on_the_birthday = blocker(visit, Anchor.STARTS, at=factories.NOON + DAY)
    assert on_the_birthday == Reason.CONTACT_ENDED


@pytest.fixture
def desk(client: Client, clinic: Clinic) -> Client:
    person = StaffUser.objects.create(username="robin", is_staff=True)
    person.clinics.add(clinic)
    person.groups.add(Group.objects.get(name="Clinic admin"))
    client.force_login(person)
    return client


def test_the_patients_page_says_so_and_takes_the_answer(desk: Client, clinic: Clinic) -> None:
    today = clock.now().astimezone(clinic.zone).date()
    lately = today - 5 * DAY
    contact = child(clinic, lately.replace(year=lately.year - 16))
    guardians.follow_age(clinic, today=today)
    patient = contact.patient
    page = reverse("admin:clinic_patient_change", args=[patient.pk])
    shown = desk.get(reverse("patient", args=[patient.pk])).content.decode()
    assert "Has come of age" in shown
    assert page in shown

    values = {
        "given_name": patient.given_name,
        "family_name": patient.family_name,
        "birth_date": str(patient.birth_date),
        "sex": "UNKNOWN",
        "contacts-TOTAL_FORMS": 1,
        "contacts-INITIAL_FORMS": 1,
        "contacts-0-id": contact.pk,
        "contacts-0-patient": patient.pk,
        "contacts-0-name": contact.name,
        "contacts-0-relationship": "PARENT",
        "contacts-0-rank": 1,
        "contacts-0-language": "es",
        "contacts-0-may_be_told": "FULL",
        "contacts-0-number": factories.phone_of(patient).number,
        "contacts-0-until": "",
        "immunisations-TOTAL_FORMS": 0,
        "immunisations-INITIAL_FORMS": 0,
    }
    refused = desk.post(page, values)
    assert "Ask the patient, and write down the day" in refused.content.decode()

    desk.post(page, values | {"contacts-0-agreed_on": str(today)})
    assert until(contact) == (None, False)
    assert "Has come of age" not in desk.get(page).content.decode()
