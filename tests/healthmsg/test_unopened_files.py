"""A file that does not open says so in words, on every page that would have given it."""

import zipfile
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.test import Client
from django.urls import reverse

from healthmsg.clinic.models import Patient, Phone, StaffUser
from healthmsg.desk.privacy import copying
from tests.whatsapp.test_fetching import JPEG, fetch, graph, phone, sent
from tests.whatsapp.test_inbox import NOON
from whatsapp import kept_files
from whatsapp.graph import Graph
from whatsapp.models import InboundFile, Sender, Thread

__all__ = ["graph", "phone"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def file(
    sender: Sender, phone: Phone, graph: Graph, settings: LazySettings, tmp_path: Path
) -> InboundFile:
    settings.INBOUND_FILES_DIRECTORY = str(tmp_path)
    waiting = sent(sender, phone, graph, JPEG)
    assert fetch(graph, tmp_path) == 1
    waiting.refresh_from_db()
    return waiting


@pytest.fixture
def desk(client: Client, sender: Sender) -> Client:
    user = StaffUser.objects.create(username="ana", is_staff=True, is_superuser=True)
    user.clinics.add(sender.clinic)
    client.force_login(user)
    return client


def pages_of(file: InboundFile) -> tuple[str, str]:
    thread = Thread.objects.get()
    address = reverse("admin:whatsapp_thread_file", args=[thread.pk])
    talk = reverse("admin:whatsapp_thread_change", args=[thread.pk])
    return f"{address}?of={file.pk}", talk


def test_a_missing_key_is_said_in_words_everywhere(
    desk: Client, file: InboundFile, settings: LazySettings
) -> None:
    address, talk = pages_of(file)
    assert desk.get(address).content == JPEG
    old = settings.AUDIT_KEYS
    settings.AUDIT_KEYS = ["another key" * 5]
    # Sessions are under the same keys.
    desk.force_login(StaffUser.objects.get())

    page = desk.get(address)

    words = "cannot be opened: none of our keys fits"
    assert page.status_code == 404
    assert words in page.content.decode()
    assert talk in page.content.decode()
    settings.AUDIT_KEYS = ["another key" * 5, *old]
    assert desk.get(address).content == JPEG


def test_a_spoilt_file_is_said_in_words_in_the_conversation_and_in_the_copy(
    desk: Client, file: InboundFile, willing_patient: Patient, tmp_path: Path
) -> None:
    address, talk = pages_of(file)
    path = kept_files.path_of(file, tmp_path)
    path.write_bytes(path.read_bytes()[:-1])

    words = "it was damaged or changed on our disk"
    assert words in desk.get(address).content.decode()
    shown = desk.get(talk).content.decode()
    assert words in shown
    assert address not in shown
    with copying.as_archive(willing_patient, files=tmp_path, now=NOON) as archive:
        parts = zipfile.ZipFile(archive)
        assert parts.namelist() == ["copy.html", "copy.json", "files/001.txt"]
        assert words in parts.read("files/001.txt").decode()


def test_a_whole_file_stands_in_the_conversation_and_in_the_copy(
    desk: Client, file: InboundFile, willing_patient: Patient, tmp_path: Path
) -> None:
    address, talk = pages_of(file)

    assert address in desk.get(talk).content.decode()
    with copying.as_archive(willing_patient, files=tmp_path, now=NOON) as archive:
        assert zipfile.ZipFile(archive).read("files/001.jpg") == JPEG
