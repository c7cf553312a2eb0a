"""After the demo's day its cards speak of visits that are there, and of as many phones."""

from datetime import timedelta

import pytest

from healthmsg.clinic.models import Answer, Appointment, Phone, PhoneState
from healthmsg.desk.demo import situations
from healthmsg.desk.demo.scenarios import family, people
from tests.healthmsg.staged import BEGINS, arrive, open_house, write_due
from tests.sandbox_process import SandboxProcess

pytestmark = pytest.mark.django_db
EVENING = BEGINS + timedelta(hours=8)


def test_each_situation_has_a_card_on_a_phone_of_its_own(sandbox: SandboxProcess) -> None:
    home = open_house(sandbox)
    family.stage(home, now=BEGINS)
    for hour in range(9, 17):
        alone = people.patient(home, f"Rita Paz{hour}", people.phone(home), now=BEGINS)
        people.visit(home, alone, people.local(home, hour, now=BEGINS), clinician=1, now=BEGINS)
    write_due(BEGINS + timedelta(minutes=1))
    arrive(BEGINS + timedelta(minutes=1))
    Phone.objects.update(state=PhoneState.REACHED)

    cards = situations.of_day(home.clinic, now=EVENING)

    assert [card.title for card in cards] == [
        "Cancel with a tap",
        "STOP, and keep the appointments",
        "You have the wrong number",
        "Book a visit, and see it told",
        "Write to the clinic, and be answered",
        "Ask for a prescription again",
        "Book a visit from the phone",
        "Two children, one phone",
    ]
    assert len({card.phone for card in cards}) == len(cards)

    Appointment.objects.update(answer=Answer.CONFIRMED)

    assert situations.of_day(home.clinic, now=EVENING) == ()
