"""Several rows of a list at once: marked with a count and a way back, or taken out as a file."""

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from healthmsg.clinic.models import Appointment, AuditNote, Clinic, Patient, VisitStatus
from healthmsg.cockpit import again
from healthmsg.desk.admin import together
from tests import factories
from tests.house.test_role_table import person

VISITS = reverse("admin:clinic_appointment_changelist")
PATIENTS = reverse("admin:clinic_patient_changelist")


@pytest.fixture
def visits(sunrise_clinic: Clinic) -> list[Appointment]:
    """Two that are over, and one to come; all of them today by the clinic's clocks."""
    now = timezone.now()
    patient = factories.make_patient(sunrise_clinic, given_name="=1+1")
    return [
        factories.make_visit(patient, starts_at=now + timedelta(seconds=seconds))
        for seconds in (-20, -10, 600)
    ]


def test_visits_are_marked_together_with_a_count_and_taken_back(
    client: Client, sunrise_clinic: Clinic, visits: list[Appointment]
) -> None:
    client.force_login(person(sunrise_clinic, "Reception"))
    keys = [str(visit.pk) for visit in visits]

    def act(action: str) -> list[str]:
        answer = client.post(
            f"{VISITS}?day=week", {"action": action, "_selected_action": keys, "index": "0"}
        )
        return [str(one) for one in get_messages(answer.wsgi_request)]

    marked = act("mark_as_missed")
    missed = Appointment.objects.filter(status=VisitStatus.MISSED).count()
    back = act("mark_as_expected")

    assert marked[0] == "2 visits marked as missed."
    assert marked[1].startswith("1 visit stays as it is")
    assert missed == 2
    assert back[-1] == "3 visits are booked again."
    assert not Appointment.objects.exclude(status=VisitStatus.BOOKED).exists()


def test_attack_a_file_of_visits_holds_no_formula_and_is_noted(
    client: Client, sunrise_clinic: Clinic, visits: list[Appointment]
) -> None:
    client.force_login(person(sunrise_clinic, "Reception"))
    keys = [str(visits[0].pk)]

    answer = client.post(
        f"{VISITS}?day=week", {"action": "as_file", "_selected_action": keys, "index": "0"}
    )

    assert answer["Content-Disposition"] == 'attachment; filename="visits.csv"'
    (head, line) = csv.reader(io.StringIO(answer.content.decode().removeprefix("\ufeff")))
    assert head[:2] == ["time", "patient"]
    assert line[1].startswith("'=1+1")
    note = AuditNote.objects.get(kind="EXPORT")
    assert (note.path, note.rows) == ("admin:clinic_appointment_changelist", 1)


@pytest.mark.parametrize(
    ("role", "may"), [("Clinic admin", True), ("Reception", False), ("Auditor", False)]
)
def test_role_patients_are_taken_out_by_who_may_hand_out_copies(
    client: Client, sunrise_clinic: Clinic, role: str, may: bool
) -> None:
    patient = factories.make_patient(sunrise_clinic)
    stranger = factories.make_patient(factories.make_clinic())
    client.force_login(person(sunrise_clinic, role))
    keys = [str(one.pk) for one in (patient, stranger)]

    answer = client.post(PATIENTS, {"action": "as_file", "_selected_action": keys, "index": "0"})

    assert ("Content-Disposition" in answer) == may
    if may:
        page = answer.content.decode()
        assert patient.family_name in page
        assert stranger.family_name not in page


def test_attack_many_short_files_ask_for_the_password_as_a_long_one_does(
    client: Client, sunrise_clinic: Clinic
) -> None:
    people = [factories.make_patient(sunrise_clinic) for _ in range(3)]
    client.force_login(person(sunrise_clinic, "Clinic admin"))
    session = client.session
    session[again.KEY], session[again.ROWS] = 0, again.MOST_ROWS - 5
    session.save()
    asked = {"action": "as_file", "_selected_action": [str(one.pk) for one in people], "index": "0"}

    first, second = client.post(PATIENTS, asked), client.post(PATIENTS, asked)

    assert "Content-Disposition" in first
    assert second["Location"].startswith(reverse("sign_in_again"))


def test_a_long_file_asks_for_the_password_once_more_and_has_an_end(
    client: Client, sunrise_clinic: Clinic
) -> None:
    def more(count: int) -> int:
        Patient.objects.bulk_create(
            Patient(clinic=sunrise_clinic, given_name="Ana", family_name=f"Paz {n}")
            for n in range(count)
        )
        return Patient.objects.values_list("pk", flat=True)[0]

    client.force_login(person(sunrise_clinic, "Clinic admin"))
    session = client.session
    session[again.KEY] = 0
    session.save()

    def take_out(first: int) -> Any:
        asked = {"action": "as_file", "_selected_action": [str(first)], "index": "0"}
        return client.post(PATIENTS, asked | {"select_across": "1"})

    asked_again = take_out(more(501))
    too_long = take_out(more(together.AT_MOST - 500))

    assert asked_again["Location"].startswith(reverse("sign_in_again"))
    assert "Content-Disposition" not in too_long
    words = [str(one) for one in get_messages(too_long.wsgi_request)]
    assert any(f"at most {together.AT_MOST} rows" in one for one in words)
