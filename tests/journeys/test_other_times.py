"""From “Another time” to the changed visit, and from a freed time to who gets it."""

import re
from datetime import datetime, timedelta
from html import unescape
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from healthmsg.clinic.models import Appointment, Clinician, Patient, Site, VisitKind, VisitStatus
from reminders import booking, links, waiting_list
from reminders.booking import Booking
from reminders.models import EarlierEnd, EarlierWish, FreedSlot, ReminderRule, SlotEnd
from tests import factories
from tests.running_house import House, Practice, open_web
from tests.sandbox_process import TOKEN
from whatsapp import drafting, templates_sync
from whatsapp.graph import Graph
from whatsapp.models import Message, Reply, ReplyOutcome

DAY, WEEK, HOUR = timedelta(days=1), timedelta(days=7), timedelta(hours=1)
LATER = timedelta(minutes=20)
UNDO = timedelta(minutes=3)


class Clinic:
    """A practice with a doctor and opening hours, and what its patients do."""

    def __init__(self, practice: Practice) -> None:
        self.practice, self.house = practice, practice.house
        week = {str(n): [["09:00", "17:00"]] for n in range(7)}
        self.site: Site = factories.make_site(practice.clinic, opening_hours=week)
        self.kind: VisitKind = factories.make_kind(practice.clinic)
        self.doctor: Clinician = factories.make_clinician(practice.clinic)

    def book(self, patient: Patient, starts_at: datetime) -> Appointment:
        request = Booking(
            patient=patient,
            kind=self.kind,
            site=self.site,
            clinician=self.doctor,
            starts_at=starts_at,
            contact=patient.contacts.first(),
        )
        return booking.book(request, by=None, now=self.house.now)

    def reminded(self, noon: datetime) -> Appointment:
        """
        A visit in two days whose reminder has arrived, after the confirmation of the booking.

        Who booked before has had that one as well: of two messages that leave in the same moment
        nobody knows whose buttons come last.
        """
        visit = self.book(self.practice.patient(), noon + 2 * DAY)
        self.house.at(noon + UNDO)
        self.house.settle()
        self.house.at(noon + DAY)
        self.house.settle()
        return visit

    def taps(self, patient: Patient, place: int) -> list[str]:
        """Tap a button or row of the newest that has any; gives all that was understood so far."""
        self.house.sandbox.inbound(digits(patient), tap=place)
        self.house.settle()
        phone = factories.phone_of(patient)
        return list(
            Reply.objects.filter(phone=phone).order_by("pk").values_list("outcome", flat=True)
        )

    def got(self, patient: Patient) -> list[dict[str, Any]]:
        sent = self.house.sandbox.accepted()
        return [one for one in sent if one["to"].lstrip("+") == digits(patient)]


def digits(patient: Patient) -> str:
    return factories.phone_of(patient).number.lstrip("+")


@pytest.fixture
def clinic(practice: Practice) -> Clinic:
    return Clinic(practice)


def test_another_time_is_chosen_in_four_taps_and_said_once(
    clinic: Clinic, house: House, noon: datetime
) -> None:
    visit = clinic.reminded(noon)
    patient = visit.patient

    clinic.taps(patient, 1)
    clinic.taps(patient, 0)  # the first day
    clinic.taps(patient, 0)  # its first time
    outcomes = clinic.taps(patient, 0)
    house.at(house.now + LATER)
    house.settle()

    offered = [ReplyOutcome.OFFERED] * 3
    assert outcomes == [*offered, ReplyOutcome.MOVED]
    visit.refresh_from_db()
    assert (visit.version, visit.starts_at) != (1, noon + 2 * DAY)
    kinds = [(one["type"], one["template"]) for one in clinic.got(patient)]
    assert kinds[-4:] == [("interactive", None)] * 4
    assert ("template", "appointment_moved") not in kinds
    assert house.sandbox.stats()["refused"] == {}


def with_a_page(clinic: Clinic) -> None:
    """The reminder has a button that opens the page, in place of those that answer."""
    sender, sandbox = clinic.practice.sender, clinic.house.sandbox
    sandbox.settings(auto_approve=True)
    graph = Graph(base_url=sandbox.base_url, version="v25.0", token=TOKEN)
    address = drafting.page_address()
    button = {"type": "URL", "text": "Otro horario", "url": address, "example": [address]}
    words = "Hola, le esperamos el {{when}} en nuestra sede."
    examples = {"body_text_named_params": [{"param_name": "when", "example": "martes"}]}
    graph.create_template(
        sender.account.waba_id,
        {
            "name": "visit_with_page",
            "language": "es",
            "category": "UTILITY",
            "parameter_format": "NAMED",
            "components": [
                {"type": "BODY", "text": words, "example": examples},
                {"type": "BUTTONS", "buttons": [button]},
            ],
        },
    )
    found = graph.templates(sender.account.waba_id)
    templates_sync.bring_home(sender.account, found, now=clinic.house.now)
    ReminderRule.objects.filter(template_name="appointment_reminder_tomorrow").update(
        template_name="visit_with_page"
    )


