"""Practice or live: a recorded act, and no process serves a live clinic half configured."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from healthmsg import needed
from healthmsg.clinic import patient_keys
from healthmsg.clinic.models import Clinic, ClinicModeChange, Mode, StaffUser


class LiveWithoutSettings(SystemExit):
    """A clinic is live, and this process lacks a variable or key it needs: it must not start."""


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
            + needed.hint(missing)
        )


def refuse_to_start_with_wrong_keys() -> None:
    """
    Stop a process whose keys open nothing of what a live clinic has sealed.

    :raises LiveWithoutSettings: nothing that happens from now on could be sealed or read
    """
    if is_any_live() and not patient_keys.open_what_there_is():
        raise wrong_keys("what is told of patients")


def wrong_keys(what: str) -> LiveWithoutSettings:
    """Return the refusal of a process whose keys do not open something that is sealed."""
    return LiveWithoutSettings(
        "A clinic is live, and AUDIT_KEYS does not open what is sealed in the database"
        f" ({what}). Nothing was started. Add the key it was sealed under behind the others: an"
        " earlier one of AUDIT_KEYS or, where that was never set, SECRET_KEY."
    )


def is_any_live() -> bool:
    return Clinic.objects.filter(mode=Mode.LIVE).exists()


@transaction.atomic
def change_mode(  # noqa: PLR0913 - an act, and all that is kept of it
    clinic: Clinic,
    *,
    mode: Mode,
    by: StaffUser | None,
    next_day_messages: int,
    missing: Sequence[str],
    now: datetime,
    acknowledged_by: str = "",
) -> None:
    """
    Make a clinic live, or take it back into practice, and keep who did it and what they saw.

    :param acknowledged_by: name and position of who accepts that messages go through Meta
    :raises NotReady: the installation lacks what a live clinic needs, or nobody accepts it where
        the law asks for that
    """
    if mode == Mode.LIVE and missing:
        raise NotReady(f"Not set: {', '.join(missing)}.")
    if mode == Mode.LIVE and needs_acknowledgement(clinic) and not acknowledged_by:
        raise NotReady("Nobody is named who accepts it.")
    clinic.mode = mode
    clinic.save(update_fields=["mode"])
    ClinicModeChange.objects.create(
        clinic=clinic,
        mode=mode,
        changed_by=by,
        changed_at=now,
        next_day_messages=next_day_messages,
        acknowledged_by=acknowledged_by,
    )


def needs_acknowledgement(clinic: Clinic) -> bool:
    """Say whether a named person has to accept that messages go through Meta's servers."""
    return clinic.country == "US"
