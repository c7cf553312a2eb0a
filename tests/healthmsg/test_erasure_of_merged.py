"""A person who was registered twice is deleted whole, whichever record the words lie on."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.utils import timezone

from healthmsg.clinic import consent, erasure, patient_keys, remembered
from healthmsg.clinic.models import (
    GivenHow,
    Patient,
    PatientState,
    Phone,
    Purpose,
    StaffUser,
    StopKind,
    UnkeptStop,
)
from healthmsg.desk.merging import joining
from healthmsg.desk.merging.models import PatientMerge
from healthmsg.desk.privacy import copying, erasing
from healthmsg.desk.privacy.models import Removal
from healthmsg.desk.proof import exporting
from healthmsg.desk.register.models import Incident, IncidentPatient
from tests import factories
from tests.healthmsg.standing_words import where_it_stands
from whatsapp.models import Reply, Sender

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NUMBER, KEY, BORN = "5491155512345", "key-of-numbers-of-the-tests", "1980-01-01"
# By record: given name, family name, identifier.
NAMES = (("Canario", "Pazos", "H-771"), ("Pajarita", "Rizzo", "H-882"), ("Gorriona", "Mele", "H-9"))
WORDS = (NUMBER, *(word for name in NAMES for word in name[:2]), "H-771", "H-882")
Register = Callable[[int], Patient]


@pytest.fixture(autouse=True)
def _house(settings: LazySettings, tmp_path: Path) -> None:
    settings.STOP_JOURNAL_DIRECTORY = str(tmp_path / "stops")
    settings.NUMBERS_KEY = KEY


@pytest.fixture
def lead(db: None) -> StaffUser:
    return factories.make_person("lead")


@pytest.fixture
def register(sender: Sender, noon: datetime) -> Register:
    """Register somebody once more, under another name, on the one number."""
    phone = factories.make_phone(sender.clinic, f"+{NUMBER}", last_inbound_at=noon)

    def make(which: int) -> Patient:
        given, family, identifier = NAMES[which]
        patient = factories.make_patient(
            sender.clinic,
            phone=phone,
            consents=(),
            given_name=given,
            family_name=family,
            external_id=identifier,
        )
        said = consent.Evidence(GivenHow.ON_PAPER, text=f"paper of {given}")
        consent.grant(patient, phone, [Purpose.APPOINTMENTS], evidence=said, at=noon - DAY)
        factories.make_message(sender, patient, body=f"Hola {given}", send_after=None)
        return patient

    return make


def merge(kept: Patient, merged: Patient, lead: StaffUser, now: datetime) -> PatientMerge:
    return joining.merge(kept, merged, proof=BORN, by=lead, now=now)


def erase(patient: Patient, tmp_path: Path, now: datetime) -> Removal | None:
    return erasing.erase(
        patient, reason="asked by letter", by=None, key=KEY, files=tmp_path / "files", now=now
    )


def say(sender: Sender, words: str, at: datetime) -> None:
    """As whoever has the number writes."""
    phone = Phone.objects.get(number=f"+{NUMBER}")
    factories.make_reply(
        clinic=sender.clinic,
        sender=sender,
        phone=phone,
        wamid=f"wamid.{words}",
        kind="text",
        text=words,
        written_at=at,
    )


def test_erasure_of_two_records_made_one_leaves_no_word_of_either(
    sender: Sender, register: Register, lead: StaffUser, noon: datetime, tmp_path: Path
) -> None:
    kept, merged = register(0), register(1)
    entry = Incident.objects.create(
        clinic=sender.clinic,
        what="LOST",
        story="Of Pajarita Rizzo.",
        known_at=noon,
        entered_at=noon,
    )
    IncidentPatient.objects.create(incident=entry, patient=merged)
    merge(kept, merged, lead, noon)
    say(sender, "soy Pajarita Rizzo", noon)

    certificate = erase(kept, tmp_path, noon + HOUR)

    assert certificate is not None
    assert (certificate.counts["numbers"], certificate.counts["replies"]) == (1, 1)
    assert list(where_it_stands(*WORDS)) == []
    states = Patient.objects.values_list("state", "erased_at")
    assert list(states) == [(PatientState.GONE, noon + HOUR)] * 2
    assert set(patient_keys.known_keys([kept.pk, merged.pk]).values()) == {None}
    assert remembered.stopped(sender.clinic_id, [f"+{NUMBER}"], key=KEY)
    both = {"H-771", "H-882"}
    assert remembered.identifiers(sender.clinic_id, both, key=KEY) == both
    lines = UnkeptStop.objects.filter(kind=StopKind.ERASED).exclude(patient_number=None)
    assert set(lines.values_list("patient_number", flat=True)) == {kept.pk, merged.pk}


def test_erasure_follows_a_chain_of_merges(
    register: Register, lead: StaffUser, noon: datetime, tmp_path: Path
) -> None:
    last, middle, first = register(0), register(1), register(2)
    merge(middle, first, lead, noon)
    merge(last, middle, lead, noon + HOUR)

    assert erase(last, tmp_path, noon + DAY) is not None

    assert list(where_it_stands(*WORDS)) == []
    assert not Patient.objects.filter(erased_at=None).exists()


def test_erasure_remembers_an_identifier_that_changed_hands(
    register: Register, lead: StaffUser, noon: datetime, tmp_path: Path
) -> None:
    kept, merged = register(0), register(1)
    Patient.objects.filter(pk=kept.pk).update(external_id="")
    merge(kept, merged, lead, noon)
    Patient.objects.filter(pk=kept.pk).update(external_id="H-55")

    erase(kept, tmp_path, noon + HOUR)

    typed = {"H-55", "H-882"}
    assert remembered.identifiers(kept.clinic_id, typed, key=KEY) == typed


def test_erasure_leaves_who_was_parted_again(
    sender: Sender, register: Register, lead: StaffUser, noon: datetime, tmp_path: Path
) -> None:
    kept, merged = register(0), register(1)
    joining.undo(merge(kept, merged, lead, noon), by=lead, now=noon + HOUR)
    say(sender, "soy Pajarita", noon)

    erase(kept, tmp_path, noon + DAY)

    merged.refresh_from_db()
    assert (merged.given_name, merged.erased_at) == ("Pajarita", None)
    assert factories.phone_of(merged).number == f"+{NUMBER}"
    assert Reply.objects.get().text == "soy Pajarita"


def test_erasure_leaves_who_came_back_by_hand(
    register: Register, lead: StaffUser, noon: datetime, tmp_path: Path
) -> None:
    """Later than a merge can be undone, reception takes somebody back who was another person."""
    kept, merged = register(0), register(1)
    merge(kept, merged, lead, noon)
    Patient.objects.filter(pk=merged.pk).update(state=PatientState.ACTIVE)

    erase(kept, tmp_path, noon + DAY)

    merged.refresh_from_db()
    assert (merged.given_name, merged.erased_at) == ("Pajarita", None)


def test_erasure_is_refused_while_either_record_is_held(
    register: Register, lead: StaffUser, noon: datetime, tmp_path: Path
) -> None:
    kept, merged = register(0), register(1)
    merge(kept, merged, lead, noon)

    for held, asked in ((merged, kept), (kept, merged)):
        erasure.place_hold(held, reason="a court asks", by=None, now=noon)
        with pytest.raises(erasure.OnHold):
            erase(asked, tmp_path, noon + HOUR)
        erasure.end_hold(held, by=None, now=noon)


def test_after_an_erasure_a_merge_is_not_undone(
    register: Register, lead: StaffUser, noon: datetime, tmp_path: Path
) -> None:
    kept, merged = register(0), register(1)
    done = merge(kept, merged, lead, noon)
    erase(kept, tmp_path, noon + HOUR)

    with pytest.raises(joining.WasDeleted):
        joining.undo(done, by=lead, now=noon + DAY)

    done.refresh_from_db()
    merged.refresh_from_db()
    assert (done.undone_at, merged.state) == (None, PatientState.GONE)


def test_a_copy_and_a_proof_have_what_belongs_to_either_record(
    sender: Sender, register: Register, lead: StaffUser, noon: datetime
) -> None:
    kept, merged = register(0), register(1)
    merge(kept, merged, lead, noon)
    say(sender, "soy yo misma", noon)
    Reply.objects.update(outcome="STOPPED")

    now = timezone.now()
    copy, proof = copying.as_json(kept, now=now), exporting.as_json(kept, by=lead, now=now)

    for paper in (copy, proof):
        assert "soy yo misma" in paper
        assert "paper of Canario" in paper
        assert "paper of Pajarita" in paper
    assert "H-882" in copy
    assert "Hola Pajarita" in copy
