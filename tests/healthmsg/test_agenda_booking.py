"""Booking and acting from the agenda: what is refused is said beside its field."""

from datetime import date, datetime, time, timedelta
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from healthmsg.clinic import consent
from healthmsg.clinic.models import (
    Appointment,
    Clinic,
    Clinician,
    ClosingDay,
    Patient,
    PhoneState,
    Purpose,
    Site,
    StaffUser,
    VisitKind,
    VisitStatus,
    Wording,
)
from healthmsg.clinic.sending_hours import wall_clock
from healthmsg.desk.agenda import finding, sheets
from healthmsg.desk.models import AskLater
from reminders import rules
from reminders.models import Reminder, ReminderRule
from tests import factories
from whatsapp.models import Sender

FIND = reverse("agenda_book")
NEW = reverse("agenda_register")
HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def reception(client: Client, sunrise_clinic: Clinic, sender: Sender) -> Client:
    rules.install(sunrise_clinic)
    factories.make_template(
        sender.account,
        name="appointment_confirmation",
        body="Hola {{contact_name}}, te esperamos el {{when}}.",
    )
    user = StaffUser.objects.create(username="reception", is_staff=True)
    user.clinics.add(sunrise_clinic)
    user.groups.add(Group.objects.get(name="Reception"))
    client.force_login(user)
    return client


@pytest.fixture
def site(sunrise_clinic: Clinic) -> Site:
    week = {str(day): [["08:00", "18:00"]] for day in range(7)}
    site = factories.make_site(sunrise_clinic, name="Centro", opening_hours=week)
    # No holiday must come in the way of a test.
    ClosingDay.objects.create(site=site, closed_on=day_ahead(sunrise_clinic), is_open_anyway=True)
    return site


@pytest.fixture
def kind(sunrise_clinic: Clinic) -> VisitKind:
    return factories.make_kind(sunrise_clinic)


@pytest.fixture
def doctor(sunrise_clinic: Clinic) -> Clinician:
    return factories.make_clinician(sunrise_clinic)


def day_ahead(clinic: Clinic) -> date:
    return timezone.now().astimezone(clinic.zone).date() + timedelta(days=10)


def form_of(patient: Patient, site: Site, kind: VisitKind, doctor: Clinician) -> dict[str, str]:
    return {
        "contact": str(patient.contacts.get().pk),
        "kind": str(kind.pk),
        "site": str(site.pk),
        "clinician": str(doctor.pk),
        "day": day_ahead(site.clinic).isoformat(),
        "time": "10:00",
        "minutes": "",
    }


def address(patient: Patient, query: str = "") -> str:
    return reverse("agenda_book_for", args=[patient.pk]) + query


def visit_at(patient: Patient, starts_at: datetime, **fields: object) -> Appointment:
    return factories.make_visit(patient, starts_at=starts_at, **fields)


def at_ten(clinic: Clinic) -> datetime:
    return wall_clock(datetime.combine(day_ahead(clinic), time(12), clinic.zone), time(10))


def test_patients_are_told_apart_by_what_is_shown(
    reception: Client, sunrise_clinic: Clinic, willing_patient: Patient, site: Site
) -> None:
    visit_at(willing_patient, at_ten(sunrise_clinic), site=site)

    page = reception.post(FIND, {"typed": willing_patient.family_name}).content.decode()

    assert willing_patient.full_name in page
    assert "born 1 Jan. 1980" in page
    assert factories.phone_of(willing_patient).number[-4:] in page
    assert "next visit" in page


def test_a_search_asks_little_however_many_it_finds(
    reception: Client, sunrise_clinic: Clinic
) -> None:
    for _ in range(8):
        factories.make_patient(sunrise_clinic, family_name="Pazmino")
    with CaptureQueriesContext(connection) as asked:
        reception.post(FIND, {"typed": "pazm"}, **HTMX)  # type: ignore[arg-type]

    assert len(asked) <= 15


