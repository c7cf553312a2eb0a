"""Practice or live: a recorded act, and no process serves a live clinic half configured."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from healthmsg.clinic.models import Clinic, ClinicModeChange, Mode, StaffUser


class LiveWithoutSettings(SystemExit):
    """A clinic is live, and this process lacks a variable it needs: it must not start."""


class NotReady(Exception):
    """A clinic cannot go live yet; the message says what is missing."""


def refuse_to_start_without(missing: Sequence[str]) -> None:
    """
    Stop a process that would serve a live clinic from embedded servers or through the sandbox.

    :raises LiveWithoutSettings: with the names of the variables
    """
    if missing and is_any_live():
        names = ", ".join(missing)
        raise LiveWithoutSettings(
            f"A clinic is live, but {names} is not set. Nothing was started: a patient would be"
            " told nothing while every message looked sent. Restore the settings (.env)."
        )


def is_any_live() -> bool:
    return Clinic.objects.filter(mode=Mode.LIVE).exists()


@transaction.atomic
def change_mode(
    clinic: Clinic,
    *,
    mode: Mode,
    by: StaffUser | None,
    next_day_messages: int,
    missing: Sequence[str],
    now: datetime,
) -> None:
    """
    Make a clinic live, or take it back into practice, and keep who did it and what they saw.

    :raises NotReady: the installation lacks what a live clinic needs
    """
    if mode == Mode.LIVE and missing:
        raise NotReady(f"Not set: {', '.join(missing)}.")
    clinic.mode = mode
    clinic.save(update_fields=["mode"])
    ClinicModeChange.objects.create(
        clinic=clinic, mode=mode, changed_by=by, changed_at=now, next_day_messages=next_day_messages
    )
