"""A visit on its way to another time: not forgotten between pages, warned of before the click."""

from datetime import date, datetime, time, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from healthmsg.clinic.models import (
    Appointment,
    Clinic,
    Clinician,
    ClosingDay,
    Leave,
    Patient,
    StaffUser,
    VisitKind,
    WorkingHours,
)
from healthmsg.clinic.sending_hours import wall_clock
from reminders import rules
from tests import factories

EVERY_DAY = {str(day): [["08:00", "12:00"]] for day in range(7)}
AWAY = "Please check: the clinician is away on this day."
OFF = "Please check: outside the clinician&#x27;s working hours at this site."
BACK = reverse("to_call")


@pytest.fixture
def reception(client: Client, sunrise_clinic: Clinic) -> Client:
    rules.install(sunrise_clinic)
    user = StaffUser.objects.create(username="reception", is_staff=True)
    user.clinics.add(sunrise_clinic)
    user.groups.add(Group.objects.get(name="Reception"))
    client.force_login(user)
    return client


@pytest.fixture
def visit(sunrise_clinic: Clinic, willing_patient: Patient) -> Appointment:
    """A visit in ten days at ten, with a doctor who works from eight to twelve."""
    site = factories.make_site(
        sunrise_clinic, opening_hours={str(day): [["08:00", "18:00"]] for day in range(7)}
    )
    # Also where a public holiday falls into that week.
    for days in range(-6, 8):
        day = ahead(sunrise_clinic) + timedelta(days=days)
        ClosingDay.objects.create(site=site, closed_on=day, is_open_anyway=True)
    doctor = factories.make_clinician(sunrise_clinic)
    WorkingHours.objects.create(clinician=doctor, site=site, hours=EVERY_DAY)
    noon = datetime.combine(ahead(sunrise_clinic), time(12), sunrise_clinic.zone)
    return factories.make_visit(
        willing_patient,
        starts_at=wall_clock(noon, time(10)),
        site=site,
        clinician=doctor,
        kind=factories.make_kind(sunrise_clinic),
    )


def ahead(clinic: Clinic) -> date:
    return timezone.now().astimezone(clinic.zone).date() + timedelta(days=10)


def moved_to(visit: Appointment, clock: str, **further: str) -> dict[str, object]:
    return {
        "site": visit.site_id,
        "clinician": visit.clinician_id,
        "day": ahead(visit.clinic).isoformat(),
        "time": clock,
        "minutes": "",
        **further,
    }


def is_carried(link: str, visit: Appointment) -> bool:
    query = parse_qs(urlsplit(link).query)
    return query.get("move") == [str(visit.pk)] and query.get("back") == [BACK]


@pytest.mark.parametrize("page", ["agenda", "agenda_week"])
def test_every_way_through_the_agenda_keeps_the_visit_that_is_moved(
    reception: Client, visit: Appointment, page: str
) -> None:
    day = ahead(visit.clinic)
    answer = reception.get(
        reverse(page), {"day": day.isoformat(), "move": str(visit.pk), "back": BACK}
    )

    words = answer.content.decode().replace("&amp;", "&")
    links = [part.split('"')[0] for part in words.split('href="')[1:]]
    agenda = [link for link in links if "day=" in link and "/book/" not in link]
    onward = [link for link in agenda if not link.endswith("&move=")]
    assert len(onward) > 4
    assert [link for link in onward if not is_carried(link, visit)] == []
    assert "Choose a free time for the visit you are moving." in words
    assert len(agenda) == len(onward) + 1


def test_the_week_of_one_clinician_keeps_the_visit_that_is_moved(
    reception: Client, visit: Appointment
) -> None:
    day = ahead(visit.clinic).isoformat()
    whose = str(visit.clinician_id)
    answer = reception.get(
        reverse("agenda_week"),
        {"clinician": whose, "move": str(visit.pk), "back": BACK, "day": day},
    )

    words = answer.content.decode().replace("&amp;", "&")
    heads = words.split('class="agenda-head')[1:]
    assert len(heads) == 7
    assert all(is_carried(head.split('href="')[1].split('"')[0], visit) for head in heads)


def test_what_speaks_against_a_time_is_said_before_the_visit_is_moved(
    reception: Client, visit: Appointment
) -> None:
    move = reverse("agenda_move", args=[visit.pk])

    fine = reception.post(move, moved_to(visit, "11:00", look="1")).content.decode()
    off = reception.post(move, moved_to(visit, "14:00", look="1")).content.decode()
    day = ahead(visit.clinic)
    Leave.objects.create(clinician=Clinician.objects.get(), first_day=day, last_day=day)
    away = reception.post(move, moved_to(visit, "11:00", look="1")).content.decode()

    assert "Please check" not in fine
    assert OFF in off
    assert AWAY in away
    visit.refresh_from_db()
    assert visit.version == 1


def test_who_did_not_look_first_is_told_after_the_move(
    reception: Client, visit: Appointment
) -> None:
    move = reverse("agenda_move", args=[visit.pk])

    answer = reception.post(move, moved_to(visit, "14:00", do="1"), follow=True)

    assert OFF in answer.content.decode()
    visit.refresh_from_db()
    assert visit.version == 2


def test_what_speaks_against_a_time_is_said_before_a_visit_is_booked(
    reception: Client, visit: Appointment
) -> None:
    book = reverse("agenda_book_for", args=[visit.patient_id])
    form = moved_to(visit, "14:00") | {"kind": VisitKind.objects.get().pk, "contact": ""}

    looked = reception.post(book, form | {"look": "1"})
    booked = reception.post(book, form | {"do": "1"}, follow=True)

    assert OFF in looked.content.decode()
    assert OFF in booked.content.decode()
    assert Appointment.objects.count() == 2


def test_the_admins_own_pages_say_it_too(reception: Client, visit: Appointment) -> None:
    move = reverse("admin:clinic_appointment_move", args=[visit.pk])

    looked = reception.post(move, moved_to(visit, "14:00", look="1"))

    assert OFF in looked.content.decode()