def test_a_chosen_time_asks_no_more_however_many_rules_there_are(
    reception: Client, willing_patient: Patient, site: Site, kind: VisitKind, doctor: Clinician
) -> None:
    at = sheets.moment_key(at_ten(site.clinic))
    query = f"?at={at}&site={site.pk}&kind={kind.pk}&clinician={doctor.pk}"
    counts = []
    for names in (
        ["appointment_confirmation"],
        [rule.template_name for rule in ReminderRule.objects.all()],
    ):
        ReminderRule.objects.update(is_active=False)
        ReminderRule.objects.filter(template_name__in=names).update(is_active=True)
        reception.get(address(willing_patient, query))
        with CaptureQueriesContext(connection) as asked:
            page = reception.get(address(willing_patient, query))
        counts.append((len(asked), len(page.context["lines"])))

    (few, one), (many, several) = counts
    assert one < several
    assert few == many <= 14


def test_where_more_fit_than_are_shown_it_is_said(
    reception: Client, sunrise_clinic: Clinic
) -> None:
    more = "More fit what you typed: add the birth date or more letters."
    shown = {}
    for count in (finding.AT_MOST, 30):
        while Patient.objects.count() < count:
            factories.make_patient(sunrise_clinic, family_name="García")
        page = reception.post(FIND, {"typed": "garcia"})
        shown[count] = (len(page.context["found"]), more in page.content.decode())

    assert shown == {12: (12, False), 30: (12, True)}


def test_who_is_called_just_so_is_shown_first(reception: Client, sunrise_clinic: Clinic) -> None:
    for given, family in (("Lidia", "Abad"), ("Li", "Wang"), ("Liam", "Zorn")):
        factories.make_patient(sunrise_clinic, given_name=given, family_name=family)

    found = reception.post(FIND, {"typed": "li"}).context["found"]

    assert [one.patient.given_name for one in found] == ["Li", "Lidia", "Liam"]


def test_nobody_of_another_clinic_is_found(reception: Client) -> None:
    factories.make_patient(factories.make_clinic(), given_name="Ajena")

    assert "Ajena" not in reception.post(FIND, {"typed": "ajena"}).content.decode()


def test_one_letter_finds_nobody(reception: Client, willing_patient: Patient) -> None:
    assert reception.post(FIND, {"typed": "A"}).context["found"] is None


def test_a_click_fills_in_the_form_and_shows_the_messages(
    reception: Client, willing_patient: Patient, site: Site, kind: VisitKind, doctor: Clinician
) -> None:
    at = f"{at_ten(site.clinic):%Y%m%dT%H%MZ}"
    query = f"?at={at}&site={site.pk}&clinician={doctor.pk}&kind={kind.pk}"

    page = reception.get(address(willing_patient, query)).content.decode()

    assert f"Hola {willing_patient.given_name}, te esperamos" in page
    assert 'value="10:00"' in page


def test_a_visit_is_booked(
    reception: Client, willing_patient: Patient, site: Site, kind: VisitKind, doctor: Clinician
) -> None:
    answer = reception.post(
        address(willing_patient), form_of(willing_patient, site, kind, doctor), follow=True
    )

    visit = Appointment.objects.get()
    assert visit.starts_at == at_ten(site.clinic)
    assert "Booked for" in answer.content.decode()
    assert "Send now" in answer.content.decode()


def test_a_taken_time_is_said_beside_the_field_and_may_be_booked_beside_it(
    reception: Client, willing_patient: Patient, site: Site, kind: VisitKind, doctor: Clinician
) -> None:
    other = factories.make_patient(site.clinic)
    visit_at(other, at_ten(site.clinic), site=site, kind=kind, clinician=doctor)
    form = form_of(willing_patient, site, kind, doctor)

    refused = reception.post(address(willing_patient), form)
    assert "already sees somebody" in str(refused.context["form"].errors["time"])
    booked = reception.post(address(willing_patient), {**form, "is_overbooked": "on"})

    assert booked.status_code == 302
    assert Appointment.objects.get(patient=willing_patient).is_overbooked


@pytest.mark.parametrize(("said", "standing"), [("yes", "GRANTED"), ("no", "DECLINED")])
def test_who_was_never_asked_is_asked_while_booking(
    reception: Client, site: Site, kind: VisitKind, doctor: Clinician, said: str, standing: str
) -> None:
    patient = factories.make_patient(site.clinic, consents=())
    form = form_of(patient, site, kind, doctor)

    answer = reception.post(address(patient), {**form, "fix": said})

    phone, now = factories.phone_of(patient), timezone.now()
    assert consent.standing(patient, phone, Purpose.APPOINTMENTS, at=now) == standing
    assert not answer.context["reach"].is_to_be_asked
    assert not Appointment.objects.exists()


