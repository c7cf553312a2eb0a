"""What is in the way of a message is mended while booking, beside what is wrong."""

from datetime import time, timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, expect

from healthmsg.clinic.models import (
    Appointment,
    Clinic,
    Clinician,
    Contact,
    Leave,
    Patient,
    Phone,
    PhoneState,
    Wording,
)
from tests import factories
from tests.browser.conftest import Desk
from tests.browser.test_agenda import _hours, agenda, ahead, booked, sofia
from whatsapp.models import Sender, Template
from whatsapp.models.templates import TemplateStatus

__all__ = ["_hours", "sofia"]


def dialog_for(desk: Desk, found: str) -> Locator:
    """Click the free time at ten, and choose who comes."""
    page = agenda(desk)
    page.get_by_role("link", name="10:00 free").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Patient", exact=True).fill("garc")
    dialog.get_by_role("link", name=found).click()
    return dialog


@pytest.mark.parametrize(
    ("state", "words"),
    [
        pytest.param(PhoneState.WRONG_PERSON, "This number belongs to somebody else.", id="wrong"),
        pytest.param(
            PhoneState.FAILING, "Messages to this number have not arrived lately.", id="failing"
        ),
    ],
)
def test_another_number_is_typed_where_the_old_one_does_not_do(
    desk: Desk, sofia: Patient, state: PhoneState, words: str
) -> None:
    Phone.objects.update(state=state)
    dialog = dialog_for(desk, "Sofía García")
    expect(dialog.get_by_text(words, exact=True)).to_be_visible()
    number = dialog.get_by_label("The right number")
    number.fill("12 34")

    dialog.get_by_role("button", name="Write to this number").click()

    expect(dialog.get_by_text("No such telephone number exists.")).to_be_visible()
    expect(number).to_be_focused()
    expect(number).to_have_value("12 34")
    desk.is_accessible()
    desk.picture("booking-number")
    number.fill("011 15 5555 0199")
    dialog.get_by_role("button", name="Write to this number").click()
    expect(number).to_have_count(0)
    expect(dialog.get_by_text("Nobody has asked yet whether we may write.")).to_be_visible()
    assert factories.phone_of(sofia).number == "+5491155550199"


def test_who_is_told_is_written_down_where_nobody_was_known(desk: Desk, sofia: Patient) -> None:
    Contact.objects.all().delete()
    dialog = dialog_for(desk, "Sofía García")
    expect(dialog.get_by_text("Nobody is known who could be told")).to_be_visible()
    desk.is_accessible()
    desk.picture("booking-nobody-known")
    dialog.get_by_label("Phone", exact=True).fill("011 15 5555 0199")
    dialog.get_by_label("The phone belongs to").select_option(label="parent")

    dialog.get_by_role("button", name="Write to this number").click()

    expect(dialog.get_by_text("Somebody else than the patient needs a name.")).to_be_visible()
    expect(dialog.get_by_label("Phone", exact=True)).to_have_value("011 15 5555 0199")
    dialog.get_by_label("Their given name").fill("Rosa")
    dialog.get_by_role("button", name="Write to this number").click()
    expect(dialog.get_by_text("To Rosa (parent)")).to_be_visible()
    dialog.get_by_role("button", name="They say yes").click()
    expect(dialog.get_by_role("link", name="Receipt: print or send")).to_be_visible()
    expect(dialog.get_by_text("Hola Rosa, te esperamos")).to_be_visible()
    desk.is_accessible()
    desk.picture("booking-first-contact")
    dialog.get_by_role("button", name="Book", exact=True).click()
    expect(dialog.get_by_text("Booked for")).to_be_visible()
    assert Appointment.objects.get().contact == sofia.contacts.get()


