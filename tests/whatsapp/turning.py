"""A turn of sending, as the task takes it, against the sandbox."""

import asyncio
from datetime import datetime

from django.conf import settings
from django.db import connections

from tests.sandbox_process import SandboxProcess
from whatsapp import turns
from whatsapp.turns import Surroundings


def around_the(sandbox: SandboxProcess, noon: datetime) -> Surroundings:
    return Surroundings(
        redis_url=settings.REDIS_URL,
        base_url=sandbox.base_url,
        graph_version="v25.0",
        token="sandbox-token",
        uses_sandbox=True,
        seconds=10,
        now=lambda: noon,
        stopped=lambda: False,
    )


def take_a_turn(around: Surroundings) -> None:
    now = around.now()
    senders = turns.due_senders(now=now, uses_sandbox=around.uses_sandbox)
    asyncio.run(turns.take(senders, around))


def take_a_turn_in_a_thread(around: Surroundings) -> None:
    try:
        take_a_turn(around)
    finally:
        connections.close_all()
