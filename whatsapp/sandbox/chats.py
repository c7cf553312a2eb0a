"""What the pretend phones show: the last messages of each chat."""

from collections import OrderedDict, deque
from dataclasses import dataclass, field

from whatsapp.sandbox.outgoing import Button, Content

KEPT_CHATS = 500
KEPT_BUBBLES = 60
# A phone shows a message as new until it was read, by the patient or by who looks at the page.
_SEEN = ("read", "failed")
# Source: WhatsApp Cloud API, reaction messages: what is older takes no reaction.
_REACTED_TO_FOR = 30 * 86400.0


@dataclass(slots=True)
class Bubble:
    """One message on the phone's screen. Times are the sandbox's clock, in Unix seconds."""

    wamid: str
    at: float
    content: Content
    is_ours: bool  # the clinic's; else the patient's
    context_id: str = ""  # the message that this one answers
    reactions: dict[bool, str] = field(default_factory=dict)  # by whether it is ours
    is_taken_back: bool = False
    told: list[tuple[float, str]] = field(default_factory=list)

    @property
    def buttons(self) -> tuple[Button, ...]:
        return self.content.buttons

    @property
    def is_template(self) -> bool:
        return self.content.template is not None

    def status(self, now: float) -> str:
        """Return how far the message had come by `now`."""
        return max((one for one in self.told if one[0] <= now), default=(0.0, "accepted"))[1]


@dataclass(slots=True)
class Chat:
    phone_number_id: str
    wa_id: str
    bubbles: deque[Bubble] = field(default_factory=lambda: deque(maxlen=KEPT_BUBBLES))
    seen_at: float = 0.0  # when somebody last looked at it on the page

    def bubble(self, wamid: str) -> Bubble | None:
        return next((one for one in self.bubbles if one.wamid == wamid), None)

    def unread(self, now: float) -> int:
        """Count the clinic's messages that nobody has looked at since the patient's last one."""
        count = 0
        for bubble in reversed(self.bubbles):
            if not bubble.is_ours or bubble.at <= self.seen_at:
                break
            count += bubble.status(now) not in _SEEN
        return count


class Chats:
    """The most recent chats; older ones are forgotten, the ledger is not."""

    def __init__(self) -> None:
        self._chats: OrderedDict[tuple[str, str], Chat] = OrderedDict()

    def clear(self) -> None:
        self._chats.clear()

    def add(self, phone_number_id: str, wa_id: str, bubble: Bubble) -> None:
        """Put a message at the end of its chat; a reaction stands at what it is a reaction to."""
        key = (phone_number_id, wa_id)
        if bubble.content.reacts_to:
            self._react(key, bubble)
            return
        chat = self._chats.get(key)
        if chat is None:
            chat = self._chats[key] = Chat(phone_number_id, wa_id)
            if len(self._chats) > KEPT_CHATS:
                self._chats.popitem(last=False)
        chat.bubbles.append(bubble)
        self._chats.move_to_end(key)

    def take_back(self, phone_number_id: str, wa_id: str, wamid: str) -> None:
        """Note that the patient deleted a message of hers."""
        chat = self.find(phone_number_id, wa_id)
        bubble = chat.bubble(wamid) if chat else None
        if bubble is not None:
            bubble.is_taken_back = True

    def takes_reaction(self, phone_number_id: str, wa_id: str, wamid: str, *, now: float) -> bool:
        """Say whether a message is there, young enough, and no reaction itself."""
        chat = self.find(phone_number_id, wa_id)
        bubble = chat.bubble(wamid) if chat else None
        if bubble is not None:
            return not bubble.is_taken_back and now - bubble.at <= _REACTED_TO_FOR
        # Where nothing was forgotten, what does not stand here never did.
        kept, most = (len(chat.bubbles), KEPT_BUBBLES) if chat else (len(self._chats), KEPT_CHATS)
        return kept >= most

    def find(self, phone_number_id: str, wa_id: str) -> Chat | None:
        return self._chats.get((phone_number_id, wa_id))

    def latest(self) -> list[Chat]:
        """Return the chats, the one with the newest message first."""
        return list(reversed(self._chats.values()))

    def _react(self, key: tuple[str, str], reaction: Bubble) -> None:
        chat = self._chats.get(key)
        target = chat.bubble(reaction.content.reacts_to) if chat else None
        if target is not None:
            target.reactions[reaction.is_ours] = reaction.content.text
