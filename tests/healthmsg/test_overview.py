"""The overview: one clinic's day in numbers, from the rows as they are."""

from datetime import date, datetime, timedelta

import pytest
from django.conf import LazySettings
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from campaigns.models import Run, RunStatus
from healthmsg.clinic.models import Answer, Appointment, Clinic, Mode, StaffUser, VisitStatus
from healthmsg.desk import today
from healthmsg.desk.daily import counting
from tests import factories
from whatsapp.models import Portfolio, Sender, Stream, TierSeat
from whatsapp.status import Reason, Status

HOUR = timedelta(hours=1)
# A quiet clinic's page; each kind of thing that is stopped or waits adds its own.
QUERIES = 14


def signed_in(client: Client, clinic: Clinic, role: str = "Clinic admin") -> Client:
    user = StaffUser.objects.create(username=f"{role} {clinic.pk}", is_staff=True)
    user.clinics.add(clinic)
    user.groups.add(Group.objects.get(name=role))
    client.force_login(user)
    return client


@pytest.fixture
def manager(client: Client, sunrise_clinic: Clinic) -> Client:
    return signed_in(client, sunrise_clinic)


def words(client: Client, query: str = "") -> str:
    return client.get(reverse("overview") + query).content.decode()


def write(sender: Sender, status: Status, count: int, *, at: datetime) -> None:
    patient = factories.make_patient(sender.clinic)
    for _n in range(count):
        factories.make_message(
            sender,
            patient,
            status=status,
            send_after=None,
            created_at=at,
            accepted_at=at if status in (Status.SENT, Status.READ) else None,
            reason=Reason.TOO_LATE if status == Status.WITHHELD else "",
        )


def test_home_is_the_overview(manager: Client) -> None:
    assert manager.get("/")["Location"] == reverse("overview")


def test_a_day_goes_from_planned_to_answered(sender: Sender, noon: datetime) -> None:
    for status, count in ((Status.READ, 3), (Status.SENT, 2), (Status.WITHHELD, 1)):
        write(sender, status, count, at=noon)

    steps = today.messages(sender.clinic, now=noon)["steps"]

    assert [(step.count, step.percent) for step in steps] == [
        *((6, 100), (5, 83), (3, 50), (3, 50), (0, 0))
    ]
    assert [step.more for step in steps[:3]] == ["", "1 not sent, for a reason", "2 not known yet"]


def test_what_was_counted_a_minute_ago_is_not_counted_again(sender: Sender, noon: datetime) -> None:
    write(sender, Status.READ, 2, at=noon)
    counting.count(sender.clinic, date(2026, 3, 10), now=noon)
    write(sender, Status.READ, 1, at=noon)

    kept = today.messages(sender.clinic, now=noon + timedelta(minutes=2))
    anew = today.messages(sender.clinic, now=noon + timedelta(minutes=4))

    assert (kept["steps"][0].count, kept["at"]) == (2, noon)
    assert anew["steps"][0].count == 3


def test_visits_add_up(manager: Client, sender: Sender) -> None:
    clinic = sender.clinic
    Clinic.objects.update(call_from_hours=48)
    local = timezone.now().astimezone(clinic.zone)
    tomorrow = local.replace(hour=12) + timedelta(days=1)
    for minutes in range(3):
        patient = factories.make_patient(clinic)
        answer = "CONFIRMED" if minutes else "NONE"
        factories.make_visit(
            patient, starts_at=tomorrow + timedelta(minutes=minutes), answer=answer
        )

    assert "3 visits = 2 told + 1 to call + 0 asked us not to" in words(manager)


def test_today_tells_who_was_here_who_missed_and_who_is_to_come(sender: Sender) -> None:
    clinic = sender.clinic
    noon = datetime(2026, 3, 10, 12, tzinfo=clinic.zone)
    became = [VisitStatus.SEEN, VisitStatus.ARRIVED, VisitStatus.LEFT, VisitStatus.MISSED]
    for status in (*became, VisitStatus.CANCELLED_BY_CLINIC, VisitStatus.BOOKED):
        visit = factories.make_visit(factories.make_patient(clinic), starts_at=noon - HOUR)
        Appointment.objects.filter(pk=visit.pk).update(status=status)
    comes = factories.make_visit(factories.make_patient(clinic), starts_at=noon + HOUR)
    Appointment.objects.filter(pk=comes.pk).update(answer=Answer.CONFIRMED)
    factories.make_visit(factories.make_patient(clinic), starts_at=noon + 2 * HOUR)

    def told(now: datetime) -> str:
        return str(today.days(clinic, now=now, sites=())[0]["sentence"])

    was = "2 were here + 1 left without being seen + 1 missed"
    sum_at_noon = f"7 visits = {was} + 1 not marked yet + 1 told + 1 to call + 0 asked us not to"
    assert told(noon) == sum_at_noon
    assert told(noon + 3 * HOUR) == f"7 visits = {was} + 3 not marked yet"


