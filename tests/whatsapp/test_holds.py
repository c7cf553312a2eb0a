"""What codes stop besides their message, in real rows: by an answer, and by a receipt."""

from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

import pytest

from healthmsg.clinic.models import Patient, Phone, PhoneState, Purpose
from tests import factories
from tests.sandbox_process import SandboxProcess
from tests.whatsapp.turning import take_a_turn
from whatsapp import consequences, holds, sweeping
from whatsapp.holds import Closing
from whatsapp.models import (
    Category,
    ClosedCountry,
    Kind,
    Message,
    Restriction,
    Sender,
    Template,
)
from whatsapp.status import Reason, Status
from whatsapp.turns import Surroundings

pytestmark = pytest.mark.django_db(transaction=True)


def at(around: Surroundings, moment: datetime) -> Surroundings:
    return replace(around, now=partial(_same, moment))


def _same(moment: datetime) -> datetime:
    return moment


def fate(message: Message) -> tuple[str, str]:
    message.refresh_from_db()
    return message.status, message.reason


def refused(
    sender: Sender, patient: Patient, code: int | None, now: datetime, **fields: object
) -> Message:
    """A message of which WhatsApp said no with this code."""
    message = factories.make_message(
        sender,
        patient,
        **({"status": Status.FAILED, "reason": Reason.REFUSED, "send_after": None} | fields),
    )
    consequences.follow(message, code, now=now)
    return message


@pytest.mark.parametrize(
    ("code", "category", "closed"),
    [
        pytest.param(131042, Category.UTILITY, set(holds.TEMPLATES), id="payment"),
        pytest.param(131063, Category.MARKETING, {Kind.MARKETING}, id="no-offers"),
        pytest.param(131064, Category.UTILITY, {Kind.UTILITY}, id="wrong-categories"),
    ],
)
def test_a_kind_of_message_waits_and_the_rest_goes_on(
    sender: Sender,
    willing_patient: Patient,
    around: Surroundings,
    sandbox: SandboxProcess,
    code: int,
    category: str,
    closed: set[Kind],
) -> None:
    message = factories.make_message(sender, willing_patient)
    Template.objects.update(category=category)
    sandbox.fault("graph", code=code, times=1)

    take_a_turn(around)
    later = around.now() + timedelta(minutes=1)
    take_a_turn(at(around, later))

    assert {Kind(r.kind) for r in Restriction.objects.all()} == closed
    assert fate(message) == (Status.QUEUED, Reason.RESTRICTED)
    assert Sender.objects.get().held_at is None
    other = Category.MARKETING if category == Category.UTILITY else Category.UTILITY
    Template.objects.update(category=other)
    Message.objects.update(send_after=later)
    take_a_turn(at(around, later))
    assert message.status != Status.FAILED
    is_open = Kind(other) not in closed
    assert fate(message)[0] == (Status.ACCEPTED if is_open else Status.QUEUED)


def test_a_refused_answer_for_want_of_payment_closes_answers_too(
    sender: Sender, willing_patient: Patient, noon: datetime
) -> None:
    refused(sender, willing_patient, 131042, noon, template_version=None, purpose=Purpose.REPLY)

    assert Restriction.objects.filter(kind=Kind.REPLIES).exists()


def test_wrong_categories_are_tried_again_each_day_with_a_few_messages(
    sender: Sender, willing_patient: Patient, noon: datetime
) -> None:
    refused(sender, willing_patient, 131064, noon)

    assert sweeping.sweep(now=noon + timedelta(hours=23))["holds_over"] == 0
    assert sweeping.sweep(now=noon + timedelta(hours=25))["holds_over"] == 1

    sender.refresh_from_db()
    assert not Restriction.objects.exists()
    assert sender.slowed_to == holds.PROBING_RATE
    assert sweeping.sweep(now=noon + timedelta(hours=25))["holds_over"] == 0


def test_want_of_payment_is_lifted_by_a_person_alone(
    sender: Sender, willing_patient: Patient, noon: datetime
) -> None:
    refused(sender, willing_patient, 131042, noon)

    lifted = consequences.lift_expired(now=noon + timedelta(days=90))

    assert lifted.total == 0
    assert Restriction.objects.count() == len(holds.TEMPLATES)


def test_what_a_person_stopped_has_no_end(sender: Sender, noon: datetime) -> None:
    holds.stop_number(sender.pk, reason="looked at", now=noon)

    consequences.lift_expired(now=noon + timedelta(days=90))

    sender.refresh_from_db()
    assert sender.held_reason == "looked at"


def test_an_older_word_about_a_restriction_changes_nothing(sender: Sender, noon: datetime) -> None:
    newer = Closing("X", "newer", noon, until=noon + timedelta(days=7))
    older = Closing("X", "older", noon - timedelta(hours=1), until=noon + timedelta(days=1))

    for closing in (newer, older, newer):
        holds.close_kinds(sender.account_id, [Kind.UTILITY], closing, now=noon)

    standing = Restriction.objects.get()
    assert (standing.held_reason, standing.held_until) == ("newer", noon + timedelta(days=7))


@pytest.mark.parametrize(("code", "times"), [(100, 5), (132012, 3), (132000, 1), (132007, 1)])
def test_refusals_in_a_row_stop_a_template_that_whatsapp_approves_of(
    sender: Sender, willing_patient: Patient, noon: datetime, code: int, times: int
) -> None:
    factories.make_contact_us(sender.account)
    for n in range(times - 1):
        refused(sender, willing_patient, code, noon + timedelta(seconds=n))
    before = Template.objects.get()
    refused(sender, willing_patient, code, noon + timedelta(seconds=times))

    template = Template.objects.get()
    assert before.held_at is None
    assert (template.status, template.held_code) == ("APPROVED", code)
    assert template.held_at is not None


