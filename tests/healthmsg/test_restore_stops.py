"""What a restore brings back beside the backup, and what stands still until a person has looked."""

import uuid
from dataclasses import replace
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import transaction

from healthmsg import start
from healthmsg.clinic import consent, remembered
from healthmsg.clinic.models import (
    Clinic,
    GivenHow,
    Patient,
    PhoneState,
    Purpose,
    RememberedStop,
    UnkeptStop,
)
from healthmsg.desk import switches, tasks
from healthmsg.desk.backups import after, journal, machines, standstills
from healthmsg.desk.backups.models import Cause, Machine
from healthmsg.desk.models import Standstill
from tests import factories
from whatsapp import wrong_numbers
from whatsapp.models import Message, Sender, Switch
from whatsapp.status import Reason, Status

pytestmark = pytest.mark.django_db(transaction=True)

KEY = "backup-key-of-the-tests-" + "k" * 20
HOUR = timedelta(hours=1)
# The sandbox knows it too.
TEMPLATE, WORDS = "please_contact_us", "{{contact_name}} {{clinic_name}} {{clinic_phone}}"
SAID = consent.Evidence(GivenHow.BY_MESSAGE)


@pytest.fixture(autouse=True)
def _house(settings: LazySettings, tmp_path: Path) -> None:
    settings.BACKUP_KEY = KEY
    settings.STOP_JOURNAL_DIRECTORY = str(tmp_path / "stops")
    settings.MACHINE_FILE = str(tmp_path / "machine")


def everything_is_held() -> bool:
    return Switch.objects.filter(name=Switch.Name.EVERYTHING, held_at__isnull=False).exists()


def test_restore_finds_each_kind_of_stop_in_the_journal(
    sunrise_clinic: Clinic, noon: datetime, tmp_path: Path
) -> None:
    directory = tmp_path / "stops"
    stopped, refused, strangers = (factories.make_patient(sunrise_clinic) for _ in range(3))
    with transaction.atomic():
        consent.stop(factories.phone_of(stopped), evidence=SAID, at=noon)
        assert not directory.exists(), "nothing is written that may yet be taken back"
    consent.decline(
        refused, factories.phone_of(refused), [Purpose.FEEDBACK], evidence=SAID, at=noon
    )
    wrong_numbers.mark(factories.phone_of(strangers), now=noon)

    (file,) = directory.iterdir()
    words = file.read_text()
    assert UnkeptStop.objects.count() == 0
    assert factories.phone_of(stopped).number not in words
    assert factories.phone_of(stopped).number.lstrip("+") not in words
    kinds = [str(stop.kind) for stop in journal.read(directory)]
    assert kinds.count("WITHDRAWN") == 10
    assert set(kinds) == {"WITHDRAWN", "DECLINED", "WRONG_PERSON"}


def test_a_stop_whose_file_cannot_be_written_counts_and_is_written_later(
    willing_patient: Patient, noon: datetime, tmp_path: Path
) -> None:
    directory = tmp_path / "stops"
    directory.write_text("not a directory")

    consent.stop(factories.phone_of(willing_patient), evidence=SAID, at=noon)
    assert consent.has_stopped(factories.phone_of(willing_patient))
    assert UnkeptStop.objects.exists()

    directory.unlink()
    assert tasks.keep_stops() == 10
    assert tasks.keep_stops() == 0


def test_a_line_that_broke_off_costs_no_other(
    willing_patient: Patient, noon: datetime, tmp_path: Path
) -> None:
    directory = tmp_path / "stops"
    consent.stop(factories.phone_of(willing_patient), evidence=SAID, at=noon)
    (file,) = directory.iterdir()
    file.write_text(file.read_text() + '{"kind": "WITHDR')

    consent.stop(factories.phone_of(willing_patient), evidence=SAID, at=noon + HOUR)

    assert len(list(journal.read(directory))) == 20


def test_a_stop_of_a_number_the_restored_database_never_had_is_remembered(
    sunrise_clinic: Clinic, willing_patient: Patient, noon: datetime, tmp_path: Path
) -> None:
    directory, key = tmp_path / "stops", "numbers-key"
    phone = factories.phone_of(willing_patient)
    with transaction.atomic():
        consent.withdraw(None, phone, [Purpose.MARKETING], evidence=SAID, at=noon)
        journal.keep(directory, key=key, now=noon)
    factories.phone_of(willing_patient)
    lost = journal._stop(next(iter(directory.iterdir())).read_text())
    assert lost is not None
    unknown = replace(lost, number_hash="0" * 64)

    assert remembered.replay([unknown, lost], key=key, now=noon) == 1
    assert remembered.replay([unknown, lost], key=key, now=noon) == 0

    assert RememberedStop.objects.get().purpose == Purpose.MARKETING


def test_settling_after_a_restore_twice_is_once(
    sender: Sender, willing_patient: Patient, noon: datetime, tmp_path: Path
) -> None:
    factories.make_message(sender, willing_patient, send_after=noon)

    for _ in range(2):
        after.settle(
            None, key="k", host="here", files=Path("none"), copied_at=noon - HOUR, now=noon + HOUR
        )

    assert Standstill.objects.get().found["messages"] == 1
    assert Message.objects.get().reason == Reason.RESTORED


