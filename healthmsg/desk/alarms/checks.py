"""What `manage.py check --deploy` says where nobody could be told that something is wrong."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Tags, Warning, register  # noqa: A004


@register(Tags.security, deploy=True)
def nobody_is_told(**_kwargs: Any) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    if not settings.EMAIL_URL:
        found.append(
            Warning(
                "EMAIL_URL is not set: nobody gets a mail when sending stops.",
                hint="Set EMAIL_URL (see .env.example), and enter people in the admin.",
                id="desk.W001",
            )
        )
    if not settings.DEAD_MAN_URL:
        found.append(
            Warning(
                "DEAD_MAN_URL is not set: nobody notices when this whole machine is off.",
                hint="Set DEAD_MAN_URL to an address that raises an alarm when it hears no more.",
                id="desk.W002",
            )
        )
    return found
