"""Reception books, moves, cancels; every refusal is a clear sentence that loses nothing typed."""

from datetime import datetime, time, timedelta

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from healthmsg.clinic.models import (
    Answer,
    Appointment,
    Clinic,
    Patient,
    Site,
    StaffUser,
    VisitStatus,
)
from reminders import booking, queueing, rules
from reminders.booking import Booking
from tests import factories
from whatsapp.models import Sender

ADD = reverse("admin:clinic_appointment_add")


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
def form(willing_patient: Patient) -> dict[str, str]:
    """A booking in ten days, at ten by the site's clocks."""
    clinic = willing_patient.clinic
    day = timezone.now().astimezone(clinic.zone).date() + timedelta(days=10)
    return {
        "contact": str(willing_patient.contacts.get().pk),
        "kind": str(factories.make_kind(clinic).pk),
        "site": str(factories.make_site(clinic).pk),
        "clinician": str(factories.make_clinician(clinic).pk),
        "day": day.isoformat(),
        "time": "10:00",
        "minutes": "",
    }


def _book(client: Client, patient: Patient, form: dict[str, str]) -> Appointment:
    answer = client.post(f"{ADD}?patient={patient.pk}", form)
    assert answer.status_code == 302, answer.context["form"].errors
    return Appointment.objects.get(patient=patient)


def test_a_visit_is_booked_by_the_sites_clocks(
    reception: Client, willing_patient: Patient, form: dict[str, str]
) -> None:
    visit = _book(reception, willing_patient, form)

    assert visit.starts_at.astimezone(visit.site.zone).strftime("%H:%M") == "10:00"
    assert visit.booked_by is not None
    assert visit.reminders.exists()


def test_a_time_that_speaks_against_itself_is_booked_with_a_warning(
    reception: Client, willing_patient: Patient, form: dict[str, str]
) -> None:
    Site.objects.update(opening_hours={str(day): [["14:00", "18:00"]] for day in range(7)})

    answer = reception.post(f"{ADD}?patient={willing_patient.pk}", form, follow=True)

    assert "Please check: outside the site&#x27;s opening hours." in answer.content.decode()
    assert Appointment.objects.get().status == VisitStatus.BOOKED


def test_will_she_get_it_shows_the_words_and_books_nothing(
    reception: Client, willing_patient: Patient, form: dict[str, str]
) -> None:
    answer = reception.post(f"{ADD}?patient={willing_patient.pk}", form | {"look": "1"})

    text = answer.content.decode()
    assert f"Hola {willing_patient.given_name}, te esperamos" in text
    assert form["day"] in text
    assert Appointment.objects.count() == 0


def test_a_taken_time_is_refused_and_may_be_booked_anyway(
    reception: Client, sunrise_clinic: Clinic, willing_patient: Patient, form: dict[str, str]
) -> None:
    _book(reception, willing_patient, form)
    second = factories.make_patient(sunrise_clinic)
    form["contact"] = str(second.contacts.get().pk)

    refused = reception.post(f"{ADD}?patient={second.pk}", form)

    assert refused.status_code == 200
    assert "already sees somebody" in refused.content.decode()
    assert f'value="{form["day"]}"' in refused.content.decode()
    assert not second.appointments.exists()

    assert _book(reception, second, form | {"is_overbooked": "on"}).is_overbooked


@pytest.mark.parametrize(
    ("change", "words"),
    [
        pytest.param({"day": "2020-01-01"}, "This time is over", id="past"),
        pytest.param({"day": ""}, "required", id="no-day"),
        pytest.param({"minutes": "0"}, "greater than or equal", id="no-length"),
    ],
)
def test_a_refusal_loses_nothing_typed(
    change: dict[str, str],
    words: str,
    reception: Client,
    willing_patient: Patient,
    form: dict[str, str],
) -> None:
    answer = reception.post(f"{ADD}?patient={willing_patient.pk}", form | change)

    text = answer.content.decode()
    assert words in text
    assert 'value="10:00"' in text
    assert Appointment.objects.count() == 0


