"""Notices to clinicians: asked for, planned once, stopped by STOP, and about no patient."""

from datetime import datetime, time, timedelta
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from healthmsg.clinic import consent, erasure
from healthmsg.clinic.models import (
    Clinic,
    Clinician,
    GivenHow,
    Patient,
    Purpose,
    Site,
    StaffUser,
    VisitStatus,
)
from healthmsg.clinic.sending_hours import wall_clock
from healthmsg.desk.cancelled_lists import looking, working
from healthmsg.desk.cancelled_lists.looking import Wanted
from healthmsg.desk.cancelled_lists.models import ListAct
from healthmsg.desk.team import agreeing, notices
from tests import factories
from whatsapp.models import Message, Sender, Template
from whatsapp.status import Reason, Status

NUMBER = "+5491155550177"
OPEN = {str(day): [["08:00", "18:00"]] for day in range(7)}


@pytest.fixture
def staff(sunrise_clinic: Clinic) -> StaffUser:
    user = StaffUser.objects.create(username="manager", is_staff=True)
    user.clinics.add(sunrise_clinic)
    user.groups.add(Group.objects.get(name="Clinic admin"))
    return user


@pytest.fixture
def evening(sunrise_clinic: Clinic, noon: datetime) -> datetime:
    return wall_clock(noon.astimezone(sunrise_clinic.zone), time(18, 5))


@pytest.fixture
def paz(sunrise_clinic: Clinic, sender: Sender, staff: StaffUser, noon: datetime) -> Clinician:
    """A clinician who has agreed, at a clinic with both templates."""
    for name, gaps in (
        (notices.TOMORROW, "{{day}}: {{how_many}}, {{time}}"),
        (notices.LIST_CANCELLED, "{{day}}"),
    ):
        factories.make_template(sender.account, name=name, body=f"{gaps} de {{{{clinic_name}}}}.")
    clinician = factories.make_clinician(sunrise_clinic, name="Dra. Paz")
    says_yes(clinician, staff, noon)
    return clinician


def says_yes(clinician: Clinician, staff: StaffUser, now: datetime) -> None:
    told = consent.Evidence(GivenHow.AT_DESK, recorded_by=staff)
    agreeing.agree(clinician, NUMBER, language="es", evidence=told, now=now)


def book(paz: Clinician, noon: datetime, *clocks: str, days: int = 1) -> None:
    clinic = paz.clinic
    site = Site.objects.filter(clinic=clinic).first() or factories.make_site(
        clinic, opening_hours=OPEN
    )
    day = noon.astimezone(clinic.zone) + timedelta(days=days)
    for clock in clocks:
        factories.make_visit(
            factories.make_patient(clinic, given_name="Ana", family_name="Ruiz"),
            starts_at=wall_clock(day, time.fromisoformat(clock)),
            site=site,
            clinician=paz,
        )


def test_tomorrow_is_told_once_in_the_evening(
    paz: Clinician, noon: datetime, evening: datetime
) -> None:
    book(paz, noon, "08:20", "09:00", "10:00")
    book(paz, noon, "07:00", days=2)
    assert notices.tell_tomorrow(now=noon) == 0

    written = [notices.tell_tomorrow(now=evening + timedelta(minutes=m)) for m in (0, 1)]

    message = Message.objects.get()
    assert written == [1, 0]
    assert (message.status, message.purpose, message.patient) == (
        Status.QUEUED,
        Purpose.TEAM,
        None,
    )
    assert ": 3, 8:20" in message.body
    assert "Ana" not in message.body
    assert "Ruiz" not in str(message.payload)
    assert str(message.expires_at) < str(evening + timedelta(days=1))


def test_nobody_is_told_of_an_empty_day_or_of_cancelled_visits(
    paz: Clinician, noon: datetime, evening: datetime
) -> None:
    book(paz, noon, "08:20")
    paz.appointment_set.update(status=VisitStatus.CANCELLED_BY_PATIENT)

    assert notices.tell_tomorrow(now=evening) == 0


def test_who_has_not_agreed_or_has_stopped_is_told_nothing(
    paz: Clinician, staff: StaffUser, noon: datetime, evening: datetime
) -> None:
    book(paz, noon, "08:20")
    assert paz.phone is not None
    consent.stop(paz.phone, evidence=consent.Evidence(GivenHow.BY_MESSAGE), at=noon)
    assert consent.has_stopped(paz.phone)

    assert notices.tell_tomorrow(now=evening) == 0

    says_yes(paz, staff, evening)
    assert notices.tell_tomorrow(now=evening) == 1
    agreeing.end(paz, by=staff, now=evening)
    assert not agreeing.takes_notices(paz)


def test_a_yes_for_notices_is_none_for_a_patient_on_the_number(
    paz: Clinician, willing_patient: Patient, staff: StaffUser, noon: datetime
) -> None:
    phone = factories.phone_of(willing_patient)
    consent.stop(phone, evidence=consent.Evidence(GivenHow.BY_MESSAGE), at=noon)
    told = consent.Evidence(GivenHow.AT_DESK, recorded_by=staff)

    agreeing.agree(paz, phone.number, language="es", evidence=told, now=noon + timedelta(hours=1))

    later = noon + timedelta(hours=2)
    standing = consent.standing(willing_patient, phone, Purpose.APPOINTMENTS, at=later)
    assert standing == "WITHDRAWN"
    assert agreeing.takes_notices(paz)