def test_without_buttons_another_time_is_chosen_on_the_page_and_told(
    clinic: Clinic, house: House, noon: datetime
) -> None:
    with_a_page(clinic)
    visit = clinic.reminded(noon)
    patient, sender = visit.patient, clinic.practice.sender
    chat = f"{house.sandbox.base_url}/chats/{sender.phone_number_id}/{digits(patient)}"
    bubbles = requests.get(chat, timeout=10).text
    opened = re.findall(r'href="(http[^"]+/another-time/[^"]+)"', bubbles)
    page = open_web(house) + urlsplit(unescape(opened[0])).path

    days = requests.get(page, timeout=10)
    first = re.findall(r'class="act[^"]*" href="(\?show=b[^"]+)"', days.text)[0]
    times = requests.get(page + unescape(first), timeout=10)
    kept = requests.post(page, {"tap": taps_on(times)[0]}, timeout=10)
    moved = requests.post(page, {"tap": taps_on(kept)[0]}, timeout=10)
    house.at(house.now + LATER)
    house.settle()

    assert "Listo" in moved.text
    assert patient.given_name not in opened[0] + days.text + moved.text
    visit.refresh_from_db()
    assert (visit.version, visit.starts_at) != (1, noon + 2 * DAY)
    told = [one["template"] for one in clinic.got(patient)]
    assert told[-2:] == ["visit_with_page", "appointment_moved"]
    assert house.sandbox.stats()["refused"] == {}


def test_without_buttons_a_visit_is_cancelled_on_the_page_and_nobody_is_reminded(
    clinic: Clinic, house: House, noon: datetime
) -> None:
    with_a_page(clinic)
    visit = clinic.reminded(noon)
    before = len(clinic.got(visit.patient))
    page = open_web(house) + links.path(visit)

    asked = requests.get(page, {"cancel": ""}, timeout=10)
    gone = requests.post(page + "?cancel", {"tap": taps_on(asked)[0]}, timeout=10)
    house.at(noon + 2 * DAY)
    house.settle()

    assert "cancelada" in gone.text
    visit.refresh_from_db()
    assert visit.status == VisitStatus.CANCELLED_BY_PATIENT
    assert len(clinic.got(visit.patient)) == before


def taps_on(page: requests.Response) -> list[str]:
    found = re.findall(r'name="tap" value="([^"]+)"', page.text)
    return [unescape(tap) for tap in found]


def test_two_patients_choose_one_time_and_one_is_offered_others(
    clinic: Clinic, noon: datetime
) -> None:
    other = clinic.book(clinic.practice.patient(), noon + 2 * DAY + HOUR)
    one = clinic.reminded(noon)
    for visit in (one, other):
        clinic.taps(visit.patient, 1)
        clinic.taps(visit.patient, 0)

    for visit in (one, other):
        clinic.taps(visit.patient, 0)

    said = [clinic.got(visit.patient)[-1]["text"] for visit in (one, other)]
    assert "Le guardamos" in said[0]
    assert "se acaba de ocupar" in said[1]


def test_a_freed_time_goes_to_the_first_tap_and_is_counted(
    clinic: Clinic, house: House, noon: datetime
) -> None:
    waiting = [clinic.book(clinic.practice.patient(), noon + 3 * WEEK + n * HOUR) for n in range(3)]
    for visit in waiting:
        waiting_list.wish(visit, by=None, now=noon)
    leaving = clinic.book(clinic.practice.patient("cancels"), noon + 5 * DAY)

    # Three days before, at ten, comes the reminder: they cancel, and the others are asked.
    house.at(noon + 2 * DAY)
    house.until(lambda: FreedSlot.objects.filter(waves=1).exists())
    house.settle()
    quick, slow, _silent = waiting
    won = clinic.taps(quick.patient, 0)
    lost = clinic.taps(slow.patient, 0)

    assert (won, lost) == ([ReplyOutcome.MOVED], [ReplyOutcome.SLOT_GONE])
    quick.refresh_from_db()
    assert quick.starts_at == noon + 5 * DAY
    assert "más rápida" in clinic.got(slow.patient)[-1]["text"]
    slot = FreedSlot.objects.get(left_by=leaving)
    assert (slot.ended, slot.taken_by) == (SlotEnd.TAKEN, quick)
    assert EarlierWish.objects.get(appointment=quick).ended == EarlierEnd.MOVED
    assert Message.objects.filter(slot_offer__slot=slot).count() == 3


def test_whoever_stops_choosing_stands_on_the_list_of_people_to_call(
    clinic: Clinic, house: House, noon: datetime
) -> None:
    visit = clinic.reminded(noon)
    clinic.taps(visit.patient, 1)

    house.at(house.now + HOUR + LATER)
    house.until(lambda: Reply.objects.filter(needs_person_at__isnull=False).exists())

    assert Reply.objects.get().outcome == ReplyOutcome.WANTS_ANOTHER_TIME
