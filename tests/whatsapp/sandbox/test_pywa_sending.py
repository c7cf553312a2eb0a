"""pywa sends through the sandbox, unchanged: every kind of message, and what Meta refuses."""

from collections.abc import Iterator
from typing import Any

import pytest
from pywa import WhatsApp, errors
from pywa.types import (
    Button,
    Contact,
    ContactInfoRequestButton,
    FlowButton,
    Section,
    SectionList,
    SectionRow,
    URLButton,
    VoiceCallButton,
)
from pywa.types.sent_update import SentTemplateStatus
from pywa.types.templates import BodyText, QuickReplyButton, TemplateLanguage

from tests.sandbox_process import SandboxProcess
from tests.whatsapp.sandbox.conftest import PATIENT
from tests.whatsapp.sandbox.pywa_side import client
from whatsapp import wamid

WORDS = BodyText.params(contact_name="Ana", clinic_name="Aurora", clinic_phone="107")


@pytest.fixture
def wa(sandbox: SandboxProcess) -> Iterator[WhatsApp]:
    sandbox.settings(webhooks=False, pair_limits=False)
    with client(sandbox) as one:
        yield one


def kinds(sandbox: SandboxProcess) -> list[str]:
    return [entry["type"] for entry in sandbox.accepted()]


def test_texts_and_templates_are_accepted(wa: WhatsApp, sandbox: SandboxProcess) -> None:
    text = wa.send_message(PATIENT, "Hola", preview_url=True, tracker="t-1")
    template = wa.send_template(
        PATIENT, "please_contact_us", TemplateLanguage.ENGLISH, [WORDS], tracker="t-2"
    )

    assert wamid.parse(text.id).number == "5491155550101"
    assert (text.to, text.input) == ("5491155550101", PATIENT)
    assert template.status == SentTemplateStatus.ACCEPTED
    assert [entry["callback"] for entry in sandbox.accepted()] == ["t-1", "t-2"]


def test_a_reminder_carries_payloads_for_its_buttons(wa: WhatsApp, sandbox: SandboxProcess) -> None:
    names = ("contact_name", "patient_name", "clinic_name", "when", "site_name")
    params = [
        BodyText.params(**dict.fromkeys(names, "X")),
        *(QuickReplyButton.params(callback_data=f"v1:{n}", index=n) for n in range(3)),
    ]

    wa.send_template(PATIENT, "appointment_reminder_days", TemplateLanguage.SPANISH, params)

    assert kinds(sandbox) == ["template"]


def test_every_interactive_kind_is_accepted(wa: WhatsApp, sandbox: SandboxProcess) -> None:
    rows = [SectionRow("09:00", "slot-1", "Room 2"), SectionRow("10:00", "slot-2")]
    asked: list[Any] = [
        [Button("Yes", "y"), Button("No", "n")],
        SectionList("See times", [Section("Thursday", rows)]),
        URLButton("Map", "https://clinic.example/map"),
        FlowButton("Book", flow_id="1", flow_token="t", flow_action_screen="SLOTS"),
        VoiceCallButton("Call us", ttl_minutes=60),
        ContactInfoRequestButton(),
    ]

    for buttons in asked:
        wa.send_message(PATIENT, "Choose", header="Aurora", footer="Thanks", buttons=buttons)
    wa.request_location(PATIENT, "Where are you?")

    assert kinds(sandbox) == ["interactive"] * 7


def test_media_places_and_reactions_are_accepted(wa: WhatsApp, sandbox: SandboxProcess) -> None:
    sent = wa.send_message(PATIENT, "Hola")
    image = wa.upload_media(b"\x89PNG", "image/png", "a.png")
    wa.send_image(PATIENT, image, caption="Here")
    wa.send_document(PATIENT, b"%PDF-1.4", filename="a.pdf", mime_type="application/pdf")
    wa.send_video(PATIENT, "https://clinic.example/a.mp4")
    wa.send_audio(PATIENT, b"ID3", mime_type="audio/mpeg")
    wa.send_sticker(PATIENT, b"RIFF", mime_type="image/webp")
    wa.send_location(PATIENT, -34.6, -58.38, name="Aurora", address="Av. X 123")
    wa.send_contact(PATIENT, Contact(name=Contact.Name(formatted_name="Aurora")))
    wa.send_reaction(PATIENT, "\N{THUMBS UP SIGN}", sent.id)
    wa.remove_reaction(PATIENT, sent.id)

    assert kinds(sandbox) == [
        *("text", "image", "document", "video", "audio", "sticker", "location", "contacts"),
        *("reaction", "reaction"),
    ]


def test_a_patients_message_is_marked_as_read(wa: WhatsApp, sandbox: SandboxProcess) -> None:
    heard = sandbox.inbound("5491155550101", text="Hola")

    assert wa.mark_message_as_read(heard)
    assert wa.indicate_typing(heard)


def test_a_user_id_is_written_to_as_recipient(wa: WhatsApp, sandbox: SandboxProcess) -> None:
    sent = wa.send_message("AR.13495491155550101", "Hola")

    assert sent.to == "AR.13495491155550101"
    assert sandbox.accepted()[0]["wa_id"] == "5491155550101"


REFUSALS: list[tuple[type[errors.WhatsAppError], int]] = [
    (errors.AuthException, 0),
    (errors.TemporarilyBlocked, 368),
    (errors.RateLimitHit, 130429),
    (errors.UnknownError, 131000),
    (errors.MissingRequiredParameter, 131008),
    (errors.InvalidParameter, 131009),
    (errors.AccountLocked, 131031),
    (errors.SpamRateLimitHit, 131048),
    (errors.TooManyMessages, 131056),
    (errors.TemplateTextTooLong, 132005),
    (errors.TemplatePaused, 132015),
]


@pytest.mark.parametrize(("kind", "code"), REFUSALS)
def test_refusals_have_pywas_names(
    wa: WhatsApp, sandbox: SandboxProcess, kind: type[errors.WhatsAppError], code: int
) -> None:
    sandbox.fault("graph", code=code)

    with pytest.raises(kind) as refused:
        wa.send_message(PATIENT, "Hola")

    assert refused.value.code == code


def test_templates_are_refused_by_name(wa: WhatsApp) -> None:
    with pytest.raises(errors.TemplateNotExists) as refused:
        wa.send_template(PATIENT, "nothing_here", TemplateLanguage.ENGLISH, [])
    with pytest.raises(errors.TemplateParamCountMismatch):
        wa.send_template(PATIENT, "please_contact_us", TemplateLanguage.ENGLISH, [])

    assert refused.value.fbtrace_id


def test_a_wrong_token_is_an_authorisation_error(sandbox: SandboxProcess) -> None:
    with client(sandbox, token="stolen") as wa, pytest.raises(errors.AuthorizationError):
        wa.send_message(PATIENT, "Hola")


@pytest.mark.parametrize("version", ["23.0", "24.0", "25.0", "26.0"])
def test_every_living_version_is_spoken(sandbox: SandboxProcess, version: str) -> None:
    with client(sandbox, version=version) as wa:
        assert wa.send_message(PATIENT, "Hola").id
