"""The agenda of a day and a week: who works, who comes, how they stand, what is free."""

from datetime import date, datetime, time, timedelta

import pytest
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from healthmsg import dates
from healthmsg.clinic import opening
from healthmsg.clinic.models import (
    Appointment,
    Clinic,
    Clinician,
    ClosingDay,
    Leave,
    Patient,
    Site,
    StaffUser,
    VisitKind,
    WorkingHours,
)
from healthmsg.clinic.sending_hours import SendingHours, wall_clock
from healthmsg.desk.agenda.choosing import MOST_ON_A_BOARD
from reminders import booking, rules
from reminders.booking import Booking
from tests import factories

DAY = reverse("agenda")
WEEK = reverse("agenda_week")
EVERY_DAY = {str(day): [["08:00", "12:00"]] for day in range(7)}
# The 15, the person's sites, and the note for the audit.
MOST_QUERIES = 13


@pytest.fixture
def site(sunrise_clinic: Clinic) -> Site:
    # No holiday must come in the way of a test.
    site = factories.make_site(sunrise_clinic, name="Centro", opening_hours=EVERY_DAY)
    ClosingDay.objects.create(site=site, closed_on=ahead(sunrise_clinic), is_open_anyway=True)
    return site


@pytest.fixture
def kind(sunrise_clinic: Clinic) -> VisitKind:
    return factories.make_kind(sunrise_clinic, name="Consulta")


@pytest.fixture
def doctor(sunrise_clinic: Clinic, site: Site) -> Clinician:
    doctor = factories.make_clinician(sunrise_clinic, name="Dra. Paz")
    WorkingHours.objects.create(
        clinician=doctor, site=site, hours={str(day): [["09:00", "11:00"]] for day in range(7)}
    )
    return doctor


@pytest.fixture
def reception(client: Client, sunrise_clinic: Clinic) -> Client:
    rules.install(sunrise_clinic)
    user = StaffUser.objects.create(username="reception", is_staff=True)
    user.clinics.add(sunrise_clinic)
    user.groups.add(Group.objects.get(name="Reception"))
    client.force_login(user)
    return client


def ahead(clinic: Clinic) -> date:
    return timezone.now().astimezone(clinic.zone).date() + timedelta(days=10)


def at(clinic: Clinic, clock: str, day: date | None = None) -> datetime:
    noon = datetime.combine(day or ahead(clinic), datetime.min.time(), clinic.zone)
    return wall_clock(noon, datetime.strptime(clock, "%H:%M").time())  # noqa: DTZ007


def book(
    patient: Patient, clock: str, site: Site, kind: VisitKind, doctor: Clinician
) -> Appointment:
    request = Booking(
        patient=patient,
        kind=kind,
        site=site,
        starts_at=at(patient.clinic, clock),
        contact=patient.contacts.first(),
        clinician=doctor,
    )
    return booking.book(request, by=None, now=timezone.now())


def tiles_of(client: Client, clinic: Clinic, **query: str) -> list[str]:
    answer = client.get(DAY, {"day": ahead(clinic).isoformat(), **query})
    assert answer.status_code == 200
    board = answer.context["board"]
    return [f"{t.clock} {t.visit.get('name', 'free')}" for t in board.tiles]


def test_free_times_come_from_both_hours_and_stop_where_somebody_comes(
    reception: Client, willing_patient: Patient, site: Site, kind: VisitKind, doctor: Clinician
) -> None:
    book(willing_patient, "09:20", site, kind, doctor)

    assert tiles_of(reception, site.clinic) == [
        "09:00 free",
        f"09:20 {willing_patient.full_name}",
        "09:40 free",
        "10:00 free",
        "10:20 free",
        "10:40 free",
    ]


def test_whoever_is_away_has_no_free_times_and_is_said_to_be_away(
    reception: Client, site: Site, kind: VisitKind, doctor: Clinician
) -> None:
    day = ahead(site.clinic)
    Leave.objects.create(clinician=doctor, first_day=day, last_day=day)

    answer = reception.get(DAY, {"day": day.isoformat()})

    assert not answer.context["board"].tiles
    assert "away" in answer.content.decode()


def test_a_closed_day_says_why(
    reception: Client, site: Site, kind: VisitKind, doctor: Clinician
) -> None:
    days = (ahead(site.clinic) + timedelta(days=more) for more in range(1, 10))
    day = next(day for day in days if not opening.is_holiday(site, day))
    ClosingDay.objects.create(site=site, closed_on=day)

    answer = reception.get(DAY, {"day": day.isoformat()})

    assert "Closed on this day." in answer.content.decode()


def test_a_day_without_any_hours_says_where_to_fill_them_in(
    client: Client, admin_user: StaffUser, sunrise_clinic: Clinic
) -> None:
    factories.make_site(sunrise_clinic)
    client.force_login(admin_user)

    page = client.get(DAY).content.decode()

    assert "nobody has filled them in" in page
    assert reverse("admin:clinic_clinician_changelist") in page


def test_a_clinic_without_a_site_is_told_to_enter_one(
    client: Client, admin_user: StaffUser, sunrise_clinic: Clinic
) -> None:
    client.force_login(admin_user)

    assert reverse("admin:clinic_site_add") in client.get(DAY).content.decode()


