"""Two people at one visit: who acts second is told what the first did, and loses nothing."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from healthmsg.clinic.models import Answer, Appointment, Clinic, Patient, StaffUser, VisitStatus
from reminders import booking, rules
from reminders.booking import Booking
from reminders.models import CallOutcome, Outcome
from tests import factories
from tests.house.forms import Form, Page

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
TOLD = "Since you opened it: "
_ADMIN = "admin:clinic_appointment_"


@pytest.fixture
def visit(sunrise_clinic: Clinic, willing_patient: Patient) -> Appointment:
    """In a few hours, with a number on which nothing has arrived."""
    rules.install(sunrise_clinic)
    week = {str(day): [["00:00", "23:59"]] for day in range(7)}
    now = timezone.now()
    request = Booking(
        willing_patient,
        factories.make_kind(sunrise_clinic),
        factories.make_site(sunrise_clinic, name="Centro", opening_hours=week),
        now.replace(second=0, microsecond=0) + 3 * HOUR,
        willing_patient.contacts.first(),
    )
    return booking.book(request, by=None, now=now)


def person(clinic: Clinic, name: str) -> Client:
    user = StaffUser.objects.create(username=name, is_staff=True)
    user.clinics.add(clinic)
    user.groups.add(Group.objects.get(name="Reception"))
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def ana(sunrise_clinic: Clinic) -> Client:
    return person(sunrise_clinic, "ana")


@pytest.fixture
def ben(sunrise_clinic: Clinic) -> Client:
    return person(sunrise_clinic, "ben")


def form_to(target: str, html: str) -> Form:
    # A form without an address is sent to its own page.
    forms = Page(html).forms
    found = [one for one in forms if one.action.partition("?")[0] == target]
    found = found or [one for one in forms if any(f.name == "as_opened" for f in one.fields)]
    assert found, f"no form leads to {target}"
    return found[0]


class Act:
    """Something that may be done about a visit: the page it stands on, and what is typed."""

    def __init__(
        self, page: str, act: str, *names: str, typed: Callable[[Appointment], dict[str, str]]
    ) -> None:
        self.page, self.act, self.names, self.typed = page, act, names, typed

    def target(self, visit: Appointment) -> str:
        return reverse(self.act, args=[visit.pk, *self.names])

    def open(self, client: Client, visit: Appointment) -> Form:
        arguments = [] if self.page == "to_call" else [visit.pk]
        html = client.get(reverse(self.page, args=arguments)).content.decode()
        return form_to(self.target(visit), html)

    def send(self, client: Client, visit: Appointment, form: Form) -> Any:
        values = form.sent() | {name: [one] for name, one in self.typed(visit).items()}
        values.pop("look", None)
        return client.post(self.target(visit), values, follow=True)


def clock_of(at: datetime, visit: Appointment) -> dict[str, str]:
    local = at.astimezone(visit.site.zone)
    return {"day": local.date().isoformat(), "time": f"{local:%H:%M}"}


def nothing(_visit: Appointment) -> dict[str, str]:
    return {}


def to_seven(visit: Appointment) -> dict[str, str]:
    return clock_of(Appointment.objects.get(pk=visit.pk).booked_at + 7 * HOUR, visit)


def ill(_visit: Appointment) -> dict[str, str]:
    return {"status": "CANCELLED_BY_PATIENT", "reason": "is ill at home"}


def left_word(_visit: Appointment) -> dict[str, str]:
    return {"outcome": Outcome.LEFT_MESSAGE}


ACTS = {
    "move": Act("agenda_move", "agenda_move", typed=to_seven),
    "cancel": Act("agenda_visit", "agenda_cancel", typed=ill),
    "arrived": Act("agenda_visit", "agenda_act", "arrived", typed=nothing),
    "confirmed": Act("agenda_visit", "agenda_act", "confirmed", typed=nothing),
    "send-now": Act("agenda_visit", "agenda_send_now", typed=nothing),
    "undo": Act("agenda_visit", "agenda_undo", typed=nothing),
    "move-in-the-admin": Act(_ADMIN + "move", _ADMIN + "move", typed=to_seven),
    "cancel-in-the-admin": Act(_ADMIN + "cancel", _ADMIN + "cancel", typed=ill),
    "call": Act("to_call", "log_call", typed=left_word),
}


def moved(client: Client, visit: Appointment) -> None:
    typed = clock_of(visit.starts_at + HOUR, visit) | {"site": str(visit.site_id)}
    assert client.post(reverse("agenda_move", args=[visit.pk]), typed).status_code == 302


def cancelled(client: Client, visit: Appointment) -> None:
    typed = {"status": "CANCELLED_BY_CLINIC", "reason": "no power today"}
    assert client.post(reverse("agenda_cancel", args=[visit.pk]), typed).status_code == 302


def arrived(client: Client, visit: Appointment) -> None:
    assert client.post(reverse("agenda_act", args=[visit.pk, "arrived"])).status_code == 302


DONE = {
    "moved": (moved, "Moved from "),
    "cancelled": (cancelled, "no power today"),
    "arrived": (arrived, "arrived"),
}


def stands(visit: Appointment) -> tuple[Any, ...]:
    columns = ("version", "status", "answer", "starts_at", "cancel_reason")
    seen = Appointment.objects.values_list(*columns).get(pk=visit.pk)
    return (*seen, CallOutcome.objects.count())


@pytest.mark.parametrize("name", ACTS)
@pytest.mark.parametrize("done", DONE)
def test_whoever_acts_second_is_told_first(
    visit: Appointment, ana: Client, ben: Client, name: str, done: str
) -> None:
    act, (first, words) = ACTS[name], DONE[done]
    form = act.open(ben, visit)
    first(ana, visit)
    before = stands(visit)

    answer = act.send(ben, visit, form)

    html = answer.content.decode()
    assert stands(visit) == before
    assert (answer.status_code, TOLD in html) == (200, True)
    told = html[html.index(TOLD) :][:400]
    assert words in told
    assert "(ana)" in told


@pytest.mark.parametrize(
    "name", ["move", "cancel", "arrived", "confirmed", "move-in-the-admin", "cancel-in-the-admin"]
)
def test_what_was_typed_stays_and_one_more_press_does_it(
    visit: Appointment, ana: Client, ben: Client, name: str
) -> None:
    act = ACTS[name]
    form = act.open(ben, visit)
    moved(ana, visit)
    html = act.send(ben, visit, form).content.decode()
    again = form_to(act.target(visit), html)
    for key, typed in act.typed(visit).items():
        assert again.sent()[key] == [typed]
    before = stands(visit)

    answer = ben.post(act.target(visit), {k: v for k, v in again.sent().items() if k != "look"})

    assert answer.status_code == 302
    assert stands(visit) != before


def test_of_two_who_call_the_second_learns_who_called(
    visit: Appointment, ana: Client, ben: Client
) -> None:
    call = ACTS["call"]
    form = call.open(ben, visit)
    call.send(ana, visit, call.open(ana, visit))

    html = call.send(ben, visit, form).content.decode()

    assert "Nothing was written down: ana wrote down at " in html
    assert CallOutcome.objects.count() == 1


def test_what_the_patient_answers_meanwhile_is_told_too(visit: Appointment, ben: Client) -> None:
    act = ACTS["cancel"]
    form = act.open(ben, visit)
    booking.answer(visit, version=1, answer=Answer.CONFIRMED, now=timezone.now())

    html = act.send(ben, visit, form).content.decode()

    assert TOLD in html
    assert Appointment.objects.get().status == VisitStatus.BOOKED


def test_who_arrives_is_marked_whatever_they_answered_meanwhile(
    visit: Appointment, ben: Client
) -> None:
    act = ACTS["arrived"]
    form = act.open(ben, visit)
    booking.answer(visit, version=1, answer=Answer.CONFIRMED, now=timezone.now())

    act.send(ben, visit, form)

    assert Appointment.objects.get().status == VisitStatus.ARRIVED


def test_who_is_alone_is_told_nothing(visit: Appointment, ben: Client) -> None:
    act = ACTS["cancel"]

    html = act.send(ben, visit, act.open(ben, visit)).content.decode()

    assert TOLD not in html
    assert Appointment.objects.get().status == VisitStatus.CANCELLED_BY_PATIENT


@pytest.mark.parametrize("typed", ["", "x", ":", "99999999999999999999:1:BOOKED:", "\x00:1"])
def test_whatever_is_sent_back_is_no_error(visit: Appointment, ben: Client, typed: str) -> None:
    address = reverse("agenda_act", args=[visit.pk, "confirmed"])

    assert ben.post(address, {"as_opened": typed}).status_code in {200, 302}
