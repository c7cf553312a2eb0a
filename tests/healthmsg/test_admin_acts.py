"""Numbers, templates, messages, the clinic itself: acts that say what they did."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from healthmsg import embedded, start
from healthmsg.clinic.models import Clinic, Mode, Patient, PhoneState, StaffUser
from tests import factories
from whatsapp.models import Binding, Sender
from whatsapp.status import Reason, Status


@pytest.fixture
def admin_of_clinic(client: Client, sunrise_clinic: Clinic) -> Client:
    user = StaffUser.objects.create(username="admin", is_staff=True)
    user.clinics.add(sunrise_clinic)
    user.groups.add(Group.objects.get(name="Clinic admin"))
    client.force_login(user)
    return client


def test_a_number_is_stopped_with_a_reason_and_started_again(
    admin_of_clinic: Client, sender: Sender
) -> None:
    stop = reverse("admin:whatsapp_sender_stop", args=[sender.pk])
    assert admin_of_clinic.post(stop, {"reason": ""}).status_code == 200
    sender.refresh_from_db()
    assert sender.held_at is None

    admin_of_clinic.post(stop, {"reason": "too many complaints"})
    sender.refresh_from_db()
    assert sender.held_reason == "too many complaints"
    assert "too many complaints" in admin_of_clinic.get(reverse("overview")).content.decode()

    admin_of_clinic.post(reverse("admin:whatsapp_sender_start", args=[sender.pk]))
    sender.refresh_from_db()
    assert sender.held_at is None


def test_taking_back_reaches_only_what_has_not_left(
    admin_of_clinic: Client, sender: Sender, willing_patient: Patient
) -> None:
    now = timezone.now()
    waiting = factories.make_message(sender, willing_patient, created_at=now)
    sent = factories.make_message(
        sender, willing_patient, created_at=now, send_after=None, status=Status.SENT
    )
    form = {"action": "take_back", "_selected_action": [waiting.pk, sent.pk]}

    page = admin_of_clinic.post(reverse("admin:whatsapp_message_changelist"), form, follow=True)

    waiting.refresh_from_db()
    sent.refresh_from_db()
    assert (waiting.status, waiting.reason) == (Status.WITHHELD, Reason.CANCELLED_BY_STAFF)
    assert sent.status == Status.SENT
    assert "Took back 1 message." in page.content.decode()


def test_words_are_hidden_from_those_who_may_not_see_patients(
    client: Client, sender: Sender, willing_patient: Patient
) -> None:
    author = StaffUser.objects.create(username="author", is_staff=True)
    author.clinics.add(sender.clinic)
    author.groups.add(Group.objects.get(name="Campaign author"))
    client.force_login(author)
    message = factories.make_message(
        sender, willing_patient, created_at=timezone.now(), body="Hola, te esperamos"
    )

    page = client.get(reverse("admin:whatsapp_message_change", args=[message.pk]))

    assert "te esperamos" not in page.content.decode()
    assert willing_patient.family_name not in page.content.decode()


def test_reading_a_message_is_noted_once(
    admin_of_clinic: Client, sender: Sender, willing_patient: Patient
) -> None:
    now = timezone.now()
    reply = factories.make_reply(
        clinic=sender.clinic,
        sender=sender,
        phone=factories.phone_of(willing_patient),
        wamid="wamid.1",
        kind="text",
        text="¿Puedo ir antes?",
        written_at=now,
        needs_person_at=now,
    )
    address = reverse("admin:whatsapp_reply_read", args=[reply.pk])

    first = admin_of_clinic.post(address, follow=True).content.decode()
    again = admin_of_clinic.post(address, follow=True).content.decode()

    reply.refresh_from_db()
    assert reply.needs_person_at is None
    assert reply.read_by is not None
    assert "Marked 1 message as read." in first
    assert "Marked 0 messages as read." in again


def test_gaps_are_bound_for_all_languages(admin_of_clinic: Client, sender: Sender) -> None:
    template = factories.make_template(sender.account, name="hello", body="Hola {{who}}")
    Binding.objects.filter(template_name="hello").delete()
    page = reverse("admin:whatsapp_template_change", args=[template.pk])
    assert "has a gap nobody fills in" in admin_of_clinic.get(page).content.decode()

    choose = reverse("admin:whatsapp_template_fill_ins", args=[template.pk])
    admin_of_clinic.post(choose, {"who": "contact_name"})

    assert Binding.objects.get(template_name="hello").fill_in == "contact_name"
    assert "can be used" in admin_of_clinic.get(page).content.decode()


def test_numbered_gaps_of_heading_and_body_are_chosen_apart(
    admin_of_clinic: Client, sender: Sender
) -> None:
    template = factories.make_template(sender.account, name="hello", body="Hola {{1}}")
    Binding.objects.filter(template_name="hello").delete()
    assert template.current is not None
    template.current.components.insert(0, {"type": "HEADER", "format": "TEXT", "text": "{{1}}"})
    template.current.parameter_format = "POSITIONAL"
    template.current.save()
    choose = reverse("admin:whatsapp_template_fill_ins", args=[template.pk])
    assert "in the heading" in admin_of_clinic.get(choose).content.decode()

    admin_of_clinic.post(choose, {"header.1": "clinic_name", "1": "contact_name"})

    bound = Binding.objects.filter(template_name="hello").values_list("variable", "fill_in")
    assert dict(bound) == {"header.1": "clinic_name", "1": "contact_name"}
    page = admin_of_clinic.get(reverse("admin:whatsapp_template_change", args=[template.pk]))
    assert "can be used" in page.content.decode()


def test_arabic_is_shown_from_right_to_left(admin_of_clinic: Client, sender: Sender) -> None:
    template = factories.make_template(sender.account, language="ar", body="مرحبا {{contact_name}}")

    page = admin_of_clinic.get(reverse("admin:whatsapp_template_change", args=[template.pk]))

    assert 'lang="ar" dir="rtl"' in page.content.decode()


def test_going_live_names_what_is_missing(admin_of_clinic: Client, sunrise_clinic: Clinic) -> None:
    address = reverse("admin:clinic_clinic_go_live", args=[sunrise_clinic.pk])

    admin_of_clinic.get(address)
    page = admin_of_clinic.post(address).content.decode()

    sunrise_clinic.refresh_from_db()
    assert "WHATSAPP_BASE_URL" in page
    assert sunrise_clinic.mode == Mode.PRACTICE


@pytest.fixture
def ready_to_go_live(settings: LazySettings, tmp_path: Path) -> Path:
    """Nothing is missing, and the mark of a live clinic goes to a directory of the test's."""
    settings.MISSING_FOR_LIVE = ()
    settings.EMBEDDED = embedded.Location(tmp_path, durable=False)
    return tmp_path