def test_how_visits_stand_is_said_in_words(
    reception: Client, sunrise_clinic: Clinic, site: Site, kind: VisitKind, doctor: Clinician
) -> None:
    told, unasked = (
        factories.make_patient(sunrise_clinic),
        factories.make_patient(sunrise_clinic, consents=()),
    )
    book(told, "09:00", site, kind, doctor)
    book(unasked, "09:20", site, kind, doctor)

    page = reception.get(DAY, {"day": ahead(sunrise_clinic).isoformat()}).content.decode()

    assert "will be told" in page
    assert "will not be told: never asked for permission" in page


def test_what_is_due_in_the_night_is_told_when_the_hours_begin(
    reception: Client, sunrise_clinic: Clinic, site: Site, kind: VisitKind, doctor: Clinician
) -> None:
    local = timezone.now().astimezone(sunrise_clinic.zone)
    # Hours that are over, or still to come; both away from midnight.
    hours = (22, 23) if local.hour < 21 else (8, 9)
    sunrise_clinic.sending_opens, sunrise_clinic.sending_closes = map(time, hours)
    sunrise_clinic.save()
    begins = SendingHours.of(sunrise_clinic).next_open(local).astimezone(sunrise_clinic.zone)
    book(factories.make_patient(sunrise_clinic), "09:00", site, kind, doctor)

    page = reception.get(DAY, {"day": ahead(sunrise_clinic).isoformat()}).content.decode()

    assert f"will be told {dates.written(begins.replace(tzinfo=None), 'j N, H:i')}" in page


def test_two_at_once_stand_side_by_side(
    reception: Client, sunrise_clinic: Clinic, site: Site, kind: VisitKind, doctor: Clinician
) -> None:
    for is_overbooked in (False, True):
        factories.make_visit(
            factories.make_patient(sunrise_clinic),
            starts_at=at(sunrise_clinic, "09:00"),
            site=site,
            kind=kind,
            clinician=doctor,
            is_overbooked=is_overbooked,
        )

    answer = reception.get(DAY, {"day": ahead(sunrise_clinic).isoformat()})

    board = answer.context["board"]
    assert [tile.column for tile in board.tiles if tile.visit] == [2, 3]
    assert board.heads[0].width == 2


def test_the_site_looked_at_is_remembered(
    reception: Client, sunrise_clinic: Clinic, site: Site, doctor: Clinician
) -> None:
    other = factories.make_site(sunrise_clinic, name="Zona Sur")

    reception.get(DAY, {"site": str(other.pk)})

    assert reception.get(DAY).context["look"].site == other


def test_what_renews_itself_is_drawn_anew_only_where_it_changed(
    reception: Client, willing_patient: Patient, site: Site, kind: VisitKind, doctor: Clinician
) -> None:
    day = {"day": ahead(site.clinic).isoformat()}
    first = reception.get(DAY, {**day, "print": "none"})
    mark = first.content.decode().split("print=")[1][:16]

    assert reception.get(DAY, {**day, "print": mark}).status_code == 204
    book(willing_patient, "09:20", site, kind, doctor)
    fresh = reception.get(DAY, {**day, "print": mark})
    assert willing_patient.full_name in fresh.content.decode()
    assert "<html" not in fresh.content.decode()


@pytest.mark.parametrize("visits", [1, 6])
@pytest.mark.parametrize("page", [DAY, WEEK])
def test_a_page_asks_little_whatever_the_size_of_the_day(
    reception: Client,
    sunrise_clinic: Clinic,
    site: Site,
    kind: VisitKind,
    doctor: Clinician,
    visits: int,
    page: str,
) -> None:
    for n in range(visits):
        patient = factories.make_patient(sunrise_clinic)
        book(
            patient,
            f"09:{n:02d}" if n == 0 else f"{9 + n // 3}:{n % 3 * 20:02d}",
            site,
            kind,
            doctor,
        )
    for _ in range(3):
        factories.make_clinician(sunrise_clinic, name="Dr. Otro")
    day = {"day": ahead(sunrise_clinic).isoformat(), "clinician": str(doctor.pk)}

    reception.get(page, day)
    with CaptureQueriesContext(
        connection,
    ) as asked:
        assert reception.get(page, day).status_code == 200

    assert len(asked) <= MOST_QUERIES, "\n".join(one["sql"][-300:] for one in asked)


def test_the_week_of_a_site_says_how_full_everybody_is(
    reception: Client, willing_patient: Patient, site: Site, kind: VisitKind, doctor: Clinician
) -> None:
    book(willing_patient, "09:20", site, kind, doctor)

    answer = reception.get(WEEK, {"day": ahead(site.clinic).isoformat()})

    page = answer.content.decode()
    assert "Dra. Paz" in page
    assert "1 visit<" in page


