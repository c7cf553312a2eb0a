"""A stop word among other words, through every process: a person decides, campaigns wait."""

from datetime import datetime, timedelta

import pytest

from campaigns import launching
from campaigns.models import Run
from healthmsg.clinic.models import Patient, PhoneState
from reminders import call_list
from tests import factories
from tests.journeys import runs
from tests.journeys.test_reminders import TOMORROW, book, templates_sent
from tests.journeys.test_words_of_patients import SOON, says
from tests.running_house import House, Practice
from whatsapp import stop_doubts
from whatsapp.models import Message, ReplyOutcome, StopDoubt, Thread
from whatsapp.status import Reason, Status

LOOKED_AT_AGAIN = timedelta(minutes=6)
CONFIRMATION, REMINDER = "appointment_confirmation", "appointment_reminder_tomorrow"
BY_ACCIDENT = "please don't stop my reminders"
IN_EARNEST = "no quiero más mensajes de ofertas, gracias"


def invitation_to(patient: Patient) -> Message:
    return Message.objects.get(patient=patient, lane=2)


def invited_while_in_doubt(
    practice: Practice, house: House, noon: datetime, said: str
) -> tuple[Patient, StopDoubt, Run]:
    """Somebody with a visit in two days wrote this, and a campaign to two people began."""
    patient, other = runs.invite(practice, 2)
    book(practice, patient, noon + timedelta(days=2))
    house.at(noon + SOON)
    house.settle()
    reply = says(house, patient, said)
    assert (reply.outcome, reply.needs_person_at is None) == (ReplyOutcome.FOR_A_PERSON, False)
    assert Thread.objects.get(opened_at__isnull=False).phone == factories.phone_of(patient)
    run = runs.start(runs.campaign_for(practice, [patient, other]), house)
    house.at(noon + TOMORROW)
    house.settle()
    assert templates_sent(house, other) == [runs.TEMPLATE]
    return patient, StopDoubt.objects.get(decided_at=None), run


@pytest.mark.parametrize("said", [BY_ACCIDENT, IN_EARNEST], ids=["by-accident", "in-earnest"])
def test_campaigns_wait_and_reminders_go_on_until_a_person_has_read_it(
    practice: Practice, house: House, noon: datetime, said: str
) -> None:
    patient, doubt, run = invited_while_in_doubt(practice, house, noon, said)

    house.at(noon + TOMORROW + LOOKED_AT_AGAIN)
    house.settle()

    assert doubt.reply.text == said
    assert templates_sent(house, patient) == [CONFIRMATION, REMINDER]
    waiting = invitation_to(patient)
    assert (waiting.status, waiting.reason) == (Status.QUEUED, Reason.STOP_TO_READ)
    assert factories.phone_of(patient).state == PhoneState.REACHED
    assert (runs.judge(house, run, 2).waiting, runs.is_done(run)) == (1, False)


def test_what_was_no_stop_lets_the_campaign_go_on(
    practice: Practice, house: House, noon: datetime
) -> None:
    patient, doubt, run = invited_while_in_doubt(practice, house, noon, BY_ACCIDENT)

    maria = factories.make_person("maria")
    assert stop_doubts.decide(doubt, was_stop=False, by=maria, now=house.now)
    house.at(noon + TOMORROW + LOOKED_AT_AGAIN)
    house.settle()

    assert templates_sent(house, patient) == [CONFIRMATION, REMINDER, runs.TEMPLATE]
    house.until(lambda: runs.is_done(run))
    assert runs.judge(house, run, 2).by_status == {Status.READ: 2}


def test_what_was_a_stop_ends_everything_and_the_next_visit_is_called_about(
    practice: Practice, house: House, noon: datetime
) -> None:
    patient, doubt, run = invited_while_in_doubt(practice, house, noon, IN_EARNEST)

    maria = factories.make_person("maria")
    assert stop_doubts.decide(doubt, was_stop=True, by=maria, now=house.now)
    later = book(practice, patient, house.now + 3 * TOMORROW)
    again = launching.start(runs.fresh(run).campaign, by=None, now=house.now)
    house.at(house.now + 2 * TOMORROW)
    house.until(lambda: runs.is_done(run) and runs.is_done(again))
    house.settle()

    assert templates_sent(house, patient) == [CONFIRMATION, REMINDER]
    assert factories.phone_of(patient).state == PhoneState.STOPPED
    withheld = invitation_to(patient)
    assert (withheld.status, withheld.reason) == (Status.WITHHELD, Reason.ASKED_US_TO_STOP)
    rows = call_list.asked_not(practice.clinic, now=house.now, within=3 * TOMORROW)
    assert [row.appointment.pk for row in rows] == [later.pk]
