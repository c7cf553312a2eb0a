"""Every worker: looks back as it starts, and looks out itself while nobody else does."""

import logging
import threading

from celery.signals import worker_init, worker_ready
from django.db import connections

from healthmsg.desk.alarms import rounds, signs, silences

logger = logging.getLogger(__name__)

_LOOK_EVERY_SECONDS = 60.0


@worker_init.connect
def look_back(**_kwargs: object) -> None:
    """Notice a long silence before the first task; beat does so too, whichever starts first."""
    silences.notice(now=signs.real_now())


@worker_ready.connect
def begin(**_kwargs: object) -> None:
    """Start the look-out of this process; as a daemon, so that it keeps nobody from ending."""
    threading.Thread(target=_look_out, name="stand-in", daemon=True).start()


def _look_out() -> None:
    waits = threading.Event()
    # Under a short limit, as tests set it, more often.
    seconds = min(_LOOK_EVERY_SECONDS, signs.silent_after().total_seconds() / 2)
    while not waits.wait(seconds):
        try:
            stand_in()
        except Exception as error:  # noqa: BLE001 - the next look may find a database again
            logger.warning("nobody could look", extra={"because": type(error).__name__})
        finally:
            connections.close_all()


def stand_in() -> bool:
    """Look and tell where nobody has looked for too long. True where that was needed."""
    last = signs.last(signs.WATCH)
    if last is not None and last > signs.real_now() - signs.silent_after():
        return False
    rounds.look()
    rounds.tell()
    return True
