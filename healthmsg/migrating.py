"""Migrations that are quick on an empty database: many operations, one rendering of the models."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState
from pgtrigger.migrations import AddTrigger

# None of these looks at what another of them changes, unless both are about one field, index or
# check. Tables are a group of their own: one is made with the indexes that its model has by then.
_SMALL = (
    migrations.AddField,
    migrations.AlterField,
    migrations.AddIndex,
    migrations.AddConstraint,
    migrations.RemoveConstraint,
    migrations.AlterModelOptions,
    AddTrigger,
)
_WITH_COLUMNS = (migrations.CreateModel, migrations.AddField, migrations.AlterField)


class Together(Operation):
    """
    Several operations; between them nobody asks what the models look like.

    After each operation Django renders the model again with all that are related to it. Here every
    table leads to patients or clinics, so 490 operations on an empty database rendered 17,000
    models, which took 40 of the 45 seconds that it took to make the tables.
    """

    def __init__(self, operations: Sequence[Operation]) -> None:
        self.operations = operations

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        rendered = state.__dict__.pop("apps", None)
        for one in self.operations:
            one.state_forwards(app_label, state)
        if rendered is not None:
            state.__dict__["apps"] = rendered
            changed = [(app_label, _model_of(one)) for one in self.operations]
            # What only hangs on a table changes no row that others point at.
            hangs_on = not any(isinstance(one, _WITH_COLUMNS) for one in self.operations)
            state.reload_models(changed, delay=hangs_on)

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        for one in self.operations:
            one.database_forwards(app_label, schema_editor, from_state, to_state)

    def describe(self) -> str:
        return "; ".join(one.describe() for one in self.operations)


class Migration(migrations.Migration):
    """A migration that applies what may be `Together`."""

    def apply(
        self,
        project_state: ProjectState,
        schema_editor: BaseDatabaseSchemaEditor,
        collect_sql: bool = False,  # noqa: FBT001, FBT002 - as Django calls it
    ) -> ProjectState:
        written = self.operations
        self.operations = list(together(written))  # type: ignore[misc]
        try:
            return super().apply(project_state, schema_editor, collect_sql)
        finally:
            self.operations = written  # type: ignore[misc]


def together(operations: Sequence[Operation]) -> Iterator[Operation]:
    """Yield the operations in their order, those that may be applied together as one."""
    for group in _groups(operations):
        yield Together(group) if len(group) > 1 else group[0]


def _groups(operations: Sequence[Operation]) -> Iterator[list[Operation]]:
    group: list[Operation] = []
    touched: set[tuple[str, str]] = set()
    for one in operations:
        kind = _kind(one)
        if group and (kind is None or kind != _kind(group[0]) or _touches(one) in touched):
            yield group
            group, touched = [], set()
        group.append(one)
        touched.add(_touches(one))
    if group:
        yield group


def _kind(operation: Operation) -> str | None:
    """Return with what others an operation may be applied together; None: with none."""
    if type(operation) is migrations.CreateModel:
        return "tables"
    return "small" if type(operation) in _SMALL else None


def _model_of(operation: Any) -> str:
    of_a_table = isinstance(operation, migrations.CreateModel | migrations.AlterModelOptions)
    name: str = operation.name if of_a_table else operation.model_name
    return name.lower()


def _touches(operation: Any) -> tuple[str, str]:
    """Return the table and what of it an operation makes, changes or removes."""
    if _kind(operation) is None or isinstance(operation, migrations.AlterModelOptions):
        return "", str(id(operation))
    made = getattr(operation, "constraint", None) or getattr(operation, "index", None)
    name: str = (made or getattr(operation, "trigger", None) or operation).name
    return _model_of(operation), name.lower()