def test_the_whole_wording_is_read_and_printed_without_losing_the_booking(
    desk: Desk, clinic: Clinic
) -> None:
    factories.make_patient(clinic, given_name="Lucía", family_name="García", consents=())
    Wording.objects.create(
        clinic=clinic,
        language="es",
        version=1,
        text="Acepto mensajes. " * 40 + "Es todo.",
        valid_from=factories.NOON,
    )
    dialog = dialog_for(desk, "Lucía García")
    dialog.get_by_text("The whole wording", exact=True).click()
    expect(dialog.get_by_text("Es todo.")).to_be_visible()
    desk.is_accessible()
    desk.picture("booking-whole-wording")

    with desk.page.context.expect_page() as opened:
        dialog.get_by_role("link", name="Print or send the whole wording").click()

    paper = opened.value
    expect(paper.get_by_text("Es todo.")).to_be_visible()
    expect(paper.get_by_role("button", name="Print")).to_be_visible()
    paper.close()
    dialog.get_by_role("button", name="They say yes").click()
    expect(dialog.get_by_role("link", name="Receipt: print or send")).to_be_visible()


def test_what_speaks_against_a_time_shows_as_it_is_typed(desk: Desk, sofia: Patient) -> None:
    dialog = dialog_for(desk, "Sofía García")
    expect(dialog.get_by_text("Hola Sofía, te esperamos")).to_be_visible()
    expect(dialog.get_by_text("Please check")).to_have_count(0)
    dialog.locator("details summary").first.click()

    dialog.get_by_label("Time", exact=True).fill("15:00")
    dialog.get_by_label("Time", exact=True).press("Tab")

    expect(dialog.get_by_text("Please check: outside the site's opening hours.")).to_be_visible()
    desk.is_accessible()
    desk.picture("booking-warned")
    assert not Appointment.objects.exists()


def test_what_speaks_against_the_new_time_shows_before_the_move(desk: Desk, sofia: Patient) -> None:
    visit = booked(sofia, "09:20")
    day = ahead(sofia.clinic) + timedelta(days=1)
    Leave.objects.create(clinician=Clinician.objects.get(), first_day=day, last_day=day)
    page = agenda(desk)
    page.get_by_role("link", name="09:20 Sofía García").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("link", name="Move", exact=True).click()
    dialog.get_by_text("Another time, site or clinician").click()

    dialog.get_by_label("Day", exact=True).fill(day.isoformat())
    dialog.get_by_label("Day", exact=True).press("Tab")

    expect(dialog.get_by_text("Please check: the clinician is away on this day.")).to_be_visible()
    desk.is_accessible()
    desk.picture("move-warned")
    visit.refresh_from_db()
    assert visit.version == 1


def test_a_message_without_approved_words_is_said_before_booking(
    desk: Desk, sofia: Patient
) -> None:
    Template.objects.update(status=TemplateStatus.PAUSED)

    dialog = dialog_for(desk, "Sofía García")

    expect(dialog.get_by_text("Some messages have no approved text in")).to_be_visible()
    expect(dialog.get_by_text("Somebody who runs the clinic can hand one in")).to_be_visible()
    desk.is_accessible()
    desk.picture("booking-no-words")


def test_words_in_another_language_than_hers_are_said_before_booking(
    desk: Desk, sofia: Patient
) -> None:
    Contact.objects.update(language="ar")

    dialog = dialog_for(desk, "Sofía García")

    expect(dialog.get_by_text("some of it goes in another language")).to_be_visible()
    expect(dialog.get_by_text("Hola Sofía, te esperamos")).to_be_visible()


def test_the_first_message_of_a_night_waits_for_the_morning_and_says_so(
    desk: Desk, clinic: Clinic, sofia: Patient, clinic_sender: Sender
) -> None:
    local = timezone.now().astimezone(clinic.zone)
    # Hours that are over, or still to come.
    opens, closes = (time(22), time(23)) if local.hour < 21 else (time(8), time(9))
    Clinic.objects.update(sending_opens=opens, sending_closes=closes)

    dialog = dialog_for(desk, "Sofía García")

    expect(dialog.get_by_text("messages go within the clinic's hours")).to_be_visible()
