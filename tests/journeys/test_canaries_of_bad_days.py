"""Names, numbers and words planted where things break: what breaks repeats none of them."""

import hashlib
import hmac
import io
import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
import requests
from django.conf import LazySettings, settings
from django.core import mail as outgoing
from django.db import connection
from django.urls import reverse

from healthmsg.celery import app as celery
from healthmsg.clinic.models import Patient, Phone, StaffUser
from healthmsg.desk.alarms import telling, watching
from healthmsg.desk.alarms.moment import Moment
from healthmsg.desk.imports import deciding
from healthmsg.desk.imports.models import Import, ImportState
from healthmsg.desk.models import Watcher
from reminders import links
from tests import factories
from tests.house.forms import Page
from tests.house.source import ROOT
from tests.imports.bringing import csv_of
from tests.journeys.overheard import Ears, Listener, browser_of
from tests.journeys.test_reminders import book
from tests.running_house import House, Practice, open_web, process_environment
from whatsapp.models import Message, Reply
from whatsapp.status import Status

GIVEN, FAMILY, WORDS = "Zwitscha", "Kanarienthal", "Federkleidfrage"
STRANGER = "5491144667788"
TOLD = f"Recipient {{}} ({GIVEN} {FAMILY}): {WORDS}"
BAD_LINES = csv_of(
    ("identifier", "given name", "family name", "birth date", "phone"),
    ("K-1", GIVEN, FAMILY, "no day", "no number"),
    ("K-2", GIVEN, FAMILY, "1980-13-40", STRANGER),
    ("K-3", GIVEN, FAMILY, "1980-01-01", f"+{STRANGER}", WORDS, WORDS),
    ("K-4", GIVEN, FAMILY, "1980-01-01", f"+{STRANGER}"),
)


@pytest.fixture
def ears(house: House) -> Iterator[Ears]:
    with Listener() as listener:
        yield Ears(house, listener, GIVEN, FAMILY, WORDS, STRANGER[3:])


@pytest.fixture
def patient(practice: Practice, ears: Ears) -> Patient:
    patient = named(practice)
    ears.plant(patient)
    return patient


def named(practice: Practice, behaviour: str = "reads") -> Patient:
    return practice.patient(behaviour, given_name=GIVEN, family_name=FAMILY)


@contextmanager
def broken(table: str, condition: str = "false") -> Iterator[None]:
    """Have the database refuse what is written to a table; it quotes the row that it refuses."""
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} ADD CONSTRAINT canary CHECK ({condition}) NOT VALID")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT canary")


