"""Every page of the admin opens for whom it should, and for nobody else."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db.models import Model
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from campaigns import editions
from campaigns.models import Campaign, DeclinedTopic, Deputy, Run
from healthmsg.clinic.models import (
    AuditLine,
    Clinic,
    Purpose,
    StaffUser,
    Tag,
    Vaccine,
    Wording,
)
from healthmsg.desk.alarms.kinds import Kind, Severity
from healthmsg.desk.models import Alarm, Import, Removal, RetentionRun, Watcher
from reminders import rules, waiting_list
from reminders.models import FreedSlot, SlotOffer
from tests import factories, header_files
from tests.campaigns import vaccinating
from tests.house.acts import acts_of
from tests.house.tasks import tasks_of
from whatsapp import arriving
from whatsapp.models import (
    Breaker,
    Delivery,
    Notice,
    SavedAnswer,
    Stream,
    Suppression,
    SuppressionKind,
    SuppressionState,
    Switch,
    Thread,
    UrgentWord,
)

OURS = ("clinic", "whatsapp", "reminders", "campaigns", "desk")
MODELS = sorted(
    (model for model in admin.site._registry if model._meta.app_label in OURS),
    key=lambda model: model._meta.label,
)
# Who may open the list of what. Everybody else gets 403.
RECEPTION, LEAD, CLINICIAN, AUTHOR, APPROVER, CLINIC_ADMIN = (
    "Reception",
    "Reception lead",
    "Clinician",
    "Campaign author",
    "Approver",
    "Clinic admin",
)
ROLES = (RECEPTION, LEAD, CLINICIAN, AUTHOR, APPROVER, CLINIC_ADMIN)
_CARE = {RECEPTION, LEAD, CLINICIAN, CLINIC_ADMIN}
_CAMPAIGNS = {AUTHOR, APPROVER, CLINIC_ADMIN}
_SCHEDULES = {CLINICIAN, AUTHOR, APPROVER, CLINIC_ADMIN}
MAY_LIST: dict[str, set[str]] = {
    "campaigns.Audience": _CAMPAIGNS | {CLINICIAN},
    "campaigns.Campaign": _CAMPAIGNS | {CLINICIAN},
    "campaigns.DeclinedTopic": {RECEPTION, LEAD, CLINIC_ADMIN},
    "campaigns.Deputy": {APPROVER, CLINIC_ADMIN},
    "campaigns.PatientList": _SCHEDULES | {RECEPTION, LEAD},
    "campaigns.Rate": _CAMPAIGNS,
    "campaigns.Run": _CAMPAIGNS,
    "campaigns.Schedule": _SCHEDULES,
    "campaigns.Season": _SCHEDULES,
    "clinic.Appointment": _CARE,
    "clinic.AuditLine": {CLINIC_ADMIN},
    "clinic.Clinic": _CARE,
    "clinic.Clinician": _CARE,
    "clinic.Patient": _CARE,
    "clinic.Phone": _CARE,
    "clinic.Site": _CARE,
    "clinic.StaffUser": {CLINIC_ADMIN},
    "clinic.Tag": {RECEPTION, LEAD, CLINIC_ADMIN},
    "clinic.Vaccine": {RECEPTION, LEAD, CLINICIAN, CLINIC_ADMIN},
    "clinic.VisitKind": _CARE,
    "clinic.Wording": {RECEPTION, LEAD, CLINIC_ADMIN},
    "desk.Alarm": _CARE,
    "desk.Import": {CLINIC_ADMIN},
    "desk.Incident": {LEAD, CLINIC_ADMIN},
    "desk.Removal": {CLINIC_ADMIN},
    "desk.RetentionRun": {CLINIC_ADMIN},
    "desk.Watcher": {CLINIC_ADMIN},
    "reminders.EarlierWish": _CARE,
    "reminders.FreedSlot": _CARE,
    "reminders.ReminderRule": _CARE,
    "whatsapp.Account": {CLINIC_ADMIN},
    "whatsapp.Binding": {CLINIC_ADMIN},
    "whatsapp.Breaker": {CLINIC_ADMIN},
    "whatsapp.ClinicWords": {CLINIC_ADMIN},
    "whatsapp.Delivery": {CLINIC_ADMIN},
    "whatsapp.Menu": {CLINIC_ADMIN},
    "whatsapp.Message": set(ROLES),
    "whatsapp.Notice": {CLINIC_ADMIN},
    "whatsapp.NumberIncident": {RECEPTION, LEAD, CLINIC_ADMIN},
    "whatsapp.Portfolio": {CLINIC_ADMIN},
    "whatsapp.RepeatRequest": _CARE,
    "whatsapp.Reply": _CARE,
    "whatsapp.SavedAnswer": _CARE,
    "whatsapp.Sender": _CARE,
    "whatsapp.StopDoubt": {RECEPTION, LEAD, CLINIC_ADMIN},
    "whatsapp.Suppression": {CLINIC_ADMIN},
    "whatsapp.Switch": {CLINIC_ADMIN},
    "whatsapp.Thread": _CARE,
    "whatsapp.UrgentWord": {CLINIC_ADMIN},
    "whatsapp.HeaderFile": {AUTHOR, CLINIC_ADMIN},
    "whatsapp.Template": set(ROLES),
    "whatsapp.TemplateDraft": {AUTHOR, CLINIC_ADMIN},
}


_OF_NO_CLINIC = {"whatsapp.Notice", "whatsapp.Delivery", "whatsapp.Switch"}


def run_of(campaign: Campaign, now: datetime) -> Run:
    stream = Stream.objects.create(clinic=campaign.clinic, name=campaign.name)
    return Run.objects.create(
        campaign=campaign, occurrence_at=now, stream=stream, started_at=now, expires_at=now
    )


def deputy_of(clinic: Clinic) -> Deputy:
    away, here = (StaffUser.objects.create(username=name) for name in ("away", "here"))
    today = timezone.localdate()
    return Deputy.objects.create(
        clinic=clinic, stands_in_for=away, deputy=here, first_day=today, last_day=today
    )


@pytest.fixture
def rows(db: None) -> dict[str, Model]:
    """One row of everything that has a page, all of one clinic."""
    now = timezone.now()
    clinic = factories.make_clinic()
    patient = factories.make_patient(clinic)
    sender = factories.make_sender(clinic)
    template = factories.make_template(sender.account)
    visit = factories.make_visit(
        patient,
        starts_at=now + timedelta(days=5),
        clinician=factories.make_clinician(clinic),
    )
    message = factories.make_message(
        sender, patient, created_at=now, appointment=visit, appointment_version=1, body="Hola"
    )
    reply = factories.make_reply(
        clinic=clinic,
        sender=sender,
        phone=message.phone,
        wamid="wamid.1",
        kind="text",
        text="?",
        written_at=now,
        needs_person_at=now,
    )
    arriving.gather(now=now, limit=10)
    thread = Thread.objects.get()
    slot = FreedSlot.objects.create(
        clinic=clinic,
        site=visit.site,
        kind=visit.kind,
        starts_at=visit.starts_at,
        ends_at=visit.ends_at,
        left_by=visit,
        left_version=1,
        freed_at=now,
    )
    wish = waiting_list.wish(visit, by=None, now=now)
    SlotOffer.objects.create(slot=slot, wish=wish, message=message, offered_at=now)
    audience = factories.make_audience(clinic, patient)
    campaign = Campaign.objects.create(
        clinic=clinic,
        name="Flu",
        purpose=Purpose.PREVENTION,
        template_name=template.name,
        audience=audience,
    )
    breaker = Breaker.objects.create(sender=sender, opened_at=now, told=40, limit=5)
    made: tuple[Model, ...] = (
        campaign,
        run_of(campaign, now),
        audience,
        audience.lists.get(),
        editions.add_example(clinic),
        vaccinating.season(clinic),
        DeclinedTopic.objects.create(patient=patient, campaign=campaign, declined_at=now),
        Tag.objects.create(clinic=clinic, name="Asthma"),
        deputy_of(clinic),
        factories.make_rate(clinic),
        Vaccine.objects.get(clinic=clinic, code="flu"),
        visit,
        clinic,
        visit.clinician or clinic,
        patient,
        message.phone,
        visit.site,
        StaffUser.objects.create(username="somebody", is_staff=True),
        visit.kind,
        AuditLine.objects.create(
            number=1, note_id=1, at=now, kind="VIEW", clinic_id=clinic.pk, sealed_at=now, hash=b""
        ),
        Wording.objects.create(clinic=clinic, version=1, language="es", text="…", valid_from=now),
        rules.install(clinic)[0],
        wish,
        slot,
        sender.account,
        sender.account.bindings.get(variable="when"),
        Delivery.objects.create(clear_body=b"{}", problem="?"),
        message,
        Notice.objects.create(
            received_at=now,
            field="new",
            is_understood=False,
            fingerprint="1",
            clear_content={"a": 1},
        ),
        sender.account.portfolio,
        reply,
        thread,
        SavedAnswer.objects.create(clinic=clinic, language="es", name="Hours", text="8 a 18 h"),
        UrgentWord.objects.create(clinic=clinic, language="es", words="sangrado"),
        sender,
        template,
        factories.make_draft(sender.account),
        header_files.make_file(clinic),
        Alarm.objects.create(
            kind=Kind.NUMBER_STOPPED,
            subject=f"sender:{sender.pk}",
            clinic=clinic,
            severity=Severity.SEVERE,
            facts={"name": "+54 11 5555 0000"},
            opened_at=now,
            last_seen_at=now,
        ),
        Watcher.objects.create(clinic=clinic, name="Alex", email="alex@example.org"),
        Removal.objects.create(clinic=clinic, kind="PATIENT", patient_number=1, decided_at=now),
        RetentionRun.objects.create(
            clinic=clinic, kind="MESSAGES", before=now, expected=3, decided_at=now
        ),
        Import.objects.create(clinic=clinic, kind="PATIENTS", file_name="a.csv", created_at=now),
        breaker,
        Suppression.objects.create(
            phone=message.phone,
            sender=sender,
            breaker=breaker,
            what=SuppressionKind.PHONE,
            code=130403,
            at=now,
            state=SuppressionState.NOTED,
        ),
        Switch(name=Switch.Name.EVERYTHING),
        *tasks_of(reply, message, now),
    )
    somebody = StaffUser.objects.get(username="somebody")
    somebody.clinics.add(clinic)
    made += acts_of(visit, Wording.objects.get(clinic=clinic), somebody, now)
    return {row._meta.label: row for row in made}


@pytest.fixture
def signed_in(client: Client, rows: dict[str, Model]) -> Callable[[str], Client]:
    def sign_in(role: str) -> Client:
        user = StaffUser.objects.create(username=role, is_staff=True, is_superuser=role == "all")
        user.clinics.add(rows["clinic.Clinic"].pk)
        if role != "all":
            user.groups.add(Group.objects.get(name=role))
        client.force_login(user)
        return client

    return sign_in


def test_the_table_names_every_page(db: None) -> None:
    assert {model._meta.label for model in MODELS} == set(MAY_LIST)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_every_page_opens_for_a_superuser(
    model: type[Model], rows: dict[str, Model], signed_in: Callable[[str], Client]
) -> None:
    client = signed_in("all")
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}"

    assert client.get(reverse(f"{name}_changelist")).status_code == 200
    assert (
        client.get(reverse(f"{name}_change", args=[rows[model._meta.label].pk])).status_code == 200
    )
    assert client.get(reverse(f"{name}_add")).status_code in {200, 403}


@pytest.mark.parametrize("role", ROLES)
def test_a_role_opens_what_its_table_says(
    role: str, rows: dict[str, Model], signed_in: Callable[[str], Client]
) -> None:
    client = signed_in(role)

    for label, allowed in MAY_LIST.items():
        app, model = label.lower().split(".")
        expected = 200 if role in allowed else 403
        page = reverse(f"admin:{app}_{model}_changelist")
        assert client.get(page).status_code == expected, (label, role)
        if role in allowed:
            page = reverse(f"admin:{app}_{model}_change", args=[rows[label].pk])
            assert client.get(page).status_code == 200, (label, role)


@pytest.mark.parametrize("role", ROLES)
def test_attack_nobody_reaches_another_clinics_rows_by_guessing_addresses(
    role: str, rows: dict[str, Model], client: Client
) -> None:
    stranger = StaffUser.objects.create(username="stranger", is_staff=True)
    stranger.clinics.add(factories.make_clinic())
    stranger.groups.add(Group.objects.get(name=role))
    client.force_login(stranger)

    for label, allowed in MAY_LIST.items():
        # Of no clinic: who may read notices is asked below, and main switches are the house's.
        if role not in allowed or label in _OF_NO_CLINIC:
            continue
        app, model = label.lower().split(".")
        answer = client.get(reverse(f"admin:{app}_{model}_change", args=[rows[label].pk]))
        assert answer.status_code == 404, (label, role)


def test_raw_notices_are_for_those_who_work_for_all_clinics(
    rows: dict[str, Model], signed_in: Callable[[str], Client]
) -> None:
    address = reverse("admin:whatsapp_delivery_change", args=[rows["whatsapp.Delivery"].pk])
    client = signed_in(CLINIC_ADMIN)
    assert client.get(address).status_code == 200

    factories.make_clinic()

    assert client.get(address).status_code == 403