def test_a_time_that_the_clocks_skip_is_refused(
    reception: Client, sunrise_clinic: Clinic, willing_patient: Patient, form: dict[str, str]
) -> None:
    site = factories.make_site(sunrise_clinic, time_zone="Europe/Madrid")
    spring = {"site": str(site.pk), "day": "2030-03-31", "time": "02:30"}

    answer = reception.post(f"{ADD}?patient={willing_patient.pk}", form | spring)

    assert "clocks skip" in answer.content.decode()


def test_nobody_books_for_a_foreign_patient(reception: Client, form: dict[str, str]) -> None:
    foreign = factories.make_patient(factories.make_clinic())

    assert reception.post(f"{ADD}?patient={foreign.pk}", form).status_code == 404


def test_a_foreign_kind_or_site_is_not_offered(
    reception: Client, willing_patient: Patient, form: dict[str, str]
) -> None:
    elsewhere = factories.make_clinic()
    foreign = {
        "kind": str(factories.make_kind(elsewhere).pk),
        "site": str(factories.make_site(elsewhere).pk),
    }

    answer = reception.post(f"{ADD}?patient={willing_patient.pk}", form | foreign)

    assert set(answer.context["form"].errors) >= {"kind", "site"}
    assert Appointment.objects.count() == 0


def test_a_visit_is_moved_and_keeps_its_row(
    reception: Client, willing_patient: Patient, form: dict[str, str]
) -> None:
    visit = _book(reception, willing_patient, form)

    reception.post(
        reverse("admin:clinic_appointment_move", args=[visit.pk]), form | {"time": "11:30"}
    )

    visit.refresh_from_db()
    assert visit.version == 2
    assert visit.starts_at.astimezone(visit.site.zone).strftime("%H:%M") == "11:30"


@pytest.mark.parametrize("is_stale", [False, True])
def test_a_booking_is_undone_only_while_nobody_knows_of_it(
    reception: Client, willing_patient: Patient, form: dict[str, str], *, is_stale: bool
) -> None:
    visit = _book(reception, willing_patient, form)
    page = reception.get(reverse("admin:clinic_appointment_change", args=[visit.pk]))
    assert "Undo the booking" in page.content.decode()
    if is_stale:
        queueing.queue_due(now=visit.reminders.get(rule__anchor="BOOKED").due_at, limit=100)

    address = reverse("admin:clinic_appointment_undo_booking", args=[visit.pk])
    answer = reception.post(address, follow=True)

    visit.refresh_from_db()
    assert (visit.status == VisitStatus.BOOKED) == is_stale
    assert visit.reminders.filter(status="PLANNED").exists() == is_stale
    assert ("too late to undo" in answer.content.decode()) == is_stale
    assert answer.redirect_chain[-1][0].endswith("/cancel/") == is_stale


def test_send_now_spares_the_wait(
    reception: Client, willing_patient: Patient, form: dict[str, str]
) -> None:
    visit = _book(reception, willing_patient, form)
    news = visit.reminders.get(rule__anchor="BOOKED")

    reception.post(reverse("admin:clinic_appointment_send_now", args=[visit.pk]))

    news.refresh_from_db()
    assert news.due_at <= timezone.now()


@pytest.mark.parametrize("name", ["admin:clinic_appointment_send_now", "agenda_send_now"])
def test_send_now_outside_the_hours_says_when_it_goes(
    name: str, reception: Client, willing_patient: Patient, form: dict[str, str]
) -> None:
    is_morning = timezone.now().astimezone(willing_patient.clinic.zone).hour < 12
    opens = time(20) if is_morning else time(6)
    Clinic.objects.update(sending_opens=opens, sending_closes=time(opens.hour + 1))
    visit = _book(reception, willing_patient, form)
    sheet = reverse("agenda_visit", args=[visit.pk])
    when = f"{opens:%H:%M}"

    planned = reception.get(sheet).content.decode()
    said = reception.post(reverse(name, args=[visit.pk]), follow=True).content.decode()
    queueing.queue_due(now=timezone.now(), limit=100)
    queued = reception.get(sheet).content.decode()

    assert f"{when}, when the clinic" in said
    assert "It goes out now." not in said
    for page in (planned, queued):
        assert "Word of the visit goes on" in page
        assert f"{when}." in page
        assert "every 3s" not in page


