"""A clinic changes what is said for it: a new version each time, refused where it would not do."""

from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction

from healthmsg.clinic.models import Clinic, StaffUser
from whatsapp import phrases
from whatsapp.models import ClinicWords
from whatsapp.phrases import uses

TRIES = 5


@dataclass(frozen=True)
class Fault:
    """Why some words would not do: a key of what to say about it, and what it names."""

    why: str  # BRACES, UNKNOWN, MISSING or LONG
    names: tuple[str, ...] = ()
    length: int = 0
    limit: int = 0


def fault(key: str, words: str, *, clinic: Clinic, language: str) -> Fault | None:
    """Return what is wrong with the words for this use, or None."""
    try:
        gaps = set(uses.gaps_in(words))
    except ValueError:
        return Fault("BRACES")
    if unknown := gaps - uses.gaps_of(key):
        return Fault("UNKNOWN", tuple(sorted(unknown)))
    if missing := uses.must_have(key) - gaps:
        return Fault("MISSING", tuple(sorted(missing)))
    length, limit = len(preview(key, words, clinic=clinic, language=language)), uses.limit(key)
    return Fault("LONG", length=length, limit=limit) if length > limit else None


def preview(key: str, words: str, *, clinic: Clinic, language: str) -> str:
    """Return the words as a patient may read them, with long examples filled in."""
    fills = uses.EXAMPLES | phrases.fills_of(clinic)
    if uses.is_label(key):
        # Titles are cut at their end: what is filled in may be long.
        fills |= {"name": "Ana", "day": "24 nov"}
    return phrases.filled(words, fills, phrases.root_of(language)) or words


def current(clinic: Clinic, language: str) -> dict[str, ClinicWords]:
    """Return the newest version of every text the clinic has touched in a language."""
    versions = ClinicWords.objects.filter(clinic=clinic, language=language)
    newest = versions.order_by("key", "-number").distinct("key").select_related("changed_by")
    return {row.key: row for row in newest}


def change(  # noqa: PLR0913 - a version has as many parts
    clinic: Clinic,
    language: str,
    key: str,
    *,
    text: str,
    is_checked: bool,
    by: StaffUser | None,
    now: datetime,
) -> ClinicWords | None:
    """
    Add a version, empty for the shipped words again; None where it would say the same.

    Two people at once make two versions, the later of which counts.
    """
    for _try in range(TRIES):
        versions = ClinicWords.objects.filter(clinic=clinic, language=language, key=key)
        last = versions.order_by("-number").first()
        if (last.text, last.is_checked) == (text, is_checked) if last else not (text or is_checked):
            return None
        try:
            with transaction.atomic():
                return ClinicWords.objects.create(
                    clinic=clinic,
                    language=language,
                    key=key,
                    number=last.number + 1 if last else 1,
                    text=text,
                    is_checked=is_checked,
                    changed_by=by,
                    changed_at=now,
                )
        except IntegrityError:
            continue
    return None
