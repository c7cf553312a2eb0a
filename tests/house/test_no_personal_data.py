"""Names, numbers, texts and WhatsApp's ids stay in their rows: not in logs, tasks, keys, str()."""

import ast
import inspect
import re
from collections.abc import Iterator
from datetime import date

import pytest
from django.apps import apps
from django.db import models

from healthmsg.celery import app
from tests.house.source import Module, modules, written

# What the clinic itself is, has, or has written: known to everybody who works there.
_THE_CLINICS_OWN = {
    *("Clinic", "Site", "ClosingDay", "Clinician", "StaffUser", "VisitKind", "VisitPreparation"),
    *("Wording", "Portfolio", "Account", "Sender", "Template", "TemplateVersion", "Binding"),
    *("TemplateDraft", "DraftButton", "HeaderFile", "ClinicWords", "SavedAnswer", "UrgentWord"),
    *("LineBeat", "ReminderRule", "Campaign", "PatientList", "LegalBasis"),
    *("Audience", "Rate", "Tag", "Vaccine", "Schedule", "ScheduleDose", "Season"),
    # What the house counts and switches: codes, names of its parts, prefixes of countries.
    *("Switch", "Measure", "MeasureMark", "UnknownCode", "ClosedCountry", "Heartbeat", "Sweep"),
}
_OURS = [
    model
    for label in ("clinic", "whatsapp", "reminders", "campaigns")
    for model in apps.get_app_config(label).get_models()
]
_LEVELS = {"debug", "info", "warning", "error", "exception", "critical"}
_PERSONAL = re.compile(
    r"\b(number|full_name|given_name|family_name|birth_date|external_id|body|text|words|typed"
    r"|wa_id|from_number|wamid|context_wamid|payload|user_id|from_user_id|phone"
    r"|parent_user_id|from_parent_user_id)\b"
)
# Made into the number of a lock at once, and kept nowhere.
_LOCKS = {"whatsapp/replies.py"}
CANARY = "Canary"


def is_telling(node: ast.AST) -> bool:
    """True for what a person is, has or wrote; a row's key tells nothing."""
    return bool(_PERSONAL.search(re.sub(r"[\w.]+\.pk\b", "", written(node))))


def filled(model: type[models.Model]) -> models.Model:
    """An unsaved row whose every word is the canary."""
    row = model(pk=12)
    for field in model._meta.concrete_fields:
        if field.is_relation:
            setattr(row, field.attname, 12)
        elif isinstance(field, models.CharField | models.TextField) and not field.primary_key:
            setattr(row, field.attname, CANARY)
        elif isinstance(field, models.DateField) and not isinstance(field, models.DateTimeField):
            setattr(row, field.attname, date(1987, 6, 5))
        elif isinstance(field, models.JSONField):
            setattr(row, field.attname, {CANARY: CANARY})
    return row


@pytest.mark.parametrize(
    "model", [m for m in _OURS if m.__name__ not in _THE_CLINICS_OWN], ids=lambda m: m.__name__
)
def test_the_name_of_a_row_tells_nothing_of_a_person(model: type[models.Model]) -> None:
    name = str(filled(model))

    assert CANARY not in name
    assert "1987" not in name
    # Trackers group by it, so it must differ from row to row.
    assert "12" in name


def test_every_exception_above_is_a_model() -> None:
    assert {model.__name__ for model in _OURS} >= _THE_CLINICS_OWN


def log_calls() -> Iterator[tuple[str, ast.Call]]:
    for module in modules():
        for call in module.calls():
            who, _, level = written(call.func).rpartition(".")
            if level in _LEVELS and who in {"logger", "logging"}:
                yield f"{module.name}:{call.lineno}", call


def test_log_messages_are_constant() -> None:
    """What varies goes in arguments: a tracker groups by the message."""
    varying = [where for where, call in log_calls() if not _is_constant(call.args[0])]

    assert varying == []


def _is_constant(message: ast.expr) -> bool:
    if isinstance(message, ast.IfExp):
        return _is_constant(message.body) and _is_constant(message.orelse)
    return isinstance(message, ast.Constant)


def test_logs_name_rows_by_their_ids() -> None:
    telling = [
        f"{where}: {written(value)}"
        for where, call in log_calls()
        for value in [*call.args[1:], *(word.value for word in call.keywords)]
        if is_telling(value)
    ]

    assert telling == []


def test_tasks_take_ids_only() -> None:
    app.loader.import_default_modules()
    for name in [name for name in app.tasks if not name.startswith("celery.")]:
        for parameter in inspect.signature(app.tasks[name].run).parameters.values():
            assert parameter.name.endswith(("_id", "_ids")), name
            assert parameter.annotation in {int, "int", list[int], "list[int]"}, name


def f_strings(node: ast.AST) -> Iterator[ast.FormattedValue]:
    return (part for part in ast.walk(node) if isinstance(part, ast.FormattedValue))


def keys_made(module: Module) -> Iterator[ast.expr]:
    """F-strings that look like a dedupe key, "visit:{...}", wherever they are made."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.JoinedStr) and re.match(r"f'[a-z]+:([a-z0-9]+:)*\{", written(node)):
            yield node


def test_keys_are_made_of_ids() -> None:
    telling = [
        f"{module.name}:{key.lineno}: {written(key)}"
        for module in modules()
        if "/sandbox/" not in module.name and module.name not in _LOCKS
        for key in keys_made(module)
        for part in f_strings(key)
        if is_telling(part.value)
    ]

    assert telling == []


def test_exceptions_do_not_repeat_what_a_person_is_or_wrote() -> None:
    telling = [
        f"{module.name}:{node.lineno}: {written(node)}"
        for module in modules()
        if "/sandbox/" not in module.name  # everybody in it is invented
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Raise)
        for part in f_strings(node)
        if is_telling(part.value)
    ]

    assert telling == []
