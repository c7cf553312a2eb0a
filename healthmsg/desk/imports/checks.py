"""Says where the watched folder is named and not there."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core import checks


@checks.register
def folder_is_there(**_kwargs: Any) -> list[checks.CheckMessage]:
    if not settings.IMPORT_DIRECTORY or Path(settings.IMPORT_DIRECTORY).is_dir():
        return []
    return [
        checks.Warning(
            "IMPORT_DIRECTORY names no directory of this machine.",
            hint="Make it, or unset the variable. Only machines that run worker need it.",
            id="desk.W010",
        )
    ]
