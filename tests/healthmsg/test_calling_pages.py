"""The call list as reception uses it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pgtrigger
import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from healthmsg.clinic import consent
from healthmsg.clinic.models import (
    Answer,
    Appointment,
    Clinic,
    GivenHow,
    Need,
    Patient,
    PatientState,
    PhoneState,
    StaffUser,
    VisitStatus,
)
from healthmsg.desk import timeline
from reminders.models import CallOutcome, Outcome
from tests import factories

HTMX = {"HX-Request": "true"}
SOON = timedelta(hours=3)


@pytest.fixture
def sign_in(client: Client, sunrise_clinic: Clinic) -> Callable[..., Client]:
    def make(role: str = "Reception", name: str = "ana", clinic: Clinic | None = None) -> Client:
        user = StaffUser.objects.create(username=name, is_staff=True)
        user.clinics.add(clinic or sunrise_clinic)
        user.groups.add(Group.objects.get(name=role))
        fresh = Client()
        fresh.force_login(user)
        return fresh

    return make


def listed(client: Client, **query: str) -> Any:
    page = client.get(reverse("to_call"), query)
    assert page.status_code == 200
    return page.context


def ahead(client: Client, **query: str) -> list[Appointment]:
    return [line.visit for line in listed(client, **query)["ahead"]]


def send(client: Client, visit: Appointment, outcome: Outcome, **more: Any) -> Any:
    typed = {"outcome": outcome.value, "version": visit.version, "known": 0, **more}
    return client.post(reverse("log_call", args=[visit.pk]), typed)


def soon(patient: Patient, **fields: object) -> Appointment:
    return factories.make_visit(patient, starts_at=timezone.now() + SOON, **fields)


def test_visits_stand_by_their_time_with_the_reasons_to_choose(
    sign_in: Callable[..., Client], sunrise_clinic: Clinic
) -> None:
    later, first, told = (soon(factories.make_patient(sunrise_clinic)) for _ in range(3))
    Appointment.objects.filter(pk=first.pk).update(
        starts_at=timezone.now() + timedelta(hours=1), answer=Answer.WANTS_ANOTHER_TIME
    )
    Appointment.objects.filter(pk=told.pk).update(answer=Answer.CONFIRMED)
    client = sign_in()

    assert ahead(client) == [first, later]
    assert ahead(client, why="another-time") == [first]
    assert ahead(client, why="no such reason") == [first, later]
    assert [(why, n) for why, _words, n in listed(client)["groups"]] == [
        ("another-time", 1),
        ("not-reached", 1),
    ]


def test_one_click_logs_and_the_line_goes_and_undone_it_comes_back(
    sign_in: Callable[..., Client], willing_patient: Patient
) -> None:
    visit, client = soon(willing_patient), sign_in()

    page = send(client, visit, Outcome.COMES)
    assert page.status_code == 302
    assert ahead(client) == []
    (done,) = listed(client)["done"]
    visit.refresh_from_db()
    assert (done["by"], visit.answer) == ("ana", Answer.CONFIRMED)

    client.post(reverse("undo_call", args=[CallOutcome.objects.get().pk]))
    assert ahead(client) == [visit]
    kinds = [str(entry.what) for entry in timeline.of_visit(visit) if entry.kind == "call"]
    assert [words.split(":")[0] for words in kinds] == ["Taken back", kinds[1].split(":")[0]]
    assert "comes (ana)" in kinds[1]


def test_the_second_of_two_reads_what_the_first_wrote_down(
    sign_in: Callable[..., Client], willing_patient: Patient
) -> None:
    visit = soon(willing_patient)
    ana, bea = sign_in(), sign_in(name="bea")
    send(ana, visit, Outcome.NO_ANSWER)

    page = bea.post(
        reverse("log_call", args=[visit.pk]),
        {"outcome": "CANCELS", "version": 1, "known": 0},
        headers=HTMX,
    )

    visit.refresh_from_db()
    assert visit.status == VisitStatus.BOOKED
    assert "Nothing was written down: ana wrote down at" in page.content.decode()
    assert [line.visit for line in page.context["later"]] == [visit]


def test_asked_again_the_page_answers_only_when_something_changed(
    sign_in: Callable[..., Client], willing_patient: Patient
) -> None:
    visit, client = soon(willing_patient), sign_in()
    stamp = listed(client)["stamp"]
    address = reverse("to_call") + f"?stamp={stamp}"
    assert client.get(address, headers=HTMX).status_code == 204

    send(client, visit, Outcome.NO_ANSWER)

    part = client.get(address, headers=HTMX)
    assert part.status_code == 200
    assert "<html" not in part.content.decode()
    assert "HX-Request" in part["Vary"]


def test_whoever_wants_another_time_leads_to_the_times(
    sign_in: Callable[..., Client], willing_patient: Patient
) -> None:
    visit, client = soon(willing_patient), sign_in()

    page = send(client, visit, Outcome.ANOTHER_TIME)

    back = urlencode({"back": reverse("to_call")})
    assert page["Location"] == f"{reverse('agenda_move', args=[visit.pk])}?{back}"


@pytest.mark.parametrize("need", [Need.NO_PHONE_CALLS, Need.SIGN_LANGUAGE])
def test_a_deaf_patient_has_no_telephone_sign_but_who_else_can_be_called(
    sign_in: Callable[..., Client], willing_patient: Patient, need: Need
) -> None:
    Patient.objects.update(needs=[need])
    soon(willing_patient)
    mother = factories.make_phone(willing_patient.clinic)
    willing_patient.contacts.create(
        name="Marta", relationship="PARENT", language="es", phone=mother
    )

    (line,) = listed(sign_in())["ahead"]

    assert (line.speech.dial, line.speech.is_silent) == ("", True)
    assert [(who, dial) for who, dial, _words in line.speech.others] == [
        ("Marta (parent)", mother.number)
    ]


def test_needs_stand_on_the_line(sign_in: Callable[..., Client], willing_patient: Patient) -> None:
    Patient.objects.update(needs=[Need.INTERPRETER, Need.LOW_VISION])
    soon(willing_patient)

    (line,) = listed(sign_in())["ahead"]

    assert line.speech.dial == factories.phone_of(willing_patient).number
    assert len(line.speech.hints) == 2


def test_without_details_names_and_numbers_are_masked(
    sign_in: Callable[..., Client], willing_patient: Patient
) -> None:
    soon(willing_patient)
    client = sign_in()
    Group.objects.get(name="Reception").permissions.remove(
        *Group.objects.get(name="Reception").permissions.filter(codename="view_patient_details")
    )

    page = client.get(reverse("to_call")).content.decode()

    assert willing_patient.full_name not in page
    assert "tel:" not in page


def test_stops_wrong_numbers_and_missed_visits_have_their_reasons(
    sign_in: Callable[..., Client], sunrise_clinic: Clinic
) -> None:
    stopped, wrong, missed = (soon(factories.make_patient(sunrise_clinic)) for _ in range(3))
    consent.stop(
        factories.phone_of(stopped.patient),
        evidence=consent.Evidence(GivenHow.AT_DESK),
        at=timezone.now(),
    )
    phone = factories.phone_of(wrong.patient)
    type(phone).objects.filter(pk=phone.pk).update(state=PhoneState.WRONG_PERSON)
    Appointment.objects.filter(pk=missed.pk).update(
        status=VisitStatus.MISSED, starts_at=timezone.now() - SOON
    )
    client = sign_in()

    assert ahead(client, why="stopped") == [stopped]
    assert ahead(client, why="wrong-number") == [wrong]
    assert [line.visit for line in listed(client)["missed"]] == [missed]
    send(client, stopped, Outcome.LEFT_MESSAGE)
    assert ahead(client, why="stopped") == []


def test_who_may_well_not_come_is_called_though_told(
    sign_in: Callable[..., Client], willing_patient: Patient
) -> None:
    visit = soon(willing_patient, booked_at=timezone.now())
    client = sign_in()
    send(client, visit, Outcome.LEFT_MESSAGE)
    with pgtrigger.ignore("reminders.CallOutcome:call_is_kept"):
        CallOutcome.objects.update(again_at=timezone.now())
    assert ahead(client) == [visit]

    (line,) = listed(client, why="may-miss")["ahead"]

    assert line.records == ["first visit"]
    assert "missed two of the last five" in listed(client)["rule"]
    factories.make_visit(
        willing_patient, starts_at=timezone.now() - timedelta(days=9), status=VisitStatus.SEEN
    )
    assert ahead(client) == []


def test_the_slot_of_who_has_died_is_listed_to_be_freed(
    sign_in: Callable[..., Client], willing_patient: Patient
) -> None:
    visit, client = soon(willing_patient), sign_in()
    Patient.objects.update(state=PatientState.DECEASED)

    page = listed(client)

    assert page["ahead"] == []
    assert [one["visit"] for one in page["to_free"]] == [visit]


def test_another_clinics_visits_are_nobodys_to_log(
    sign_in: Callable[..., Client], willing_patient: Patient
) -> None:
    visit = soon(willing_patient)
    stranger = sign_in(name="stranger", clinic=factories.make_clinic())
    assert send(stranger, visit, Outcome.COMES).status_code == 404
    call = send(sign_in(), visit, Outcome.COMES) and CallOutcome.objects.get()

    assert stranger.post(reverse("undo_call", args=[call.pk])).status_code == 404
    assert ahead(stranger) == []


def test_what_is_not_an_outcome_or_not_allowed_changes_nothing(
    sign_in: Callable[..., Client], willing_patient: Patient
) -> None:
    visit = soon(willing_patient)
    address = reverse("log_call", args=[visit.pk])
    assert sign_in().post(address, {"outcome": "?"}).status_code == 404
    assert send(sign_in("Approver", "c"), visit, Outcome.COMES).status_code == 403
    # A clinician does not decide about numbers.
    assert send(sign_in("Clinician", "d"), visit, Outcome.WRONG_NUMBER).status_code == 403
    assert not CallOutcome.objects.exists()


def test_a_busy_day_asks_as_often_as_a_quiet_one(
    sign_in: Callable[..., Client], sunrise_clinic: Clinic
) -> None:
    client = sign_in()
    kind, site = factories.make_kind(sunrise_clinic), factories.make_site(sunrise_clinic)

    def add(count: int) -> int:
        for _n in range(count):
            patient = factories.make_patient(sunrise_clinic, needs=["NO_PHONE_CALLS"])
            soon(patient, kind=kind, site=site)
            missed = soon(factories.make_patient(sunrise_clinic), kind=kind, site=site)
            Appointment.objects.filter(pk=missed.pk).update(
                status=VisitStatus.MISSED, starts_at=timezone.now() - SOON
            )
            called = soon(factories.make_patient(sunrise_clinic), kind=kind, site=site)
            send(client, called, Outcome.NO_ANSWER)
        with CaptureQueriesContext(connection) as asked:
            client.get(reverse("to_call"))
        return len(asked)

    few = add(2)
    assert add(10) == few
    assert few <= 14