def test_a_success_in_between_ends_a_row(
    sender: Sender, willing_patient: Patient, noon: datetime
) -> None:
    for n in range(4):
        refused(sender, willing_patient, 100, noon + timedelta(seconds=n))
    factories.make_message(
        sender,
        willing_patient,
        status=Status.ACCEPTED,
        send_after=None,
        accepted_at=noon + timedelta(seconds=5),
    )
    refused(sender, willing_patient, 100, noon + timedelta(seconds=9))

    template = Template.objects.get()
    assert (template.held_at, template.strikes) == (None, 1)


def test_messages_of_a_stopped_template_wait_until_it_is_started(
    sender: Sender, willing_patient: Patient, around: Surroundings, sandbox: SandboxProcess
) -> None:
    message = factories.make_message(sender, willing_patient)
    template = Template.objects.get()
    holds.stop_template(template.pk, reason="wrong gaps", code=132000, now=around.now())

    take_a_turn(around)
    waiting = fate(message)
    holds.start_template(template.pk)
    take_a_turn(at(around, around.now() + timedelta(minutes=10)))

    assert waiting == (Status.QUEUED, Reason.TEMPLATE_NOT_APPROVED)
    assert fate(message)[0] == Status.ACCEPTED


def test_a_country_that_whatsapp_closed_is_remembered(
    sender: Sender, around: Surroundings, sandbox: SandboxProcess
) -> None:
    abroad = factories.make_patient(
        sender.clinic, phone=factories.make_phone(sender.clinic, "+5351234567")
    )
    sandbox.fault("graph", code=130497, times=1)
    first = factories.make_message(sender, abroad)
    take_a_turn(around)
    second = factories.make_message(sender, abroad)
    at_home = factories.make_message(sender, factories.make_patient(sender.clinic))

    take_a_turn(around)

    assert ClosedCountry.objects.get().prefix == "+53"
    assert fate(first) == (Status.FAILED, Reason.COUNTRY_CLOSED)
    assert fate(second) == (Status.WITHHELD, Reason.COUNTRY_CLOSED)
    assert fate(at_home)[0] == Status.ACCEPTED


def test_the_clinics_own_country_is_never_closed(
    sender: Sender, willing_patient: Patient, noon: datetime
) -> None:
    refused(sender, willing_patient, 130497, noon)

    assert not ClosedCountry.objects.exists()


def test_offers_to_somebody_who_got_enough_wait_a_day_and_reminders_go_on(
    sender: Sender, willing_patient: Patient, noon: datetime
) -> None:
    offer = factories.make_template(sender.account, name="offer", category="MARKETING")
    waiting = factories.make_message(
        sender,
        willing_patient,
        template_version=offer.current,
        expires_at=noon + timedelta(days=3),
    )
    reminder = factories.make_message(sender, willing_patient)

    refused(sender, willing_patient, 131049, noon, template_version=offer.current)

    waiting.refresh_from_db()
    reminder.refresh_from_db()
    assert waiting.send_after == noon + timedelta(hours=24)
    assert reminder.send_after == noon
    assert Phone.objects.get(pk=waiting.phone_id).state == PhoneState.NEW


@pytest.mark.parametrize(
    ("code", "tries"), [pytest.param(1, 3, id="twice-more"), pytest.param(131053, 1, id="no-link")]
)
def test_a_fault_is_tried_as_often_as_its_code_says(
    sender: Sender,
    willing_patient: Patient,
    around: Surroundings,
    sandbox: SandboxProcess,
    code: int,
    tries: int,
) -> None:
    message = factories.make_message(sender, willing_patient)
    sandbox.fault("graph", code=code, times=50)

    for minutes in range(0, 40, 11):
        take_a_turn(at(around, around.now() + timedelta(minutes=minutes)))

    assert fate(message) == (Status.FAILED, Reason.TRIED_OFTEN)
    assert message.attempt == tries


@pytest.mark.parametrize("code", [80007, 80008, 80012])
def test_too_many_calls_about_templates_stop_and_slow_no_messages(
    sender: Sender,
    willing_patient: Patient,
    around: Surroundings,
    sandbox: SandboxProcess,
    code: int,
) -> None:
    message = factories.make_message(sender, willing_patient)
    sandbox.fault("graph", code=code, times=1)

    take_a_turn(around)
    take_a_turn(at(around, around.now() + timedelta(minutes=2)))

    sender.refresh_from_db()
    assert (sender.held_at, sender.slowed_to) == (None, None)
    assert fate(message)[0] == Status.ACCEPTED
    assert message.failures == 0


def test_a_timeout_says_nothing_about_the_token(
    sender: Sender, willing_patient: Patient, around: Surroundings, sandbox: SandboxProcess
) -> None:
    factories.make_message(sender, willing_patient)
    sandbox.fault("reset", times=1)
    take_a_turn(around)
    factories.make_message(sender, willing_patient)

    take_a_turn(replace(around, base_url="http://127.0.0.1:9"))

    assert Sender.objects.get().held_at is None


@pytest.mark.parametrize("code", [0, 3, 10, 33, 104, 190, 200, 299, 368, 131005, 131031, 133010])
def test_what_is_wrong_with_the_number_stops_it_and_the_message_waits(
    sender: Sender,
    willing_patient: Patient,
    around: Surroundings,
    sandbox: SandboxProcess,
    code: int,
) -> None:
    message = factories.make_message(sender, willing_patient)
    sandbox.fault("graph", code=code, times=1)

    take_a_turn(around)

    sender.refresh_from_db()
    assert fate(message) == (Status.QUEUED, "")
    assert sender.held_at is not None
    assert (sender.held_code, sender.held_until) == (code, None)
