"""A schedule is added and approved, and makes a list that is approved before anything leaves."""

from datetime import date, timedelta

from django.contrib.auth.models import Group
from django.utils import timezone

from campaigns import editions, listing, vouching
from campaigns.models import DeclinedTopic, Making, PatientList, Recipient, Run, Schedule, Season
from healthmsg.clinic.models import Clinic, DoseSource, Immunisation, Purpose, StaffUser, Vaccine
from tests import factories
from tests.browser.conftest import Desk
from whatsapp.models import ReplyOutcome, Sender, Stream


def clinician_of(clinic: Clinic) -> StaffUser:
    user = StaffUser.objects.create(username="Dra. Paz", is_staff=True)
    user.clinics.add(clinic)
    user.groups.add(Group.objects.get(name="Clinician"))
    return user


def approved_example(clinic: Clinic) -> Schedule:
    schedule = editions.add_example(clinic)
    vouching.approve(schedule, by=clinician_of(clinic), now=timezone.now())
    return schedule


def make_children(clinic: Clinic) -> None:
    today = timezone.localdate()
    for weeks in (7, 11, 40):
        factories.make_patient(
            clinic,
            birth_date=today - timedelta(weeks=weeks),
            consents=(Purpose.PREVENTION,),
            given_name=f"Ana{weeks}",
        )
    early = clinic.patients.get(given_name="Ana7")
    Immunisation.objects.create(
        patient=early,
        vaccine=Vaccine.objects.get(clinic=clinic, code="opv"),
        given_on=today - timedelta(weeks=5),
        source=DoseSource.IMPORTED,
        recorded_at=timezone.now(),
    )


def test_a_clinician_looks_at_the_example_and_approves_it(desk: Desk, clinic: Clinic) -> None:
    desk.sign_in("Clinician")
    page = desk.page

    desk.open("/admin/campaigns/schedule/")
    desk.is_accessible()
    desk.picture("schedules-none")
    page.get_by_role("link", name="Add the WHO example").click()
    desk.says("An example to begin with, not advice")
    desk.is_accessible()
    desk.picture("schedule-example")
    page.get_by_role("button", name="Add it").click()
    desk.says("nobody has approved")
    desk.is_accessible()
    desk.picture("schedules")

    schedule = Schedule.objects.get()
    here = f"/admin/campaigns/schedule/{schedule.pk}"
    desk.open(f"{here}/change/")
    desk.says("It makes no list before a clinician")
    desk.is_accessible()
    desk.picture("schedule-draft")
    page.get_by_role("link", name="Look at it and approve").click()
    desk.says("6 weeks")
    desk.is_accessible()
    desk.picture("schedule-approve")
    page.get_by_role("button", name="Approve as a clinician").click()
    desk.says("Approved in your name")
    desk.says("approved by somebody")
    desk.is_accessible()
    desk.picture("schedule-approved")


def test_a_frozen_edition_is_copied_into_a_new_one(desk: Desk, clinic: Clinic) -> None:
    schedule = approved_example(clinic)
    desk.sign_in("Clinic admin")
    page = desk.page

    desk.open(f"/admin/campaigns/schedule/{schedule.pk}/new-edition/")
    page.get_by_label("Edition").fill("2027")
    page.get_by_label("Applies from").fill("2027-01-01")
    page.get_by_role("button", name="Make the new edition").click()
    desk.says("A new edition is there")
    new = Schedule.objects.get(edition="2027")
    assert new.doses.count() == schedule.doses.count()


def test_a_dose_is_written_with_its_ages(desk: Desk, clinic: Clinic) -> None:
    schedule = Schedule.objects.create(
        clinic=clinic, name="Ours", authority="Us", edition="1", effective_from=date(2026, 1, 1)
    )
    Vaccine.objects.create(clinic=clinic, code="mr", name="Measles and rubella")
    desk.sign_in("Clinic admin")
    page = desk.page

    desk.open(f"/admin/campaigns/schedule/{schedule.pk}/change/")
    page.get_by_role("link", name="Add another Dose").click()
    page.locator("#id_doses-0-vaccine").select_option(label="Measles and rubella")
    page.locator("#id_doses-0-due_age").fill("9 months")
    page.locator("#id_doses-0-minimum_age").fill("ten months")
    page.get_by_role("button", name="Save and continue editing").click()
    desk.says("Write it like this")
    page.locator("#id_doses-0-minimum_age").fill("10 months")
    page.get_by_role("button", name="Save and continue editing").click()
    desk.says("It cannot be due before it may be given")
    page.locator("#id_doses-0-minimum_age").fill("9 m")
    desk.is_accessible()
    desk.picture("schedule-dose")
    page.get_by_role("button", name="Save and continue editing").click()
    desk.says("was changed successfully")

    row = schedule.doses.get()
    assert (row.due_age, row.minimum_age, row.interval, row.until_age) == ("9m", "9m", "", "")


