"""
Somebody else's client against the sandbox: pywa, unchanged but for its base address.

Nothing of it may reach beyond this machine: the transport refuses any other host.
"""

import contextlib
import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from pywa import WhatsApp, handlers
from pywa.types import MessageStatus
from pywa.types.base_update import BaseUpdate, RawUpdate

from tests.sandbox_process import (
    APP_SECRET,
    PHONE_NUMBER_ID,
    TOKEN,
    VERIFY_TOKEN,
    WABA_ID,
    SandboxProcess,
)
from tests.whatsapp.sandbox.conftest import Receiver

APP_ID = "400000000000001"


class OnlyHere(httpx.HTTPTransport):
    """Speaks to this machine alone."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        assert request.url.host == "127.0.0.1", "a client under test wanted to leave the machine"
        return super().handle_request(request)


@contextlib.contextmanager
def client(sandbox: SandboxProcess, *, version: str = "25.0", **more: Any) -> Iterator[WhatsApp]:
    """Give pywa's client, pointed at the sandbox after its construction."""
    with httpx.Client(transport=OnlyHere(), timeout=10) as session:
        chosen = {
            "phone_id": PHONE_NUMBER_ID,
            "token": TOKEN,
            "waba_id": WABA_ID,
            "app_id": APP_ID,
            "app_secret": APP_SECRET,
            "verify_token": VERIFY_TOKEN,
            "api_version": version,
        } | more
        wa = WhatsApp(session=session, **chosen)
        # The client has just set Meta's.
        session.base_url = httpx.URL(f"{sandbox.base_url}/v{version}")
        yield wa


@dataclass
class Heard:
    """What pywa made of the webhooks, by the name of its class."""

    wa: WhatsApp
    updates: list[BaseUpdate] = field(default_factory=list)
    raw: list[RawUpdate] = field(default_factory=list)
    refused: list[tuple[str, int]] = field(default_factory=list)

    def take(self, receiver: Receiver) -> "Heard":
        """Give pywa every body that came, as it came."""
        for body, signature in receiver.bodies:
            refusal = self.wa.webhook_update_validator(body, signature)
            if refusal is not None:
                self.refused.append(refusal)
                continue
            self.wa.webhook_update_handler(body)
        return self

    def of(self, kind: type[BaseUpdate]) -> list[Any]:
        return [one for one in self.updates if isinstance(one, kind)]

    def statuses(self) -> list[str]:
        return [str(one.status.value) for one in self.of(MessageStatus)]


def listening(wa: WhatsApp) -> Heard:
    """Let a client keep everything that it hears."""
    heard = Heard(wa)

    def keep(_: WhatsApp, update: BaseUpdate) -> None:
        heard.updates.append(update)

    def keep_raw(_: WhatsApp, update: RawUpdate) -> None:
        heard.raw.append(update)

    for handler in (
        handlers.MessageHandler,
        handlers.EditedMessageHandler,
        handlers.DeletedMessageHandler,
        handlers.MessageStatusHandler,
        handlers.CallbackButtonHandler,
        handlers.CallbackSelectionHandler,
        handlers.FlowCompletionHandler,
        handlers.PhoneNumberChangeHandler,
        handlers.TemplateStatusUpdateHandler,
        handlers.TemplateQualityUpdateHandler,
        handlers.TemplateCategoryUpdateHandler,
        handlers.TemplateComponentsUpdateHandler,
        handlers.UserMarketingPreferencesHandler,
        handlers.AccountUpdateHandler,
    ):
        wa.add_handlers(handler(keep))
    wa.add_handlers(handlers.RawUpdateHandler(keep_raw))
    return heard


@contextlib.contextmanager
def attentive(sandbox: SandboxProcess, caplog: pytest.LogCaptureFixture) -> Iterator[Heard]:
    """Give pywa, listening; what it cannot read it logs as an error, and the test fails."""
    sandbox.settings(exactly=1, without_contacts=0, pair_limits=False)
    with client(sandbox, business_portfolio_id=WABA_ID) as wa:
        yield listening(wa)
    assert [one.message for one in caplog.records if one.levelno >= logging.ERROR] == []


def all_heard(heard: Heard, sandbox: SandboxProcess, receiver: Receiver) -> Heard:
    """Let pywa hear everything that there is to hear."""
    sandbox.wait_until_quiet()
    assert heard.take(receiver).refused == []
    return heard
