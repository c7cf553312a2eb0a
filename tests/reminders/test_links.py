"""The link to a visit's other times: in a message where a template has the gap, ids alone in it."""

from datetime import datetime, timedelta

import pytest
from django.core import signing
from pytest_django import Settings

from healthmsg.clinic.models import Patient
from reminders import links
from tests import factories
from tests.reminders.desk import Desk, reminder, tick
from whatsapp.models import Binding

WEEK = timedelta(days=7)


@pytest.fixture
def linked(desk: Desk) -> Desk:
    """The confirmation carries the link."""
    template = desk.templates["appointment_confirmation"]
    assert template.current is not None
    words = "Hola {{contact_name}}, {{when}}. Otro horario: {{another_time_link}} Gracias."
    template.current.components = [{"type": "BODY", "text": words}]
    template.current.save()
    Binding.objects.create(
        account=template.account,
        template_name=template.name,
        variable="another_time_link",
        fill_in="another_time_link",
    )
    return desk


def test_a_template_with_the_gap_gets_the_link(
    linked: Desk, willing_patient: Patient, noon: datetime, settings: Settings
) -> None:
    settings.PUBLIC_URL = "https://messages.example.org/"
    visit = linked.book(willing_patient, noon + WEEK, now=noon)

    tick(noon + timedelta(minutes=3))

    message = reminder(visit, "appointment_confirmation").message
    assert message is not None
    address = next(w for w in message.body.split() if w.startswith("https://messages.example.org/"))
    token = address.removesuffix("/").rpartition("/")[2]
    assert links.read(token) == (visit.pk, 1)
    assert (
        willing_patient.given_name
        not in signing.b64_decode(token.partition(":")[0].encode()).decode()
    )


def test_a_button_gets_the_end_of_the_link(
    desk: Desk, willing_patient: Patient, noon: datetime, settings: Settings
) -> None:
    settings.PUBLIC_URL = "https://messages.example.org/"
    template = desk.templates["appointment_confirmation"]
    assert template.current is not None
    url = "https://messages.example.org/another-time/{{1}}"
    template.current.components.append(
        {"type": "BUTTONS", "buttons": [{"type": "URL", "text": "Otro horario", "url": url}]}
    )
    template.current.save()
    visit = desk.book(willing_patient, noon + WEEK, now=noon)

    tick(noon + timedelta(minutes=3))

    message = reminder(visit, "appointment_confirmation").message
    assert message is not None
    (button,) = message.payload["template"]["components"][1:]
    (end,) = button["parameters"]
    assert (button["sub_type"], button["index"]) == ("url", "0")
    assert links.read(end["text"].removesuffix("/")) == (visit.pk, 1)


def test_where_nobody_outside_reaches_a_page_there_is_no_link(
    desk: Desk, willing_patient: Patient, noon: datetime, settings: Settings
) -> None:
    visit = factories.make_visit(willing_patient, starts_at=noon + WEEK)

    settings.PUBLIC_URL, settings.CSRF_TRUSTED_ORIGINS, settings.USES_SANDBOX = "", [], False

    assert links.to_other_times(visit) == ""


@pytest.mark.parametrize(
    "token",
    ["", "nonsense", pytest.param(signing.dumps([1, 2], salt="another"), id="another-salt")],
)
def test_what_we_did_not_sign_is_not_read(token: str) -> None:
    assert links.read(token) is None