def test_going_live_shows_what_would_leave_and_keeps_who_did_it(
    admin_of_clinic: Client,
    sender: Sender,
    willing_patient: Patient,
    ready_to_go_live: Path,
    django_capture_on_commit_callbacks: Any,
) -> None:
    now = timezone.now()
    factories.make_message(
        sender, willing_patient, send_after=now, expires_at=now + timedelta(hours=5)
    )
    address = reverse("admin:clinic_clinic_go_live", args=[sender.clinic.pk])
    assert "Up to 1 message" in admin_of_clinic.get(address).content.decode()

    with django_capture_on_commit_callbacks(execute=True):
        admin_of_clinic.post(address)

    assert (ready_to_go_live / start.MARK).exists()
    clinic = Clinic.objects.get()
    change = clinic.mode_changes.get()
    assert clinic.is_live
    assert (change.changed_by and change.changed_by.username, change.next_day_messages) == (
        "admin",
        1,
    )


def test_in_the_united_states_a_named_person_accepts_that_meta_reads(
    admin_of_clinic: Client, sunrise_clinic: Clinic, ready_to_go_live: Path
) -> None:
    Clinic.objects.update(country="US")
    address = reverse("admin:clinic_clinic_go_live", args=[sunrise_clinic.pk])
    assert "decrypts them" in admin_of_clinic.get(address).content.decode()

    admin_of_clinic.post(address, {"acknowledged_by": " "})
    assert not Clinic.objects.get().is_live
    admin_of_clinic.post(address, {"acknowledged_by": "Ada Gil, medical director"})

    assert Clinic.objects.get().is_live
    change = sunrise_clinic.mode_changes.get()
    assert change.acknowledged_by == "Ada Gil, medical director"
    page = admin_of_clinic.get(reverse("admin:clinic_clinic_change", args=[sunrise_clinic.pk]))
    assert "Ada Gil, medical director" in page.content.decode()