def test_a_list_is_asked_for_stopped_and_goes_on(desk: Desk, clinic: Clinic) -> None:
    schedule = approved_example(clinic)
    make_children(clinic)
    desk.sign_in("Clinic admin")
    page = desk.page

    desk.open(f"/admin/campaigns/schedule/{schedule.pk}/make-list/")
    page.get_by_label("Name of the list").fill("Due in spring")
    desk.is_accessible()
    desk.picture("list-make")
    page.get_by_role("button", name="Make the list").click()
    desk.says("The list is being made")
    desk.says("being made")
    made = PatientList.objects.get()
    here = f"/admin/campaigns/patientlist/{made.pk}"
    desk.open(f"{here}/change/")
    desk.says("0 of 3 patients")
    desk.is_accessible()
    desk.picture("list-making")
    page.get_by_role("link", name="Stop", exact=True).click()
    page.get_by_role("button", name="Stop", exact=True).click()
    desk.says("Stopped. It can go on")
    page.get_by_role("link", name="Go on", exact=True).click()
    page.get_by_role("button", name="Go on", exact=True).click()
    desk.says("Goes on where it was stopped")


def test_nothing_starts_before_its_list_is_approved(
    desk: Desk, clinic: Clinic, clinic_sender: Sender
) -> None:
    schedule = approved_example(clinic)
    make_children(clinic)
    factories.make_template(
        clinic_sender.account, name="invite", body="{{clinic_name}}: vacuna atrasada. BAJA"
    )
    author, now = StaffUser.objects.create(username="author"), timezone.now()
    made = listing.make(
        schedule, name="Due in spring", by=author, due_by=timezone.localdate(), now=now
    )
    listing.go_on(now=now)
    desk.sign_in("Clinic admin")
    page = desk.page

    desk.open(f"/admin/campaigns/patientlist/{made.pk}/change/")
    desk.says("3 of 3 patients")
    desk.says("a dose before it came too early to count")
    desk.is_accessible()
    desk.picture("list-made")
    audience = factories.make_audience(clinic, name="Due")
    audience.lists.set([made])
    campaign = factories.make_campaign(clinic, audience=audience, template_name="invite")
    desk.open(f"/admin/campaigns/campaign/{campaign.pk}/start/")
    desk.says("A clinician has to approve the list “Due in spring”")
    desk.says("says that something was missed")
    desk.is_accessible()
    desk.picture("start-unapproved")
    page.get_by_role("button", name="Start now").click()
    desk.says("something was missed")
    assert not Run.objects.exists()


def test_a_clinician_approves_a_list_and_a_season(desk: Desk, clinic: Clinic) -> None:
    schedule = approved_example(clinic)
    make_children(clinic)
    author = StaffUser.objects.create(username="author")
    today = timezone.localdate()
    made = listing.make(schedule, name="Due", by=author, due_by=today, now=timezone.now())
    listing.go_on(now=timezone.now())
    season = Season.objects.create(
        clinic=clinic,
        name="Flu",
        vaccine=Vaccine.objects.create(clinic=clinic, code="flu", name="Flu"),
        first_day=today,
        last_day=today + timedelta(days=90),
        created_by=author,
    )
    desk.sign_in("Clinician")
    page = desk.page

    desk.open(f"/admin/campaigns/patientlist/{made.pk}/change/")
    page.get_by_role("link", name="Look at it and approve").click()
    desk.says("What it was made from")
    desk.is_accessible()
    desk.picture("list-approve")
    page.get_by_role("button", name="Approve as a clinician").click()
    desk.says("Approved in your name")
    made.refresh_from_db()
    assert (made.making, made.approved_by) == (
        Making.READY,
        StaffUser.objects.get(username="somebody"),
    )

    desk.open(f"/admin/campaigns/season/{season.pk}/change/")
    desk.is_accessible()
    desk.picture("season")
    desk.follow(page.get_by_role("link", name="Look at it and approve"))
    desk.is_accessible()
    desk.picture("season-approve")
    page.get_by_role("button", name="Approve as a clinician").click()
    desk.says("approved by somebody")
    page.locator("#id_last_day").fill((today + timedelta(days=99)).isoformat())
    page.get_by_role("button", name="Save and continue editing").click()
    desk.says("It has to be approved again")
    assert Season.objects.get().approved_at is None


def test_answers_are_counted_and_a_declined_topic_is_lifted(
    desk: Desk, clinic: Clinic, clinic_sender: Sender
) -> None:
    patient = factories.make_patient(clinic, given_name="Ana", family_name="Paz")
    campaign = factories.make_campaign(clinic)
    now = timezone.now()
    run = Run.objects.create(
        campaign=campaign,
        occurrence_at=now,
        stream=Stream.objects.create(clinic=clinic, name="Flu"),
        started_at=now,
        expires_at=now,
        status="DONE",
    )
    Recipient.objects.create(
        run=run, patient=patient, answer=ReplyOutcome.NOT_THIS, answered_at=now
    )
    declined = DeclinedTopic.objects.create(patient=patient, campaign=campaign, declined_at=now)
    desk.sign_in("Clinic admin")
    page = desk.page

    desk.open(f"/admin/campaigns/run/{run.pk}/change/")
    desk.says("Does not want this")
    desk.picture("answers")
    desk.open("/admin/campaigns/declinedtopic/")
    desk.says("Ana Paz")
    desk.is_accessible()
    desk.picture("declined-list")
    desk.open(f"/admin/campaigns/declinedtopic/{declined.pk}/change/")
    desk.is_accessible()
    desk.picture("declined")
    page.get_by_role("link", name="Invite to it again").click()
    page.get_by_role("button", name="Invite again").click()
    desk.says("Is invited to it again")
    declined.refresh_from_db()
    assert declined.lifted_by is not None
