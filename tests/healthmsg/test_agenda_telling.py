"""Who is told, mended while booking: a first contact, another number, an answer and no more."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from healthmsg.clinic.models import (
    Appointment,
    Clinic,
    Contact,
    Patient,
    PhoneState,
    Relationship,
    Site,
    StaffUser,
    VisitKind,
    Wording,
)
from reminders import rules
from tests import factories
from whatsapp.models import Account, Sender, Switch

TYPED = "011 15 5555 0199"
STORED = "+5491155550199"


@pytest.fixture
def reception(client: Client, sunrise_clinic: Clinic) -> Client:
    rules.install(sunrise_clinic)
    user = StaffUser.objects.create(username="reception", is_staff=True)
    user.clinics.add(sunrise_clinic)
    user.groups.add(Group.objects.get(name="Reception"))
    client.force_login(user)
    return client


@pytest.fixture
def site(sunrise_clinic: Clinic) -> Site:
    return factories.make_site(sunrise_clinic)


@pytest.fixture
def kind(sunrise_clinic: Clinic) -> VisitKind:
    return factories.make_kind(sunrise_clinic)


@pytest.fixture
def unknown(willing_patient: Patient) -> Patient:
    """A patient of whom nobody is known who could be told."""
    Contact.objects.filter(patient=willing_patient).delete()
    return willing_patient


@pytest.fixture
def form(site: Site, kind: VisitKind) -> dict[str, str]:
    day = timezone.now().astimezone(site.clinic.zone).date() + timedelta(days=10)
    return {"kind": str(kind.pk), "site": str(site.pk), "day": f"{day}", "time": "10:00"}


def book(patient: Patient) -> str:
    return reverse("agenda_book_for", args=[patient.pk])


def test_who_is_told_is_written_down_where_nobody_was_known(
    reception: Client, unknown: Patient, form: dict[str, str]
) -> None:
    told = {
        "fix": "contact",
        "told-number": TYPED,
        "told-language": "es",
        "told-relationship": Relationship.PARENT,
        "told-contact_name": "Rosa",
    }
    before = reception.get(book(unknown)).content.decode()
    answer = reception.post(book(unknown), form | told)

    assert "Nobody is known who could be told" in before
    contact = unknown.contacts.get()
    assert (contact.name, contact.relationship, contact.language) == ("Rosa", "PARENT", "es")
    assert contact.phone is not None
    assert contact.phone.number == STORED
    assert answer.context["newcomer"] is None
    assert answer.context["reach"].contact == contact
    # What was filled in before stays, and she is asked at once.
    assert answer.context["form"]["time"].value() == "10:00"
    assert answer.context["reach"].is_to_be_asked
    reception.post(book(unknown), form | {"contact": str(contact.pk)})
    assert Appointment.objects.get().contact == contact


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        pytest.param("12", "No such telephone number exists.", id="impossible"),
        pytest.param("", "This field is required.", id="empty"),
    ],
)
def test_a_number_that_cannot_be_is_said_beside_its_field(
    reception: Client, unknown: Patient, form: dict[str, str], typed: str, words: str
) -> None:
    told = {
        "fix": "contact",
        "told-number": typed,
        "told-language": "es",
        "told-relationship": Relationship.SELF,
    }

    answer = reception.post(book(unknown), form | told)

    assert words in str(answer.context["newcomer"]["number"].errors)
    assert answer.context["newcomer"]["number"].value() == typed
    assert not unknown.contacts.exists()


def test_sent_twice_it_is_one_contact(
    reception: Client, unknown: Patient, form: dict[str, str]
) -> None:
    told = {
        "fix": "contact",
        "told-number": TYPED,
        "told-language": "es",
        "told-relationship": Relationship.SELF,
    }

    reception.post(book(unknown), form | told)
    again = reception.post(book(unknown), form | told)

    assert unknown.contacts.count() == 1
    assert again.context["reach"].contact == unknown.contacts.get()


def test_another_number_is_refused_beside_its_field_and_what_was_typed_stays(
    reception: Client, willing_patient: Patient, form: dict[str, str]
) -> None:
    phone = factories.phone_of(willing_patient)
    phone.state = PhoneState.FAILING
    phone.save()
    fix = {"contact": str(willing_patient.contacts.get().pk), "fix": "number", "number": "12 34"}

    page = reception.post(book(willing_patient), form | fix).content.decode()

    assert "Messages to this number have not arrived lately." in page
    field = page.split('id="fix-number"')[1]
    assert 'value="12 34"' in field.split(">")[0]
    assert 'aria-invalid="true" aria-describedby="fix-number-error"' in field.split(">")[0]
    assert "No such telephone number exists." in field.split('id="fix-number-error">')[1]
    assert page.count("No such telephone number exists.") == 1


@pytest.mark.parametrize("fix", ["number", "contact", "", "elsewhere"])
def test_attack_an_answer_at_the_sheet_is_an_answer_and_nothing_else(
    reception: Client, willing_patient: Patient, site: Site, fix: str
) -> None:
    visit = factories.make_visit(
        willing_patient, starts_at=timezone.now() + timedelta(days=3), site=site
    )
    before = factories.phone_of(willing_patient).number

    answer = reception.post(
        reverse("agenda_ask", args=[visit.pk]), {"fix": fix, "number": "+5491155550199"}
    )

    assert answer.status_code == 404
    assert factories.phone_of(willing_patient).number == before


@pytest.fixture
def unasked(site: Site) -> Patient:
    return factories.make_patient(site.clinic, consents=())


@pytest.fixture
def words(sunrise_clinic: Clinic) -> Wording:
    return Wording.objects.create(
        clinic=sunrise_clinic,
        language="es",
        version=1,
        text="Acepta mensajes. " * 60 + "Fin.",
        valid_from=factories.NOON,
    )


def test_the_whole_wording_is_read_and_printed_and_the_yes_has_a_receipt(
    reception: Client, unasked: Patient, form: dict[str, str], words: Wording
) -> None:
    contact = {"contact": str(unasked.contacts.get().pk)}

    asked = reception.post(book(unasked), form | contact | {"look": "1"}).content.decode()
    said = reception.post(book(unasked), form | contact | {"fix": "yes"}).content.decode()

    paper = reverse("permission_wording", args=[words.pk, unasked.contacts.get().pk])
    assert f'href="{paper}"' in asked
    assert "Fin." in asked.split("The whole wording")[1]
    line = unasked.consent_records.get()
    assert f'href="{reverse("permission_receipt", args=[line.pk])}"' in said
    printed = reception.get(paper).content.decode()
    assert "Fin." in printed
    assert 'lang="es"' in printed


def test_a_yes_at_the_sheet_of_a_visit_has_a_receipt_too(
    reception: Client, unasked: Patient, site: Site
) -> None:
    visit = factories.make_visit(unasked, starts_at=timezone.now() + timedelta(days=3), site=site)

    answer = reception.post(reverse("agenda_ask", args=[visit.pk]), {"fix": "yes"}, follow=True)

    line = unasked.consent_records.get()
    assert f'href="{reverse("permission_receipt", args=[line.pk])}"' in answer.content.decode()


def test_whom_somebody_meant_to_ask_later_is_met_wherever_they_stand(
    reception: Client, unasked: Patient, form: dict[str, str], site: Site
) -> None:
    contact = {"contact": str(unasked.contacts.get().pk)}
    reception.post(book(unasked), form | contact | {"fix": "later"})
    soon = timezone.now() + timedelta(hours=3)
    visit = factories.make_visit(unasked, starts_at=soon, site=site)
    day = soon.astimezone(site.zone).date().isoformat()

    pages = {
        "agenda": reception.get(reverse("agenda"), {"day": day, "site": str(site.pk)}),
        "list": reception.get(reverse("to_call"), {"days": "7"}),
        "patient": reception.get(reverse("patient", args=[unasked.pk])),
        "visit": reception.get(reverse("agenda_visit", args=[visit.pk])),
    }

    for name, page in pages.items():
        said = page.content.decode().lower()
        assert "put off on" in said, name
        assert "by reception" in said, name
    reception.post(reverse("agenda_ask", args=[visit.pk]), {"fix": "no"})
    again = reception.get(reverse("patient", args=[unasked.pk]))
    assert "put off on" not in again.content.decode().lower()


def _look(patient: Patient) -> dict[str, str]:
    return {"look": "1", "contact": str(patient.contacts.get().pk)}


def _stop_number(sender: Sender) -> None:
    Sender.objects.update(held_at=timezone.now(), held_reason="unpaid")


def _stop_account(sender: Sender) -> None:
    Account.objects.update(held_at=timezone.now(), held_reason="unpaid")


def _stop_reminders(_sender: Sender) -> None:
    Switch.objects.create(name="reminders", held_at=timezone.now(), held_reason="unpaid")


@pytest.mark.parametrize("stop", [_stop_number, _stop_account, _stop_reminders])
def test_that_nothing_leaves_at_the_moment_is_said_before_booking(
    reception: Client,
    sender: Sender,
    willing_patient: Patient,
    form: dict[str, str],
    stop: Callable[[Sender], None],
) -> None:
    before = reception.post(book(willing_patient), form | _look(willing_patient)).content.decode()
    stop(sender)

    after = reception.post(book(willing_patient), form | _look(willing_patient)).content.decode()

    assert "Nothing leaves at the moment" not in before
    assert "Nothing leaves at the moment" in after
    assert "unpaid" in after


def test_a_clinic_with_another_number_that_runs_is_not_stopped(
    reception: Client, sender: Sender, willing_patient: Patient, form: dict[str, str]
) -> None:
    _stop_number(sender)
    factories.make_sender(sender.clinic, phone_number_id="900000000000002")
    Switch.objects.create(name="broadcasts", held_at=timezone.now())

    page = reception.post(book(willing_patient), form | _look(willing_patient)).content.decode()

    assert "Nothing leaves at the moment" not in page
