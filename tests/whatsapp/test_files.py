"""Files on top of messages: uploaded once for each number, again before they are forgotten."""

from datetime import datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from healthmsg.clinic.models import Clinic, Discretion, Purpose
from tests import factories, header_files
from tests.sandbox_process import TOKEN, SandboxProcess
from whatsapp import files, outbox
from whatsapp.catalog import Approved, Catalog
from whatsapp.draft import Draft, FromTemplate, Subject
from whatsapp.graph import Graph
from whatsapp.models import FileUpload, HeaderFile, Message, Sender, Template, TemplateVersion
from whatsapp.status import Reason, Status

pytestmark = pytest.mark.django_db


@pytest.fixture
def graph(sandbox: SandboxProcess) -> Graph:
    return Graph(base_url=sandbox.base_url, version="v25.0", token=TOKEN)


@pytest.fixture
def file(sunrise_clinic: Clinic) -> HeaderFile:
    return header_files.make_file(sunrise_clinic, name="map.pdf")


@pytest.fixture
def template(sender: Sender, file: HeaderFile) -> Template:
    made = factories.make_template(sender.account, name="with_file", file=file)
    assert made.current is not None
    header = {"type": "HEADER", "format": "DOCUMENT"}
    TemplateVersion.objects.filter(pk=made.current.pk).update(
        components=[header, *made.current.components]
    )
    made.current.refresh_from_db()
    return made


def write(sender: Sender, noon: datetime, **kind: object) -> Message:
    clinic = sender.clinic
    patient = factories.make_patient(clinic)
    patient.contacts.update(may_be_told=Discretion.FULL)
    visit_kind = factories.make_kind(clinic, discretion=Discretion.FULL, **kind)
    for preparation in HeaderFile.objects.filter(name="preparation.pdf"):
        preparation.visit_kind = visit_kind
        preparation.save()
    visit = factories.make_visit(patient, starts_at=noon + timedelta(days=2), kind=visit_kind)
    draft = Draft(
        dedupe_key=f"x:{patient.pk}",
        clinic=clinic,
        phone=factories.phone_of(patient),
        lane=1,
        purpose=Purpose.APPOINTMENTS,
        expires_at=noon + timedelta(days=1),
        subjects=(Subject(patient, patient.contacts.get(), visit),),
        language="es",
    )
    return outbox.queue(draft, FromTemplate(("with_file",)), now=noon)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"GIF89a", "neither a PDF nor"),
        (b"\x89PNG\r\n" + b"x" * (5 << 20), "larger than 5 MB"),
        (b"%PDF-" + b"x" * (10 << 20), "larger than 10 MB"),
    ],
)
def test_what_whatsapp_would_not_take_is_refused_before(content: bytes, words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        files.kind_of(content)


def test_a_file_is_known_by_its_first_bytes() -> None:
    assert files.kind_of(b"%PDF-1.7") == "application/pdf"
    assert files.kind_of(b"\xff\xd8\xff\xe0") == "image/jpeg"


def test_one_upload_serves_a_whole_run_and_is_renewed_in_time(
    sender: Sender, template: Template, graph: Graph, noon: datetime
) -> None:
    assert files.upload_for(sender, graph, now=noon) == 1
    assert files.upload_for(sender, graph, now=noon + timedelta(days=14)) == 0
    first = FileUpload.objects.get()

    messages = [write(sender, noon) for _ in range(3)]

    posted = [m.payload["template"]["components"][0]["parameters"][0] for m in messages]
    expected = {"type": "document", "document": {"id": first.media_id, "filename": "map.pdf"}}
    assert posted == [expected] * 3
    assert files.upload_for(sender, graph, now=noon + timedelta(days=16)) == 1
    assert FileUpload.objects.get().media_id != first.media_id


def test_whatsapp_takes_the_message(
    sender: Sender, template: Template, graph: Graph, noon: datetime
) -> None:
    files.upload_for(sender, graph, now=noon)

    assert write(sender, noon).status == Status.QUEUED


def test_nothing_leaves_with_a_file_that_whatsapp_has_forgotten(
    sender: Sender, template: Template, file: HeaderFile, noon: datetime
) -> None:
    assert write(sender, noon).reason == Reason.VALUE_MISSING
    FileUpload.objects.create(
        file=file, sender=sender, media_id="1", uploaded_at=noon - timedelta(days=29)
    )

    assert write(sender, noon).reason == Reason.VALUE_MISSING


def test_a_template_without_its_file_cannot_be_used(sender: Sender, template: Template) -> None:
    assert isinstance(Catalog(sender.account).usable(template), Approved)
    template.file = None

    assert Catalog(sender.account).usable(template) == Reason.TEMPLATE_UNBOUND


def test_each_kind_of_visit_brings_its_own_preparation(
    sender: Sender, template: Template, noon: datetime
) -> None:
    Template.objects.update(file=None, uses_preparation=True)
    kind = factories.make_kind(sender.clinic)
    preparation = header_files.make_file(sender.clinic, visit_kind=kind, language="es_AR")
    FileUpload.objects.create(file=preparation, sender=sender, media_id="7", uploaded_at=noon)

    told = write(sender, noon)

    document = told.payload["template"]["components"][0]["parameters"][0]["document"]
    assert document == {"id": "7", "filename": "preparation.pdf"}


def test_a_preparation_is_not_sent_where_the_kind_may_not_be_told(
    sender: Sender, template: Template, noon: datetime
) -> None:
    Template.objects.update(file=None, uses_preparation=True)
    kind = factories.make_kind(sender.clinic, discretion=Discretion.FULL)
    preparation = header_files.make_file(sender.clinic, visit_kind=kind, language="es")
    FileUpload.objects.create(file=preparation, sender=sender, media_id="7", uploaded_at=noon)
    patient = factories.make_patient(sender.clinic)
    patient.contacts.update(may_be_told=Discretion.NEUTRAL)
    visit = factories.make_visit(patient, starts_at=noon + timedelta(days=2), kind=kind)
    draft = Draft(
        dedupe_key="y",
        clinic=sender.clinic,
        phone=factories.phone_of(patient),
        lane=1,
        purpose=Purpose.APPOINTMENTS,
        expires_at=noon + timedelta(days=1),
        subjects=(Subject(patient, patient.contacts.get(), visit),),
        language="es",
    )

    message = outbox.queue(draft, FromTemplate(("with_file",)), now=noon)

    assert message.reason == Reason.VALUE_MISSING


def test_a_kind_of_visit_has_one_preparation_in_a_language(sunrise_clinic: Clinic) -> None:
    kind = factories.make_kind(sunrise_clinic)
    header_files.make_file(sunrise_clinic, visit_kind=kind, language="es")

    for wrong in (
        {"language": "es"},
        {"language": ""},
        {"language": "en", "mime_type": "image/png"},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            header_files.make_file(sunrise_clinic, visit_kind=kind, **wrong)


def test_what_was_replaced_is_uploaded_again(
    sender: Sender, template: Template, file: HeaderFile, graph: Graph, noon: datetime
) -> None:
    files.upload_for(sender, graph, now=noon)

    files.forget_uploads(file)

    assert files.upload_for(sender, graph, now=noon) == 1
    assert files.is_used(file)
