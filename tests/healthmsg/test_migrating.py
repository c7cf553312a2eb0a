"""Operations applied together do what Django does with them one by one."""

from collections.abc import Sequence

import pytest
from django.db import connection, migrations, models
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState
from hypothesis import given
from hypothesis import strategies as st

from healthmsg.migrating import Migration, Together, together

pytestmark = pytest.mark.django_db

APP = "nobodys"
TABLES = ("cat", "dog", "owner")
FIELDS = ("name", "nickname")


def tables() -> list[Operation]:
    """Two tables that lead to a third."""
    key = models.BigAutoField(primary_key=True)
    lead = models.ForeignKey(f"{APP}.owner", models.CASCADE)
    owner = migrations.CreateModel("Owner", [("id", key), ("since", models.DateField())])
    others = [
        migrations.CreateModel(name, [("id", key), ("owner", lead)]) for name in ("Cat", "Dog")
    ]
    return [owner, *others]


def applied(
    kind: type[migrations.Migration], operations: Sequence[Operation]
) -> tuple[object, ...]:
    """Return the statements that a migration would send, and what the models look like then."""
    migration = kind("0001_initial", APP)
    migration.operations = list(operations)  # type: ignore[misc]
    state = ProjectState()
    assert not state.apps.get_models()  # rendered, as while Django migrates
    with connection.schema_editor(collect_sql=True, atomic=False) as editor:
        state = migration.apply(state, editor, collect_sql=True)
    statements = [one for one in editor.collected_sql if not one.startswith("--")]
    looks = {
        model._meta.label: (
            {one.name: getattr(one, "max_length", None) for one in model._meta.get_fields()},
            [one.name for one in (*model._meta.indexes, *model._meta.constraints)],
        )
        for model in state.apps.get_models()
    }
    return statements, looks


@st.composite
def changes(draw: st.DrawFn) -> list[Operation]:
    """What may follow upon the tables, each step possible where the ones before it have led."""
    made: list[Operation] = []
    fields: set[tuple[str, str]] = set()
    checks: list[tuple[str, str]] = []
    for number in range(draw(st.integers(0, 12))):
        table, field = draw(st.sampled_from(TABLES)), draw(st.sampled_from(FIELDS))
        words = models.CharField(max_length=draw(st.integers(1, 99)), default="")
        is_there = (table, field) in fields
        act = draw(st.sampled_from(("field", "index", "check", "no check", "called", "sql")))
        if act == "field":
            kind = migrations.AlterField if is_there else migrations.AddField
            made.append(kind(table, field, words))
            fields.add((table, field))
        elif act == "index" and is_there:
            made.append(migrations.AddIndex(table, models.Index(field, name=f"index_{number}")))
        elif act == "check" and is_there:
            check = models.CheckConstraint(condition=~models.Q(**{field: "x"}), name=f"no_{number}")
            made.append(migrations.AddConstraint(table, check))
            checks.append((table, check.name))
        elif act == "no check" and checks:
            made.append(migrations.RemoveConstraint(*checks.pop()))
        elif act == "called":
            made.append(migrations.AlterModelOptions(table, {"verbose_name": f"pet {number}"}))
        elif act == "sql":
            made.append(migrations.RunSQL("SELECT 1"))
    return made


@given(changes())
def test_the_statements_and_the_models_are_those_of_django(following: list[Operation]) -> None:
    operations = [*tables(), *following]

    assert applied(Migration, operations) == applied(migrations.Migration, operations)


@given(changes())
def test_each_operation_stands_where_it_stood(following: list[Operation]) -> None:
    operations = [*tables(), *following]

    found: list[Operation] = []
    for one in together(operations):
        found += one.operations if isinstance(one, Together) else [one]

    assert found == operations


def test_tables_and_their_indexes_are_not_one_group() -> None:
    index = migrations.AddIndex("cat", models.Index("owner", name="index_of_owners"))

    made = tables()

    first, second = together([*made, index])

    assert isinstance(first, Together)
    assert first.operations == made
    assert second == index
    assert first.describe() == "Create model Owner; Create model Cat; Create model Dog"


def test_a_field_changed_twice_is_changed_one_after_the_other() -> None:
    once, again = (
        migrations.AlterField("cat", "name", models.CharField(max_length=size)) for size in (5, 9)
    )

    assert list(together([once, again])) == [once, again]