def ticked(house: House, *, seconds: float = 4.0) -> None:
    """Ask for rounds for a while, whatever comes of them."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        house.tick()
        time.sleep(0.3)


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "graph", "code": 131026, "details": TOLD},
        {"kind": "graph", "code": 131000, "details": TOLD},
        {"kind": "graph", "code": 132000, "details": TOLD},
        {"kind": "graph", "code": 132012, "details": TOLD},
        {"kind": "graph", "code": 999_999, "details": TOLD},
        {"kind": "html", "status": 502},
        {"kind": "http429"},
        {"kind": "reset"},
        {"kind": "refuse"},
        {"kind": "drip", "seconds": 2.0},
    ],
    ids=lambda fault: f"{fault['kind']}-{fault.get('code', '')}".rstrip("-"),
)
def test_canary_no_answer_of_whatsapp_is_repeated(
    fault: dict[str, Any], practice: Practice, house: House, patient: Patient, ears: Ears
) -> None:
    number = ears.plant(patient)
    words = {"details": fault["details"].format(number)} if "details" in fault else {}
    house.sandbox.fault(**{**fault, **words}, times=2)

    book(practice, patient, house.now + timedelta(days=2))
    house.at(house.now + timedelta(minutes=3))
    house.until(lambda: faults_happened(house) > 0)
    ticked(house, seconds=2)

    assert Message.objects.exclude(status=Status.QUEUED, attempt=0).exists()
    ears.pages |= pages_for_machines(house)
    ears.heard()


def faults_happened(house: House) -> int:
    answer = requests.get(f"{house.sandbox.base_url}/_sandbox/faults", timeout=10).json()
    return sum(answer["happened"].values())


def pages_for_machines(house: House) -> dict[str, str]:
    home = open_web(house)
    return {one: requests.get(f"{home}/{one}", timeout=20).text for one in ("metrics", "readyz")}


def test_canary_no_notice_that_cannot_be_read_is_repeated(
    practice: Practice, house: House, patient: Patient, ears: Ears
) -> None:
    number = ears.plant(patient)
    text = {"from": number, "id": f"wamid.{WORDS}", "type": "text", "text": {"body": WORDS}}
    told = {"messages": [text | {"timestamp": "no time"}], "contacts": [{"profile": GIVEN}]}
    house.sandbox.forge()
    house.sandbox.inbound(STRANGER, text=f"{WORDS} {GIVEN}")
    house.sandbox.tell("messages", told)
    house.sandbox.tell("messages", {"metadata": {"phone_number_id": STRANGER}, **told})
    house.sandbox.tell("messages", {"statuses": [{"recipient_id": number, "status": WORDS}]})
    house.sandbox.tell(f"{WORDS}", {"anything": [FAMILY, number]})
    for body in (f"{{{FAMILY}".encode(), b"\xff" + WORDS.encode(), json.dumps([number]).encode()):
        assert post(house, body, is_signed=True) == 200
        assert post(house, body, is_signed=False) == 401
    house.settle()

    assert any(WORDS in reply.text for reply in Reply.objects.all())
    ears.pages |= pages_for_machines(house)
    ears.heard()


def post(house: House, body: bytes, *, is_signed: bool) -> int:
    secret = settings.WHATSAPP_APP_SECRETS[0] if is_signed else WORDS
    signature = hmac.digest(secret.encode(), body, hashlib.sha256).hex()
    headers = {"X-Hub-Signature-256": f"sha256={signature}"}
    return requests.post(house.door, body, headers=headers, timeout=10).status_code


def test_canary_what_the_database_quotes_of_a_row_is_not_repeated_by_who_sends_or_reads(
    practice: Practice, house: House, patient: Patient, ears: Ears
) -> None:
    number = ears.plant(patient)
    book(practice, patient, house.now + timedelta(days=2))
    house.at(house.now + timedelta(minutes=3))
    with broken("whatsapp_message", "status <> 'ACCEPTED'"), broken("clinic_phone"):
        ticked(house)
    with broken("whatsapp_reply"), broken("clinic_phone"):
        house.sandbox.inbound(number, text=WORDS)
        house.sandbox.inbound(STRANGER, text=WORDS)
        ticked(house)
    house.settle()

    logs = ears.heard()
    assert "could not be digested" in logs
    assert "23514 on canary" in logs


def test_canary_no_line_of_a_file_is_repeated(practice: Practice, house: House, ears: Ears) -> None:
    home, browser = open_web(house), browser_of(practice)
    page = f"{home}{reverse('admin:desk_import_bring_in')}"
    for content in (BAD_LINES, b"\xff\xfe" + FAMILY.encode(), b"PK\x03\x04" + WORDS.encode()):
        form = Page(browser.get(page, timeout=20).text).forms[-1].sent()
        wish = {**form, "clinic": practice.clinic.pk, "kind": "PATIENTS", "date_order": ""}
        file = {"file": (f"{FAMILY}.csv", io.BytesIO(content), "text/csv")}
        answer = browser.post(page, wish, files=file, headers={"Referer": home}, timeout=20)
        assert answer.status_code == 200
        ears.pages[f"an address after {len(content)} bytes"] = answer.url
    celery.send_task("desk.bring_in")
    house.until(lambda: not Import.objects.filter(state="READING").exists())
    celery.send_task("desk.bring_in")
    house.until(Import.objects.filter(state=ImportState.WAITS).exists)
    source = Import.objects.get(state=ImportState.WAITS)
    with broken("clinic_patient"):
        assert deciding.let_go_on(source, by=StaffUser.objects.get(), now=house.now)
        has_failed = Import.objects.filter(state=ImportState.FAILED, pk=source.pk).exists
        # Two tasks at once are one try: how many it takes depends on what else the machine does.
        ends_at = time.monotonic() + 60
        while not has_failed():
            assert time.monotonic() < ends_at
            celery.send_task("desk.bring_in")
            time.sleep(0.5)

    assert "an import broke" in ears.heard()


def test_canary_a_page_that_breaks_a_wrong_password_and_a_search_repeat_nothing(
    practice: Practice, house: House, patient: Patient, ears: Ears
) -> None:
    number = ears.plant(patient)
    visit = book(practice, patient, house.now + timedelta(days=2))
    link = links.path(visit)
    # Its signature: colons may be written otherwise.
    ears.planted.add(link.strip("/").rpartition(":")[2])
    home, browser = open_web(house), browser_of(practice)
    page = f"{home}{reverse('admin:clinic_patient_change', args=[patient.pk])}"
    form = next(
        one for one in Page(browser.get(page, timeout=20).text).forms if "given_name" in one.sent()
    )
    with broken("clinic_patient"):
        typed = {**form.sent(), "given_name": [f"{GIVEN}a"]}
        broke = browser.post(page, typed, headers={"Referer": home}, timeout=20)
    shown = re.sub("<[^>]*>", " ", broke.text.partition('id="content')[2])
    assert broke.status_code == 500, f"{broke.url} {' '.join(shown.split())[:3_000]}"
    ears.pages["a page that broke"] = broke.text
    stranger = requests.Session()
    door = f"{home}{reverse('admin:login')}"
    form = Page(stranger.get(door, timeout=20).text).forms[-1]
    for name in (number, f"+{number}", FAMILY):
        secret = {"username": name, "password": WORDS}
        stranger.post(door, {**form.sent(), **secret}, headers={"Referer": home}, timeout=20)
    for place in ("clinic_patient", "clinic_phone", "whatsapp_thread"):
        found = searched(browser, f"{home}{reverse(f'admin:{place}_changelist')}", f"+{number}")
        ears.pages[f"the address of a search, {place}"] = found
    assert requests.get(f"{home}{link}", timeout=20).status_code == 200

    logs = ears.heard()
    assert "23514 on canary" in logs


def searched(browser: requests.Session, page: str, typed: str) -> str:
    """Search as the page's own form does; returns the addresses that this leads over."""
    shown = browser.get(page, timeout=20)
    form = next(one for one in Page(shown.text).forms if {"typed", "q"} & set(one.sent()))
    assert form.method == "post", page
    name = "typed" if "typed" in form.sent() else "q"
    wish = {**form.sent(), name: typed}
    done = browser.post(page, wish, headers={"Referer": page}, timeout=20)
    assert done.status_code == 200, page
    return " ".join([done.url, *(step.url for step in done.history)])