def test_nobody_goes_live_without_having_seen_what_leaves_now(
    admin_of_clinic: Client,
    sender: Sender,
    willing_patient: Patient,
    ready_to_go_live: Path,
) -> None:
    now = timezone.now()
    address = reverse("admin:clinic_clinic_go_live", args=[sender.clinic.pk])
    unseen = admin_of_clinic.post(address, {"shown": "0"}).content.decode()
    assert "Please look again" in unseen
    factories.make_message(
        sender, willing_patient, send_after=now, expires_at=now + timedelta(hours=5)
    )

    changed = admin_of_clinic.post(address, {"shown": "0"}).content.decode()

    assert "Please look again" in changed
    assert "Up to 1 message" in changed
    assert not Clinic.objects.get().is_live
    admin_of_clinic.post(address)
    assert Clinic.objects.get().mode_changes.get().next_day_messages == 1


def test_every_page_says_practice_even_before_signing_in(client: Client, db: None) -> None:
    assert "Practice: nothing leaves" in client.get(reverse("admin:login")).content.decode()


def test_the_banner_names_the_practicing_clinic_where_others_are_live(
    admin_of_clinic: Client, sunrise_clinic: Clinic, settings: LazySettings
) -> None:
    settings.USES_SANDBOX = False
    assert "Practice (Sunrise)" in admin_of_clinic.get(reverse("overview")).content.decode()

    Clinic.objects.update(mode=Mode.LIVE)

    assert "Practice" not in admin_of_clinic.get(reverse("overview")).content.decode()


def test_only_the_admin_pages_may_evaluate(admin_of_clinic: Client) -> None:
    policy = admin_of_clinic.get(reverse("admin:index"))["Content-Security-Policy"]
    strict = admin_of_clinic.get("/nowhere")["Content-Security-Policy"]

    assert "unsafe-eval" in policy
    assert "unsafe-eval" not in strict
    assert "script-src 'self' 'unsafe-inline'" not in policy


def test_a_number_of_somebody_else_is_marked_and_cleared(
    admin_of_clinic: Client, sender: Sender, willing_patient: Patient
) -> None:
    waiting = factories.make_message(sender, willing_patient, send_after=timezone.now())
    page = reverse("admin:clinic_phone_change", args=[waiting.phone_id])
    shown = admin_of_clinic.get(page).content.decode()
    assert "Belongs to somebody else" in shown
    assert reverse("patient", args=[willing_patient.pk]) in shown

    address = reverse("admin:clinic_phone_wrong_person", args=[waiting.phone_id])
    said = admin_of_clinic.post(address, follow=True).content.decode()

    waiting.refresh_from_db()
    assert (waiting.status, waiting.reason) == (Status.WITHHELD, Reason.WRONG_PERSON)
    assert "1 waiting were taken back" in said
    assert "Checked: it is theirs" in said
    admin_of_clinic.post(reverse("admin:clinic_phone_theirs", args=[waiting.phone_id]))
    waiting.phone.refresh_from_db()
    assert waiting.phone.state == PhoneState.NEW


def test_fetching_templates_only_rings(admin_of_clinic: Client, sender: Sender) -> None:
    address = reverse("admin:whatsapp_template_fetch")

    page = admin_of_clinic.post(address, follow=True).content.decode()

    assert "Templates are being fetched" in page


def test_a_language_that_a_template_lacks_is_named(admin_of_clinic: Client, sender: Sender) -> None:
    template = factories.make_template(sender.account, language="es")

    page = admin_of_clinic.get(reverse("admin:whatsapp_template_change", args=[template.pk]))

    assert "not in: English" in page.content.decode()
