"""Who looked at whom, who took out a file, who came and went; and the page that shows it."""

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from celery.signals import task_postrun, task_prerun
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.urls import URLResolver, get_resolver, reverse
from django.utils import timezone

from healthmsg.clinic import audit
from healthmsg.clinic.models import AuditNote, Clinic, Patient, StaffUser
from healthmsg.cockpit import recording
from healthmsg.desk import tasks
from tests import factories

pytestmark = pytest.mark.django_db
CANARY = "Canarywell"


def forget() -> None:
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE clinic_auditnote")


def looks(**facts: object) -> list[AuditNote]:
    return list(AuditNote.objects.filter(kind="VIEW", **facts).order_by("pk"))


@pytest.fixture
def admin(sunrise_clinic: Clinic) -> StaffUser:
    person = StaffUser.objects.create_user("alex", password="correct horse", is_staff=True)
    person.clinics.add(sunrise_clinic)
    person.groups.add(Group.objects.get(name="Clinic admin"))
    return person


@pytest.fixture
def desk(client: Client, admin: StaffUser) -> Client:
    client.force_login(admin)
    return client


def addresses(resolver: URLResolver, above: str = "") -> Iterator[str]:
    for one in resolver.url_patterns:
        if isinstance(one, URLResolver):
            yield from addresses(one, f"{above}{one.namespace}:" if one.namespace else above)
        elif one.name:
            yield f"{above}{one.name}"


def test_audit_leaves_out_pages_that_are_there_and_says_why() -> None:
    """Every other page is noted, by itself: a new one cannot be forgotten."""
    names = set(addresses(get_resolver()))

    for left_out, why in recording.NOT_NOTED.items():
        assert any(n == left_out or n.startswith(left_out) for n in names), left_out
        assert why.endswith(".")
    assert names >= recording.NOTED_ALL_THE_SAME


@pytest.mark.parametrize(
    "name",
    [
        *("admin:clinic_patient_change", "admin:clinic_patient_changelist", "to_call"),
        *("admin:clinic_appointment_change", "admin:whatsapp_thread_change"),
        *("admin:whatsapp_message_changelist", "admin:campaigns_run_csv", "admin:search"),
        *("admin:clinic_auditline_change", "admin:clinic_auditline_changelist"),
        *("a_page_of_tomorrow", "admin:campaigns_campaign_who"),
    ],
)
def test_audit_notes_pages_of_patients(name: str) -> None:
    assert recording.is_noted(name)


def test_audit_tells_who_opened_a_patients_page(
    desk: Client, admin: StaffUser, willing_patient: Patient
) -> None:
    forget()

    desk.get(reverse("admin:clinic_patient_change", args=[willing_patient.pk]))

    (look,) = looks()
    assert (look.by_id, look.patient_id) == (admin.pk, willing_patient.pk)
    assert (look.path, look.address) == ("admin:clinic_patient_change", "127.0.0.1")
    assert (look.model, look.row_id) == ("clinic.patient", str(willing_patient.pk))
    assert look.clinic_id == willing_patient.clinic_id


def test_audit_tells_whom_a_list_showed_and_never_what_was_searched(
    desk: Client, willing_patient: Patient, noon: datetime
) -> None:
    Patient.objects.filter(pk=willing_patient.pk).update(family_name=CANARY)
    factories.make_patient(willing_patient.clinic)
    page = reverse("admin:clinic_patient_changelist")
    found = desk.post(page, {"typed": CANARY})
    forget()

    desk.get(found["Location"])
    desk.get(page)

    searched, whole = looks()
    assert (searched.rows, searched.after) == (1, {"patients": [willing_patient.pk]})
    assert whole.rows == 2
    assert CANARY not in str([vars(one) for one in (searched, whole)])


