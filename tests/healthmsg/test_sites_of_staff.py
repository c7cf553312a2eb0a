"""Somebody who works at one site sees what happens there, and not what happens elsewhere."""

from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from healthmsg.clinic.models import Appointment, Clinic, StaffUser
from healthmsg.cockpit import owned
from healthmsg.desk.cancelled_lists import working
from healthmsg.desk.cancelled_lists.looking import Affected, Wanted
from healthmsg.desk.cancelled_lists.models import CancelledList, ListAct
from tests import factories
from whatsapp.models import Message, Sender


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.fixture
def visits(sunrise_clinic: Clinic, now: datetime) -> tuple[Appointment, Appointment]:
    """One here, one at the clinic's other site."""
    patient = factories.make_patient(sunrise_clinic)
    here, there = (
        factories.make_visit(patient, starts_at=now + timedelta(hours=2)) for _ in range(2)
    )
    return here, there


@pytest.fixture
def person(visits: tuple[Appointment, Appointment], sunrise_clinic: Clinic) -> StaffUser:
    user = StaffUser.objects.create(username="north", is_staff=True)
    user.clinics.add(sunrise_clinic)
    user.sites.add(visits[0].site)
    user.groups.add(Group.objects.get(name="Reception"))
    return user


def test_role_of_one_site_lists_its_visits_alone(
    client: Client, person: StaffUser, visits: tuple[Appointment, Appointment]
) -> None:
    here, there = visits
    client.force_login(person)

    week = {"day": "week"}
    listed = client.get(reverse("admin:clinic_appointment_changelist"), week, follow=True)
    calls = client.get(reverse("to_call"))

    assert [row.pk for row in listed.context["cl"].result_list] == [here.pk]
    page = calls.content.decode()
    assert here.patient.family_name in page
    assert there.site.name not in page


def test_attack_a_visit_of_another_site_is_not_found(
    client: Client, person: StaffUser, visits: tuple[Appointment, Appointment]
) -> None:
    here, there = visits
    client.force_login(person)

    statuses = [
        client.get(reverse(f"admin:clinic_appointment_{page}", args=[visit.pk])).status_code
        for page in ("change", "cancel")
        for visit in (here, there)
    ]

    assert statuses == [200, 404, 200, 404]


def test_messages_about_no_visit_are_for_every_site(
    person: StaffUser, visits: tuple[Appointment, Appointment], sender: Sender, now: datetime
) -> None:
    here, there = visits
    messages = [
        factories.make_message(sender, here.patient, created_at=now, **about)
        for about in (
            {"appointment": here, "appointment_version": 1},
            {"appointment": there, "appointment_version": 1},
            {},
        )
    ]

    seen = owned(Message.objects.order_by("pk"), person)

    assert list(seen) == [messages[0], messages[2]]


def test_whoever_is_limited_to_no_site_sees_all(
    person: StaffUser, visits: tuple[Appointment, Appointment]
) -> None:
    person.sites.clear()

    assert owned(Appointment.objects.all(), person).count() == len(visits)


@pytest.fixture
def lead(person: StaffUser) -> StaffUser:
    person.groups.add(Group.objects.get(name="Reception lead"))
    return person


def _asked(visit: Appointment, **more: str) -> dict[str, str]:
    first = visit.starts_at.astimezone(visit.clinic.zone).date()
    days = {"first_day": first, "last_day": first + timedelta(days=2)}
    asked = {name: day.isoformat() for name, day in days.items()}
    hours = {"first_hour": "00:00", "last_hour": "23:59", "act": "CANCEL"}
    who = {"clinician": str(visit.clinician_id)}
    return asked | hours | who | more


@pytest.fixture
def of_one(visits: tuple[Appointment, Appointment]) -> tuple[Appointment, Appointment]:
    """Both with one clinician, who works at both sites."""
    clinician = factories.make_clinician(visits[0].clinic)
    for visit in visits:
        visit.clinician = clinician
    here, there = visits
    there.starts_at, there.ends_at = (
        at + timedelta(days=1) for at in (here.starts_at, here.ends_at)
    )
    Appointment.objects.bulk_update(visits, ["clinician", "starts_at", "ends_at"])
    return visits


def test_a_list_is_cancelled_at_ones_own_sites_alone(
    client: Client, lead: StaffUser, of_one: tuple[Appointment, Appointment], sender: Sender
) -> None:
    here, there = of_one
    client.force_login(lead)

    page = client.get(reverse("cancel_list"), _asked(here))
    sent = {"key": str(page.context["key"]), "stamp": page.context["stamp"], "reason": "illness"}
    done = client.post(f"{reverse('cancel_list')}?{page.context['query']}", sent)

    assert [one["visit"] for one in page.context["affected"]] == [here]
    assert "1 more visit in this span is at a site that is not yours" in page.content.decode()
    assert list(page.context["form"].fields["site"].queryset) == [here.site]
    statuses = dict(Appointment.objects.values_list("pk", "status"))
    assert statuses == {here.pk: "CANCELLED_BY_CLINIC", there.pk: "BOOKED"}
    assert client.get(done["Location"]).context["may_stop"]


def test_attack_a_list_of_another_site_is_not_found(
    client: Client, lead: StaffUser, of_one: tuple[Appointment, Appointment], sender: Sender
) -> None:
    here, there = of_one
    client.force_login(lead)

    refused = client.get(reverse("cancel_list"), _asked(here, site=str(there.site_id)))
    theirs = _begun(there, by=lead)
    both = _begun(here, there, by=lead)

    assert list(refused.context["form"].errors) == ["site"]
    assert client.get(reverse("cancelled_list", args=[theirs.pk])).status_code == 404
    assert client.post(reverse("stop_list", args=[theirs.pk])).status_code == 404
    shown = client.get(reverse("cancelled_list", args=[both.pk]))
    assert [line["visit"] for line in shown.context["lines"]] == [here]
    assert not shown.context["may_stop"]
    assert client.post(reverse("stop_list", args=[both.pk])).status_code == 403
    listed = client.get(reverse("cancelled_lists")).context["lists"]
    assert [one["list"] for one in listed] == [both]


def _begun(*visits: Appointment, by: StaffUser) -> CancelledList:
    first, last = visits[0], visits[-1]
    wanted = Wanted(
        first.clinic, first.starts_at, last.ends_at, ListAct.CANCEL, clinician=first.clinician
    )
    found = [Affected(visit) for visit in visits]
    return working.begin(wanted, found, key=uuid4(), reason="", by=by, now=timezone.now())


def test_attack_a_visit_is_neither_booked_at_nor_moved_to_another_site(
    client: Client, person: StaffUser, visits: tuple[Appointment, Appointment], sender: Sender
) -> None:
    here, there = visits
    client.force_login(person)
    at = timezone.localtime(here.starts_at + timedelta(days=3), there.site.zone)
    when = {"site": there.site_id, "day": at.date().isoformat(), "time": f"{at:%H:%M}"}
    book = reverse("agenda_book_for", args=[here.patient_id])

    moved = client.post(reverse("agenda_move", args=[here.pk]), when)
    booked = client.post(book, when | {"kind": here.kind_id})
    in_agenda = client.get(reverse("agenda"), {"move": there.pk})

    assert list(moved.context["form"].errors) == list(booked.context["form"].errors) == ["site"]
    assert Appointment.objects.filter(site=there.site).count() == 1
    assert in_agenda.context["look"].moving is None
