"""The files that Meta keeps for the account: media with their lifetimes, and template samples."""

import base64
import hashlib
import random
from collections.abc import Iterator
from dataclasses import dataclass

from whatsapp.sandbox.clock import Clock

DAY = 24 * 3600.0
# Source: WhatsApp Cloud API, media, read 2025-12. Seconds of the sandbox's clock.
UPLOADED_LIVES = 30 * DAY
INBOUND_LIVES = 7 * DAY
URL_LIVES = 300.0


@dataclass(frozen=True, slots=True)
class Medium:
    """One file, as it was uploaded or as a patient sent it."""

    id: str
    mime_type: str
    content: bytes
    sha256: str
    phone_number_id: str
    expires_at: float
    filename: str = ""

    @property
    def size(self) -> int:
        return len(self.content)


class Library:
    """Media by their id; what has lived its time is gone, also for those who know the id."""

    def __init__(self, clock: Clock, rng: random.Random) -> None:
        self._clock = clock
        self._rng = rng
        self._media: dict[str, Medium] = {}
        self._samples: dict[str, Medium] = {}
        self._gone: set[str] = set()
        self.address = ""  # of this sandbox, once it listens

    def __contains__(self, media_id: str) -> bool:
        return self.get(media_id) is not None

    def __iter__(self) -> Iterator[Medium]:
        return iter(self._media.values())

    def clear(self) -> None:
        self._media.clear()
        self._samples.clear()
        self._gone.clear()

    def put(
        self, content: bytes, mime_type: str, *, phone_number_id: str, lives: float = UPLOADED_LIVES
    ) -> Medium:
        """Keep a file under a new id."""
        medium = self._made(content, mime_type, phone_number_id, lives)
        self._media[medium.id] = medium
        return medium

    def get(self, media_id: str) -> Medium | None:
        medium = self._media.get(media_id)
        if medium is not None and medium.expires_at <= self._clock.now():
            self.remove(media_id)
            return None
        return medium

    def remove(self, media_id: str) -> None:
        del self._media[media_id]
        self._gone.add(media_id)

    def is_gone(self, media_id: str) -> bool:
        """Say whether a file was here once; ids that never were are taken on trust."""
        return media_id not in self and media_id in self._gone

    def url(self, medium: Medium) -> str:
        """Return the address to fetch a file from, good for five minutes."""
        until = int(self._clock.now() + URL_LIVES)
        return f"{self.address}/media/{medium.id}?ext={until}"

    def behind(self, media_id: str, until: str) -> Medium | None:
        """Return what an address leads to, while it is good."""
        if not until.isdigit() or int(until) <= self._clock.now():
            return None
        return self.get(media_id) or self._samples.get(media_id)

    def put_sample(self, content: bytes, mime_type: str) -> str:
        """Keep the sample of a template's header; returns the handle that names it."""
        sample = self._made(content, mime_type, "", float("inf"))
        self._samples[sample.id] = sample
        return handle_of(sample.id)

    def sample_url(self, handle: str) -> str:
        """Return the address that a template's node shows in place of a handle."""
        until = int(self._clock.now() + 30 * DAY)
        return f"{self.address}/media/{_id_in(handle)}?ext={until}"

    def _made(self, content: bytes, mime_type: str, number_id: str, lives: float) -> Medium:
        return Medium(
            id=str(self._rng.randrange(10**15, 10**16)),
            mime_type=mime_type,
            content=content,
            sha256=base64.b64encode(hashlib.sha256(content).digest()).decode(),
            phone_number_id=number_id,
            expires_at=self._clock.now() + lives,
        )


def handle_of(sample_id: str) -> str:
    return "4::" + base64.urlsafe_b64encode(f"sandbox:{sample_id}".encode()).decode().rstrip("=")


def _id_in(handle: str) -> str:
    """Read the id back; a handle that is not ours leads to a number that nobody has."""
    coded = handle.removeprefix("4::")
    try:
        text = base64.urlsafe_b64decode(coded + "=" * (-len(coded) % 4)).decode()
    except ValueError:
        text = ""
    return text.removeprefix("sandbox:") if text.startswith("sandbox:") else "0"
