"""Names, numbers, words and secrets planted in a real day: nothing the house writes has them."""

import re
import secrets
import subprocess
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import requests
from django.conf import settings
from django.db import connection

from healthmsg.celery import app as celery
from healthmsg.clinic.models import Patient
from tests import factories
from tests.journeys.overheard import Listener, signed_in
from tests.journeys.test_reminders import book
from tests.running_house import House, Practice, open_web
from whatsapp import kept_files
from whatsapp.models import FileState, InboundFile, Message, Reply, Thread

# Words that stand nowhere else: not in our texts, not in a template, not in a name of a field.
GIVEN, FAMILY, IDENTIFIER, WORDS = "Zwitscha", "Kanarienthal", "KENNUNG-4711", "Federkleidfrage"
TYPED = "Kanarienth"


@pytest.fixture
def canaries(practice: Practice) -> tuple[Patient, tuple[str, ...]]:
    patient = practice.patient(
        "confirms", given_name=GIVEN, family_name=FAMILY, external_id=IDENTIFIER
    )
    number = factories.phone_of(patient).number.lstrip("+")
    keys = (settings.WHATSAPP_TOKEN, *settings.WHATSAPP_APP_SECRETS, settings.SECRET_KEY)
    return patient, (GIVEN, FAMILY, IDENTIFIER, WORDS, TYPED, number, number[3:], *keys)


def test_canary_nothing_that_the_house_writes_names_a_patient(
    canaries: tuple[Patient, tuple[str, ...]], practice: Practice, house: House, noon: datetime
) -> None:
    patient, planted = canaries
    number = factories.phone_of(patient).number.lstrip("+")
    with Listener() as listener:
        book(practice, patient, noon + timedelta(days=2))
        house.at(noon + timedelta(minutes=3))
        house.settle()
        house.sandbox.inbound(number, text=WORDS)
        house.settle()
        house.at(noon + timedelta(days=1))
        house.settle()
        pages = look_around(house, practice, patient)

    assert any(GIVEN in message.body for message in Message.objects.all())
    assert WORDS in {reply.text for reply in Reply.objects.all()}
    logs = "\n".join(p.read_text(errors="replace") for p in house.clock_file.parent.glob("*.log"))
    spoken = listener.all()
    assert "haste" in spoken or "whatsapp.send_turn" in spoken
    for one in planted:
        assert one not in spoken, "in Redis"
        assert one not in logs, "in the logs"
        for name, page in pages.items():
            assert one not in page, f"in {name}"


def test_canary_what_a_patient_sent_stands_nowhere_on_the_disk(
    practice: Practice, house: House
) -> None:
    patient, word = practice.patient(), f"Zwitscher{secrets.token_hex(12)}".encode()
    content = b"%PDF-1.7\n" + b"Befund: " + word * 1000
    number = factories.phone_of(patient).number.lstrip("+")
    chat = f"{house.sandbox.base_url}/chats/{practice.sender.phone_number_id}/{number}"
    document = {"file": ("befund.pdf", content, "application/pdf")}
    requests.post(f"{chat}/file", {"caption": ""}, files=document, timeout=10)
    house.settle()
    celery.send_task("whatsapp.fetch_files")
    house.until(InboundFile.objects.filter(state=FileState.KEPT).exists)
    browser = requests.Session()
    browser.cookies.set(settings.SESSION_COOKIE_NAME, signed_in(practice))
    file, thread = InboundFile.objects.get(), Thread.objects.get()
    page = f"/admin/whatsapp/thread/{thread.pk}/file/?of={file.pk}"

    given = browser.get(f"{open_web(house)}{page}", timeout=20)
    with connection.cursor() as cursor:
        # What the database still holds in memory reaches the disk.
        cursor.execute("CHECKPOINT")

    assert given.content == content
    var = settings.EMBEDDED.directory
    assert kept_files.path_of(file, Path(settings.INBOUND_FILES_DIRECTORY)).is_relative_to(var)
    for place in (var, house.clock_file.parent):
        # grep: among hundreds of megabytes of the database's.
        found = subprocess.run(
            ["grep", "-rlaF", word.decode(), str(place)], capture_output=True, check=False
        )
        assert found.stdout == b"", "on the disk"


def look_around(house: House, practice: Practice, patient: Patient) -> dict[str, str]:
    """What web answers to machines, to strangers and to who looks for somebody; its addresses."""
    home = open_web(house)
    browser = requests.Session()
    browser.cookies.set(settings.SESSION_COOKIE_NAME, signed_in(practice))

    def get(path: str) -> str:
        return browser.get(f"{home}{path}", timeout=20).text

    patients = "/admin/clinic/patient/"
    form = get(patients)
    token = re.search(r'csrfmiddlewaretoken" value="(\w+)"', form)
    assert token is not None
    search = browser.post(
        f"{home}{patients}",
        data={"typed": TYPED, "csrfmiddlewaretoken": token[1]},
        headers={"Referer": home},
        timeout=20,
    )
    assert FAMILY in search.text
    return {
        "metrics": get("/metrics"),
        "readiness": get("/readyz"),
        "a page that is not there": get(f"{patients}{patient.pk + 1}/change/"),
        "a stranger's page": get("/another-time/none/"),
        "an address": " ".join([search.url, *(step.url for step in search.history)]),
    }
