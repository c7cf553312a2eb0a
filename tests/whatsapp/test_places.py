"""A place on top of messages: the visit's site, or a reason why there is none."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from healthmsg.clinic.models import Clinic, Site
from tests import factories
from tests.sandbox_process import TOKEN, SandboxProcess
from tests.whatsapp.maps import put_on_a_map
from tests.whatsapp.test_outbox import draft_to
from tests.whatsapp.turning import around_the, take_a_turn
from whatsapp import drafting, outbox, places, submitting, templates_sync, trying
from whatsapp.catalog import Approved, Catalog
from whatsapp.draft import FromTemplate, Subject
from whatsapp.graph import Graph
from whatsapp.models import Message, Sender, Template
from whatsapp.places import LOCATION, Place
from whatsapp.samples import samples
from whatsapp.status import Reason, Status
from whatsapp.submitting import Handing

THERE = {"latitude": Decimal("-34.603722"), "longitude": Decimal("-58.381592")}
NAME = "visit_on_a_map"


@pytest.fixture
def template(sender: Sender) -> Template:
    return put_on_a_map(factories.make_template(sender.account, name=NAME))


def remind(sender: Sender, site: Site, noon: datetime) -> Message:
    patient = factories.make_patient(sender.clinic)
    visit = factories.make_visit(patient, starts_at=noon + timedelta(days=2), site=site)
    subject = Subject(patient, patient.contacts.get(), visit)
    draft = draft_to(patient, noon, subjects=(subject,), language="es")
    return outbox.queue(draft, FromTemplate((NAME,)), now=noon)


@pytest.mark.django_db
def test_the_place_is_the_site_of_the_visit(
    sender: Sender, template: Template, noon: datetime
) -> None:
    site = factories.make_site(sender.clinic, name="Centro  Norte", address="Av. X\n123", **THERE)

    message = remind(sender, site, noon)

    header = message.payload["template"]["components"][0]
    place = {"name": "Centro Norte", "address": "Av. X 123"}
    degrees = {"latitude": "-34.603722", "longitude": "-58.381592"}
    assert header == {
        "type": "header",
        "parameters": [{"type": "location", "location": degrees | place}],
    }
    assert message.status == Status.QUEUED
    assert message.body.startswith("Centro Norte\nAv. X 123\n\nHola")


@pytest.mark.django_db
def test_a_site_off_the_map_gets_nothing_and_a_reason(
    sender: Sender, template: Template, noon: datetime
) -> None:
    message = remind(sender, factories.make_site(sender.clinic), noon)

    assert (message.status, message.reason) == (Status.WITHHELD, Reason.NO_PLACE)
    assert message.payload == {}


@pytest.mark.django_db
def test_visits_at_two_sites_have_no_one_place(
    sender: Sender, template: Template, noon: datetime
) -> None:
    patient = factories.make_patient(sender.clinic)
    here, there = (factories.make_site(sender.clinic, **THERE) for _ in range(2))
    contact = patient.contacts.get()

    def reason_at(*sites: Site) -> str:
        visits = [
            factories.make_visit(patient, starts_at=noon + timedelta(days=2, hours=n), site=site)
            for n, site in enumerate(sites)
        ]
        subjects = tuple(Subject(patient, contact, visit) for visit in visits)
        draft = draft_to(patient, noon, subjects=subjects, language="es")
        return str(outbox.preview(draft, FromTemplate((NAME,)), now=noon).reason or "")

    assert [reason_at(here, here), reason_at(here, there)] == ["", Reason.NO_PLACE]


@pytest.mark.django_db
def test_a_template_with_a_place_needs_no_file(sender: Sender, template: Template) -> None:
    usable = Catalog(sender.account).usable(template)

    assert isinstance(usable, Approved)
    assert usable.top == LOCATION


@pytest.mark.django_db(transaction=True)
def test_it_is_written_handed_in_approved_and_sent(
    sender: Sender, sandbox: SandboxProcess, noon: datetime
) -> None:
    graph = Graph(base_url=sandbox.base_url, version="v25.0", token=TOKEN)
    site = factories.make_site(sender.clinic, name="Centro Norte", address="Av. X 123", **THERE)
    draft = factories.make_draft(
        sender.account, name=NAME, language="es", header_format=LOCATION, body=BODY
    )
    handing = Handing(graph, None, noon, samples(sender.clinic, "es", now=noon))

    submitting.submit(draft, handing)
    sandbox.review(NAME, language="es", status="APPROVED")
    listed = graph.templates(sender.account.waba_id)
    templates_sync.bring_home(sender.account, listed, now=noon)
    message = remind(sender, site, noon)
    take_a_turn(around_the(sandbox, noon))

    message.refresh_from_db()
    assert message.status == Status.ACCEPTED
    (entry,) = sandbox.accepted()
    assert entry["template"] == NAME


BODY = "Hola {{contact_name}}, te esperamos el {{when}} en {{site_name}}. Gracias por confirmar."


@pytest.mark.django_db
def test_a_test_send_shows_a_site_that_is_on_the_map(
    sender: Sender, template: Template, noon: datetime
) -> None:
    factories.make_site(sender.clinic, name="A")
    factories.make_site(sender.clinic, name="B", **THERE)
    phone = factories.make_phone(sender.clinic, is_test=True)
    shown = samples(sender.clinic, "es", now=noon)

    sent = trying.send(template, phone, shown, now=noon, expires_at=noon + timedelta(hours=1))

    assert isinstance(sent, Message)
    place = sent.payload["template"]["components"][0]["parameters"][0]["location"]
    assert place["name"] == "B"


@pytest.mark.django_db
def test_who_needs_a_place_and_who_lacks_one(sender: Sender, template: Template) -> None:
    factories.make_site(sender.clinic, name="Norte", **THERE)
    factories.make_site(sender.clinic, name="Sur")
    factories.make_site(factories.make_clinic(), name="Elsewhere")

    assert places.lacking(sender.account) == ("Sur",)
    assert places.needing(sender.clinic_id) == (NAME,)
    Template.objects.update(status="DELETED")
    assert places.needing(sender.clinic_id) == ()


@pytest.mark.django_db
def test_the_composer_advises_and_does_not_forbid(sender: Sender) -> None:
    factories.make_site(sender.clinic, name="Sur")
    draft = factories.make_draft(sender.account, header_format=LOCATION, ttl_seconds=3600)
    samples_of = {"contact_name": "Ana", "when": "Tuesday"}

    found = drafting.faults(drafting.words_of(draft, [], samples_of), [])

    assert [(fault.is_advice, "Sur" in str(fault.sentence)) for fault in found] == [(True, True)]
    Site.objects.update(**THERE)
    assert drafting.faults(drafting.words_of(draft, [], samples_of), []) == ()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "degrees",
    [
        pytest.param({"latitude": Decimal(1)}, id="half"),
        pytest.param({"longitude": Decimal(1)}, id="other-half"),
        pytest.param({"latitude": Decimal("90.1"), "longitude": Decimal(0)}, id="too-far-north"),
        pytest.param({"latitude": Decimal(0), "longitude": Decimal(-181)}, id="too-far-west"),
    ],
)
def test_a_place_is_whole_and_on_earth(sunrise_clinic: Clinic, degrees: dict[str, Decimal]) -> None:
    with pytest.raises(ValidationError):
        Site(clinic=sunrise_clinic, name="N", address="A", **degrees).full_clean()
    with pytest.raises(IntegrityError), transaction.atomic():
        factories.make_site(sunrise_clinic, **degrees)


@pytest.mark.django_db
def test_the_zero_meridian_is_a_place(sunrise_clinic: Clinic) -> None:
    site = factories.make_site(sunrise_clinic, latitude=Decimal(0), longitude=Decimal(0))

    assert site.is_on_the_map
    assert isinstance(places.place_of(site), Place)
