"""Two admins at once, and an admin beside the tick: the run stands as one of them wanted it."""

import threading
from collections.abc import Callable
from datetime import datetime
from functools import partial
from itertools import product

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse

from campaigns import audience, launching, progress, sweeping
from campaigns.models import Campaign, Recipient, Run, RunStatus
from healthmsg.clinic.models import Clinic, StaffUser
from tests import factories
from tests.campaigns.invitees import invite
from whatsapp.models import Message, Stream
from whatsapp.status import Status

pytestmark = pytest.mark.django_db(transaction=True)
PEOPLE = 30


@pytest.fixture
def run(campaign: Campaign, noon: datetime) -> Run:
    for _ in range(PEOPLE):
        invite(campaign)
    return launching.start(campaign, by=None, now=noon)


def at_once(*acts: Callable[[], object]) -> None:
    """Do all of it at the same moment, each on a connection of its own."""
    gate = threading.Barrier(len(acts))
    broke: list[Exception] = []

    def do(act: Callable[[], object]) -> None:
        try:
            gate.wait(5)
            act()
        except Exception as error:  # noqa: BLE001 - told below
            broke.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=do, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert not broke


def stands(run: Run) -> tuple[str, bool]:
    run.refresh_from_db()
    return run.status, Stream.objects.get(pk=run.stream_id).held_at is not None


def signed_in(clinic: Clinic, name: str) -> Client:
    user = StaffUser.objects.create(username=name, is_staff=True, is_superuser=True)
    user.clinics.add(clinic)
    client = Client()
    client.force_login(user)
    return client


def test_two_admins_who_press_start_at_once_start_one_run(campaign: Campaign) -> None:
    invite(campaign)
    address = reverse("admin:campaigns_campaign_start", args=[campaign.pk])
    admins = [signed_in(campaign.clinic, name) for name in ("first", "second")]

    at_once(*(partial(admin.post, address) for admin in admins))

    assert Run.objects.filter(campaign=campaign).count() == Stream.objects.count() == 1


def test_an_admin_who_pauses_while_another_lets_it_go_on_is_not_half_heard(
    run: Run, noon: datetime
) -> None:
    """What is shown and what leaves are the same, whoever came last."""
    launching.pour(now=noon)
    with transaction.atomic():
        # The tick is in the middle of a portion.
        Run.objects.select_for_update().get(pk=run.pk)
        pausing = threading.Thread(target=closing(lambda: pause(run, noon)))
        pausing.start()
        until(lambda: Stream.objects.get(pk=run.stream_id).held_at is not None)
        resuming = threading.Thread(target=closing(lambda: resume(run, noon)))
        resuming.start()
        resuming.join(0.5)
    pausing.join(10)
    resuming.join(10)

    assert stands(run) in {(RunStatus.PAUSED, True), (RunStatus.POURING, False)}


def test_however_two_admins_meet_the_run_stands_as_one_of_them_wanted(
    run: Run, noon: datetime
) -> None:
    launching.pour(now=noon)
    acts = (pause, resume)

    for first, second in [*product(acts, acts)] * 8:
        at_once(partial(first, run, noon), partial(second, run, noon))
        assert stands(run) in {(RunStatus.PAUSED, True), (RunStatus.POURING, False)}


def test_a_run_cancelled_beside_a_tick_leaves_nobody_without_a_reason(
    run: Run, noon: datetime
) -> None:
    at_once(
        lambda: launching.pour(now=noon, portion=7),
        lambda: launching.pour(now=noon, portion=7),
        lambda: launching.cancel(run, reason="wrong list", now=noon),
        lambda: pause(run, noon),
    )
    while launching.pour(now=noon) or sweeping.end_what_is_over(now=noon):
        pass

    run.refresh_from_db()
    so_far = progress.of(run, now=noon)
    assert run.status == RunStatus.CANCELLED
    assert so_far.adds_up
    assert so_far.waiting == 0
    assert not Message.objects.filter(status=Status.QUEUED).exists()
    assert not Recipient.objects.filter(message=None, reason="").exists()


def pause(run: Run, now: datetime) -> None:
    launching.pause(run, reason="a word is wrong", now=now)


def resume(run: Run, now: datetime) -> None:
    launching.resume(Run.objects.select_related("campaign__clinic").get(pk=run.pk), now=now)


def closing(act: Callable[[], object]) -> Callable[[], None]:
    def do() -> None:
        try:
            act()
        finally:
            connection.close()

    return do


def until(is_so: Callable[[], bool]) -> None:
    for _ in range(500):
        if is_so():
            return
        threading.Event().wait(0.01)
    raise AssertionError("it never came to that")


def delete(patient_id: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM clinic_patient WHERE id = %s", [patient_id])


def somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return bool(cursor.fetchone()[0])


def test_a_patient_who_was_written_down_is_not_deleted(run: Run, noon: datetime) -> None:
    audience.expand(run, now=noon)
    invited = Recipient.objects.values_list("patient_id", flat=True)[0]
    stranger = factories.make_patient(run.campaign.clinic)

    with pytest.raises(IntegrityError, match="of a campaign's run"):
        delete(invited)
    with transaction.atomic():
        delete(stranger.pk)
        transaction.set_rollback(True)  # of the others' look at it, at the commit


def test_a_patient_who_is_being_written_down_is_not_deleted_meanwhile(
    run: Run, noon: datetime
) -> None:
    refused: list[str] = []

    def delete_aside() -> None:
        try:
            delete(invited)
        except IntegrityError as error:
            refused.append(str(error))
        finally:
            connection.close()

    deleting = threading.Thread(target=delete_aside)
    with transaction.atomic():
        audience.expand(run, now=noon)
        invited = Recipient.objects.values_list("patient_id", flat=True)[0]
        deleting.start()
        until(somebody_waits)
    deleting.join(30)

    assert "of a campaign's run" in refused[0]
