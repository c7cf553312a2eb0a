"""What was shown of a file, carried by the page itself until somebody presses: kept nowhere."""

from collections.abc import Iterable
from datetime import date
from typing import Any
from uuid import UUID

from django.core import signing

from healthmsg.clinic.models import Clinic
from healthmsg.desk.unreached.filled import Told
from healthmsg.desk.unreached.writing import FromFile

_SALT = "outcomes-of-a-file"
# A day's work; a page that stands open for longer is to be made anew.
_SECONDS = 12 * 60 * 60


def seal(clinic: Clinic, file: FromFile) -> str:
    """Return it for a hidden field: keys of rows and codes, and nothing of a patient."""
    told = {
        "clinic": clinic.pk,
        "batch": file.batch.hex,
        "on": file.happened_on.isoformat(),
        "since": file.since.isoformat(),
        "fresh": _by_how(file.fresh),
        "otherwise": _by_how(file.otherwise),
        "standing": sorted(file.standing),
    }
    return signing.dumps(told, salt=_SALT, compress=True)


def unseal(sealed: str) -> tuple[int, FromFile] | None:
    """Return the key of the clinic and what was shown; None where it is too old, or not ours."""
    try:
        told: dict[str, Any] = signing.loads(sealed, salt=_SALT, max_age=_SECONDS)
    except signing.BadSignature:
        return None
    file = FromFile(
        batch=UUID(told["batch"]),
        happened_on=date.fromisoformat(told["on"]),
        since=date.fromisoformat(told["since"]),
        fresh=_told(told["fresh"]),
        otherwise=_told(told["otherwise"]),
        standing=frozenset(told["standing"]),
    )
    return told["clinic"], file


def _by_how(told: Iterable[Told]) -> dict[str, list[int]]:
    """Return patients by outcome, each by its distance from the last one: short when packed."""
    found: dict[str, list[int]] = {}
    last: dict[str, int] = {}
    for one in sorted(told, key=lambda row: row.patient_id):
        found.setdefault(one.how, []).append(one.patient_id - last.get(one.how, 0))
        last[one.how] = one.patient_id
    return found


def _told(by_how: dict[str, list[int]]) -> tuple[Told, ...]:
    found = []
    for how, steps in by_how.items():
        patient_id = 0
        for step in steps:
            patient_id += step
            found.append(Told(0, patient_id, how))
    return tuple(found)
