"""The triggers that write the audit's notes; every migrate sets them up anew where they differ."""

import contextlib
import hashlib
from collections.abc import Iterator
from functools import cache
from typing import Any

from django.apps import apps
from django.db import connection, transaction
from django.db.migrations.state import StateApps
from django.db.models import Model

from healthmsg.clinic.audited import DELETE, INSERT, UPDATE, Watched, watched

# On while a rule of retention blanks words or removes rows, and in its transaction alone.
BY_RULE = "healthmsg.by_rule"
_IS_BY_RULE = f"(current_setting('{BY_RULE}', true) IS NOT DISTINCT FROM 'on')"
# Who is at work: what pghistory's context puts before each statement that writes.
_WHO = """
CREATE OR REPLACE FUNCTION clinic_audit_who(
    OUT by_id bigint, OUT done_by text, OUT address text, OUT path text
) LANGUAGE sql STABLE AS $$
  SELECT (told->>'user')::bigint, left(coalesce(told->>'done_by', ''), 80),
         left(coalesce(told->>'address', ''), 45), left(coalesce(told->>'path', ''), 120)
    FROM (SELECT nullif(current_setting('pghistory.context_metadata', true), '')::jsonb AS told) one
$$;
"""
# Inserts and removals are noted once for all rows of a statement; a change for each row that really
# changed, which the trigger's own WHEN finds out before any function is called.
_FUNCTION = """
CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $audit$
DECLARE
  old_words jsonb;
  new_words jsonb;
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO clinic_auditnote ({columns}, after)
    SELECT {values}, jsonb_strip_nulls({words})
      FROM fresh r CROSS JOIN clinic_audit_who() who;
  ELSIF TG_OP = 'DELETE' THEN
    INSERT INTO clinic_auditnote ({columns}, before)
    SELECT {values}, jsonb_strip_nulls({words})
      FROM stale r CROSS JOIN clinic_audit_who() who;
  ELSE
    SELECT jsonb_object_agg(key, CASE WHEN key = ANY({hidden}) THEN '"…"' ELSE was.value END),
           jsonb_object_agg(key, CASE WHEN key = ANY({hidden}) THEN '"…"' ELSE now.value END)
      INTO old_words, new_words
      FROM jsonb_each(to_jsonb(OLD)) was JOIN jsonb_each(to_jsonb(NEW)) now USING (key)
     WHERE was.value <> now.value AND {noted};
    IF old_words IS NOT NULL THEN
      INSERT INTO clinic_auditnote ({columns}, before, after)
      SELECT {values}, old_words, new_words
        FROM (SELECT NEW.*) r CROSS JOIN clinic_audit_who() who;
    END IF;
  END IF;
  RETURN NULL;
END $audit$;
"""
_COLUMNS = "at, kind, verb, by_id, done_by, address, path, model, row_id, clinic_id, patient_id"
_TRIGGERS = {
    INSERT: "AFTER INSERT ON {table} REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT",
    DELETE: "AFTER DELETE ON {table} REFERENCING OLD TABLE AS stale FOR EACH STATEMENT{by_rule}",
    UPDATE: "AFTER UPDATE ON {table} FOR EACH ROW WHEN ({condition})",
}


def function_of(model: type[Model], how: Watched) -> str:
    """Return the SQL of the function that writes a table's notes."""
    unsaid = (*how.silent, *how.hidden)
    if how.only:
        kept = {*how.only, _pk(model)}
        unsaid = tuple(column for column in _columns(model) if column not in kept)
        unsaid += how.hidden
    return _FUNCTION.format(
        name=name_of(model),
        columns=_COLUMNS,
        values=f"clock_timestamp(), 'CHANGE', TG_OP, who.by_id, coalesce(who.done_by, ''),"
        f" coalesce(who.address, ''), coalesce(who.path, ''), '{model._meta.label_lower}',"
        f" r.{_quoted(_pk(model))}::text, {_clinic(model, how)}, {_patient(model, how)}",
        words=f"to_jsonb(r) - {_array(unsaid)}",
        hidden=_array(how.hidden),
        noted=f"key = ANY({_array(how.only)})" if how.only else f"key <> ALL({_array(how.silent)})",
    )


def triggers_of(model: type[Model], how: Watched) -> dict[str, str]:
    """Return the SQL of a table's triggers by name."""
    table = _quoted(model._meta.db_table)
    return {
        f"audit_{verb.lower()}": f"CREATE OR REPLACE TRIGGER audit_{verb.lower()} "
        + _TRIGGERS[verb].format(
            table=table,
            condition=_condition(model, how),
            by_rule=f" WHEN (NOT {_IS_BY_RULE})" if how.goes_by_rule else "",
        )
        + f" EXECUTE FUNCTION {name_of(model)}();"
        for verb in how.on
    }


@contextlib.contextmanager
def by_rule() -> Iterator[None]:
    """Let words or rows go inside a transaction by a rule that notes itself that it does."""
    _say_by_rule("on")
    yield
    _say_by_rule("off")


