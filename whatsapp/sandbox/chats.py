"""What the pretend phones show: the last messages of each chat."""

from collections import OrderedDict, deque
from dataclasses import dataclass, field

from whatsapp.sandbox.outgoing import Button
from whatsapp.sandbox.places import Place

KEPT_CHATS = 500
KEPT_BUBBLES = 60


@dataclass(slots=True)
class Bubble:
    """One message on the phone's screen. Times are the sandbox's clock, in Unix seconds."""

    wamid: str
    at: float
    text: str
    is_ours: bool  # the clinic's; else the patient's
    header: str = ""
    footer: str = ""
    buttons: tuple[Button, ...] = ()
    language: str = ""
    is_template: bool = False
    is_list: bool = False
    place: Place | None = None
    told: list[tuple[float, str]] = field(default_factory=list)

    def status(self, now: float) -> str:
        """Return how far the message had come by `now`."""
        return max((one for one in self.told if one[0] <= now), default=(0.0, "accepted"))[1]


@dataclass(slots=True)
class Chat:
    phone_number_id: str
    wa_id: str
    bubbles: deque[Bubble] = field(default_factory=lambda: deque(maxlen=KEPT_BUBBLES))

    def bubble(self, wamid: str) -> Bubble | None:
        return next((one for one in self.bubbles if one.wamid == wamid), None)


class Chats:
    """The most recent chats; older ones are forgotten, the ledger is not."""

    def __init__(self) -> None:
        self._chats: OrderedDict[tuple[str, str], Chat] = OrderedDict()

    def clear(self) -> None:
        self._chats.clear()

    def add(self, phone_number_id: str, wa_id: str, bubble: Bubble) -> None:
        key = (phone_number_id, wa_id)
        chat = self._chats.get(key)
        if chat is None:
            chat = self._chats[key] = Chat(phone_number_id, wa_id)
            if len(self._chats) > KEPT_CHATS:
                self._chats.popitem(last=False)
        chat.bubbles.append(bubble)
        self._chats.move_to_end(key)

    def find(self, phone_number_id: str, wa_id: str) -> Chat | None:
        return self._chats.get((phone_number_id, wa_id))

    def latest(self) -> list[Chat]:
        """Return the chats, the one with the newest message first."""
        return list(reversed(self._chats.values()))