def test_after_a_restore_the_main_switch_is_not_simply_started(
    sunrise_clinic: Clinic, noon: datetime
) -> None:
    after.settle(None, key="k", host="here", files=Path("none"), copied_at=None, now=noon)
    switch = Switch.objects.get(name=Switch.Name.EVERYTHING)

    with pytest.raises(ValidationError):
        switches.release(switch)

    assert everything_is_held()


def test_what_a_person_had_stopped_stays_stopped_when_the_standstill_ends(
    sunrise_clinic: Clinic, noon: datetime
) -> None:
    switch = Switch(name=Switch.Name.EVERYTHING)
    switches.hold(switch, reason="flood in the cellar", now=noon, by=None)
    after.settle(None, key="k", host="here", files=Path("none"), copied_at=None, now=noon)
    row = standstills.current()
    assert row is not None

    standstills.end(row, by=None, other_off_at=noon, now=noon)

    assert Switch.objects.get(name=Switch.Name.EVERYTHING).held_reason == "flood in the cellar"


def test_a_database_that_wakes_up_on_another_machine_holds_everything(
    sunrise_clinic: Clinic, sender: Sender, willing_patient: Patient, noon: datetime, tmp_path: Path
) -> None:
    assert machines.look(tmp_path / "first", now=noon)
    assert machines.look(tmp_path / "first", now=noon)
    assert not everything_is_held()

    assert not machines.look(tmp_path / "copy", now=noon)
    assert not machines.look(tmp_path / "copy", now=noon)

    assert everything_is_held()
    row = standstills.current()
    assert row is not None
    assert row.cause == Cause.OTHER_MACHINE
    factories.make_message(sender, willing_patient, send_after=noon, created_at=noon - HOUR)
    # A further machine of the same installation: what is due goes.
    standstills.end(row, by=None, other_off_at=None, now=noon)
    assert machines.look(tmp_path / "copy", now=noon)
    assert Machine.objects.count() == 2
    assert Message.objects.get().status == Status.QUEUED


@pytest.mark.parametrize(
    "clone",
    [
        pytest.param("another-system", id="its-machine-id-made-anew"),
        pytest.param("", id="put-into-a-container"),
    ],
)
def test_attack_a_clone_that_carries_the_file_along_holds_everything(
    sunrise_clinic: Clinic, noon: datetime, tmp_path: Path, clone: str
) -> None:
    system = tmp_path / "machine-id"
    system.write_text("this-system\n")
    assert machines.look(tmp_path / "machine", now=noon, system_id=system)
    assert machines.look(tmp_path / "machine", now=noon, system_id=system)

    if clone:
        system.write_text(f"{clone}\n")
    else:
        system.unlink()

    assert not machines.look(tmp_path / "machine", now=noon, system_id=system)
    assert everything_is_held()


def test_a_machine_known_to_the_release_before_is_known_once_more(
    sunrise_clinic: Clinic, noon: datetime, tmp_path: Path
) -> None:
    word, system = uuid.uuid4(), tmp_path / "machine-id"
    (tmp_path / "machine").write_text(f"{word}\n")
    system.write_text("this-system\n")
    Machine.objects.create(pk=word, host="here", known_at=noon)

    assert machines.look(tmp_path / "machine", now=noon, system_id=system)

    assert not Machine.objects.filter(pk=word).exists()
    system.write_text("another-system\n")
    assert not machines.look(tmp_path / "machine", now=noon, system_id=system)


def test_a_machine_that_is_made_known_first_holds_nothing(
    sunrise_clinic: Clinic, noon: datetime, tmp_path: Path, settings: LazySettings
) -> None:
    machines.look(tmp_path / "first", now=noon)
    settings.MACHINE_FILE = str(tmp_path / "second")

    call_command("machine", belongs=True, stdout=StringIO())

    assert machines.look(tmp_path / "second", now=noon)
    assert standstills.current() is None


def test_a_number_stays_a_strangers_after_a_restore(
    willing_patient: Patient, noon: datetime, tmp_path: Path, settings: LazySettings
) -> None:
    phone = factories.phone_of(willing_patient)
    wrong_numbers.mark(phone, now=noon)
    type(phone).objects.update(state=PhoneState.REACHED, state_changed_at=noon - HOUR)
    after.settle(
        tmp_path / "stops",
        key=settings.NUMBERS_KEY,
        host="here",
        files=Path("none"),
        copied_at=None,
        now=noon,
    )

    assert factories.phone_of(willing_patient).state == PhoneState.WRONG_PERSON


def test_every_process_looks_on_which_machine_it_is(
    sunrise_clinic: Clinic, noon: datetime, tmp_path: Path, settings: LazySettings
) -> None:
    machines.look(tmp_path / "first", now=noon)
    settings.MACHINE_FILE = str(tmp_path / "copy")

    start.begin()
    assert not everything_is_held(), "a sandbox reaches nobody"
    settings.USES_SANDBOX = False
    start.begin()

    assert everything_is_held()


def test_a_database_that_was_restored_by_other_means_is_held_by_hand(
    sender: Sender, willing_patient: Patient, noon: datetime
) -> None:
    factories.make_message(sender, willing_patient, send_after=noon)

    call_command("standstill", stdout=StringIO())

    assert everything_is_held()
    assert Message.objects.get().reason == Reason.RESTORED