def _say_by_rule(word: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config(%s, %s, true)", [BY_RULE, word])


def install(**signal: Any) -> None:
    """Set up what is not there or not as it should be; after every migrate, twice is once."""
    known = signal.get("apps")
    if known is not None and not _is_there(known):
        return
    for statements in missing().values():
        # A lock that another program holds is waited for, briefly: nobody queues behind us longer.
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '5s'")
            for statement in statements:
                cursor.execute(statement)


def missing() -> dict[str, list[str]]:
    """Return by table the statements that would put its watch right; {} where all is well."""
    standing = _standing()
    return {
        table: statements
        for table, mark, statements, names in _wanted()
        if standing.get(table) != dict.fromkeys(names, mark)
    }


def _standing() -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, t.tgname, coalesce(obj_description(t.oid, 'pg_trigger'), '')"
            "  FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
            " WHERE t.tgname IN ('audit_insert', 'audit_update', 'audit_delete')"
            "   AND t.tgenabled IN ('O', 'A')"
        )
        for table, name, mark in cursor.fetchall():
            found.setdefault(table, {})[name] = mark
    return found


@cache
def _wanted() -> tuple[tuple[str, str, list[str], tuple[str, ...]], ...]:
    return tuple(_wanted_of(model, how) for model, how in watched().items())


def _wanted_of(model: type[Model], how: Watched) -> tuple[str, str, list[str], tuple[str, ...]]:
    table, function, triggers = (
        model._meta.db_table,
        function_of(model, how),
        triggers_of(model, how),
    )
    made = [_WHO, function, *triggers.values()]
    mark = hashlib.sha256("".join(made).encode()).hexdigest()[:16]
    unwanted = {f"audit_{verb.lower()}" for verb in (INSERT, UPDATE, DELETE)} - set(triggers)
    made += [f"DROP TRIGGER IF EXISTS {name} ON {_quoted(table)};" for name in sorted(unwanted)]
    made += [f"COMMENT ON TRIGGER {name} ON {_quoted(table)} IS '{mark}';" for name in triggers]
    return table, mark, made, tuple(triggers)


def lay_down(plan: Any = (), **_signal: Any) -> None:
    """
    Before tables are changed, take off the triggers that name columns; `install` puts them back.

    PostgreSQL refuses to change the type of a column that a trigger names.
    """
    if not plan:
        return
    standing = _standing()
    for model, how in watched().items():
        if how.names_columns and "audit_update" in standing.get(model._meta.db_table, {}):
            with connection.cursor() as cursor:
                cursor.execute(f"DROP TRIGGER audit_update ON {_quoted(model._meta.db_table)}")


def _is_there(known: StateApps) -> bool:
    """Say whether every table stands as this program knows it: one may migrate back, or one app."""
    try:
        return all(
            {f.column for f in model._meta.concrete_fields}
            == {
                f.column
                for f in known.get_model(
                    model._meta.app_label, model._meta.object_name or ""
                )._meta.concrete_fields
            }
            for model in (*watched(), apps.get_model("clinic", "AuditNote"))
        )
    except LookupError:
        return False


def _condition(model: type[Model], how: Watched) -> str:
    if how.when:
        return how.when
    if not how.names_columns:
        return "OLD.* IS DISTINCT FROM NEW.*"
    columns = how.only or tuple(one for one in _columns(model) if one not in how.silent)
    if not how.let_go:
        return _differ(columns)
    others = tuple(column for column in columns if column not in how.let_go)
    blank = " AND ".join(f"NEW.{_quoted(column)} = ''" for column in how.let_go)
    by_rule = f"{_IS_BY_RULE} AND {blank}"
    return f"{_differ(others)} OR ({_differ(how.let_go)} AND NOT ({by_rule}))"


def _differ(columns: tuple[str, ...]) -> str:
    was, now = (
        ", ".join(f"{row}.{_quoted(column)}" for column in columns) for row in ("OLD", "NEW")
    )
    return (
        f"({was}) IS DISTINCT FROM ({now})" if len(columns) > 1 else f"{was} IS DISTINCT FROM {now}"
    )


def _clinic(model: type[Model], how: Watched) -> str:
    if how.clinic_sql:
        return how.clinic_sql
    if how.clinic:
        return _reached(model, how.clinic, "r")
    return "r.clinic_id" if _has(model, "clinic_id") else "NULL::bigint"


def _patient(model: type[Model], how: Watched) -> str:
    if how.patient:
        return _reached(model, how.patient, "r")
    return "r.patient_id" if _has(model, "patient_id") else "NULL::bigint"


def _reached(model: type[Model], path: str, row: str) -> str:
    """Return the SQL of a column that is reached through foreign keys."""
    first, _sep, rest = path.partition("__")
    field = model._meta.get_field(first)
    column = f"{row}.{_quoted(str(getattr(field, 'column', '')))}"
    if not rest:
        return column
    target: type[Model] = field.related_model  # type: ignore[assignment]
    inner = _reached(target, rest, f"{row}_")
    table = _quoted(target._meta.db_table)
    key = f"{row}_.{_quoted(_pk(target))}"
    return f"(SELECT {inner} FROM {table} {row}_ WHERE {key} = {column})"  # noqa: S608 - our names


def _has(model: type[Model], column: str) -> bool:
    return any(field.column == column for field in model._meta.concrete_fields)


def _pk(model: type[Model]) -> str:
    return str(model._meta.pk.column)


def _columns(model: type[Model]) -> list[str]:
    return [str(field.column) for field in model._meta.concrete_fields]


def name_of(model: type[Model]) -> str:
    """Return what the function that writes a table's notes is called."""
    return f"audit_{model._meta.db_table}"[:63]


def _quoted(name: str) -> str:
    return connection.ops.quote_name(name)


def _array(names: tuple[str, ...]) -> str:
    return "ARRAY[" + ", ".join(f"'{name}'" for name in sorted(set(names))) + "]::text[]"
