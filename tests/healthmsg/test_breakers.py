"""People stopped at once: what happened is shown, and one button each way decides for all."""

from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from healthmsg.clinic.models import Clinic, Phone, PhoneState, Purpose, StaffUser
from healthmsg.desk.alarms import words
from healthmsg.desk.alarms.kinds import Kind, Severity
from healthmsg.desk.models import Alarm
from reminders import booking, rules
from reminders.booking import Booking
from reminders.models import Reminder, ReminderStatus
from tests import factories
from whatsapp import consequences
from whatsapp.models import Breaker, Message, Restriction, Sender, Suppression
from whatsapp.status import Reason, Status

BLOCKED, STOPPED_OFFERS = 130403, 131050


def signed_in(client: Client, clinic: Clinic, role: str) -> Client:
    user = StaffUser.objects.create(username=role, is_staff=True)
    user.clinics.add(clinic)
    user.groups.add(Group.objects.get(name=role))
    client.force_login(user)
    return client


@pytest.fixture
def admin_client(client: Client, sunrise_clinic: Clinic) -> Client:
    return signed_in(client, sunrise_clinic, "Clinic admin")


def told(sender: Sender, count: int, at: datetime) -> list[Message]:
    both = (Purpose.APPOINTMENTS, Purpose.MARKETING)
    patients = [factories.make_patient(sender.clinic, consents=both) for _ in range(count)]
    return [
        factories.make_message(
            sender, patient, status=Status.ACCEPTED, send_after=None, accepted_at=at
        )
        for patient in patients
    ]


def opened(sender: Sender, *, code: int = BLOCKED, people: int = 12) -> Breaker:
    now = timezone.now()
    for message in told(sender, people, now):
        consequences.follow(message, code, now=now)
    return Breaker.objects.get(decided_at=None, sender=sender)


def page_of(breaker: Breaker, act: str = "change") -> str:
    return reverse(f"admin:whatsapp_breaker_{act}", args=[breaker.pk])


def wrong() -> int:
    return Phone.objects.filter(state=PhoneState.WRONG_PERSON).count()


def test_it_shows_what_happened(admin_client: Client, sender: Sender) -> None:
    breaker = opened(sender)

    page = admin_client.get(page_of(breaker)).content.decode()

    assert "asked us to stop 12 people at once" in page
    assert "130403: we have blocked this person on WhatsApp" in page
    assert "12 people: no more messages to this number" in page
    assert "<dt>Stopped</dt><dd>5</dd>" in page
    assert "<dt>Waits for a person to decide</dt><dd>7</dd>" in page
    assert f"?breaker={breaker.pk}" in page


def test_one_act_stops_them_all(admin_client: Client, sender: Sender) -> None:
    breaker = opened(sender)
    asked = admin_client.get(page_of(breaker, "stop_all")).content.decode()

    done = admin_client.post(page_of(breaker, "stop_all"), follow=True).content.decode()
    again = admin_client.post(page_of(breaker, "bring_back"), follow=True).content.decode()

    assert "for all 12 people" in asked
    assert "Stopped 7 more people." in done
    assert "Somebody has decided already." in again
    assert wrong() == 12
    assert "<bdi>Clinic admin</bdi>" in done
    assert page_of(breaker, "stop_all") not in done


def test_the_other_act_brings_them_all_back(admin_client: Client, sender: Sender) -> None:
    breaker = opened(sender)

    done = admin_client.post(page_of(breaker, "bring_back"), follow=True).content.decode()
    again = admin_client.post(page_of(breaker, "stop_all"), follow=True).content.decode()

    assert "Nothing is stopped for 12 people: all is as it was before." in done
    assert "Somebody has decided already." in again
    assert wrong() == 0
    breaker.refresh_from_db()
    assert (breaker.was_applied, breaker.decided_by) == (False, StaffUser.objects.get())


