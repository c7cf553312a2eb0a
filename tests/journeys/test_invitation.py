"""An invitation to a list due for a vaccination, from the start to the answers."""

from datetime import datetime, timedelta

from campaigns import launching, progress
from campaigns.models import Campaign, Run, RunStatus
from healthmsg.clinic.models import Patient, Purpose
from reminders import patients
from tests import factories
from tests.running_house import House, Practice
from whatsapp.models import Message, Reply, ReplyOutcome
from whatsapp.status import Reason, Status

INVITED = (Purpose.APPOINTMENTS, Purpose.PREVENTION)


def campaign_for(practice: Practice, *invited: Patient) -> Campaign:
    return Campaign.objects.create(
        clinic=practice.clinic,
        name="Flu vaccination",
        purpose=Purpose.PREVENTION,
        template_name="vaccination_invitation",
        audience=factories.make_audience(practice.clinic, *invited),
    )


def test_everybody_on_the_list_is_invited_once_or_has_a_reason(
    practice: Practice, house: House, noon: datetime
) -> None:
    willing = practice.patient("confirms", consents=INVITED)
    sibling = factories.make_patient(
        practice.clinic, phone=factories.phone_of(willing), consents=INVITED
    )
    capped = practice.patient("capped", consents=INVITED)
    never_asked = practice.patient()
    late = practice.patient(consents=INVITED)
    campaign = campaign_for(practice, willing, sibling, capped, never_asked, late)
    patients.decease(late, now=noon)

    run = launching.start(campaign, by=None, now=house.now)
    house.until(lambda: Run.objects.get(pk=run.pk).status == RunStatus.DONE)
    house.settle()

    assert len(house.sandbox.accepted(template="vaccination_invitation")) == 2
    so_far = progress.of(run, now=noon)
    assert so_far.adds_up
    assert so_far.audience == 5
    assert so_far.not_sent == {Reason.NEVER_ASKED: 1, Reason.HAS_DIED: 1}
    failed = Message.objects.get(phone=factories.phone_of(capped))
    assert (failed.status, failed.reason) == (Status.FAILED, Reason.META_LIMIT)
    asked_for_whom, reply = Reply.objects.order_by("written_at", "pk")
    assert (asked_for_whom.outcome, asked_for_whom.needs_person_at) == (
        ReplyOutcome.ASKED_WHICH,
        None,
    )
    assert reply.outcome == ReplyOutcome.INTERESTED
    assert reply.needs_person_at is not None


def test_a_paused_run_sends_nothing_and_goes_on_where_it_was(
    practice: Practice, house: House, noon: datetime
) -> None:
    invited = [practice.patient("reads", consents=INVITED) for _ in range(5)]
    run = launching.start(campaign_for(practice, *invited), by=None, now=noon)
    launching.pour(now=noon)
    launching.pause(run, reason="a word is wrong", now=noon)

    house.at(noon + timedelta(minutes=1))
    for _ in range(4):
        house.tick()
    house.until(lambda: Message.objects.filter(status=Status.QUEUED).count() == 5)
    assert house.sandbox.accepted() == []

    launching.resume(run, now=noon)
    house.settle()

    assert len(house.sandbox.accepted()) == 5
    assert progress.of(run, now=noon).adds_up
