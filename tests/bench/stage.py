"""Where the pump and its rivals send: one number, its queue, a sandbox that answers slowly."""

import asyncio
import dataclasses
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import orjson

from tests.bench import figures, processor

if TYPE_CHECKING:
    from healthmsg.clinic.models import Patient
    from tests.sandbox_process import SandboxProcess
    from whatsapp.models import Sender

Choice = TypeVar("Choice")


@dataclass(frozen=True)
class Stage:
    """Where all of them play."""

    sender: "Sender"
    one: "Patient"
    sandbox: "SandboxProcess"
    seconds: float

    @property
    def url(self) -> str:
        return f"{self.sandbox.base_url}/v25.0/{self.sender.phone_number_id}/messages"

    @property
    def token(self) -> str:
        from django.conf import settings

        return str(settings.WHATSAPP_TOKEN)

    def accepted(self) -> int:
        return int(self.sandbox.stats()["accepted"])

    def queue(self, count: float) -> int:
        """Queue so many messages and empty the ledger."""
        from tests.bench import rows

        rows.queue(self.sender, self.one, int(count))
        self.sandbox.reset(keep=("options",))
        return int(count)


@dataclass(frozen=True)
class Turn:
    """What a turn of the real pump came to, per message in milliseconds of CPU."""

    rate: float
    cpu: float
    database_cpu: float
    # Not accepted within the turn: refused because of the limit, for example.
    left: int


def turn(stage: Stage, count: float, *, in_flight: int = 0, paced: bool = False) -> Turn:
    """Send so many with the real pump, from the first claim to the last row written."""
    from tests.bench import rows
    from whatsapp import pacing, pump, tasks, turns

    if in_flight:
        setattr(pump, "IN_FLIGHT", in_flight)  # noqa: B010 - it is a constant to all others
    count = stage.queue(count)
    around = dataclasses.replace(tasks.surroundings(), base_url=stage.sandbox.base_url, seconds=600)
    database = processor.database()
    spent = processor.cpu_seconds(database)
    began, cpu = time.perf_counter(), time.process_time()
    asyncio.run(turns.take([stage.sender], around, draw=None if paced else pacing.unpaced))
    lasted, cpu = time.perf_counter() - began, time.process_time() - cpu
    spent = processor.cpu_seconds(database) - spent
    left = rows.unaccepted()
    if sum(number for *_, number in left) > count / 10:
        raise figures.CannotRun(f"the pump left messages unsent: {left}")
    unsent = sum(number for *_, number in left)
    return Turn(count / lasted, cpu / count * 1000, spent / count * 1000, unsent)


def bodies(count: int) -> list[bytes]:
    """The bytes that the pump would post for the queued messages."""
    from whatsapp.models import Message

    queued = Message.objects.filter(send_after__isnull=False).select_related("phone")
    return [
        orjson.dumps(
            {
                "messaging_product": "whatsapp",
                "recipient_type": "individual",
                "to": message.phone.number,
                "biz_opaque_callback_data": f"{message.callback}.1",
                **message.payload,
            }
        )
        for message in queued.order_by("pk")[:count]
    ]


def best(choices: Sequence[Choice], rate: Callable[[Choice], float]) -> dict[Choice, float]:
    """Try each choice; gives their rates, the best first."""
    found = {choice: rate(choice) for choice in choices}
    return dict(sorted(found.items(), key=lambda one: -one[1]))