@pytest.fixture
def visit(willing_patient: Patient) -> Appointment:
    """Booked yesterday for an hour from now."""
    clinic = willing_patient.clinic
    return _booked(willing_patient, clinic, timezone.now() + timedelta(hours=1))


def _booked(patient: Patient, clinic: Clinic, starts_at: datetime) -> Appointment:
    request = Booking(
        patient=patient,
        kind=factories.make_kind(clinic),
        site=factories.make_site(clinic),
        starts_at=starts_at,
        contact=patient.contacts.get(),
    )
    return booking.book(request, by=None, now=starts_at - timedelta(days=1))


@pytest.mark.parametrize(
    ("act", "status"),
    [
        ("arrived", VisitStatus.ARRIVED),
        ("seen", VisitStatus.SEEN),
        ("left", VisitStatus.LEFT),
    ],
)
def test_marks_are_one_press_and_can_be_taken_back(
    act: str, status: VisitStatus, reception: Client, visit: Appointment
) -> None:
    reception.post(reverse(f"admin:clinic_appointment_{act}", args=[visit.pk]))
    visit.refresh_from_db()
    assert visit.status == status

    reception.post(reverse("admin:clinic_appointment_expected", args=[visit.pk]))
    visit.refresh_from_db()
    assert visit.status == VisitStatus.BOOKED


def test_looking_at_an_act_changes_nothing(reception: Client, visit: Appointment) -> None:
    for act in ("arrived", "seen", "missed", "undo_booking", "send_now", "cancel", "move"):
        reception.get(reverse(f"admin:clinic_appointment_{act}", args=[visit.pk]))

    visit.refresh_from_db()
    assert visit.status == VisitStatus.BOOKED


def test_missed_before_it_began_is_refused_in_words(reception: Client, visit: Appointment) -> None:
    address = reverse("admin:clinic_appointment_missed", args=[visit.pk])

    page = reception.post(address, follow=True).content.decode()

    visit.refresh_from_db()
    assert visit.status == VisitStatus.BOOKED
    assert "not possible now" in page


def test_cancel_and_undo(reception: Client, visit: Appointment) -> None:
    address = reverse("admin:clinic_appointment_cancel", args=[visit.pk])
    reception.post(address, {"status": "CANCELLED_BY_PATIENT", "reason": "ill"})
    visit.refresh_from_db()
    assert (visit.status, visit.cancel_reason) == (VisitStatus.CANCELLED_BY_PATIENT, "ill")

    reception.post(reverse("admin:clinic_appointment_undo_cancel", args=[visit.pk]))
    visit.refresh_from_db()
    assert visit.status == VisitStatus.BOOKED


def test_a_confirmation_by_telephone_is_written_down(reception: Client, visit: Appointment) -> None:
    reception.post(reverse("admin:clinic_appointment_confirmed", args=[visit.pk]))

    visit.refresh_from_db()
    assert visit.answer == Answer.CONFIRMED


def test_the_list_shows_one_day(reception: Client, visit: Appointment) -> None:
    address = reverse("admin:clinic_appointment_changelist")
    day = visit.starts_at.astimezone(visit.clinic.zone).date()

    on_it = reception.get(f"{address}?day={day.isoformat()}").context["cl"].result_list
    after = reception.get(f"{address}?day={day + timedelta(days=1)}").context["cl"].result_list

    assert [row.pk for row in on_it] == [visit.pk]
    assert after == []


def test_patients_are_found_for_booking_without_names_in_addresses(
    reception: Client, willing_patient: Patient
) -> None:
    page = reception.post(ADD, {"typed": willing_patient.family_name[:3]})

    assert f"?patient={willing_patient.pk}" in page.content.decode()


def test_a_cancelled_visit_says_why_its_reminders_were_not_sent(
    reception: Client, visit: Appointment
) -> None:
    booking.cancel(visit, status=VisitStatus.CANCELLED_BY_PATIENT, now=timezone.now())

    part = reception.get(reverse("visit_messages", args=[visit.pk]))

    assert "not sent: the visit was cancelled" in part.content.decode()
