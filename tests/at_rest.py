"""Between two tests of a running house: nothing on its way, nobody at work, nothing left behind."""

import time

from django.core.management import call_command
from django.db import connection
from kombu import Queue

from healthmsg.celery import app as celery
from tests.sandbox_process import SandboxProcess
from whatsapp.models import Delivery

STILL_FOR = 0.3  # seconds without a question to the database: whoever has a turn asks oftener
COMES_TO_REST_WITHIN = 20  # seconds


def come_to_rest(sandbox: SandboxProcess, queues: str) -> None:
    """Leave nothing on its way: a notice of one test belongs to no message of the next."""
    sandbox.reset(keep=("options",))
    while not sandbox.stats()["quiet"]:
        time.sleep(0.02)
    ask_for_nothing_more(queues)
    Delivery.objects.all().delete()
    until_nobody_works(still_for=STILL_FOR)


def ask_for_nothing_more(queues: str) -> None:
    """Take back what a tick has asked for and nobody has begun."""
    with celery.connection_for_write() as broker:
        for queue in queues.split(","):
            Queue(queue).bind(broker.channel()).purge()


def until_nobody_works(*, still_for: float) -> None:
    """Wait until others have not asked the database for so many seconds."""
    deadline = time.monotonic() + COMES_TO_REST_WITHIN
    while others_work(still_for) and time.monotonic() < deadline:
        time.sleep(0.02)


def others_work(still_for: float = STILL_FOR) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid <> pg_backend_pid() AND (state <> 'idle'"
            " OR state_change > clock_timestamp() - make_interval(secs => %s))",
            [still_for],
        )
        return bool(cursor.fetchone()[0])


def empty() -> None:
    """Remove what processes still wrote after the tables of the last test were emptied."""
    call_command("flush", verbosity=0, interactive=False)