def test_a_missing_template_is_said_on_the_page(
    client: Client, paz: Clinician, staff: StaffUser, noon: datetime, evening: datetime
) -> None:
    book(paz, noon, "08:20")
    Template.objects.filter(name=notices.TOMORROW).update(name="of_old")

    assert notices.tell_tomorrow(now=evening) == 1

    assert Message.objects.get().reason == Reason.TEMPLATE_MISSING
    client.force_login(staff)
    page = client.get(reverse("team_notices", args=[paz.pk])).content.decode()
    assert "no approved template in this language" in page
    assert NUMBER not in page


def test_a_cancelled_list_is_told_to_its_clinician(
    paz: Clinician, staff: StaffUser, noon: datetime
) -> None:
    book(paz, noon, "08:20", "09:00")
    wanted = Wanted(paz.clinic, noon, noon + timedelta(days=2), ListAct.CANCEL, clinician=paz)
    found = looking.look(wanted, now=noon)
    key = uuid4()

    for _ in range(2):
        working.begin(wanted, found, key=key, reason="ill", by=staff, now=noon)

    message = Message.objects.get(purpose=Purpose.TEAM)
    assert message.status == Status.QUEUED
    assert message.stream is not None
    assert message.stream.opens_early


@pytest.mark.parametrize("act", [ListAct.LATER, ListAct.NEXT_FREE], ids=["later", "next-free"])
def test_a_moved_list_is_told_to_its_clinician_once(
    act: ListAct, paz: Clinician, sender: Sender, staff: StaffUser, noon: datetime
) -> None:
    template = "{{day}}: {{how_many}} de {{clinic_name}}."
    factories.make_template(sender.account, name=notices.LIST_MOVED, body=template)
    book(paz, noon, "08:20", "09:00")
    until, by = noon + timedelta(days=2), timedelta(minutes=30)
    wanted = Wanted(paz.clinic, noon, until, act, clinician=paz, by=by)
    found, key = looking.look(wanted, now=noon), uuid4()

    for _ in range(2):
        working.begin(wanted, found, key=key, reason="", by=staff, now=noon)

    message = Message.objects.get(purpose=Purpose.TEAM)
    assert (message.status, message.patient) == (Status.QUEUED, None)
    assert ": 2 de" in message.body


def test_a_list_handed_over_is_told_to_both_clinicians(
    paz: Clinician, sender: Sender, staff: StaffUser, noon: datetime
) -> None:
    for name in (notices.LIST_HANDED_OVER, notices.LIST_TAKEN_OVER):
        template = f"{name} {{{{how_many}}}} de {{{{clinic_name}}}}."
        factories.make_template(sender.account, name=name, body=template)
    rao, silent = (factories.make_clinician(paz.clinic, name=name) for name in ("Rao", "Li"))
    told = consent.Evidence(GivenHow.AT_DESK, recorded_by=staff)
    agreeing.agree(rao, "+5491155550178", language="es", evidence=told, now=noon)
    book(paz, noon, "08:20", "09:00")

    for to in (rao, silent):
        until = noon + timedelta(days=2)
        act = ListAct.HAND_OVER
        wanted = Wanted(paz.clinic, noon, until, act, clinician=paz, to_clinician=to)
        found = looking.look(wanted, now=noon)
        working.begin(wanted, found, key=uuid4(), reason="", by=staff, now=noon)

    written = Message.objects.filter(purpose=Purpose.TEAM).order_by("pk")
    assert [(one.phone_id, one.body.split(" de")[0]) for one in written] == [
        (paz.phone_id, f"{notices.LIST_HANDED_OVER} 2"),
        (rao.phone_id, f"{notices.LIST_TAKEN_OVER} 2"),
        (paz.phone_id, f"{notices.LIST_HANDED_OVER} 2"),
    ]
    assert not [one for one in written if "Ana" in one.body or "Ruiz" in str(one.payload)]


def test_the_database_keeps_patients_out_of_notices(
    paz: Clinician, sender: Sender, willing_patient: Patient
) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        factories.make_message(sender, willing_patient, purpose=Purpose.TEAM)


def test_a_clinicians_number_outlives_the_patient_they_also_are(
    paz: Clinician, sunrise_clinic: Clinic
) -> None:
    patient = factories.make_patient(sunrise_clinic)
    patient.contacts.update(phone=paz.phone)

    assert erasure.own_phones(patient) == []


def test_somebody_is_asked_on_the_page_and_may_end_it(
    client: Client, sunrise_clinic: Clinic, sender: Sender, staff: StaffUser
) -> None:
    clinician = factories.make_clinician(sunrise_clinic, name="Dr. Rao")
    address = reverse("team_notices", args=[clinician.pk])
    client.force_login(staff)
    assert "Nothing is sent" in client.get(address).content.decode()

    wrong = client.post(address, {"number": "12", "language": "es", "how": "AT_DESK"})
    assert "number" in wrong.context["form"].errors
    client.post(address, {"number": NUMBER, "language": "es", "how": "AT_DESK"})
    clinician.refresh_from_db()
    assert agreeing.takes_notices(clinician)
    client.post(address, {"end": "1"})

    clinician.refresh_from_db()
    assert (clinician.phone, agreeing.takes_notices(clinician)) == (None, False)
