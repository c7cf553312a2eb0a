"""What somebody who works here tries: more than their sites, looks without a note, odd keys."""

from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from campaigns.models import Campaign, Recipient, Run
from healthmsg.clinic.models import AuditNote, Clinic, Patient, Site, StaffUser
from tests import factories
from tests.house.test_admin_pages import run_of
from whatsapp.models import Sender

SUPERSCRIPT, ENDLESS = "²", "9" * 5000


@pytest.fixture
def boss(sunrise_clinic: Clinic) -> StaffUser:
    return staff(sunrise_clinic, "boss", "Clinic admin")


@pytest.fixture
def desk(client: Client, boss: StaffUser) -> Client:
    client.force_login(boss)
    return client


def staff(clinic: Clinic, name: str, *roles: str, sites: tuple[Site, ...] = ()) -> StaffUser:
    user = StaffUser.objects.create_user(name, password="correct horse 9", is_staff=True)
    user.clinics.add(clinic)
    user.groups.set(Group.objects.filter(name__in=roles))
    user.sites.set(sites)
    return user


def form_of(user: StaffUser, *sites: Site) -> dict[str, Any]:
    return {
        "username": user.username,
        "clinics": list(user.clinics.values_list("pk", flat=True)),
        "groups": list(user.groups.values_list("pk", flat=True)),
        "sites": [site.pk for site in sites],
        "is_active": "on",
    }


@pytest.fixture
def north(sunrise_clinic: Clinic) -> Site:
    return factories.make_site(sunrise_clinic)


@pytest.fixture
def south(sunrise_clinic: Clinic) -> Site:
    return factories.make_site(sunrise_clinic)


def test_attack_nobody_takes_the_limit_to_a_site_off_themselves(
    client: Client, sunrise_clinic: Clinic, north: Site, south: Site
) -> None:
    limited = staff(sunrise_clinic, "limited", "Clinic admin", sites=(north,))
    client.force_login(limited)
    page = reverse("admin:clinic_staffuser_change", args=[limited.pk])

    for wanted in ((), (south,), (north, south)):
        client.post(page, form_of(limited, *wanted))
        assert list(limited.sites.all()) == [north], wanted

    client.post(page, form_of(limited, north) | {"first_name": "Robin"})
    limited.refresh_from_db()
    assert (limited.first_name, list(limited.sites.all())) == ("Robin", [north])


def test_attack_who_is_limited_to_a_site_makes_nobody_who_is_not(
    client: Client, sunrise_clinic: Clinic, north: Site, south: Site
) -> None:
    client.force_login(staff(sunrise_clinic, "limited", "Clinic admin", sites=(north,)))
    words = {"password1": "another horse 9", "password2": "another horse 9"}
    made = {"username": "puppet", "clinics": [sunrise_clinic.pk], "usable_password": "true"} | words
    add = reverse("admin:clinic_staffuser_add")

    client.post(add, made)
    client.post(add, made | {"sites": [south.pk]})
    assert not StaffUser.objects.filter(username="puppet").exists()

    client.post(add, made | {"sites": [north.pk]})
    assert list(StaffUser.objects.get(username="puppet").sites.all()) == [north]


@pytest.mark.parametrize("sites", ["none", "another", "more"])
def test_attack_who_is_limited_to_a_site_becomes_nobody_who_sees_more(
    client: Client, sunrise_clinic: Clinic, north: Site, south: Site, sites: str
) -> None:
    theirs = {"none": (), "another": (south,), "more": (north, south)}[sites]
    wider = staff(sunrise_clinic, "wider", "Reception", sites=theirs)
    client.force_login(staff(sunrise_clinic, "limited", "Clinic admin", sites=(north,)))
    words = {"password1": "another horse 9", "password2": "another horse 9"}

    answer = client.post(
        f"/admin/clinic/staffuser/{wider.pk}/password/",
        words | {"usable_password": "true"},
    )
    client.post(reverse("admin:clinic_staffuser_change", args=[wider.pk]), form_of(wider, north))

    wider.refresh_from_db()
    assert answer.status_code in {403, 404}
    assert wider.check_password("correct horse 9")
    assert tuple(wider.sites.order_by("pk")) == theirs


@pytest.mark.parametrize("key", [SUPERSCRIPT, ENDLESS], ids=["superscript", "endless"])
@pytest.mark.parametrize(
    ("page", "name"),
    [
        ("agenda", "move"),
        ("agenda_book", "site"),
        ("to_call", "clinic"),
        ("unreached", "site"),
        ("compare_patients", "one"),
        ("admin:clinic_appointment_add", "patient"),
        ("admin:clinic_appointment_changelist", "clinician"),
        ("admin:whatsapp_thread_changelist", "site"),
        ("admin:whatsapp_message_changelist", "days"),
        ("admin:desk_import_changelist", "p"),
    ],
)
def test_attack_a_key_that_is_none_breaks_no_page(
    desk: Client, sunrise_clinic: Clinic, page: str, name: str, key: str
) -> None:
    factories.make_site(sunrise_clinic)

    assert desk.get(reverse(page), {name: key}).status_code in {200, 302, 404}


