"""The derived row against what permissions, contacts and states say themselves."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from healthmsg.clinic import consent
from healthmsg.clinic.consent import Evidence
from healthmsg.clinic.models import (
    Clinic,
    ConsentRecord,
    Contact,
    GivenHow,
    Patient,
    Phone,
    PhoneState,
    Purpose,
    Reach,
    Tag,
)
from tests import factories

PREVENTION = Purpose.PREVENTION
HEARD = Evidence(GivenHow.AT_DESK)


def expected(patient: Patient, *, at: datetime) -> dict[str, object]:
    """The same facts, asked one by one of the rows that own them."""
    first = patient.contacts.order_by("rank", "pk").select_related("phone").first()
    phone = first.phone if first else None
    standings = {
        str(purpose): standing
        for purpose in consent.LEDGER_PURPOSES
        if phone and (standing := consent.standing(patient, phone, purpose, at=at))
    }
    blocks = (PhoneState.WRONG_PERSON, PhoneState.FAILING, PhoneState.STOPPED)
    return {
        "site_id": patient.site_id,
        "birth_date": patient.birth_date,
        "sex": patient.sex,
        "state": patient.state,
        "tags": sorted(patient.tags.values_list("pk", flat=True)),
        "contact_id": first.pk if first else None,
        "language": first.language if first else "",
        "phone_id": phone.pk if phone else None,
        "phone_state": phone.state if phone and phone.state in blocks else "",
        "standings": standings,
    }


def found(patient: Patient) -> dict[str, object]:
    row = Reach.objects.get(patient=patient)
    return {name: getattr(row, name) for name in expected(patient, at=factories.NOON)}


class World:
    """Two patients, two numbers and a tag, and everything that may happen to them."""

    def __init__(self, clinic: Clinic) -> None:
        self.clinic = clinic
        self.tag = Tag.objects.create(clinic=clinic, name=f"tag {Tag.objects.count()}")
        self.phones = [factories.make_phone(clinic) for _ in range(2)]
        self.patients = [
            factories.make_patient(clinic, phone=phone, consents=()) for phone in self.phones
        ]
        self.now = factories.NOON

    def happen(self, what: str, patient: Patient, phone: Phone) -> None:
        self.now += timedelta(minutes=1)
        getattr(self, what)(patient, phone)

    def grant(self, patient: Patient, phone: Phone) -> None:
        consent.grant(patient, phone, [PREVENTION], evidence=HEARD, at=self.now)

    def grant_of_old(self, patient: Patient, phone: Phone) -> None:
        long_ago = self.now - timedelta(days=100)
        consent.grant(patient, phone, [PREVENTION], evidence=HEARD, at=long_ago)

    def decline(self, patient: Patient, phone: Phone) -> None:
        consent.decline(patient, phone, [PREVENTION], evidence=HEARD, at=self.now)

    def stop(self, _patient: Patient, phone: Phone) -> None:
        consent.stop(phone, evidence=Evidence(GivenHow.BY_MESSAGE), at=self.now)

    def keep(self, _patient: Patient, phone: Phone) -> None:
        consent.keep(phone, PREVENTION, evidence=Evidence(GivenHow.BY_MESSAGE), at=self.now)

    def correct(self, _patient: Patient, phone: Phone) -> None:
        line = (
            ConsentRecord.objects.filter(phone=phone, corrects=None)
            .exclude(pk__in=ConsentRecord.objects.exclude(corrects=None).values("corrects"))
            .order_by("-pk")
            .first()
        )
        if line is not None:
            consent.correct(line, evidence=HEARD, at=self.now)

    def share(self, patient: Patient, phone: Phone) -> None:
        if not patient.contacts.filter(phone=phone).exists():
            Contact.objects.create(patient=patient, name="M", language="en", phone=phone, rank=2)

    def prefer_the_last(self, patient: Patient, _phone: Phone) -> None:
        last = patient.contacts.order_by("-pk").first()
        patient.contacts.update(rank=2)
        Contact.objects.filter(pk=last.pk if last else 0).update(rank=1)

    def forget(self, patient: Patient, phone: Phone) -> None:
        patient.contacts.filter(phone=phone).delete()

    def be_somebody_elses(self, _patient: Patient, phone: Phone) -> None:
        Phone.objects.filter(pk=phone.pk).update(state=PhoneState.WRONG_PERSON)

    def be_reached(self, _patient: Patient, phone: Phone) -> None:
        Phone.objects.filter(pk=phone.pk).update(state=PhoneState.REACHED)

    def carry_a_tag(self, patient: Patient, _phone: Phone) -> None:
        patient.tags.add(self.tag)

    def drop_the_tag(self, patient: Patient, _phone: Phone) -> None:
        patient.tags.remove(self.tag)

    def change(self, patient: Patient, _phone: Phone) -> None:
        Patient.objects.filter(pk=patient.pk).update(sex="FEMALE", birth_date="2001-02-03")


ACTS = sorted(name for name in vars(World) if not name.startswith("_") and name != "happen")


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    acts=st.lists(
        st.tuples(st.sampled_from(ACTS), st.integers(0, 1), st.integers(0, 1)), max_size=12
    )
)
def test_the_row_follows_whatever_happens(
    sunrise_clinic: Clinic, acts: list[tuple[str, int, int]]
) -> None:
    with transaction.atomic():
        world = World(sunrise_clinic)
        for what, whose, which in acts:
            world.happen(what, world.patients[whose], world.phones[which])
        for patient in world.patients:
            patient.refresh_from_db()
            assert found(patient) == expected(patient, at=world.now)
        transaction.set_rollback(True)


def test_a_permission_that_runs_out_says_until_when(sunrise_clinic: Clinic) -> None:
    patient = factories.make_patient(sunrise_clinic, consents=())
    ends = factories.NOON + timedelta(days=3)

    consent.grant(
        patient,
        factories.phone_of(patient),
        [PREVENTION],
        evidence=HEARD,
        at=factories.NOON,
        expires_at=ends,
    )

    row = Reach.objects.get(patient=patient)
    assert row.standings == {"PREVENTION": "GRANTED"}
    assert datetime.fromisoformat(row.ends["PREVENTION"]) == ends


def test_rows_that_were_there_are_filled_in_by_the_same_words(sunrise_clinic: Clinic) -> None:
    patient = factories.make_patient(sunrise_clinic)
    before = found(patient)
    Reach.objects.all().delete()

    with connection.cursor() as cursor:
        cursor.execute("SELECT clinic_reach_refresh(ARRAY(SELECT id FROM clinic_patient))")

    assert found(patient) == before


@pytest.mark.django_db(transaction=True)
def test_two_who_change_one_patient_at_once_are_both_seen(sunrise_clinic: Clinic) -> None:
    patient = factories.make_patient(sunrise_clinic, consents=())
    phone = factories.phone_of(patient)
    tag = Tag.objects.create(clinic=sunrise_clinic, name="asthma")
    both = threading.Barrier(2)

    def grant() -> None:
        consent.grant(patient, phone, [PREVENTION], evidence=HEARD, at=factories.NOON)

    def carry() -> None:
        patient.tags.add(tag)

    def act(what: Callable[[], None], *, waits: bool) -> None:
        with transaction.atomic():
            if waits:
                both.wait(5)
                what()
            else:
                what()
                both.wait(5)
        connection.close()

    # The second begins while the first is written and not yet committed, and waits for its row.
    threads = [
        threading.Thread(target=act, args=(grant,), kwargs={"waits": False}),
        threading.Thread(target=act, args=(carry,), kwargs={"waits": True}),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)

    assert found(patient) == expected(patient, at=factories.NOON)
    assert found(patient)["tags"] == [tag.pk]
    assert found(patient)["standings"] == {"PREVENTION": "GRANTED"}
