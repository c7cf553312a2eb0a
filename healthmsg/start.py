"""What every process does once before it works: servers up, and no live clinic on a sandbox."""

from collections.abc import Callable
from pathlib import Path

from django.conf import settings

from healthmsg import embedded, needed

# A lost .env takes the address of the database with it, and in the embedded one nobody is live: so
# that a clinic is live is also remembered here, beside the embedded servers' data.
MARK = "a-clinic-is-live"
_looks: list[Callable[[], object]] = []


def servers() -> None:
    """
    Start the embedded servers that no variable replaces, or join those that run.

    :raises SystemExit: a clinic was live here, and a variable it needs is missing
    """
    if settings.MISSING_FOR_LIVE and _mark().exists():
        names = ", ".join(settings.MISSING_FOR_LIVE)
        raise SystemExit(
            f"A clinic is live, but {names} is not set. Nothing was started: a patient would be"
            " told nothing while every message looked sent. Restore the settings (.env). If no"
            f" clinic of this checkout is live any more, remove {_mark()}."
            + needed.hint(settings.MISSING_FOR_LIVE)
        )
    if not (settings.DATABASE_URL and settings.EMBEDDED.redis_url != settings.REDIS_URL):
        embedded.ensure(settings.EMBEDDED)


def begin() -> None:
    """
    Make the servers ready and look whether this process may serve the clinics it finds.

    :raises LiveWithoutSettings: a clinic is live, and a variable it needs is missing or wrong
    """
    servers()
    from healthmsg.clinic import going_live  # noqa: PLC0415 - apps must be ready first

    going_live.refuse_to_start_without(settings.MISSING_FOR_LIVE)
    going_live.refuse_to_start_with_wrong_keys()
    for look in _looks:
        look()
    remember(is_live=going_live.is_any_live())


def also(look: Callable[[], object]) -> None:
    """Have a floor above look at something before any process works."""
    _looks.append(look)


def remember(*, is_live: bool) -> None:
    """Keep beside the embedded servers' data whether a clinic is live; twice is once."""
    if settings.MISSING_FOR_LIVE:
        return
    if is_live:
        _mark().parent.mkdir(parents=True, exist_ok=True)
        _mark().touch()
    else:
        _mark().unlink(missing_ok=True)


def _mark() -> Path:
    return settings.EMBEDDED.directory / MARK
