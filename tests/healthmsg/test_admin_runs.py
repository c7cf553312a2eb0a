"""A run's own page: watched, searched and taken home by whoever may."""

import io
from collections.abc import Callable
from datetime import datetime

import pytest
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook

from campaigns import launching
from campaigns.admin import downloads
from campaigns.models import Run
from healthmsg.clinic.models import Clinic, Purpose, StaffUser
from tests import factories
from whatsapp.models import Message, ReplyOutcome, Sender
from whatsapp.status import Reason, Status


@pytest.fixture
def run(sunrise_clinic: Clinic, sender: Sender, noon: datetime) -> Run:
    """One has read it and wants a visit, one could not be reached, one said no before."""
    cache.clear()
    factories.make_template(sender.account, name="flu", body="Hola {{contact_name}}")
    asked = (Purpose.PREVENTION,)
    reads = factories.make_patient(
        sunrise_clinic, given_name="Ana", external_id="=H1", consents=asked
    )
    unreached = factories.make_patient(sunrise_clinic, external_id="H2", consents=asked)
    refused = factories.make_patient(sunrise_clinic, external_id="H3")
    campaign = factories.make_campaign(
        sunrise_clinic,
        audience=factories.make_audience(sunrise_clinic, reads, unreached, refused),
        template_name="flu",
    )
    launching.start(campaign, by=None, now=noon)
    launching.pour(now=noon)
    first = Message.objects.get(patient=reads)
    Message.objects.filter(pk=first.pk).update(
        status=Status.READ, accepted_at=noon, delivered_at=noon, read_at=noon, send_after=None
    )
    Message.objects.filter(patient=unreached).update(
        status=Status.FAILED, reason=Reason.NOT_ON_WHATSAPP, failed_at=noon, send_after=None
    )
    factories.make_reply(
        clinic=sunrise_clinic,
        sender=sender,
        phone=first.phone,
        wamid="wamid.1",
        kind="button",
        written_at=noon,
        outcome=ReplyOutcome.INTERESTED,
        answers=first,
    )
    first.recipients.update(answer=ReplyOutcome.INTERESTED, answered_at=noon)
    return Run.objects.get()


@pytest.fixture
def as_role(client: Client, sunrise_clinic: Clinic) -> Callable[[str], Client]:
    def sign_in(role: str) -> Client:
        user = StaffUser.objects.create(username=role, is_staff=True)
        user.clinics.add(sunrise_clinic)
        user.groups.add(Group.objects.get(name=role))
        client.force_login(user)
        return client

    return sign_in


def test_the_page_tells_from_planned_to_answered(
    run: Run, as_role: Callable[[str], Client]
) -> None:
    address = reverse("admin:campaigns_run_change", args=[run.pk])
    whole = as_role("Campaign author").get(address).content.decode()
    part = as_role("Approver").get(f"{address}?only=now").content.decode()

    for shown in (whole, part):
        assert "Everybody is accounted for: sent, not sent and waiting are 3 together." in shown
        assert "Not reached on WhatsApp" in shown
        assert "Never asked for permission" in shown
        assert "Wants an appointment" in shown
        assert "By template and language" in shown
    assert "<html" in whole
    assert "<html" not in part
    assert "Download" not in whole


def test_numbers_that_do_not_add_up_are_said_aloud(
    run: Run, as_role: Callable[[str], Client]
) -> None:
    run.recipients.order_by("pk")[:1].get().delete()

    shown = as_role("Clinic admin").get(reverse("admin:campaigns_run_change", args=[run.pk]))

    assert "The numbers do not add up: 3 were written down, 2 are counted." in (
        shown.content.decode()
    )


def test_the_page_asks_the_database_as_often_for_many(
    run: Run,
    as_role: Callable[[str], Client],
    django_assert_max_num_queries: Callable[[int], object],
) -> None:
    client = as_role("Clinic admin")
    address = reverse("admin:campaigns_run_change", args=[run.pk]) + "?only=now"
    client.get(address)
    cache.clear()

    with django_assert_max_num_queries(20):  # type: ignore[attr-defined]
        client.get(address)


def test_why_and_why_not_are_told_of_anybody(run: Run, as_role: Callable[[str], Client]) -> None:
    client = as_role("Clinic admin")
    address = reverse("admin:campaigns_run_patient", args=[run.pk])

    reached = client.post(address, {"typed": "Ana"}).content.decode()
    refused = client.post(address, {"typed": "H3"}).content.decode()
    nobody = client.post(address, {"typed": "Zacharias"}).content.decode()

    assert "arrived on the phone" in reached
    assert "Not sent: never asked for permission." in refused
    assert "Nobody by that name or number." in nobody


@pytest.mark.parametrize("page", ["patient", "csv", "xlsx"])
def test_patients_are_named_only_to_whoever_may_see_them(
    page: str, run: Run, as_role: Callable[[str], Client]
) -> None:
    address = reverse(f"admin:campaigns_run_{page}", args=[run.pk])

    assert as_role("Campaign author").get(address).status_code == 403


def test_another_clinic_s_run_is_not_found(
    run: Run, client: Client, as_role: Callable[[str], Client]
) -> None:
    user = StaffUser.objects.create(username="elsewhere", is_staff=True)
    user.clinics.add(factories.make_clinic(name="Elsewhere"))
    user.groups.add(Group.objects.get(name="Clinic admin"))
    client.force_login(user)

    for page in ("patient", "csv", "xlsx"):
        address = reverse(f"admin:campaigns_run_{page}", args=[run.pk])
        assert client.get(address).status_code == 404
    part = reverse("admin:campaigns_run_change", args=[run.pk]) + "?only=now"
    assert client.get(part).status_code == 404


def test_the_csv_file_says_of_each_what_became_of_it(
    run: Run, as_role: Callable[[str], Client]
) -> None:
    answer = as_role("Clinic admin").get(reverse("admin:campaigns_run_csv", args=[run.pk]))

    text = b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]
    head, first, second, third, _end = text.split("\r\n")
    assert head.startswith("\ufeffpatient,identifier,language")
    assert first.split(",")[1] == "'=H1"
    assert first.endswith("wants an appointment")
    assert "could not be delivered,not reached on WhatsApp" in second
    assert "not sent,never asked for permission" in third


def test_the_workbook_says_the_same(run: Run, as_role: Callable[[str], Client]) -> None:
    answer = as_role("Clinic admin").get(reverse("admin:campaigns_run_xlsx", args=[run.pk]))

    body = io.BytesIO(b"".join(answer.streaming_content))  # type: ignore[attr-defined]
    rows = list(load_workbook(body).active.iter_rows(values_only=True))  # type: ignore[union-attr]
    assert len(rows) == 4
    assert [row[1] for row in rows] == ["identifier", "'=H1", "H2", "H3"]


def test_a_workbook_of_too_many_lines_is_refused(
    run: Run, as_role: Callable[[str], Client]
) -> None:
    Run.objects.update(audience_size=downloads.WORKBOOK_LINES + 1)

    answer = as_role("Clinic admin").get(reverse("admin:campaigns_run_xlsx", args=[run.pk]))

    assert answer.status_code == 400