def test_whoever_is_brought_back_is_reminded_again(
    admin_client: Client, sender: Sender, sunrise_clinic: Clinic
) -> None:
    now = timezone.now()
    rules.install(sunrise_clinic)
    messages = told(sender, 6, now)
    patient = messages[0].patient
    assert patient is not None
    request = Booking(
        patient=patient,
        kind=factories.make_kind(sunrise_clinic),
        site=factories.make_site(sunrise_clinic),
        starts_at=now + timedelta(days=5),
        contact=patient.contacts.get(),
    )
    visit = booking.book(request, by=None, now=now)
    for message in messages:
        consequences.follow(message, BLOCKED, now=now)
    planned = Reminder.objects.filter(appointment=visit, status=ReminderStatus.PLANNED)
    planned.update(status=ReminderStatus.SKIPPED, reason=Reason.WRONG_PERSON)

    admin_client.post(page_of(Breaker.objects.get(), "bring_back"))

    assert planned.exists()


@pytest.mark.parametrize("role", ["Reception", "Clinician", "Campaign author", "Approver"])
def test_without_the_permission_nobody_decides(client: Client, sender: Sender, role: str) -> None:
    breaker = opened(sender)
    signed_in(client, sender.clinic, role)

    for act in ("stop_all", "bring_back"):
        assert client.post(page_of(breaker, act)).status_code == 403
    assert Breaker.objects.get().decided_at is None


def test_another_clinic_s_people_are_not_decided_about(client: Client, sender: Sender) -> None:
    breaker = opened(sender)
    signed_in(client, factories.make_clinic(name="Other"), "Clinic admin")

    assert client.post(page_of(breaker, "stop_all")).status_code == 404


def test_offers_wait_until_somebody_decides_not_until_the_account_is_opened(
    admin_client: Client, sender: Sender
) -> None:
    breaker = opened(sender, code=STOPPED_OFFERS)
    waits = Restriction.objects.get()
    account = reverse("admin:whatsapp_account_change", args=[sender.account_id])
    address = reverse("admin:whatsapp_account_open_kind", args=[sender.account_id, waits.pk])

    assert page_of(breaker) in admin_client.get(account).content.decode()
    assert "Nothing changed." in admin_client.post(address, follow=True).content.decode()
    assert Restriction.objects.exists()

    admin_client.post(page_of(breaker, "bring_back"))
    assert not Restriction.objects.exists()


def test_the_people_are_listed_and_masked_for_those_who_may_not_see_details(
    admin_client: Client, sender: Sender
) -> None:
    breaker = opened(sender, people=6)
    other = Suppression.objects.create(
        phone=factories.make_phone(sender.clinic),
        sender=sender,
        what="PHONE",
        code=BLOCKED,
        at=timezone.now(),
        state="APPLIED",
    )
    address = reverse("admin:whatsapp_suppression_changelist")
    phone = breaker.suppressions.all()[0].phone

    shown = admin_client.get(f"{address}?breaker={breaker.pk}")
    assert len(shown.context["cl"].result_list) == 6
    assert other not in shown.context["cl"].result_list

    StaffUser.objects.get().groups.get().permissions.filter(
        codename="view_patient_details"
    ).delete()
    masked = admin_client.get(address).content.decode()
    assert phone.masked in masked
    assert phone.number[-6:] not in masked.replace("-", "").replace(" ", "")


@pytest.mark.parametrize("model", ["breaker", "suppression"])
def test_a_list_costs_the_same_however_long_it_is(
    model: str, admin_client: Client, sender: Sender
) -> None:
    opened(sender, people=6)
    address = reverse(f"admin:whatsapp_{model}_changelist")
    admin_client.get(address)
    with CaptureQueriesContext(connection) as few:
        admin_client.get(address)
    for n in range(3):
        other = factories.make_sender(sender.clinic, phone_number_id=f"20000000000000{n}")
        opened(other, people=7)

    with CaptureQueriesContext(connection) as many:
        admin_client.get(address)

    assert len(many) == len(few)


def test_an_alarm_and_the_status_page_lead_there(admin_client: Client, sender: Sender) -> None:
    breaker = opened(sender, people=6)
    alarm = Alarm(kind=Kind.BREAKER_OPEN, subject=f"breaker:{breaker.pk}", severity=Severity.SEVERE)

    assert words.page_of(alarm) == page_of(breaker)
    status = admin_client.get(reverse("status")).content.decode()
    assert reverse("admin:whatsapp_breaker_changelist") in status
