"""The lines of the audit about one patient, as they can be read, sealed or not yet."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import CharField, F, Q, QuerySet, Subquery, Value
from django.db.models.functions import Cast

from healthmsg.clinic import audit
from healthmsg.clinic.models import AuditKind, AuditLine, AuditNote, Phone, StaffUser, Vaccine

# More than are changed about somebody in years; what is older stands in the audit.
MOST = 500
# Newer than the last sealing: notes have no index by patient, so only the newest are looked at.
_NOTES = 2000
PERSON, PHONE, VACCINE = "clinic.staffuser", "clinic.phone", "clinic.vaccine"


@dataclass(frozen=True)
class Told:
    """One line that could be read: columns as they were and as they became."""

    line: AuditLine | AuditNote
    before: Mapping[str, Any]
    after: Mapping[str, Any]

    @property
    def key(self) -> int:
        return int(self.line.row_id)

    def changed(self, *columns: str) -> bool:
        return any(column in self.after or column in self.before for column in columns)


@dataclass
class Book:
    """Every line about a patient that is looked at, newest first."""

    lines: Sequence[Told]
    # What rows that the lines speak of are called, by their model and key.
    names: Mapping[tuple[str, int], str] = field(default_factory=dict)

    def of(self, model: str, key: int | None = None) -> list[Told]:
        return [one for one in self.lines if one.line.model == model and key in (None, one.key)]

    def by(self, told: Told) -> str:
        """Return who it was, in brackets; "" where a program did it."""
        person = self.names.get((PERSON, told.line.by_id or 0))
        return f" ({person})" if person else ""


def read(wanted: Sequence[Q]) -> Book:
    newest = AuditNote.objects.order_by("-pk").values("pk")[:1]
    fresh = AuditNote.objects.filter(pk__gt=Subquery(newest) - _NOTES, kind=AuditKind.CHANGE)
    notes, lines = _found(fresh.filter(reduce(or_, wanted)), [_lines(one) for one in wanted])
    told = audit.told(lines)
    found = [
        *(Told(note, note.before or {}, note.after or {}) for note in notes),
        *(
            Told(line, words[0] or {}, words[1] or {})
            for line in lines
            if (words := told[line.number]) is not None
        ),
    ]
    found.sort(key=lambda one: one.line.at, reverse=True)
    return Book(found, _names(found))


def _names(lines: Sequence[Told]) -> dict[tuple[str, int], str]:
    """Return what people, numbers and vaccines are called; asks once, and nothing of none."""
    wanted: dict[str, set[int]] = defaultdict(set)
    for told in lines:
        if told.line.by_id:
            wanted[PERSON].add(told.line.by_id)
        if told.line.model == PHONE:
            wanted[PHONE].add(told.key)
        if vaccine := told.after.get("vaccine_id") or told.before.get("vaccine_id"):
            wanted[VACCINE].add(vaccine)
    called: dict[str, tuple[QuerySet[Any], str]] = {
        PERSON: (StaffUser.objects.all(), "username"),
        PHONE: (Phone.objects.all(), "number"),
        VACCINE: (Vaccine.objects.all(), "name"),
    }
    parts = [
        called[model][0]
        .filter(pk__in=keys)
        .order_by()
        .annotate(
            its_model=Value(model, CharField()), its_key=F("pk"), its_name=F(called[model][1])
        )
        .values_list("its_model", "its_key", "its_name")
        for model, keys in wanted.items()
    ]
    if not parts:
        return {}
    first, *others = parts
    found = first.union(*others, all=True) if others else first
    return {(model, key): name for model, key, name in found}


def _found(
    notes: QuerySet[AuditNote], lines: Sequence[QuerySet[AuditLine]]
) -> tuple[list[AuditNote], list[AuditLine]]:
    """Read both by one statement: nothing is sealed in between, so nothing is found twice."""
    facts = [one.name for one in AuditNote._meta.concrete_fields if not one.primary_key]
    alone = [one.name for one in AuditLine._meta.concrete_fields if one.name not in facts]
    no_line = {f"its_{name}": _none(AuditLine, name) for name in alone}
    ours = {f"its_{name}": F(name) for name in alone}
    told = notes.order_by().annotate(**no_line | {"its_note_id": F("pk")})
    parts = [rows.annotate(**ours).values_list(*facts, *ours)[:MOST] for rows in lines]
    found_notes, found_lines = [], []
    for row in told.values_list(*facts, *no_line).union(*parts, all=True):
        columns = dict(zip([*facts, *alone], row, strict=True))
        if columns["number"] is None:
            known = {name: columns[name] for name in facts}
            found_notes.append(AuditNote(pk=columns["note_id"], **known))
        else:
            found_lines.append(AuditLine(**columns))
    return found_notes, found_lines


def _none(model: Any, name: str) -> Cast:
    return Cast(Value(None), model._meta.get_field(name).__class__())


def _lines(wanted: Q) -> QuerySet[AuditLine]:
    lines = AuditLine.objects.filter(wanted, kind=AuditKind.CHANGE)
    return lines.order_by("-at", "-number")
