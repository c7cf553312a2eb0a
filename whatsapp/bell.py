"""Rings the digest, at most ten times a second, without anybody waiting for the broker."""

import asyncio
import logging
import threading
from collections.abc import Callable

logger = logging.getLogger(__name__)

_PAUSE_SECONDS = 0.1


class Bell:
    """
    A bell that nobody waits for: beat ticks each second, so a lost ring costs a second.

    :param pull: rings once; may block and may fail
    """

    def __init__(self, pull: Callable[[], object]) -> None:
        self._pull = pull
        self._is_waiting = False
        self._pulling: threading.Thread | None = None

    def ring(self) -> None:
        """Ring a moment later, for everything that arrives until then."""
        if not self._is_waiting:
            self._is_waiting = True
            asyncio.get_running_loop().call_later(_PAUSE_SECONDS, self._now)

    def _now(self) -> None:
        self._is_waiting = False
        if self._pulling is not None and self._pulling.is_alive():
            # The broker hangs: the one who hangs with it is enough.
            return
        # A daemon, so that a hanging broker does not keep the process from ending.
        self._pulling = threading.Thread(target=self._quietly, daemon=True)
        self._pulling.start()

    def _quietly(self) -> None:
        try:
            self._pull()
        except Exception as error:  # noqa: BLE001 - whatever the broker's client raises
            logger.warning("nobody could be rung", extra={"because": type(error).__name__})
