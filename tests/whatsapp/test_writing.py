"""The quick way to write many messages says and keeps exactly what the plain way would."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from healthmsg.clinic.models import (
    Appointment,
    Clinic,
    Contact,
    Discretion,
    Patient,
    Site,
    VisitKind,
)
from tests import factories
from tests.whatsapp import plain_rendering
from tests.whatsapp.test_outbox import draft_to
from whatsapp import buttons, outbox, rendering, templates_sync
from whatsapp.catalog import Approved, Catalog
from whatsapp.draft import FromTemplate, Subject
from whatsapp.fill_ins import Scene
from whatsapp.models import Message, Sender, Template
from whatsapp.status import Reason

STARTERS = json.loads(
    (Path(__file__).parents[2] / "whatsapp" / "sandbox" / "templates.json").read_text()
)
MOMENTS = [
    datetime.fromisoformat(words)
    for words in (
        "2026-03-10T15:00:00+00:00",
        "2026-03-29T00:30:00+00:00",  # Europe's clocks go forward half an hour later
        "2026-10-25T00:30:00+00:00",  # and an hour is shown twice
        "2026-10-25T01:30:00+00:00",
        "2026-12-31T23:59:00+00:00",
    )
]
ZONES = ["America/Argentina/Buenos_Aires", "Europe/Lisbon", "Asia/Kolkata", "Pacific/Apia"]


@pytest.fixture
def starters(sender: Sender, noon: datetime) -> list[Approved]:
    templates_sync.bring_home(sender.account, STARTERS, now=noon)
    catalog = Catalog(sender.account)
    usable = (catalog.usable(t) for t in Template.objects.select_related("current"))
    return [one for one in usable if isinstance(one, Approved)]


names = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=40).filter(
    str.strip
)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    name=names,
    starts_at=st.sampled_from(MOMENTS),
    zone=st.sampled_from(ZONES),
    told=st.sampled_from(Discretion),
)
def test_every_starter_reads_as_if_filled_gap_by_gap(
    starters: list[Approved],
    sunrise_clinic: Clinic,
    willing_patient: Patient,
    name: str,
    starts_at: datetime,
    zone: str,
    told: Discretion,
) -> None:
    site = Site(clinic=sunrise_clinic, name="Centro", address="Av. 1", time_zone=zone)
    kind = VisitKind(clinic=sunrise_clinic, name="Consulta")
    contact = Contact(name=name, language="es", may_be_told=told)
    visit = Appointment(clinic=sunrise_clinic, site=site, kind=kind, starts_at=starts_at)
    draft = draft_to(willing_patient, starts_at)
    values = {"day": "Tuesday", "visits": "10:30 Ana", "old_when": "Monday"}
    assert len(starters) > 20

    for approved in starters:
        scene = Scene(sunrise_clinic, approved.language, willing_patient, contact, visit)
        made = rendering.template(draft, approved, scene, values)
        if made.reason is None:
            assert made.payload == plain_rendering.payload(draft, approved, scene, values)
            assert made.body == plain_rendering.words(approved, scene, values)


def test_a_batch_keeps_what_each_look_showed(
    sunrise_clinic: Clinic, starters: list[Approved], noon: datetime
) -> None:
    pairs = []
    for n, language in enumerate(["es", "en", "pt_BR", "ar", "hi", "xx"] * 3):
        patient = factories.make_patient(sunrise_clinic, language=language)
        visit = factories.make_visit(patient, starts_at=noon + timedelta(hours=n))
        contact = patient.contacts.get()
        draft = draft_to(patient, noon, subjects=(Subject(patient, contact, visit),))
        template = starters[n % len(starters)].name
        pairs.append((draft, FromTemplate((template,), {"day": "x", "visits": "y"})))

    looks = [outbox.preview(draft, words, now=noon) for draft, words in pairs]
    kept = outbox.queue_many(pairs, now=noon)

    assert [(m.body, m.payload, m.language, m.template_version, m.reason) for m in kept] == [
        (r.body, r.payload, r.language, r.template_version, r.reason or "") for r in looks
    ]
    assert any(m.payload for m in kept)


def test_nothing_asked_for_is_nothing_written(noon: datetime, db: None) -> None:
    assert outbox.queue_many([], now=noon) == []


def test_two_drafts_of_one_key_in_a_batch_are_one_row_of_the_first_ones_words(
    sunrise_clinic: Clinic, sender: Sender, noon: datetime
) -> None:
    hello = factories.make_template(sender.account, name="hello", body="Hola {{contact_name}}.")
    mother, child = (factories.make_patient(sunrise_clinic) for _ in range(2))
    drafts = [draft_to(p, noon, dedupe_key="test:same") for p in (mother, child)]

    keys = outbox.queue_keys([(d, FromTemplate((hello.name,))) for d in drafts], now=noon)

    message = Message.objects.get()
    assert keys == [message.pk] * 2
    assert message.patient == mother


def test_every_column_without_a_default_of_its_own_is_written(
    willing_patient: Patient, sender: Sender, noon: datetime
) -> None:
    outbox.queue(draft_to(willing_patient, noon), FromTemplate(("none",)), now=noon)

    row = Message.objects.get()
    plain = Message()
    for name in ("attempt", "failures", "wamid", "error_title", "leased_until", "accepted_at"):
        assert getattr(row, name) == getattr(plain, name)
    assert row.reason == Reason.TEMPLATE_MISSING


@given(value=st.text(st.characters(exclude_categories=["Cs"])))
def test_quick_signatures_are_djangos_own(value: str) -> None:
    signer: Any = buttons._SIGNER

    assert signer.sign(value) == super(type(signer), signer).sign(value)
    assert super(type(signer), signer).signature(value) == signer.signature(value)
    assert signer.unsign(signer.sign(value)) == value