@pytest.mark.parametrize(
    ("written", "read_aloud"),
    [
        pytest.param([(1, "en"), (2, "en"), (3, "es")], "2 en", id="the-newest-in-her-language"),
        pytest.param([(1, "es"), (2, "es"), (3, "fr")], "2 es", id="the-clinics-first-language"),
        pytest.param([(1, "fr")], "", id="neither"),
    ],
)
def test_what_is_read_aloud_is_the_same_while_booking_and_beside_a_visit(
    reception: Client, site: Site, written: list[tuple[int, str]], read_aloud: str
) -> None:
    patient = factories.make_patient(site.clinic, consents=())
    patient.contacts.update(language="en")
    for version, language in written:
        Wording.objects.create(
            clinic=site.clinic,
            version=version,
            language=language,
            text=f"{version} {language}",
            valid_from=timezone.now(),
        )
    visit = visit_at(patient, at_ten(site.clinic), site=site, contact=patient.contacts.get())

    pages = [address(patient), reverse("agenda_visit", args=[visit.pk])]
    words = [reception.get(page).context["reach"].wording for page in pages]

    assert [one.text if one else "" for one in words] == [read_aloud] * 2


def test_asking_later_is_remembered_until_somebody_answers(
    reception: Client, site: Site, kind: VisitKind, doctor: Clinician
) -> None:
    patient = factories.make_patient(site.clinic, consents=())
    form = form_of(patient, site, kind, doctor)

    page = reception.post(address(patient), {**form, "fix": "later"}).content.decode()
    assert "Put off on" in page
    reception.post(address(patient), form)
    visit = Appointment.objects.get()
    assert "Put off on" in reception.get(reverse("agenda_visit", args=[visit.pk])).content.decode()
    reception.post(reverse("agenda_ask", args=[visit.pk]), {"fix": "yes"})

    assert not AskLater.objects.exists()
    assert Reminder.objects.filter(appointment=visit, status="PLANNED").exists()


def test_a_number_of_somebody_else_is_replaced_in_place(
    reception: Client, willing_patient: Patient, site: Site, kind: VisitKind, doctor: Clinician
) -> None:
    phone = factories.phone_of(willing_patient)
    phone.state = PhoneState.WRONG_PERSON
    phone.save()
    form = form_of(willing_patient, site, kind, doctor)

    wrong = reception.post(address(willing_patient), {**form, "fix": "number", "number": "12"})
    assert "No such telephone number exists." in wrong.content.decode()
    right = reception.post(
        address(willing_patient), {**form, "fix": "number", "number": "011 15 5555 0199"}
    )

    assert factories.phone_of(willing_patient).number == "+5491155550199"
    # A new number has allowed nothing yet.
    assert right.context["reach"].is_to_be_asked


def test_whoever_looks_like_somebody_known_is_shown_first(
    reception: Client, sunrise_clinic: Clinic, site: Site
) -> None:
    factories.make_patient(sunrise_clinic, given_name="Sofía", family_name="García")
    form = {
        "given_name": "Sofia",
        "family_name": "Garcia",
        "birth_date": "",
        "number": "",
        "language": "es",
        "relationship": "SELF",
        "contact_name": "",
    }

    alike = reception.post(NEW, form).context["alike"]
    assert [one.patient.given_name for one in alike] == ["Sofía"]
    assert Patient.objects.count() == 1
    reception.post(NEW, {**form, "anyway": "1"})
    assert Patient.objects.count() == 2


def test_a_child_is_registered_with_the_parent_who_is_told(
    reception: Client, sunrise_clinic: Clinic, site: Site
) -> None:
    form = {
        "given_name": "Nina",
        "family_name": "Ríos",
        "birth_date": "2022-05-04",
        "number": "011 15 5555 0101",
        "language": "es",
        "relationship": "PARENT",
        "contact_name": "",
    }

    refused = reception.post(NEW, form)
    assert "needs a name" in str(refused.context["form"].errors["contact_name"])
    reception.post(NEW, {**form, "contact_name": "Lucía"})

    contact = Patient.objects.get().contacts.get()
    assert (contact.name, contact.relationship) == ("Lucía", "PARENT")