def test_canary_a_command_that_breaks_off_and_letters_to_staff_repeat_nothing(
    practice: Practice, house: House, patient: Patient, ears: Ears, settings: LazySettings
) -> None:
    ears.plant(patient)
    settings.EMAIL_URL, settings.PUBLIC_URL = "memorymail://", "https://messages.example.org"
    Watcher.objects.create(clinic=practice.clinic, name="Alex", email="alex@example.org")
    house.sandbox.fault("graph", code=132001, details=TOLD.format("x"), times=9)
    book(practice, patient, house.now + timedelta(days=2))
    house.at(house.now + timedelta(minutes=3))
    house.until(lambda: faults_happened(house) > 0)
    ticked(house, seconds=2)
    watching.watch(Moment(house.now, house.now))
    telling.tell(now=lambda: house.now)
    letters = "\n".join(f"{one.subject}\n{one.body}" for one in outgoing.outbox)
    assert "healthmsg: " in letters
    ears.pages["letters to staff"] = letters

    raising = (
        "from healthmsg.clinic.models import Phone, Patient;"
        "Phone.objects.create(**Phone.objects.values('clinic_id', 'number').first())"
    )
    done = subprocess.run(
        [sys.executable, "manage.py", "shell", "-c", raising],
        cwd=ROOT,
        env=process_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "23505 on phone_once_per_clinic" in done.stderr
    ears.pages["a command that broke off"] = done.stdout + done.stderr
    ears.heard()
    assert Phone.objects.filter(pk=factories.phone_of(patient).pk).exists()
    assert StaffUser.objects.count() == 0
