"""The page that takes a list back, and two people at one list: seen before, done once, by whom."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from healthmsg.clinic.models import Appointment, Clinician, StaffUser, VisitStatus
from healthmsg.desk import timeline
from healthmsg.desk.cancelled_lists import working
from healthmsg.desk.cancelled_lists.models import Back
from healthmsg.desk.models import AffectedVisit, CancelledList
from tests import factories
from tests.healthmsg.test_cancelled_list_pages import let_it_happen, look, paz, sign_in, visits
from tests.house.forms import Page
from whatsapp.models import Message
from whatsapp.status import Status

__all__ = ["paz", "sign_in"]


def decided(client: Client, paz: Clinician, **more: str) -> str:
    address: str = let_it_happen(client, look(client, paz, **more))["Location"]
    return address


def press(client: Client, address: str, **typed: str) -> Any:
    page = client.get(address + "take-back/")
    sent = {"stamp": page.context["stamp"], "reason": "she is well again", **typed}
    return client.post(address + "take-back/", sent, follow=True)


def form_of(client: Client, address: str, act: str) -> dict[str, list[str]]:
    """Return what a page sends when its button is pressed, as it was opened."""
    forms = Page(client.get(address).text).forms
    return next(one.sent() for one in forms if one.action.endswith(f"/{act}/"))


def test_what_would_come_of_it_is_seen_and_then_it_is_as_it_was(
    sign_in: Callable[..., Client], paz: Clinician
) -> None:
    rows, client = visits(paz, 3), sign_in()
    address = decided(client, paz)
    taken = rows[1]
    other = factories.make_patient(paz.clinic)
    factories.make_visit(other, starts_at=taken.starts_at, clinician=paz, site=taken.site)

    page = client.get(address + "take-back/")
    assert [page.context[one] for one in ("total", "possible")] == [3, 2]
    assert page.context["stay"] == [(Back.TAKEN.label, 1)]
    told = sum(page.context[one] for one in ("by_message", "by_call", "quiet"))
    assert told == page.context["possible"]
    done = press(client, address)

    assert done.redirect_chain == [(address, 302)]
    stand = dict(Appointment.objects.values_list("pk", "status"))
    assert [stand[v.pk] for v in rows] == ["BOOKED", "CANCELLED_BY_CLINIC", "BOOKED"]
    begun = CancelledList.objects.get()
    assert begun.taken_back_because == "she is well again"
    assert begun.taken_back_by == StaffUser.objects.get()
    shown = done.content.decode()
    assert "Taken back: " in shown
    assert "not taken back: its time is taken by another visit" in shown
    assert "taken back" in client.get(reverse("cancelled_lists")).content.decode()


def test_why_it_is_taken_back_is_asked_and_told_on_each_patients_page_with_who(
    sign_in: Callable[..., Client], paz: Clinician
) -> None:
    (visit,), client = visits(paz, 1), sign_in()
    address = decided(client, paz)

    lacks = press(client, address, reason=" ")
    assert "Write why the list is taken back." in lacks.content.decode()
    assert not AffectedVisit.objects.exclude(back="").exists()
    press(client, address)

    person = StaffUser.objects.get()
    entries = timeline.of_patient(visit.patient, person).entries
    assert "Taken back with its list (Reception lead): she is well again" in [
        str(one.what) for one in entries
    ]
    about = [str(one.what) for one in timeline.of_visit(Appointment.objects.get())]
    assert "Taken back with its list (Reception lead): she is well again" in about


def test_what_has_changed_since_is_looked_at_again(
    sign_in: Callable[..., Client], paz: Clinician
) -> None:
    rows, client = visits(paz, 2), sign_in()
    address = decided(client, paz)
    page = client.get(address + "take-back/")
    other = factories.make_patient(paz.clinic)
    factories.make_visit(other, starts_at=rows[0].starts_at, clinician=paz, site=rows[0].site)

    sent = {"stamp": page.context["stamp"], "reason": "well"}
    again = client.post(address + "take-back/", sent)

    assert "Something has changed meanwhile" in again.content.decode()
    assert CancelledList.objects.get().taken_back_at is None


def test_who_presses_second_reads_who_has_taken_it_back(
    sign_in: Callable[..., Client], paz: Clinician
) -> None:
    visits(paz, 2)
    first, second = sign_in(), sign_in("Clinic admin")
    address = decided(first, paz)
    page = second.get(address + "take-back/")
    press(first, address)

    sent = {"stamp": page.context["stamp"], "reason": "another reason"}
    said = second.post(address + "take-back/", sent, follow=True).content.decode()

    assert "Reception lead has taken it back: " in said
    assert "Nothing was done just now." in said
    assert CancelledList.objects.get().taken_back_because == "she is well again"


def test_what_is_still_worked_through_is_stopped_first(
    sign_in: Callable[..., Client], paz: Clinician
) -> None:
    visits(paz, 1)
    client = sign_in()
    address = decided(client, paz)
    CancelledList.objects.update(ended_at=None)

    assert "take-back" not in client.get(address).content.decode()
    said = client.get(address + "take-back/", follow=True).content.decode()
    assert "stop it first" in said
    client.post(address + "stop/")
    assert client.get(address + "take-back/").status_code == 200


def test_a_sites_list_that_was_handed_over_says_why_it_cannot_be(
    sign_in: Callable[..., Client], paz: Clinician
) -> None:
    (visit,), client = visits(paz, 1), sign_in()
    sol = factories.make_clinician(paz.clinic)
    address = decided(client, paz)
    CancelledList.objects.update(act="HAND_OVER", clinician=None, site=visit.site, to_clinician=sol)

    page = client.get(address + "take-back/")

    assert "it is not written down who would have seen each visit" in page.content.decode()
    client.post(address + "take-back/", {"stamp": "", "reason": "well"})
    assert CancelledList.objects.get().taken_back_at is None


def test_attack_who_may_not_or_sees_a_part_alone_takes_nothing_back(
    sign_in: Callable[..., Client], paz: Clinician
) -> None:
    here, elsewhere = visits(paz, 2)
    elsewhere.site = factories.make_site(paz.clinic)
    elsewhere.save()
    address = decided(sign_in(), paz)
    limited = sign_in("Clinic admin")
    StaffUser.objects.get(username="Clinic admin").sites.add(here.site)
    stranger = sign_in("Reception")

    for client in (limited, stranger):
        assert client.get(address + "take-back/").status_code == 403
        assert client.post(address + "take-back/", {"reason": "x"}).status_code == 403
    assert CancelledList.objects.get().taken_back_at is None


def test_long_lists_are_asked_about_as_often_as_short_ones(
    sign_in: Callable[..., Client], paz: Clinician
) -> None:
    client = sign_in()

    def asks(count: int) -> tuple[int, int]:
        visits(paz, count)
        address = decided(client, paz)
        working.go_on_all(now=timezone.now(), seconds=60)
        AffectedVisit.objects.update(must_be_told=True)
        # All have read that it is off: of each it is asked by what they could hear of it.
        Message.objects.update(status=Status.READ)
        with CaptureQueriesContext(connection) as before:
            page = client.get(address + "take-back/").context
        assert page["possible"] == page["by_message"] + page["by_call"] == count
        press(client, address)
        with CaptureQueriesContext(connection) as after:
            client.get(address)
        Appointment.objects.update(status=VisitStatus.CANCELLED_BY_PATIENT)
        return len(before), len(after)

    few = asks(2)
    assert asks(9) == few
    assert max(few) <= 14


def test_who_stops_second_reads_who_has_stopped_it(
    sign_in: Callable[..., Client], paz: Clinician
) -> None:
    visits(paz, 1)
    ana, ben = sign_in(), sign_in("Clinic admin")
    address = decided(ana, paz)
    opened = form_of(ben, address, "stop")
    ana.post(address + "stop/", form_of(ana, address, "stop"))

    said = ben.post(address + "stop/", opened, follow=True).content.decode()

    assert "Reception lead has stopped it: " in said
    assert "Nothing was done just now." in said
    assert CancelledList.objects.get().stopped_by == StaffUser.objects.get(
        username="Reception lead"
    )


def test_who_lets_it_go_on_second_reads_who_has(
    sign_in: Callable[..., Client], paz: Clinician
) -> None:
    visits(paz, 1)
    ana, ben = sign_in(), sign_in("Clinic admin")
    address = decided(ana, paz)
    ana.post(address + "stop/")
    opened = form_of(ben, address, "go-on")
    ana.post(address + "go-on/", form_of(ana, address, "go-on"))

    said = ben.post(address + "go-on/", opened, follow=True).content.decode()

    assert "Reception lead has let it go on: " in said
    assert CancelledList.objects.get().stopped_at is None


def test_a_page_from_before_a_newer_stop_does_not_let_it_go_on(
    sign_in: Callable[..., Client], paz: Clinician
) -> None:
    visits(paz, 1)
    ana, ben = sign_in(), sign_in("Clinic admin")
    address = decided(ana, paz)
    ana.post(address + "stop/")
    opened = form_of(ben, address, "go-on")
    ana.post(address + "go-on/")
    ana.post(address + "stop/")

    said = ben.post(address + "go-on/", opened, follow=True).content.decode()
    assert "Reception lead has stopped it: " in said
    assert CancelledList.objects.get().stopped_at is not None

    ben.post(address + "go-on/", form_of(ben, address, "go-on"))
    assert CancelledList.objects.get().stopped_at is None


def test_a_page_from_before_it_was_taken_back_does_not_stop_that(
    sign_in: Callable[..., Client], paz: Clinician
) -> None:
    visits(paz, 1)
    ana, ben = sign_in(), sign_in("Clinic admin")
    address = decided(ana, paz)
    opened = form_of(ben, address, "stop")
    press(ana, address)
    CancelledList.objects.update(back_ended_at=None)

    said = ben.post(address + "stop/", opened, follow=True).content.decode()

    assert "Reception lead has taken it back: " in said
    assert CancelledList.objects.get().stopped_at is None
    assert Appointment.objects.get().status == VisitStatus.BOOKED
    ben.post(address + "stop/", form_of(ben, address, "stop"))
    assert CancelledList.objects.get().stopped_at is not None


@pytest.mark.parametrize("act", ["stop", "go-on"])
def test_the_same_press_twice_is_said_to_have_been_ones_own(
    sign_in: Callable[..., Client], paz: Clinician, act: str
) -> None:
    visits(paz, 1)
    client = sign_in()
    address = decided(client, paz)
    if act == "go-on":
        client.post(address + "stop/")
    opened = form_of(client, address, act)

    client.post(f"{address}{act}/", opened)
    said = client.post(f"{address}{act}/", opened, follow=True).content.decode()

    assert "Nothing was done just now." in said
