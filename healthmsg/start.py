"""What every process does once before it works: servers up, and no live clinic on a sandbox."""

from django.conf import settings

from healthmsg import embedded


def servers() -> None:
    """Start the embedded servers that no variable replaces, or join those that run."""
    if not (settings.DATABASE_URL and settings.EMBEDDED.redis_url != settings.REDIS_URL):
        embedded.ensure(settings.EMBEDDED)


def begin() -> None:
    """
    Make the servers ready and look whether this process may serve the clinics it finds.

    :raises LiveWithoutSettings: a clinic is live, and a variable it needs is missing
    """
    servers()
    from healthmsg.clinic import going_live  # noqa: PLC0415 - apps must be ready first

    going_live.refuse_to_start_without(settings.MISSING_FOR_LIVE)
