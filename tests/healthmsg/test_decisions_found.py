"""Where decisions are found: who made them, earlier pages of them, the way to their list."""

from datetime import datetime, timedelta
from urllib.parse import quote

import pghistory
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from healthmsg.clinic.models import Patient, StaffUser, VisitStatus
from healthmsg.desk import timeline
from healthmsg.desk.navigation import navigation
from healthmsg.desk.told_why import of_patient
from reminders import booking
from reminders.booking import Booking, Change
from reminders.models import CallOutcome, Outcome
from tests import factories
from tests.healthmsg.test_overview import signed_in
from whatsapp.models import Sender


def test_earlier_decisions_about_a_patient_stand_on_pages_of_their_own(
    client: Client, sender: Sender, willing_patient: Patient, noon: datetime
) -> None:
    visits = [
        factories.make_visit(
            willing_patient,
            starts_at=noon + timedelta(days=n),
            booked_at=noon + timedelta(hours=n),
        )
        for n in range(of_patient.MOST + 5)
    ]
    reception = signed_in(client, sender.clinic, "Reception")
    address = reverse("why_patient", args=[willing_patient.pk])

    first = reception.get(address)
    earlier = first.context["earlier"]
    second = reception.get(address, {"before": earlier})

    assert f"?before={quote(earlier, safe='')}" in first.content.decode()
    pages = [
        {one.link for one in page.context["decisions"] if one.link} for page in (first, second)
    ]
    assert len(first.context["decisions"]) == of_patient.MOST
    assert not pages[0] & pages[1]
    assert {reverse("why_visit", args=[one.pk]) for one in visits} <= pages[0] | pages[1]
    assert not second.context["earlier"]


def test_the_list_of_whys_stands_in_the_side_bar_of_who_may_read_it(
    client: Client, sender: Sender, rf: RequestFactory
) -> None:
    def links(person: StaffUser) -> set[str]:
        request = rf.get("/")
        request.user = person
        return {item["link"] for group in navigation(request) for item in group["items"]}

    reception = signed_in(client, sender.clinic, "Reception")
    nobody = StaffUser.objects.create_user("nobody", is_staff=True)

    assert reverse("why") in links(StaffUser.objects.get(pk=reception.session["_auth_user_id"]))
    assert reverse("why") not in links(nobody)


def test_a_visit_names_who_moved_called_and_cancelled_and_each_time_it_had(
    client: Client, sender: Sender, willing_patient: Patient, noon: datetime
) -> None:
    clinic, day = sender.clinic, timedelta(days=1)
    mara = StaffUser.objects.create_user("mara")
    made = Booking(
        patient=willing_patient,
        kind=factories.make_kind(clinic),
        site=factories.make_site(clinic),
        starts_at=noon + 3 * day,
    )
    with pghistory.context(user=mara.pk):
        visit = booking.book(made, by=mara, now=noon)
        times = [timeline.moment(visit.starts_at, visit)]
        for days in (5, 7):
            change = Change(starts_at=noon + days * day)
            visit = booking.move(visit, change, by=mara, now=noon)
            times.append(timeline.moment(visit.starts_at, visit))
        CallOutcome.objects.create(
            clinic=clinic,
            appointment=visit,
            version=visit.version,
            number=1,
            outcome=Outcome.NO_ANSWER,
            called_at=noon,
            called_by=mara,
        )
        booking.cancel(visit, status=VisitStatus.CANCELLED_BY_CLINIC, reason="roof", now=noon + day)
    reception = signed_in(client, clinic, "Reception")
    address = reverse("why_visit", args=[visit.pk])

    told = {one.what for one in reception.get(address).context["decisions"]}

    assert told >= {
        f"Booked for {times[0]} (mara)",
        f"Moved from {times[0]} to {times[1]} (mara)",
        f"Moved from {times[1]} to {times[2]} (mara)",
        f"Called about {times[2]}: no answer (mara)",
        f"Visit of {times[2]}: {VisitStatus.CANCELLED_BY_CLINIC.label}: roof (mara)",
    }
    with CaptureQueriesContext(connection) as asked:
        reception.get(address)
    assert len([one for one in asked if "SAVEPOINT" not in one["sql"]]) <= 14