def test_campaigns_and_numbers_are_shown_as_they_stand(
    manager: Client, sender: Sender, settings: LazySettings
) -> None:
    now, clinic = timezone.now(), sender.clinic
    settings.WHATSAPP_TOKEN_EXPIRES_ON = now.date() + timedelta(days=5)
    Portfolio.objects.update(daily_limit=250, seats_kept=40)
    Sender.objects.update(quality="YELLOW")
    phone = factories.make_phone(clinic)
    TierSeat.objects.create(portfolio=sender.account.portfolio, phone=phone, last_at=now)
    write(sender, Status.SENT, 2, at=now - timedelta(seconds=5))
    campaign = factories.make_campaign(clinic, name="Flu 2026")
    stream = Stream.objects.create(clinic=clinic, name="run", counts={"SENT": 7, "DELIVERED": 5})
    Run.objects.create(
        campaign=campaign,
        occurrence_at=now,
        stream=stream,
        status=RunStatus.PAUSED,
        status_reason="too many failed",
        audience_size=1200,
        expires_at=now,
        started_at=now,
    )

    page = manager.get(reverse("overview"))

    (run,), (number,) = page.context["campaigns"], page.context["numbers"]
    assert (run["name"], run["sent"], run["arrived"]) == ("Flu 2026", 7, 5)
    assert number["lately"] == 2
    shown = page.content.decode()
    assert "1 of 250 people" in shown
    assert "40 kept for reminders" in shown
    assert "medium" in shown
    assert "5 days left" in shown
    assert "too many failed" in shown


def test_a_person_of_two_clinics_chooses_one(manager: Client, sunrise_clinic: Clinic) -> None:
    other = factories.make_clinic(name="Sunset")
    assert "Sunset" not in words(manager, f"?clinic={other.pk}")
    StaffUser.objects.get().clinics.add(other)

    page = manager.get(reverse("overview") + f"?clinic={other.pk}")

    assert page.context["clinic"] == other
    assert f"only=now&amp;clinic={other.pk}" in page.content.decode()


def test_the_part_that_is_renewed_comes_alone(manager: Client) -> None:
    part = words(manager, "?only=now")

    assert "<html" not in part
    assert "What needs a person" in part


def test_who_works_nowhere_is_told_so(client: Client, db: None) -> None:
    client.force_login(factories.make_person("nobody"))

    assert "You work for no clinic yet" in words(client)


def test_it_asks_as_often_for_a_hundred_rows_as_for_five(manager: Client, sender: Sender) -> None:
    now = timezone.now()
    counts = []
    for count in (5, 95):
        write(sender, Status.READ, count, at=now)
        patient = factories.make_patient(sender.clinic)
        site = factories.make_site(sender.clinic)
        kind = factories.make_kind(sender.clinic)
        for minutes in range(count):
            at = now + timedelta(minutes=minutes)
            factories.make_visit(patient, starts_at=at, site=site, kind=kind)
        words(manager)
        with CaptureQueriesContext(connection) as asked:
            words(manager)
        counts.append(len(asked))

    assert counts[0] == counts[1] <= QUERIES


def test_everything_else_is_one_page_away(manager: Client) -> None:
    page = manager.get(reverse("admin:index")).content.decode()

    assert reverse("overview") in page
    assert reverse("admin:reminders_reminderrule_changelist") in page


@pytest.mark.parametrize("mode", [Mode.PRACTICE, Mode.LIVE])
def test_the_setup_guide_is_led_to_until_the_clinic_is_live(
    manager: Client, sunrise_clinic: Clinic, mode: Mode
) -> None:
    Clinic.objects.update(mode=mode)

    page = manager.get(reverse("overview")).content.decode()

    link = f'class="act" href="{reverse("setup")}?clinic={sunrise_clinic.pk}"'
    assert (link in page) is (mode != Mode.LIVE)


@pytest.mark.parametrize(
    ("columns", "says"),
    [
        pytest.param({}, "Access token: not tried yet", id="untried"),
        pytest.param({"state_checked_at": True}, "Access token: accepted, last used", id="good"),
        pytest.param(
            {"state_checked_at": True, "held_at": True, "held_code": 190},
            "Access token: refused since",
            id="refused",
        ),
        pytest.param(
            {"state_checked_at": True, "held_at": True, "held_code": 131042},
            "Access token: accepted, last used",
            id="stopped-for-something-else",
        ),
    ],
)
def test_a_token_without_an_end_stands_beside_its_number(
    manager: Client,
    sender: Sender,
    settings: LazySettings,
    columns: dict[str, int],
    says: str,
) -> None:
    settings.WHATSAPP_TOKEN_EXPIRES_ON = None
    at = timezone.now() - timedelta(hours=1)
    Sender.objects.update(
        **{name: at if known is True else known for name, known in columns.items()}
    )

    assert says in manager.get(reverse("overview")).content.decode()
