"""Processes that digest all there is whenever they are asked to: the workers of a bench."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from subprocess import PIPE, Popen


@contextmanager
def process(work: str = "digest") -> Iterator["Popen[str]"]:
    """Run one, on this house's servers; it does nothing before it is asked to."""
    # Here only: in the process itself, importing it would make a house of its own.
    from tests.bench import house

    words = [sys.executable, "-m", "tests.bench.digesting", work]
    with Popen(
        words, env=house.environment(), cwd=house.ROOT, stdin=PIPE, stdout=PIPE, text=True
    ) as started:
        try:
            _hear(started)
            yield started
        finally:
            started.terminate()


def until_nothing_waits(processes: "Sequence[Popen[str]]") -> None:
    """Let them share what there is, and return when the last one has found nothing more."""
    for one in processes:
        assert one.stdin is not None
        one.stdin.write("\n")
        one.stdin.flush()
    for one in processes:
        _hear(one)


def _hear(one: "Popen[str]") -> None:
    assert one.stdout is not None
    assert one.stdout.readline() == "done\n", "a digesting process broke off"


def main() -> None:
    import django

    django.setup()
    # Models can only be imported once Django stands.
    from django.db import connection

    from tests import factories
    from whatsapp import inbox

    verbs: dict[str, Callable[..., int]] = {"digest": inbox.digest}
    verbs["replies"] = inbox.handle_replies
    verb = verbs[sys.argv[1]]
    connection.ensure_connection()
    _say_done()
    for _ in sys.stdin:
        while verb(now=factories.NOON):
            pass
        with connection.cursor() as cursor:
            # Else a second passes before others see how many rows it changed.
            cursor.execute("SELECT pg_stat_force_next_flush()")
        _say_done()


def _say_done() -> None:
    sys.stdout.write("done\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