def test_who_is_deaf_is_registered_so_and_has_no_telephone_sign(
    reception: Client, sunrise_clinic: Clinic, site: Site
) -> None:
    form = {
        "given_name": "Nina",
        "family_name": "Ríos",
        "external_id": "H-٧٧",
        "needs": ["SIGN_LANGUAGE", "LOW_VISION"],
        "number": "011 15 5555 0101",
        "language": "es",
        "relationship": "SELF",
    }

    reception.post(NEW, form)

    patient = Patient.objects.get()
    assert (patient.external_id, patient.needs) == ("H-77", ["SIGN_LANGUAGE", "LOW_VISION"])
    visit_at(
        patient, timezone.now() + timedelta(hours=3), site=site, contact=patient.contacts.get()
    )
    (line,) = reception.get(reverse("to_call")).context["ahead"]
    assert (line.visit.patient, line.speech.dial) == (patient, "")


def test_an_identifier_of_somebody_else_is_refused_beside_its_field(
    reception: Client, sunrise_clinic: Clinic, site: Site
) -> None:
    factories.make_patient(factories.make_clinic(), external_id="H-78")
    factories.make_patient(sunrise_clinic, external_id="H-77")
    form = {
        "given_name": "Nina",
        "family_name": "Ríos",
        "external_id": "H-77",
        "language": "es",
        "relationship": "SELF",
    }

    refused = reception.post(NEW, form)
    assert refused.context["form"].errors == {
        "external_id": ["Another patient has this identifier."]
    }
    reception.post(NEW, {**form, "external_id": "H-78"})

    assert Patient.objects.filter(clinic=sunrise_clinic, external_id="H-78").exists()


def test_a_walk_in_has_arrived_and_is_told_nothing(
    reception: Client, willing_patient: Patient, site: Site, kind: VisitKind, doctor: Clinician
) -> None:
    local = timezone.now().astimezone(site.zone) + timedelta(minutes=5)
    form = form_of(willing_patient, site, kind, doctor)
    form |= {"day": local.date().isoformat(), "time": f"{local:%H:%M}"}

    reception.post(address(willing_patient, f"?walk_in=1&site={site.pk}"), form)

    visit = Appointment.objects.get()
    assert visit.status == VisitStatus.ARRIVED
    assert not Reminder.objects.filter(appointment=visit, status="PLANNED").exists()


@pytest.mark.parametrize(
    ("name", "status"),
    [("arrived", "ARRIVED"), ("seen", "SEEN"), ("missed", "MISSED"), ("left", "LEFT")],
)
def test_acts_are_done_and_taken_back(
    reception: Client, willing_patient: Patient, site: Site, name: str, status: str
) -> None:
    visit = visit_at(willing_patient, timezone.now() - timedelta(minutes=10), site=site)

    reception.post(reverse("agenda_act", args=[visit.pk, name]))
    visit.refresh_from_db()
    assert visit.status == status
    reception.post(reverse("agenda_act", args=[visit.pk, "expected"]))
    visit.refresh_from_db()
    assert visit.status == VisitStatus.BOOKED


def test_what_the_visit_does_not_allow_is_refused_in_words(
    reception: Client, willing_patient: Patient, site: Site
) -> None:
    visit = visit_at(willing_patient, at_ten(site.clinic), site=site)

    answer = reception.post(reverse("agenda_act", args=[visit.pk, "missed"]), follow=True)

    assert "not possible now" in answer.content.decode()


