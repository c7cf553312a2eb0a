"""Where decisions are found: earlier pages of them, and the way to their list."""

from datetime import datetime, timedelta
from urllib.parse import quote

from django.test import Client, RequestFactory
from django.urls import reverse

from healthmsg.clinic.models import Patient, StaffUser
from healthmsg.desk.navigation import navigation
from healthmsg.desk.told_why import of_patient
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
