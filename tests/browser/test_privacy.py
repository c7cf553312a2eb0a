"""What is kept, deleted and handed out, on a screen and a telephone."""

from datetime import timedelta

from django.urls import reverse
from django.utils import timezone

from healthmsg.clinic.models import Patient
from healthmsg.desk import tasks
from healthmsg.desk.privacy import copying
from tests import factories
from tests.browser.conftest import Desk
from tests.healthmsg.test_retention import old_message
from whatsapp.models import Sender
from whatsapp.status import Status


def test_what_is_kept_can_be_read_and_changed(desk: Desk, clinic_sender: Sender) -> None:
    now = timezone.now()
    patient = factories.make_patient(clinic_sender.clinic)
    factories.make_message(
        clinic_sender,
        patient,
        send_after=None,
        status=Status.READ,
        created_at=now - timedelta(days=500),
    )
    desk.sign_in("Clinic admin")
    desk.open("/admin/kept/")
    desk.page.get_by_role("button", name="Count what is older").first.click()
    desk.says("1 would be removed")
    desk.is_accessible()

    desk.page.get_by_label("I have looked: this cannot be undone").check()
    desk.page.get_by_role("button", name="Remove").click()

    desk.says("0 of 1")
    desk.is_accessible()
    desk.picture("kept")


def test_a_patient_is_deleted_by_typing_the_identifier(desk: Desk, clinic_sender: Sender) -> None:
    patient = factories.make_patient(
        clinic_sender.clinic, given_name="Ana", family_name="Paz", external_id="A-17"
    )
    desk.sign_in("Clinic admin")
    desk.open(f"/desk/patients/{patient.pk}/")
    desk.page.locator("summary", has_text="More").click()
    desk.follow(desk.page.get_by_role("link", name="Delete for good"))
    desk.is_accessible()
    desk.picture("delete-for-good")

    desk.page.get_by_label("Who asked for it, and how").fill("a letter of today")
    desk.page.get_by_label("Type it again to delete").fill("A-17")
    desk.page.get_by_role("button", name="Delete for good").click()

    desk.says("Deleted on request")
    desk.is_accessible()
    desk.picture("deleted")
    assert Patient.objects.get(pk=patient.pk).given_name == ""


def test_a_copy_can_be_read_and_printed(desk: Desk, clinic_sender: Sender) -> None:
    now = timezone.now()
    patient = factories.make_patient(
        clinic_sender.clinic, given_name="Ana", family_name="Paz", external_id="A-17"
    )
    factories.make_visit(patient, starts_at=now + timedelta(days=2))
    factories.make_message(clinic_sender, patient, body="Hola Ana, te esperamos.")

    desk.page.set_content(copying.as_page(patient, now=now))

    desk.says("What we know of you")
    desk.is_accessible()
    desk.picture("copy")


def test_what_is_kept_too_long_is_told_on_the_overview_until_it_is_removed(
    desk: Desk, clinic_sender: Sender
) -> None:
    """The hourly look, the minute's look for alarms, the overview, and what to do about it."""
    old_message(clinic_sender, factories.make_patient(clinic_sender.clinic), timezone.now())
    for task in (tasks.look_for_old, tasks.watch):
        task.apply(throw=True)
    desk.sign_in("Clinic admin")
    desk.open(reverse("overview"))
    alarm = desk.page.get_by_role("link", name="Kept longer than this clinic wants")

    assert "words of messages we sent" in alarm.inner_text()
    desk.is_accessible()
    desk.picture("kept-too-long")
    alarm.click()
    desk.says("Look at how much would go, and let it be removed.")
    desk.is_accessible()
    desk.picture("kept-too-long-alarm")
    desk.page.get_by_role("link", name="To the page where it is seen").click()
    card = desk.page.get_by_role("group", name="Words of messages we sent")
    card.get_by_role("button", name="Count what is older").click()
    card.get_by_label("I have looked").check()
    desk.picture("kept-too-long-counted")
    card.get_by_role("button", name="Remove").click()
    desk.says("0 of 1")
    for task in (tasks.remove_old, tasks.look_for_old, tasks.watch):
        task.apply(throw=True)

    desk.open(reverse("overview"))

    desk.says("What needs a person")
    assert not desk.page.get_by_text("Kept longer than this clinic wants").count()
