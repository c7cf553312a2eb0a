"""The audit in the clinic's words: who, what, which row, which page, from what to what."""

from collections.abc import Iterable
from functools import cache
from typing import Any

from django.apps import apps
from django.db.models import Field, Model
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from healthmsg.clinic.audit import Told
from healthmsg.clinic.audited import WATCHED
from healthmsg.clinic.models import AuditKind, AuditLine, AuditVerb, Patient, StaffUser, Telephone
from healthmsg.desk import audit_pages
from healthmsg.desk.status.words import SWEEPS

NOTHING = "–"
# Libraries' tables and columns that have no words in our languages.
_TELEPHONE = "otp_totp.TOTPDevice"
_OF_OTHERS = {
    (_TELEPHONE, "confirmed"): gettext_lazy("Confirmed"),
    ("django_celery_beat.PeriodicTask", "task"): gettext_lazy("Task"),
}


def name(lines: Iterable[AuditLine], *, details: bool) -> None:
    """Put on each line who it was and whom it concerns; people who are gone keep their numbers."""
    known = list(lines)
    people = StaffUser.objects.in_bulk({one.by_id for one in known if one.by_id})
    patients = {one.patient_id for one in known if one.patient_id} if details else set()
    names = Patient.objects.in_bulk(patients)
    for one in known:
        one.who_words = _who(one, people)  # type: ignore[attr-defined]
        one.patient_words = _whom(one, names)  # type: ignore[attr-defined]


def _who(line: AuditLine, people: dict[int, StaffUser]) -> str:
    if line.by_id:
        person = people.get(line.by_id)
        return person.get_username() if person else _("person #%d") % line.by_id
    if line.done_by:
        return _program(line.done_by)
    return _("nobody signed in") if line.kind != AuditKind.CHANGE else _("none of our programs")


def _program(done_by: str) -> str:
    """Return what a program does, as the page of how everything stands calls it, or its name."""
    kind, _space, name = done_by.partition(" ")
    if kind != "task" or name not in SWEEPS:
        return done_by
    return _("by itself: %(what)s") % {"what": SWEEPS[name]}


def _whom(line: AuditLine, names: dict[int, Patient]) -> str:
    if line.patient_id is None:
        return NOTHING
    patient = names.get(line.patient_id)
    return (patient and patient.full_name) or _("patient #%d") % line.patient_id


def what(line: AuditLine) -> str:
    """Return what was done, and how many rows it showed or took out."""
    words = AuditVerb(line.verb).label if line.verb else AuditKind(line.kind).label
    if line.rows is None:
        return str(words)
    rows = ngettext("%d row", "%d rows", line.rows) % line.rows
    return f"{words} ({rows})"


def which(line: AuditLine) -> str:
    """Return what kind of row it was, and its number."""
    if not line.model:
        return NOTHING
    words = capfirst(kind_of_row(line.model))
    return f"{words} #{line.row_id}" if line.row_id else words


def kind_of_row(label: str) -> str:
    model = _model(label)
    if model is None:
        return label
    if model._meta.label == _TELEPHONE:
        return str(Telephone._meta.verbose_name)
    if model._meta.auto_created:
        two = [f.related_model for f in model._meta.fields if f.is_relation]
        return " · ".join(str(one._meta.verbose_name) for one in two if one is not None)
    return str(model._meta.verbose_name)


def kinds_of_rows() -> list[tuple[str, str]]:
    """Return what can be asked for, by the words a clinic knows."""
    found = [(label.lower(), capfirst(kind_of_row(label))) for label in WATCHED]
    return sorted(found, key=lambda one: one[1])


def page(path: str) -> str:
    """Return a page's name in words; what is new keeps the resolver's."""
    if not path:
        return NOTHING
    if path in audit_pages.DESK:
        return str(audit_pages.DESK[path])
    where, _colon, rest = path.partition(":")
    if where != "admin" or rest.count("_") < 2:
        return path.replace("_", " ")
    app, model_name, kind = rest.split("_", 2)
    model = _model(f"{app}.{model_name}")
    if model is None:
        return path
    return f"{capfirst(model._meta.verbose_name_plural)}: {audit_pages.in_words(kind)}"


def headline(line: AuditLine) -> str:
    return f"{line.who_words}: {what(line)}"  # type: ignore[attr-defined]


def changes(line: AuditLine, told: Told) -> list[dict[str, str]]:
    """Return each column with what it was and what it became, as the screens name it."""
    before, after = told
    if not line.verb:
        return []
    model = _model(line.model)
    columns = sorted({*(before or {}), *(after or {})})
    return [
        {
            "what": column_in_words(model, column),
            "was": _value(model, column, (before or {}).get(column)),
            "is": _value(model, column, (after or {}).get(column)),
        }
        for column in columns
    ]


def column_in_words(model: type[Model] | None, column: str) -> str:
    field = _field(model, column)
    if model is None or field is None:
        return column
    if words := _OF_OTHERS.get((model._meta.label, column)):
        return str(words)
    other = field.related_model
    if model._meta.auto_created and other is not None:
        return str(capfirst(other._meta.verbose_name))
    return str(capfirst(field.verbose_name))


def _value(model: type[Model] | None, column: str, value: Any) -> str:
    if value is None or value in ("", [], {}):
        return NOTHING
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    field = _field(model, column)
    if field is not None and field.is_relation:
        return f"#{value}"
    if isinstance(value, list):
        return ", ".join(_value(model, column, one) for one in value)
    if isinstance(value, dict):
        return ", ".join(f"{key}: {_value(None, column, one)}" for key, one in value.items())
    one_of = getattr(field, "base_field", field)
    choices = dict(one_of.flatchoices) if one_of is not None else {}
    return str(choices.get(value, value))


def _field(model: type[Model] | None, column: str) -> "Field[Any, Any] | None":
    if model is None:
        return None
    found = (f for f in model._meta.concrete_fields if f.column == column)
    return next(found, None)


@cache
def _model(label: str) -> type[Model] | None:
    known = {m._meta.label_lower: m for m in apps.get_models(include_auto_created=True)}
    return known.get(label.lower())
