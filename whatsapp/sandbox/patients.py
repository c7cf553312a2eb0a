"""The patients: what they answer to a message, and everything they send of themselves."""

import asyncio
from collections import Counter
from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING

from whatsapp import wamid
from whatsapp.sandbox import acts, inbound_kinds, statuses
from whatsapp.sandbox.behaviours import Behaviour, identity_of, words
from whatsapp.sandbox.chats import Bubble
from whatsapp.sandbox.inbound_kinds import SentFile
from whatsapp.sandbox.options import Number
from whatsapp.sandbox.outgoing import Button, Content
from whatsapp.sandbox.phones import Arrival
from whatsapp.sandbox.shapes import Json
from whatsapp.sandbox.validation import user_id_of

if TYPE_CHECKING:
    from whatsapp.sandbox.world import World

WINDOW = 24 * 3600.0
# Source: WhatsApp Cloud API, customer service window, read 2025-11: messages, taps, forms and calls
# open it. Of these nothing is said.
_NOT_WRITTEN = frozenset({"system", "edit", "revoke"})
THINKS_FOR = (0.5, 4.0)  # real seconds at pace 1


class Patients:
    """People with phones. Their answers wait on the event loop's clock."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self._options = world.options
        self._clock = world.clock
        self._webhooks = world.webhooks
        self._rng = world.rng
        self._wrote_at: dict[tuple[str, str], float] = {}
        self._thinking: set[asyncio.TimerHandle] = set()
        self._done: Counter[tuple[str, str]] = Counter()
        self.stopped_marketing: set[str] = set()
        self.moved: set[str] = set()  # numbers that WhatsApp knows no longer
        self.known_wamids: set[str] = set()
        self.read_wamids: set[str] = set()  # those of her messages that the clinic marked as read

    @property
    def thinking(self) -> int:
        """How many answers are still to come."""
        return len(self._thinking)

    def clear(self) -> None:
        for handle in self._thinking:
            handle.cancel()
        self._thinking.clear()
        self._wrote_at.clear()
        self._done.clear()
        self.stopped_marketing.clear()
        self.moved.clear()
        self.known_wamids.clear()
        self.read_wamids.clear()

    def window_is_open(self, number: Number, wa_id: str) -> bool:
        wrote_at = self._wrote_at.get((number.id, wa_id))
        return wrote_at is not None and self._clock.now() - wrote_at < WINDOW

    def consider(self, arrival: Arrival, *, seen_after: float) -> None:
        """Answer a message that this patient has seen, as her behaviour says."""
        behaviour, content = arrival.behaviour, arrival.message.content
        if self._world.scripts and self._follow_script(arrival, seen_after):
            return
        if content.template is not None:
            self._consider_template(arrival, seen_after)
        elif behaviour.reply_tap is not None and content.buttons:
            # Once: our answer to a tap may have buttons again.
            if not self._may(behaviour, arrival.entry.wa_id, "reply_tap"):
                return
            self._tap_later(arrival, behaviour.reply_tap, seen_after)

    def _follow_script(self, arrival: Arrival, seen_after: float) -> bool:
        entry, world = arrival.entry, self._world
        step = world.scripts.next(entry.wa_id, arrival.message)
        if step is None:
            return False
        wish = {"wamid": entry.wamid, **step.do}

        def act() -> None:
            acts.perform(world, arrival.number, entry.wa_id, wish)

        self._later(seen_after + step.after, act)
        return True

    def _consider_template(self, arrival: Arrival, seen_after: float) -> None:
        behaviour, buttons = arrival.behaviour, arrival.message.content.buttons
        if behaviour.tap is not None and len(buttons) >= behaviour.tap_from:
            self._tap_later(arrival, behaviour.tap, seen_after)
            if behaviour.taps_twice:
                self._tap_later(arrival, behaviour.tap, seen_after)
            if behaviour.then_tap is not None:
                later = seen_after + THINKS_FOR[1] * self._options.pace
                self._tap_later(arrival, behaviour.then_tap, later)
        for verb, does in self._verbs(arrival).items():
            if getattr(behaviour, verb) and self._may(behaviour, arrival.entry.wa_id, verb):
                self._later(seen_after, does)

    def _verbs(self, arrival: Arrival) -> dict[str, Callable[[], object]]:
        number, wa_id, behaviour = arrival.number, arrival.entry.wa_id, arrival.behaviour
        language = behaviour.language or arrival.entry.language or "en"
        return {
            "writes": lambda: self.write(number, wa_id, words(behaviour.writes, language)),
            "sends": lambda: self.send(number, wa_id, behaviour.sends),
            "reaction": lambda: self.react(number, wa_id, arrival.entry.wamid, behaviour.reaction),
            "preference": lambda: self.prefer(number, wa_id, behaviour.preference),
            "changes_number": lambda: self.change_number(
                number, wa_id, f"{wa_id[:-4]}0{wa_id[-3:]}"
            ),
        }

    def _may(self, behaviour: Behaviour, wa_id: str, verb: str) -> bool:
        self._done[wa_id, verb] += 1
        return self._done[wa_id, verb] <= behaviour.times

    def _tap_later(self, arrival: Arrival, position: int, after: float) -> None:
        if not -len(arrival.bubble.buttons) <= position < len(arrival.bubble.buttons):
            return
        self._later(
            after,
            lambda: self.tap(arrival.number, arrival.entry.wa_id, arrival.bubble, position),
        )

    def _later(self, after: float, does: Callable[[], object]) -> None:
        delay = after + self._rng.uniform(*THINKS_FOR) * self._options.pace

        def act() -> None:
            self._thinking.discard(handle)
            does()

        handle = asyncio.get_running_loop().call_later(delay, act)
        self._thinking.add(handle)

    # What a patient can do, by herself or on command.

    def tap(self, number: Number, wa_id: str, bubble: Bubble, position: int) -> str:
        """Tap a button of one of our messages; returns the wamid of the answer."""
        button = bubble.buttons[position]
        context = {"from": number.digits, "id": bubble.wamid}
        answer = _tap_of(bubble, button)
        content = Content(button.title)
        return self._say(number, wa_id, {"context": context, **answer}, content)

    def write(self, number: Number, wa_id: str, text: str, *, context_id: str = "") -> str:
        message: Json = {"type": "text", "text": {"body": text}}
        if context_id:
            message["context"] = {"from": number.digits, "id": context_id}
        return self._say(number, wa_id, message, Content(text))

    def react(self, number: Number, wa_id: str, message_id: str, emoji: str) -> str:
        reaction = {"message_id": message_id, **({"emoji": emoji} if emoji else {})}
        content = Content(emoji, reacts_to=message_id)
        return self._say(number, wa_id, {"type": "reaction", "reaction": reaction}, content)

    def send(
        self,
        number: Number,
        wa_id: str,
        kind: str,
        *,
        details: Json | None = None,
        beside: Json | None = None,
    ) -> str:
        """
        Send something that is not a text.

        :param details: fields of the object of this kind, such as a caption
        :param beside: fields beside it, such as a `referral` or a `context`
        """
        library = self._world.library
        message = inbound_kinds.message(kind, library=library, number=number, details=details or {})
        return self._say(number, wa_id, {**message, **(beside or {})}, inbound_kinds.shown(message))

    def send_file(self, number: Number, wa_id: str, file: SentFile, *, caption: str) -> str:
        """Send a file of her own; who runs the clinic can fetch it from the library."""
        message = inbound_kinds.file_message(file, self._world.library, number, caption=caption)
        return self._say(number, wa_id, message, inbound_kinds.shown(message))

    def say_raw(self, number: Number, wa_id: str, message: Json) -> str:
        """Send any `messages[]` object; what it lacks of id and timestamp is added."""
        return self._say(number, wa_id, message, inbound_kinds.shown(message))

    def edit(self, number: Number, wa_id: str, original_id: str, text: str) -> str:
        """Write something else in place of what was written."""
        inner = {"type": "text", "text": {"body": text}}
        note = {"original_message_id": original_id, "message": inner}
        return self._say(number, wa_id, {"type": "edit", "edit": note}, Content(text))

    def revoke(self, number: Number, wa_id: str, original_id: str) -> str:
        """Take back what was written."""
        self._world.chats.take_back(number.id, wa_id, original_id)
        note = {"original_message_id": original_id}
        return self._say(number, wa_id, {"type": "revoke", "revoke": note}, Content("[taken back]"))

    def change_number(self, number: Number, wa_id: str, new_wa_id: str) -> str:
        """Move to another number: WhatsApp tells so, and the old one is reached no more."""
        self.moved.add(wa_id)
        self.moved.discard(new_wa_id)
        users = {"user_id": user_id_of(new_wa_id), "previous": user_id_of(wa_id)}
        note = inbound_kinds.number_changed(wa_id, new_wa_id, **users)
        return self._say(number, wa_id, note, Content(f"[{new_wa_id}]"))

    def change_user_id(self, number: Number, wa_id: str, user_id: str) -> str:
        """Get another user id, of which WhatsApp tells once; ours for this number stays."""
        note = inbound_kinds.user_id_changed(user_id, user_id_of(wa_id))
        return self._say(number, wa_id, note, Content(f"[{user_id}]"))

    def prefer(self, number: Number, wa_id: str, wish: str) -> None:
        """Use WhatsApp's own switch for marketing messages; it opens no window."""
        if wish == "stop":
            self.stopped_marketing.add(wa_id)
        else:
            self.stopped_marketing.discard(wa_id)
        notice = statuses.preference(wish, number=number, wa_id=wa_id, at=self._clock.now())
        self._webhooks.schedule(notice)

    def _say(self, number: Number, wa_id: str, message: Json, content: Content) -> str:
        now = self._clock.now()
        message_id = wamid.mint(wa_id, self._rng.randbytes(10).hex().upper(), inbound=True)
        whole = {"id": message_id, "timestamp": str(int(now)), **message}
        if message["type"] not in _NOT_WRITTEN:
            self._wrote_at[number.id, wa_id] = now
        self.known_wamids.add(message_id)
        self._world.throughput.count_inbound(number.id, monotonic())
        answered = str((message.get("context") or {}).get("id", ""))
        bubble = Bubble(message_id, now, content, is_ours=False, context_id=answered)
        self._world.chats.add(number.id, wa_id, bubble)
        if wa_id in self._world.blocked.get(number.id, ()):
            return message_id  # whom we blocked cannot reach us
        behaviour = self._world.behaviours.of(wa_id)
        hidden = behaviour.username_only
        notice = statuses.inbound(whole, number=number, wa_id=wa_id, hidden=hidden)
        if self._options.identity_check:
            statuses.add_identity(notice, identity_of(behaviour, wa_id))
        if self._options.parent_user_ids:
            statuses.add_parents(notice)
        self._webhooks.schedule(notice, self._rng.uniform(0, 0.2) * self._options.pace)
        return message_id


def _tap_of(bubble: Bubble, button: Button) -> Json:
    """Return the answer's own part: template buttons, reply buttons and rows differ in shape."""
    if bubble.is_template:
        return {"type": "button", "button": {"payload": button.key, "text": button.title}}
    kind = "list_reply" if bubble.content.list_label else "button_reply"
    reply = {"id": button.key, "title": button.title}
    if button.description:
        reply["description"] = button.description
    return {"type": "interactive", "interactive": {"type": kind, kind: reply}}
