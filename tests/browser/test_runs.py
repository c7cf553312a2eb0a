"""A run is watched while it goes: numbers and pictures follow, and nothing is loaded anew."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.utils import timezone

from campaigns import launching
from campaigns.models import Run
from healthmsg.clinic.models import Clinic, Purpose
from tests import factories
from tests.browser.conftest import Desk
from whatsapp.models import Message, ReplyOutcome, Sender
from whatsapp.status import Reason, Status


@pytest.fixture
def run(clinic: Clinic, clinic_sender: Sender) -> Run:
    cache.clear()
    now = timezone.now()
    for language in ("es", "en"):
        factories.make_template(
            clinic_sender.account,
            name="flu",
            language=language,
            body="Hola {{contact_name}}",
        )
    asked = (Purpose.PREVENTION,)
    patients = [factories.make_patient(clinic, consents=asked) for _ in range(24)]
    patients += [factories.make_patient(clinic) for _ in range(4)]
    for patient in patients[::3]:
        patient.contacts.update(language="en")
    campaign = factories.make_campaign(
        clinic,
        name="Flu 65+",
        audience=factories.make_audience(clinic, *patients),
        template_name="flu",
    )
    launching.start(campaign, by=None, now=now - timedelta(hours=5))
    launching.pour(now=now - timedelta(hours=5))
    for n, message in enumerate(Message.objects.order_by("pk")[:20]):
        taken = now - timedelta(hours=5 - n // 5, minutes=n)
        Message.objects.filter(pk=message.pk).update(
            status=(Status.READ, Status.DELIVERED, Status.DELIVERED, Status.SENT)[n % 4],
            send_after=None,
            accepted_at=taken,
            delivered_at=taken + timedelta(minutes=1) if n % 4 < 3 else None,
        )
        if n % 5 == 0:
            reply(message, n)
    Message.objects.filter(pk=Message.objects.order_by("pk")[20].pk).update(
        status=Status.FAILED, reason=Reason.NOT_ON_WHATSAPP, send_after=None
    )
    return Run.objects.get()


def reply(message: Message, n: int) -> None:
    outcome = (ReplyOutcome.INTERESTED, ReplyOutcome.ALREADY_DONE)[n // 5 % 2]
    factories.make_reply(
        clinic=message.clinic,
        sender=message.clinic.senders.get(),
        phone=message.phone,
        wamid=f"wamid.{n}",
        kind="button",
        written_at=timezone.now() - timedelta(hours=n // 5),
        outcome=outcome,
        answers=message,
    )
    message.recipients.update(answer=outcome, answered_at=timezone.now() - timedelta(hours=n // 5))


def test_a_run_is_watched_while_it_goes(desk: Desk, run: Run) -> None:
    desk.sign_in("Clinic admin")
    page = desk.page

    desk.open(f"/admin/campaigns/run/{run.pk}/change/")
    desk.says("sent, not sent and waiting are 28 together")
    table = page.get_by_text("As a table").first
    table.click()
    desk.is_accessible()
    desk.picture("run")
    drawn = "Chart.getChart(document.querySelector('canvas.chart')).data.datasets[1].data"
    before = sum(page.evaluate(drawn))
    page.evaluate("window.wasLoaded = true")

    Message.objects.filter(status=Status.SENT).update(
        status=Status.DELIVERED, delivered_at=timezone.now()
    )

    page.wait_for_function(f"{drawn}.reduce((a, b) => a + b) === {before + 5}")
    assert page.evaluate("window.wasLoaded")
    assert page.locator("details").first.get_attribute("open") is not None
    desk.fits()


def test_it_is_paused_from_where_it_is_watched(desk: Desk, run: Run) -> None:
    desk.sign_in("Clinic admin")
    page = desk.page

    desk.open(f"/admin/campaigns/run/{run.pk}/change/")
    page.get_by_role("link", name="Pause").click()
    page.get_by_label("Why").fill("a wrong word")
    page.get_by_role("button", name="Pause now").click()
    desk.says("Nothing more leaves")
    page.get_by_role("link", name="Watch").click()
    desk.says("a wrong word")
    desk.says("Go on")


def test_anybody_is_explained(desk: Desk, run: Run) -> None:
    patient = Message.objects.order_by("pk")[:1].get().patient
    assert patient is not None
    patient.given_name = "Zenobia"
    patient.save()
    desk.sign_in("Clinic admin")
    page = desk.page

    desk.open(f"/admin/campaigns/run/{run.pk}/change/")
    page.get_by_role("link", name="Why, or why not").click()
    page.get_by_label("Name, identifier or number").fill("zeno")
    page.get_by_role("button", name="Find").click()
    desk.says("arrived on the phone")
    assert "zeno" not in page.url
    desk.is_accessible()
    desk.picture("run-patient")