def test_who_does_not_fit_on_the_board_is_counted_and_nobody_goes_missing(
    reception: Client, site: Site, kind: VisitKind, doctor: Clinician
) -> None:
    everybody = [Clinician(clinic=site.clinic, name=f"Dr. {n:02}") for n in range(61)]
    Clinician.objects.bulk_create(everybody)
    WorkingHours.objects.bulk_create(
        WorkingHours(clinician=one, site=site, hours=EVERY_DAY) for one in everybody
    )
    day = {"day": ahead(site.clinic).isoformat()}

    full = reception.get(DAY, day)
    chosen = reception.get(DAY, day | {"clinician": str(doctor.pk)})

    board = full.context["board"]
    assert (len(board.heads), board.left_out) == (60, 2)
    assert "2 more clinicians are not shown" in full.content.decode()
    assert [head.name for head in chosen.context["board"].heads] == [doctor.name]
    assert "not shown" not in chosen.content.decode()


def test_whoever_may_not_see_names_sees_none(
    client: Client,
    sunrise_clinic: Clinic,
    willing_patient: Patient,
    site: Site,
    kind: VisitKind,
    doctor: Clinician,
) -> None:
    book(willing_patient, "09:20", site, kind, doctor)
    user = StaffUser.objects.create(username="blind", is_staff=True)
    user.clinics.add(sunrise_clinic)
    user.user_permissions.add(permission("view_appointment"))
    client.force_login(user)

    page = client.get(DAY, {"day": ahead(sunrise_clinic).isoformat()}).content.decode()

    assert willing_patient.family_name not in page
    assert str(willing_patient) in page


@pytest.fixture
def crowd(sunrise_clinic: Clinic, site: Site, doctor: Clinician) -> Site:
    """A second site, and more people than one board shows."""
    other = factories.make_site(sunrise_clinic, name="Zona Sur", opening_hours=EVERY_DAY)
    ClosingDay.objects.create(site=other, closed_on=ahead(sunrise_clinic), is_open_anyway=True)
    for n in range(MOST_ON_A_BOARD):
        one = factories.make_clinician(sunrise_clinic, name=f"Dr. Rao {n}")
        hours = {str(day): [["09:00", "10:00"]] for day in range(7)} if n == 0 else {}
        WorkingHours.objects.create(clinician=one, site=other, hours=hours)
    return other


@pytest.mark.parametrize("page", [DAY, WEEK])
def test_where_too_many_work_all_sites_are_told_of_in_numbers(
    reception: Client,
    willing_patient: Patient,
    site: Site,
    crowd: Site,
    kind: VisitKind,
    doctor: Clinician,
    page: str,
) -> None:
    book(willing_patient, "09:20", site, kind, doctor)
    day = ahead(site.clinic)

    answer = reception.get(page, {"day": day.isoformat(), "site": f"all-{site.clinic_id}"})

    counts = {
        one: (cell["visits"], cell["free"])
        for one, _board, cells in answer.context["sites"]
        for cell in cells
        if f"day={day.isoformat()}" in cell["link"]
    }
    assert counts == {site: (1, 5), crowd: (0, 3)}
    assert willing_patient.full_name not in answer.content.decode()


def test_a_site_told_of_in_numbers_leads_to_its_board_and_is_renewed(
    reception: Client,
    willing_patient: Patient,
    site: Site,
    crowd: Site,
    kind: VisitKind,
    doctor: Clinician,
) -> None:
    query = {"day": ahead(site.clinic).isoformat(), "site": f"all-{site.clinic_id}"}
    page = reception.get(DAY, query)
    (board,) = [board for one, board, _cells in page.context["sites"] if one == site]
    mark = page.content.decode().split("print=")[1][:16]

    assert reception.get(DAY, {**query, "print": mark}).status_code == 204
    book(willing_patient, "09:20", site, kind, doctor)
    assert "1 visit<" in reception.get(DAY, {**query, "print": mark}).content.decode()
    assert willing_patient.full_name in reception.get(board).content.decode()


def test_all_sites_ask_as_little_however_many_there_are(
    reception: Client, site: Site, crowd: Site, kind: VisitKind
) -> None:
    def asked(page: str) -> int:
        query = {"day": ahead(site.clinic).isoformat(), "site": f"all-{site.clinic_id}"}
        reception.get(page, query)
        with CaptureQueriesContext(connection) as found:
            assert "sites" in reception.get(page, query).context
        return len(found)

    few = asked(DAY), asked(WEEK)
    for n in range(5):
        factories.make_site(site.clinic, name=f"Centro {n}", opening_hours=EVERY_DAY)
    assert (asked(DAY), asked(WEEK)) == few
    assert max(few) <= MOST_QUERIES


def test_another_clinics_day_is_nobody_elses(
    reception: Client, sunrise_clinic: Clinic, site: Site, doctor: Clinician
) -> None:
    elsewhere = factories.make_site(factories.make_clinic(), name="Ajeno")

    answer = reception.get(DAY, {"site": str(elsewhere.pk)})

    assert "Ajeno" not in answer.content.decode()
    assert answer.context["look"].clinic == sunrise_clinic


def test_the_desk_begins_with_the_agenda(reception: Client) -> None:
    assert reception.get("/desk/")["Location"] == DAY


def permission(codename: str) -> Permission:
    return Permission.objects.get(codename=codename, content_type__app_label="clinic")
