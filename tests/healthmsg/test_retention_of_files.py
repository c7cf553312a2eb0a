"""Files of patients go by each clinic's rule, each day by themselves, and leave a certificate."""

import signal
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.test import Client
from django.urls import reverse

from healthmsg.clinic import erasure
from healthmsg.clinic.models import Clinic, Patient
from healthmsg.desk import tasks
from healthmsg.desk.privacy import by_itself, overdue, retention, rules
from healthmsg.desk.privacy.models import Kept, RetentionRule, RetentionRun, RunState
from tests import factories
from tests.healthmsg.test_retention import YEAR, begin, signed_in
from tests.healthmsg.test_retention_killed import BETWEEN, OLD, UNCOMMITTED, ended, kill
from whatsapp import kept_files
from whatsapp import tasks as whatsapp_tasks
from whatsapp.models import FileState, InboundFile, Sender

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def place(settings: LazySettings, tmp_path: Path) -> Path:
    settings.INBOUND_FILES_DIRECTORY = str(tmp_path)
    return tmp_path


def make_file(
    sender: Sender, patient: Patient, place: Path, fetched_at: datetime, **fields: object
) -> InboundFile:
    reply = factories.make_reply(
        clinic=sender.clinic,
        sender=sender,
        phone=factories.phone_of(patient),
        wamid=f"wamid.{InboundFile.objects.count()}",
        kind="image",
        written_at=fetched_at,
        handled_at=fetched_at,
        words_removed_at=fetched_at,
    )
    kept = {"state": FileState.KEPT, "fetch_after": None, "fetched_at": fetched_at, "size": 4}
    file = InboundFile.objects.create(reply=reply, media_id="1", **{**kept, **fields})
    path = kept_files.path_of(file, place)
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"jpeg")
    return file


def lies(file: InboundFile, place: Path) -> bool:
    """Say whether it is there; its row says the same."""
    file.refresh_from_db()
    is_there = kept_files.path_of(file, place).exists()
    assert is_there is (file.state == FileState.KEPT)
    return is_there


def remove(now: datetime) -> None:
    by_itself.begin(now=now)
    retention.go_on(now=now, seconds=20)


def test_files_go_by_themselves_after_the_houses_days_and_leave_a_certificate(
    sender: Sender, place: Path, noon: datetime, settings: LazySettings
) -> None:
    settings.INBOUND_FILES_KEPT_DAYS = 29.5
    patient = factories.make_patient(sender.clinic)
    old, young = (make_file(sender, patient, place, noon - days * DAY) for days in (31, 29))

    remove(noon)

    assert not lies(old, place)
    assert lies(young, place)
    run = RetentionRun.objects.get()
    assert (run.clinic, run.kind, run.decided_by) == (sender.clinic, Kept.FILES, None)
    assert (run.state, run.removed, run.expected) == (RunState.DONE, 1, 1)
    assert run.before == noon - 30 * DAY


def test_two_clinics_keep_files_for_times_of_their_own(
    sender: Sender, place: Path, noon: datetime
) -> None:
    elsewhere = factories.make_clinic(name="Elsewhere")
    theirs = factories.make_sender(elsewhere, phone_number_id="900000000000001")
    files = [
        make_file(one, factories.make_patient(one.clinic), place, noon - 100 * DAY)
        for one in (sender, theirs)
    ]
    rules.keep_for(sender.clinic, Kept.FILES, days=90)
    rules.keep_for(elsewhere, Kept.FILES, days=3650)

    remove(noon)

    assert [lies(file, place) for file in files] == [False, True]
    assert [run.clinic for run in RetentionRun.objects.all()] == [sender.clinic]


def test_files_of_patients_under_a_legal_hold_stay(
    sender: Sender, place: Path, noon: datetime
) -> None:
    held, other = (factories.make_patient(sender.clinic) for _ in range(2))
    erasure.place_hold(held, reason="a court asks", by=None, now=noon)
    files = [make_file(sender, patient, place, noon - YEAR) for patient in (held, other)]

    remove(noon)

    assert [lies(file, place) for file in files] == [True, False]
    assert retention.check(sender.clinic, Kept.FILES, before=noon) == 0
    assert overdue.look(now=noon) == 0
    erasure.end_hold(held, by=None, now=noon)
    remove(noon + DAY)
    assert not lies(files[0], place)


def test_files_go_once_a_day_and_no_day_without_any_leaves_a_row(
    sender: Sender, place: Path, noon: datetime
) -> None:
    patient = factories.make_patient(sender.clinic)
    assert by_itself.begin(now=noon) == 0
    make_file(sender, patient, place, noon - YEAR)
    assert by_itself.begin(now=noon) == 1
    assert by_itself.begin(now=noon) == 0
    retention.go_on(now=noon, seconds=20)
    make_file(sender, patient, place, noon - YEAR)

    for hour in range(1, 24):
        assert by_itself.begin(now=noon + timedelta(hours=hour)) == 0
    assert by_itself.begin(now=noon + DAY) == 1
    assert RetentionRun.objects.count() == 2


