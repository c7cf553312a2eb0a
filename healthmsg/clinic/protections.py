"""What the database itself refuses, whoever asks: whether all of it stands as it was set up."""

import hashlib
from functools import cache

import pgtrigger
from django.db import connection

from healthmsg.clinic import audit_triggers
from healthmsg.clinic.audited import watched

# Only these work where nobody replays somebody else's changes: "D" is off, "R" for replays alone.
_STANDING = """
SELECT c.relname, t.tgname, coalesce(obj_description(t.oid, 'pg_trigger'), ''), p.prosrc
  FROM pg_trigger t
  JOIN pg_class c ON c.oid = t.tgrelid
  JOIN pg_proc p ON p.oid = t.tgfoid
 WHERE t.tgname LIKE 'pgtrigger!_%' ESCAPE '!' AND t.tgenabled IN ('O', 'A')
"""
_FUNCTIONS = """
SELECT proname, prosrc FROM pg_proc
 WHERE proname LIKE 'audit!_%' ESCAPE '!' OR proname = '_pgtrigger_should_ignore'
"""
# Said for a role or for the database, they switch triggers off for all who come.
_LIFTED = """
SELECT 1 FROM pg_db_role_setting, unnest(setconfig) AS one
 WHERE setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
   AND (one LIKE 'pgtrigger.ignore=%' OR one LIKE 'session_replication_role=%')
 LIMIT 1
"""


def missing() -> set[str]:
    """Return the tables of which changes are not noted, or not refused; empty where all is well."""
    found = set(audit_triggers.missing())
    with connection.cursor() as cursor:
        cursor.execute(_STANDING)
        standing = {(table, name): (mark, _of(body)) for table, name, mark, body in cursor}
        cursor.execute(_FUNCTIONS)
        bodies = {name: _of(body) for name, body in cursor}
        cursor.execute(_LIFTED)
        is_lifted = cursor.fetchone() is not None
    found |= {
        table for (table, name), how in _protecting().items() if standing.get((table, name)) != how
    }
    found |= {table for table, (name, body) in _noting().items() if bodies.get(name) != body}
    if is_lifted or bodies.get("_pgtrigger_should_ignore") != _ignoring():
        found |= {table for table, _name in _protecting()}
    return found


@cache
def _protecting() -> dict[tuple[str, str], tuple[str, str]]:
    """Return the mark and the function's text of each trigger that refuses, by table and name."""
    return {
        (model._meta.db_table, trigger.get_pgid(model)): (
            made.hash,
            _of(made.install_sql.split("$$")[3]),
        )
        for model, trigger in pgtrigger.registered()
        for made in [trigger.compile(model)]
    }


@cache
def _ignoring() -> str:
    model, trigger = pgtrigger.registered()[0]
    return _of(trigger.compile(model).install_sql.split("$$")[1])


@cache
def _noting() -> dict[str, tuple[str, str]]:
    """Return the name and the text of the function that writes the notes of each table."""
    return {
        model._meta.db_table: (
            audit_triggers.name_of(model),
            _of(audit_triggers.function_of(model, how).split("$audit$")[1]),
        )
        for model, how in watched().items()
    }


def _of(body: str) -> str:
    # Programs that copy a database may end its lines differently.
    return hashlib.sha256("".join(body.split()).encode()).hexdigest()