def test_a_visit_is_cancelled_with_a_reason_and_moved_to_a_free_time(
    reception: Client, willing_patient: Patient, site: Site, doctor: Clinician
) -> None:
    visit = visit_at(willing_patient, at_ten(site.clinic), site=site, clinician=doctor)
    move = reverse("agenda_move", args=[visit.pk])
    assert "Choose in the agenda" in reception.get(move).content.decode()
    form = {
        "site": site.pk,
        "clinician": doctor.pk,
        "day": day_ahead(site.clinic).isoformat(),
        "time": "11:00",
        "minutes": "",
    }
    assert reception.post(move, form).status_code == 302
    visit.refresh_from_db()
    assert visit.starts_at == at_ten(site.clinic) + timedelta(hours=1)

    cancel = reverse("agenda_cancel", args=[visit.pk])
    silent = reception.post(cancel, {"status": "CANCELLED_BY_PATIENT", "reason": " "})
    assert "Choose a reason, or write one." in silent.content.decode()
    visit.refresh_from_db()
    assert visit.is_live
    reception.post(cancel, {"status": "CANCELLED_BY_PATIENT", "reason": "ill"})
    visit.refresh_from_db()
    assert (visit.status, visit.cancel_reason) == ("CANCELLED_BY_PATIENT", "ill")


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        pytest.param({"why": "AWAY"}, "the clinician is away", id="a-click"),
        pytest.param({"why": "AWAY", "reason": "at court"}, "at court", id="in-other-words"),
        pytest.param({"why": "NONE_GIVEN"}, "no reason was given", id="none-given"),
    ],
)
def test_why_a_visit_is_cancelled_is_a_click_or_a_few_words(
    reception: Client, willing_patient: Patient, site: Site, given: dict[str, str], kept: str
) -> None:
    visit = visit_at(willing_patient, at_ten(site.clinic), site=site)

    reception.post(
        reverse("agenda_cancel", args=[visit.pk]), {"status": "CANCELLED_BY_CLINIC"} | given
    )

    visit.refresh_from_db()
    assert visit.cancel_reason == kept


def test_without_scripts_the_way_back_leads_where_somebody_came_from(
    reception: Client, willing_patient: Patient, site: Site, kind: VisitKind, doctor: Clinician
) -> None:
    back = f"{reverse('to_call')}?why=missed&days=7"
    here = urlencode({"back": back})

    form = reception.get(address(willing_patient, f"?{here}"))
    booked = reception.post(
        address(willing_patient, f"?{form.context['place'].stays}"),
        form_of(willing_patient, site, kind, doctor),
    )
    sheet = reception.get(booked["Location"])

    assert sheet.context["back"] == back
    visit = Appointment.objects.get()
    undone = reception.post(reverse("agenda_undo", args=[visit.pk]) + sheet.context["way"])
    assert parse_qs(urlsplit(undone["Location"]).query)["back"] == [back]


def test_a_move_leads_back_by_way_of_the_agenda_too(
    reception: Client, willing_patient: Patient, site: Site, kind: VisitKind, doctor: Clinician
) -> None:
    visit = visit_at(willing_patient, at_ten(site.clinic), site=site, kind=kind, clinician=doctor)
    back = reverse("to_call")
    sheet = reception.get(reverse("agenda_move", args=[visit.pk]), {"back": back})

    agenda = reception.get(sheet.context["in_agenda"])

    free = [tile for tile in agenda.context["board"].tiles if not tile.visit]
    chosen = reception.get(free[0].link)
    form = chosen.context["form"]
    values = {name: form[name].value() or "" for name in form.fields}
    moved = reception.post(reverse("agenda_move", args=[visit.pk]) + chosen.context["way"], values)
    assert moved["Location"] == back


@pytest.mark.parametrize("wanted", ["//evil.example/", "https://evil.example/", "desk"])
def test_a_way_back_to_elsewhere_is_none(
    reception: Client, willing_patient: Patient, wanted: str
) -> None:
    sheet = reception.get(address(willing_patient), {"back": wanted})

    assert sheet.context["back"] == ""
    assert f'href="{wanted}"' not in sheet.content.decode()


def test_sheets_of_another_clinic_are_not_found(reception: Client, noon: datetime) -> None:
    patient = factories.make_patient(factories.make_clinic())
    visit = visit_at(patient, timezone.now() + timedelta(days=1))

    for path in (
        address(patient),
        reverse("agenda_visit", args=[visit.pk]),
        reverse("agenda_move", args=[visit.pk]),
    ):
        assert reception.get(path).status_code == 404
    assert reception.post(reverse("agenda_act", args=[visit.pk, "arrived"])).status_code == 404


def test_a_sheet_over_the_agenda_is_a_part_and_keeps_the_address(
    reception: Client, willing_patient: Patient, site: Site
) -> None:
    visit = visit_at(willing_patient, at_ten(site.clinic), site=site)

    answer = reception.get(reverse("agenda_visit", args=[visit.pk]) + "?done=1", **HTMX)  # type: ignore[arg-type]

    assert "<html" not in answer.content.decode()
    assert answer["HX-Push-Url"] == "false"
    assert answer["HX-Trigger"] == "agenda-changed"