def test_files_whose_count_disagrees_stay(sender: Sender, place: Path, noon: datetime) -> None:
    file = make_file(sender, factories.make_patient(sender.clinic), place, noon - 2 * YEAR)

    with pytest.raises(retention.Disagrees):
        retention.begin(
            sender.clinic, Kept.FILES, before=noon - YEAR, expected=2, by=None, now=noon
        )
    with pytest.raises(retention.Disagrees):
        retention.begin(sender.clinic, Kept.FILES, before=noon, expected=1, by=None, now=noon)

    assert retention.go_on(now=noon, seconds=5) == 0
    assert lies(file, place)


def test_files_that_came_since_they_were_counted_stay_until_the_next_day(
    sender: Sender, place: Path, noon: datetime
) -> None:
    patient = factories.make_patient(sender.clinic)
    first = make_file(sender, patient, place, noon - YEAR)
    by_itself.begin(now=noon)
    second = make_file(sender, patient, place, noon - YEAR)

    retention.go_on(now=noon, seconds=5)

    assert [lies(file, place) for file in (first, second)] == [False, True]


def test_files_stay_while_somebody_has_stopped_their_removal(
    sender: Sender, place: Path, noon: datetime
) -> None:
    file = make_file(sender, factories.make_patient(sender.clinic), place, noon - YEAR)
    by_itself.begin(now=noon)

    assert retention.stop(RetentionRun.objects.get(), by=None, now=noon)

    remove(noon + timedelta(hours=2))
    assert lies(file, place)
    assert overdue.look(now=noon) == 1
    assert overdue.of_clinics() == {sender.clinic_id: [Kept.FILES]}
    remove(noon + DAY)
    assert not lies(file, place)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "moment", [BETWEEN, ('UPDATE "whatsapp_inboundfile"', "before"), UNCOMMITTED]
)
def test_who_is_killed_over_files_leaves_none_that_is_counted_twice(
    sender: Sender, place: Path, noon: datetime, settings: LazySettings, moment: tuple[str, str]
) -> None:
    patient = factories.make_patient(sender.clinic)
    files = [make_file(sender, patient, place, noon - 2 * YEAR) for _ in range(OLD)]
    run = begin(sender.clinic, Kept.FILES, noon)

    assert kill(moment, noon, settings) == -signal.SIGKILL

    run.refresh_from_db()
    deleted = InboundFile.objects.filter(state=FileState.DELETED).count()
    assert (run.state, run.removed) == (RunState.GOING, deleted)
    assert deleted == 1
    ended(run, noon)
    assert not any(lies(file, place) for file in files)


def test_the_hourly_tasks_begin_it_and_the_task_of_before_takes_nothing(
    sender: Sender, place: Path
) -> None:
    file = make_file(
        sender, factories.make_patient(sender.clinic), place, factories.NOON - 5 * YEAR
    )
    rules.keep_for(sender.clinic, Kept.FILES, days=36_500)

    whatsapp_tasks.delete_files()
    assert tasks.look_for_old() == tasks.remove_old() == 0
    assert lies(file, place)
    RetentionRule.objects.all().delete()
    assert tasks.look_for_old() == 0, "what is being removed is not kept too long"
    assert tasks.remove_old() == 1

    assert not lies(file, place)


def test_the_page_says_what_goes_by_itself_and_when_it_last_did(
    client: Client, sunrise_clinic: Clinic, sender: Sender, place: Path, settings: LazySettings
) -> None:
    settings.INBOUND_FILES_KEPT_DAYS = 7.0
    now = factories.NOON
    make_file(sender, factories.make_patient(sunrise_clinic), place, now - YEAR)
    remove(now)
    signed_in(client, sunrise_clinic, "Clinic admin")
    page = reverse("kept")

    shown = client.get(page).text
    client.post(page, {"act": "keep", "clinic": sunrise_clinic.pk, "kind": "FILES", "days": 6})
    client.post(page, {"act": "keep", "clinic": sunrise_clinic.pk, "kind": "FILES", "days": 7})

    assert shown.count("Goes by itself once a day") == len(by_itself.KINDS)
    assert "1 of 1." in shown
    assert "Nothing was removed yet." in shown, "in the list of what people decided"
    assert rules.days(sunrise_clinic)[Kept.FILES] == 7
    run = RetentionRun.objects.get()
    told = client.get(reverse("admin:desk_retentionrun_change", args=[run.pk])).text
    assert "the rule, by itself" in told
    assert "the rule, by itself" in client.get(reverse("admin:desk_retentionrun_changelist")).text
