"""Byte for byte: signature, escapes and message ids, beside values worked out by hand."""

import base64
import hashlib
import hmac
import json
import re

from pywa import utils

from tests.sandbox_process import APP_SECRET, SandboxProcess
from tests.whatsapp.sandbox.conftest import Receiver, Sender, reminder, text
from whatsapp import wamid
from whatsapp.sandbox.graph_errors import fbtrace_id
from whatsapp.sandbox.webhooks import serialise, signature

BODY = rb'{"a":"Ol\u00e1 <b>\/x"}'
SIGNATURE = "sha256=0f9a70d4d456a167bdc6ab738bf7bf95b347c3de280ac9349d2f56d66f310df0"
WAMID = "wamid.HBgLMTY1MDU1NTEyMzQVAgARGBI4MUJFRUQ1QUE1QzgxQzk4NzEA"


def test_a_body_is_escaped_and_signed_as_meta_does() -> None:
    body = serialise({"a": "Olá <b>/x"})

    assert (body, len(BODY)) == (BODY, 23)
    assert signature(body, "sandbox-app-secret") == SIGNATURE


def test_somebody_elses_check_of_the_signature_agrees() -> None:
    told = {"app_secret": "sandbox-app-secret", "x_hub_signature": SIGNATURE}

    assert utils.webhook_updates_validator(request_body=BODY, **told)
    assert not utils.webhook_updates_validator(request_body=BODY + b" ", **told)


def test_a_message_id_is_minted_from_number_direction_and_id() -> None:
    assert wamid.mint("16505551234", "81BEED5AA5C81C9871") == WAMID


def test_message_ids_of_the_wire_have_metas_bytes(sender: Sender, sandbox: SandboxProcess) -> None:
    ours = sender.send(text())
    theirs = sandbox.inbound("5491155550101", text="Hola")

    assert _shape(ours) == (b"5491155550101", 0x11, 18)
    assert _shape(theirs) == (b"5491155550101", 0x12, 20)
    assert len(ours) <= 128


def test_the_bytes_of_the_wire_are_signed_and_ascii(
    sender: Sender, sandbox: SandboxProcess, receiver: Receiver
) -> None:
    sender.send(reminder(biz_opaque_callback_data="á/<>@%"))
    sandbox.wait_until_quiet()

    for body, header in receiver.bodies:
        mac = hmac.new(APP_SECRET.encode(), body, hashlib.sha256).hexdigest()
        assert header == f"sha256={mac}"
        assert body.isascii()
        assert rb"\u00e1\/<>@%" in body
        assert json.dumps(json.loads(body)).encode() != body


def test_a_trace_id_has_eleven_letters() -> None:
    assert re.fullmatch(r"A[A-Za-z0-9_-]{10}", fbtrace_id())


def _shape(message_id: str) -> tuple[bytes, int, int]:
    """Take an id apart by hand: the number, the direction, how long the hex id is."""
    raw = base64.b64decode(message_id.removeprefix("wamid."))
    assert raw[:2] == b"\x1c\x18"
    end = 3 + raw[2]
    assert raw[end : end + 3] == b"\x15\x02\x00"
    assert raw[end + 4] == 0x18
    hex_id = raw[end + 6 : -1]
    assert raw[-1] == 0
    assert len(hex_id) == raw[end + 5]
    assert re.fullmatch(rb"[0-9A-F]+", hex_id)
    return raw[3:end], raw[end + 3], len(hex_id)
