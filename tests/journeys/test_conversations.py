"""Between a patient and staff, through every process: files, the window's end, odd numbers."""

from datetime import datetime, timedelta

import pytest
from django.core.exceptions import ValidationError

from healthmsg.celery import app as celery
from healthmsg.clinic.models import Answer, ConsentRecord, PhoneState, VisitStatus
from tests import factories
from tests.journeys.test_reminders import TOMORROW, book, templates_sent
from tests.journeys.test_words_of_patients import last_said, says, taps, wa_id
from tests.running_house import House, Practice
from whatsapp import answering, wording_changes
from whatsapp.models import (
    FileState,
    InboundFile,
    IncidentCause,
    Message,
    NumberIncident,
    Reply,
    ReplyOutcome,
    Thread,
)
from whatsapp.status import Status

DAY, HOUR, SOON = timedelta(days=1), timedelta(hours=1), timedelta(minutes=3)
ARRIVED = {Status.DELIVERED, Status.READ}


def test_a_voice_note_is_answered_in_the_window_and_after_it_by_a_template(
    practice: Practice, house: House, noon: datetime
) -> None:
    maria, patient = factories.make_person("maria"), practice.patient()
    house.sandbox.inbound(wa_id(patient), send="audio")
    house.settle()
    celery.send_task("whatsapp.fetch_files")
    house.until(lambda: InboundFile.objects.filter(state=FileState.KEPT).exists())
    thread = Thread.objects.select_related("phone", "sender__account", "clinic").get()

    answering.say(thread, "La llamamos a las cinco.", by=maria, once="1", now=house.now)
    house.settle()
    assert last_said(patient).status in ARRIVED
    house.at(noon + DAY + HOUR)
    with pytest.raises(ValidationError, match="24 hours are over"):
        answering.say(thread, "¿Sigue ahí?", by=maria, once="2", now=house.now)
    offered = [one.name for one in answering.offers(thread, patient, now=house.now)]
    answering.say_template(thread, patient, "please_contact_us", by=maria, once="3", now=house.now)
    house.settle()

    assert "please_contact_us" in offered
    assert last_said(patient).status in ARRIVED
    assert templates_sent(house, patient) == ["please_contact_us"]
    assert house.sandbox.stats()["refused"] == {}
    assert says(house, patient, "Gracias, mañana llamo").needs_person_at is not None
    assert Thread.objects.get().replies.count() == 2


def test_yes_to_two_open_questions_asks_back_and_a_tap_chooses(
    practice: Practice, house: House, noon: datetime
) -> None:
    patient = practice.patient()
    near, far = (book(practice, patient, noon + n * DAY) for n in (2, 4))
    house.at(noon + TOMORROW)
    house.settle()

    asked = says(house, patient, "sí")
    near.refresh_from_db()
    assert (asked.outcome, near.answer) == (ReplyOutcome.ASKED_WHICH, Answer.NONE)
    chosen = taps(house, patient, 0)

    assert chosen.outcome == ReplyOutcome.CONFIRMED
    answers = []
    for visit in (near, far):
        visit.refresh_from_db()
        answers.append(visit.answer)
    assert sorted(answers) == sorted([Answer.CONFIRMED, Answer.NONE])


def test_a_button_sent_before_the_words_were_changed_is_answered_in_the_new_ones(
    practice: Practice, house: House, noon: datetime
) -> None:
    patient = practice.patient()
    visit = book(practice, patient, noon + 2 * DAY)
    house.at(noon + SOON)
    house.settle()
    house.at(noon + TOMORROW)
    house.settle()
    wording_changes.change(
        practice.clinic,
        "es",
        "confirmed",
        text="Anotado, la vemos {when}.",
        is_checked=True,
        by=None,
        now=house.now,
    )

    reply = taps(house, patient, 0)

    visit.refresh_from_db()
    assert (reply.outcome, visit.answer) == (ReplyOutcome.CONFIRMED, Answer.CONFIRMED)
    assert last_said(patient).body.startswith("Anotado, la vemos")


@pytest.mark.parametrize("behaviour", ["username_only", "confirms_from_rewritten_wa_id"])
def test_who_hides_the_number_or_is_known_by_another_form_of_it_confirms(
    practice: Practice, house: House, noon: datetime, behaviour: str
) -> None:
    visit = book(practice, practice.patient(behaviour), noon + 2 * DAY)
    house.at(noon + TOMORROW)
    house.settle()

    visit.refresh_from_db()
    assert visit.answer == Answer.CONFIRMED
    assert Reply.objects.get().phone == factories.phone_of(visit.patient)


def test_a_phone_set_up_anew_gets_nothing_more_and_is_checked(
    practice: Practice, house: House, noon: datetime
) -> None:
    patient = practice.patient()
    house.sandbox.behave(wa_id(patient), {"fails": 137000})
    visit = book(practice, patient, noon + 2 * DAY)
    house.at(noon + SOON)
    house.settle()
    house.at(noon + TOMORROW)
    house.settle()

    assert NumberIncident.objects.get().cause == IncidentCause.SET_UP_ANEW
    assert factories.phone_of(patient).state == PhoneState.WRONG_PERSON
    assert not ConsentRecord.objects.filter(change="WITHDRAWN").exists()
    visit.refresh_from_db()
    assert visit.status == VisitStatus.BOOKED
    assert not Message.objects.filter(status__in=ARRIVED).exists()
    assert templates_sent(house, patient).count("appointment_reminder_tomorrow") == 0


def test_a_flood_from_one_number_delays_nobody_else(practice: Practice, house: House) -> None:
    flooding, other = practice.patient(), practice.patient()
    for n in range(150):
        house.sandbox.inbound(wa_id(flooding), text=f"hola {n}")
    house.sandbox.inbound(wa_id(other), text="¿Puede venir mi hija conmigo?")

    theirs = Reply.objects.filter(phone=factories.phone_of(other), handled_at__isnull=False)
    house.until(theirs.exists)
    house.until(lambda: Reply.objects.count() == 151)
    house.settle()

    assert Reply.objects.filter(is_flood=True).exists()
    assert set(Reply.objects.values_list("failures", flat=True)) == {0}
    assert not Reply.objects.filter(handled_at=None).exists()
    for patient, wrote in ((flooding, 150), (other, 1)):
        phone = factories.phone_of(patient)
        assert Message.objects.filter(phone=phone, lane=0).count() == 1
        assert Thread.objects.get(phone=phone).replies.count() == wrote