def test_audit_finds_the_patient_behind_a_visit_and_a_number(
    desk: Client, willing_patient: Patient
) -> None:
    visit = factories.make_visit(willing_patient, starts_at=timezone.now() + timedelta(days=1))
    phone = factories.phone_of(willing_patient)
    forget()

    desk.get(reverse("admin:clinic_appointment_change", args=[visit.pk]))
    desk.get(reverse("admin:clinic_phone_change", args=[phone.pk]))
    desk.get(reverse("to_call"))

    of_visit, of_phone, calls = looks()
    assert of_visit.patient_id == of_phone.patient_id == willing_patient.pk
    assert calls.path == "to_call"
    assert calls.rows is not None


def test_audit_notes_nothing_for_whom_a_page_does_not_open(
    client: Client, desk: Client, willing_patient: Patient
) -> None:
    stranger = StaffUser.objects.create(username="stranger", is_staff=True)
    stranger.clinics.add(factories.make_clinic())
    stranger.groups.add(Group.objects.get(name="Clinic admin"))
    client.force_login(stranger)
    forget()

    client.get(reverse("admin:clinic_patient_change", args=[willing_patient.pk]))
    client.get(reverse("admin:clinic_site_changelist"))

    assert looks() == []


def test_audit_tells_which_form_of_which_person_changed_what(
    desk: Client, admin: StaffUser, willing_patient: Patient
) -> None:
    forget()

    page = reverse("admin:clinic_patient_died", args=[willing_patient.pk])
    desk.post(page, {})

    willing_patient.refresh_from_db()
    assert willing_patient.state == "DECEASED"
    change = AuditNote.objects.get(kind="CHANGE", model="clinic.patient")
    assert (change.by_id, change.path) == (admin.pk, "admin:clinic_patient_died")
    assert change.address == "127.0.0.1"


def test_audit_tells_how_many_lines_an_export_took_out(
    desk: Client, willing_patient: Patient
) -> None:
    audience = factories.make_audience(willing_patient.clinic, willing_patient)
    campaign = factories.make_campaign(willing_patient.clinic, audience=audience)
    forget()

    answer = desk.get(reverse("admin:campaigns_campaign_who", args=[campaign.pk]))
    lines = b"".join(answer.streaming_content).splitlines()  # type: ignore[attr-defined]

    begun, ended = AuditNote.objects.filter(kind="EXPORT").order_by("pk")
    assert begun.rows is None
    assert ended.rows == len(lines) - 1 == 1
    assert ended.path == "admin:campaigns_campaign_who"


def test_audit_tells_who_came_who_went_and_who_tried(client: Client, admin: StaffUser) -> None:
    client.force_login(admin)
    client.logout()
    for typed in ("alex", "my secret typed into the wrong field"):
        client.post(reverse("admin:login"), {"username": typed, "password": "wrong"})

    notes = AuditNote.objects.exclude(kind="CHANGE").order_by("pk").values_list("kind", "by_id")
    assert [*notes] == [
        ("SIGN_IN", admin.pk),
        ("SIGN_OUT", admin.pk),
        ("SIGN_IN_FAILED", admin.pk),
        ("SIGN_IN_FAILED", None),
    ]
    assert "secret" not in str(list(AuditNote.objects.values()))


def test_audit_tells_which_task_wrote(willing_patient: Patient) -> None:
    forget()

    # As a worker's process says it, before and after.
    task_prerun.send(sender=tasks.seal_audit, task_id="1", task=tasks.seal_audit)
    Patient.objects.update(family_name="Sol")
    task_postrun.send(sender=tasks.seal_audit, task_id="1", task=tasks.seal_audit)
    Patient.objects.update(family_name="Mar")

    notes = AuditNote.objects.filter(model="clinic.patient").order_by("pk")
    assert [note.done_by for note in notes][:1] == ["task desk.seal_audit"]


def test_audit_writes_no_names_into_logs(
    desk: Client, willing_patient: Patient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    Patient.objects.filter(pk=willing_patient.pk).update(family_name=CANARY)

    tasks.seal_audit()
    desk.get(reverse("admin:clinic_auditline_changelist"))

    told = [record.getMessage() for record in caplog.records if record.name != "django.db.backends"]
    assert CANARY not in "\n".join(told)
    assert audit.first_break() is None