@pytest.fixture
def looks(desk: Client) -> Callable[..., set[int]]:
    """Whom the audit says that a page has shown."""

    def look(address: str, posted: dict[str, Any] | None = None) -> set[int]:
        since = AuditNote.objects.latest("pk").pk
        answer = desk.get(address) if posted is None else desk.post(address, posted)
        assert answer.status_code == 200
        noted = AuditNote.objects.filter(pk__gt=since, kind="VIEW")
        return {
            key
            for note in noted
            for key in [note.patient_id, *(note.after or {}).get("patients", ())]
            if key is not None
        }

    return look


def test_attack_whoever_looks_like_somebody_new_is_not_looked_at_unnoted(
    looks: Callable[..., set[int]], willing_patient: Patient
) -> None:
    factories.make_site(willing_patient.clinic)
    known = {
        "given_name": willing_patient.given_name,
        "family_name": willing_patient.family_name,
        "language": "es",
        "relationship": "SELF",
    }

    assert looks(reverse("agenda_register"), known) == {willing_patient.pk}


def test_attack_two_who_may_be_one_are_not_looked_at_unnoted(
    looks: Callable[..., set[int]], willing_patient: Patient, sunrise_clinic: Clinic
) -> None:
    other = factories.make_patient(sunrise_clinic, family_name="Kanarienthal")
    page = f"{reverse('compare_patients')}?one={willing_patient.pk}"

    assert looks(page, {"typed": "Kanarienthal"}) == {willing_patient.pk, other.pk}


def test_attack_a_list_that_may_be_cancelled_is_not_looked_at_unnoted(
    looks: Callable[..., set[int]], willing_patient: Patient, sunrise_clinic: Clinic
) -> None:
    visit = factories.make_visit(
        willing_patient,
        starts_at=timezone.now() + timedelta(days=1),
        clinician=factories.make_clinician(sunrise_clinic),
    )
    assert visit.clinician is not None
    day = visit.starts_at.date()
    asked = f"clinician={visit.clinician.pk}&act=CANCEL&first_hour=00:00&last_hour=23:59"
    asked += f"&first_day={day - timedelta(days=1)}&last_day={day + timedelta(days=1)}"

    assert looks(f"{reverse('cancel_list')}?{asked}") == {willing_patient.pk}


def test_attack_examples_of_an_audience_are_not_looked_at_unnoted(
    looks: Callable[..., set[int]], willing_patient: Patient, sunrise_clinic: Clinic
) -> None:
    form = {
        "clinic": sunrise_clinic.pk,
        "name": "All",
        "next_visit": "ANY",
        "doses": "ANY",
        "in_season": "ANY",
    }

    assert looks(reverse("admin:campaigns_audience_count"), form) == {willing_patient.pk}


def test_attack_a_visit_that_is_moved_is_not_looked_at_unnoted(
    looks: Callable[..., set[int]], willing_patient: Patient
) -> None:
    visit = factories.make_visit(willing_patient, starts_at=timezone.now() + timedelta(days=90))

    assert looks(f"{reverse('agenda')}?move={visit.pk}") == {willing_patient.pk}


@pytest.mark.parametrize("name", ["copy", "delete_for_good"])
def test_attack_a_desk_left_open_gives_no_copy_and_deletes_nobody(
    desk: Client, willing_patient: Patient, name: str
) -> None:
    session = desk.session
    session["confirmed_at"] = 0
    session.save()
    page = reverse(f"admin:clinic_patient_{name}", args=[willing_patient.pk])
    typed = willing_patient.external_id or f"#{willing_patient.pk}"

    answer: Any = desk.post(page, {"kind": "json", "reason": "by letter", "typed": typed})

    assert answer.status_code == 302
    assert answer["Location"].startswith(reverse("sign_in_again"))
    willing_patient.refresh_from_db()
    assert willing_patient.erased_at is None


def test_attack_a_sign_that_no_workbook_holds_keeps_no_line_back(
    desk: Client, sunrise_clinic: Clinic, sender: Sender
) -> None:
    patient = factories.make_patient(sunrise_clinic, external_id="H-1\x0b")
    factories.make_template(sender.account)
    campaign = Campaign.objects.create(
        clinic=sunrise_clinic,
        name="Flu",
        purpose="PREVENTION",
        template_name="t",
        audience=factories.make_audience(sunrise_clinic, patient),
    )
    run: Run = run_of(campaign, timezone.now())
    Recipient.objects.create(run=run, patient=patient, contact=patient.contacts.get())

    file: Any = desk.get(reverse("admin:campaigns_run_xlsx", args=[run.pk]))

    sheet = load_workbook(BytesIO(file.getvalue())).active
    assert sheet is not None
    assert [row[1] for row in sheet.iter_rows(values_only=True)][1:] == ["H-1"]
