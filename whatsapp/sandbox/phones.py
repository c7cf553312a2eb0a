"""The patients' phones: which statuses follow an accepted message, and when."""

import random
from dataclasses import dataclass

from whatsapp.sandbox import statuses
from whatsapp.sandbox.behaviours import Behaviour, identity_of
from whatsapp.sandbox.chats import Bubble
from whatsapp.sandbox.clock import Clock
from whatsapp.sandbox.ledger import Entry
from whatsapp.sandbox.options import Number, Options
from whatsapp.sandbox.outgoing import Outgoing
from whatsapp.sandbox.statuses import Notice
from whatsapp.sandbox.webhooks import Webhooks

# Real seconds at pace 1; of one message the next status comes after the one before it.
SENT_WITHIN = (0.02, 0.3)
DELIVERED_WITHIN = (0.2, 1.0)
READ_WITHIN = (0.5, 4.0)
LIVES, AUTHENTICATION_LIVES = 30 * 24 * 3600.0, 600.0


@dataclass(frozen=True, slots=True)
class Arrival:
    """An accepted message on its way to a phone."""

    entry: Entry
    message: Outgoing
    number: Number
    behaviour: Behaviour
    bubble: Bubble
    is_free: bool = False  # among the service messages that cost nothing
    is_lite: bool = False  # sent by the Marketing Messages API

    @property
    def category(self) -> str:
        template = self.message.content.template
        if self.is_lite:
            return "marketing_lite"
        return template.category.lower() if template else "service"

    @property
    def lives(self) -> float:
        """For how many seconds Meta tries to deliver it."""
        template = self.message.content.template
        asked = template.message_send_ttl_seconds if template else 0
        if asked > 0:
            return asked
        # Source: WhatsApp Cloud API, time to live: 30 days, 10 minutes for authentication.
        return AUTHENTICATION_LIVES if self.category == "authentication" and not asked else LIVES


class Phones:
    """Plans the statuses of each message; a reaction is only ever `sent`."""

    def __init__(
        self, options: Options, clock: Clock, webhooks: Webhooks, rng: random.Random
    ) -> None:
        self._options = options
        self._clock = clock
        self._webhooks = webhooks
        self._rng = rng

    def fail(self, arrival: Arrival, code: int, *, after: float = 0.0) -> None:
        """Report that the message cannot arrive."""
        self._tell(arrival, "failed", after + self._some(SENT_WITHIN), error=code)

    def leave(self, arrival: Arrival) -> None:
        """Report that it is on its way to a phone that is off."""
        self._tell(arrival, "sent", self._some(SENT_WITHIN), priced=True)

    def receive(self, arrival: Arrival, *, has_left: bool = False) -> float:
        """
        Report sent, delivered and read, as this phone does.

        :param has_left: `sent` was reported before
        :returns: after how many real seconds the patient has seen the message; -1 for never
        """
        behaviour = arrival.behaviour
        sent = 0.0 if has_left else self._some(SENT_WITHIN)
        delivered = sent + self._some(DELIVERED_WITHIN) * behaviour.slowness
        read = delivered + self._some(READ_WITHIN) * behaviour.slowness
        comes = self._webhooks.shuffle_delay(sent, delivered)
        if not has_left:
            self._tell(arrival, "sent", sent, arrives=comes[0], priced=True)
        if arrival.message.kind == "reaction":
            return -1
        if behaviour.fails_after_sent:
            self.fail(arrival, behaviour.fails_after_sent, after=delivered)
            return -1
        if not behaviour.delivered:
            return -1
        if not behaviour.skips_delivered:
            self._tell(arrival, "delivered", delivered, arrives=comes[1], priced=True)
        if behaviour.multi_device:
            self.fail(arrival, 131026, after=delivered)
        if behaviour.read:
            self._tell(arrival, "read", read, priced=behaviour.skips_delivered)
        return read

    def _tell(
        self,
        arrival: Arrival,
        name: str,
        happens: float,
        *,
        arrives: float | None = None,
        priced: bool = False,
        error: int = 0,
    ) -> None:
        """Schedule one status that happens after `happens` seconds and comes after `arrives`."""
        at = self._clock.later(happens)
        notice = statuses.status(arrival.entry, name, at=at, number=arrival.number, error=error)
        if priced:
            statuses.add_pricing(notice, arrival.category, is_free=arrival.is_free)
        if self._options.webhook_version <= statuses.LAST_VERSION_WITH_CONVERSATION and not error:
            statuses.add_conversation(notice, arrival.category, expires_at=at + 86400)
        if arrival.behaviour.username_only:
            statuses.hide_number(notice)
        self._add_contacts(notice, arrival)
        if self._options.identity_check:
            statuses.add_identity(notice, identity_of(arrival.behaviour, arrival.entry.wa_id))
        if self._options.parent_user_ids:
            statuses.add_parents(notice)
        arrival.bubble.told.append((at, name))
        self._webhooks.schedule(notice, happens if arrives is None else arrives)

    def _add_contacts(self, notice: Notice, arrival: Arrival) -> None:
        if self._rng.random() < self._options.without_contacts:
            return
        whole = statuses.contact(arrival.entry.wa_id, number_hidden=arrival.behaviour.username_only)
        if notice.name == "failed" and not arrival.behaviour.username_only:
            whole = {"wa_id": arrival.entry.wa_id}
        notice.value["contacts"] = [whole]

    def _some(self, bounds: tuple[float, float]) -> float:
        return self._rng.uniform(*bounds) * self._options.pace
