"""
Django's `flush`, for a database that was flushed before.

Django's empties every table and then makes roles, permissions and triggers again: most of a second
between two tests, of which there are many hundreds. Here rows go from the tables that have some,
and what the first flush left behind is put back where a test changed it.
"""

from dataclasses import dataclass
from typing import Any, ClassVar

from django.core.management.commands import flush
from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg.sql import SQL, Identifier, Literal

# A test that fills more than this leaves dead rows that the next ones would read past.
LARGE = 4 * 1024 * 1024  # bytes
_TRIGGERS = """
    SELECT md5(string_agg(concat_ws(' ', tgrelid, tgname, tgenabled, tgfoid), ',' ORDER BY oid))
    FROM pg_trigger WHERE NOT tgisinternal
"""
_COLUMNS = """
    SELECT attname FROM pg_attribute
    WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
"""


@dataclass
class Left:
    """What Django's flush leaves in a database: rows of a few tables, and its triggers."""

    rows: dict[str, str]
    triggers: str


class Command(flush.Command):
    """Empty the tables; the first time as Django does."""

    _left: ClassVar[dict[str, Left]] = {}

    def handle(self, **options: Any) -> None:
        connection = connections[options["database"]]
        name = str(connection.settings_dict["NAME"])
        left = self._left.get(name)
        if left is not None and _put_back(connection, left):
            return
        super().handle(**options)
        with connection.cursor() as cursor:
            # Making roles anew was noted: no test begins with a book of thousands.
            cursor.execute("TRUNCATE clinic_auditnote")
            if _one(cursor, "SHOW is_superuser") == "on":
                self._left[name] = _keep(cursor, _tables(connection))


def _tables(connection: BaseDatabaseWrapper) -> list[str]:
    return connection.introspection.django_table_names(only_existing=True, include_views=False)


@transaction.atomic
def _keep(cursor: Any, tables: list[str]) -> Left:
    """Copy what is in the tables now into a schema beside them."""
    cursor.execute("DROP SCHEMA IF EXISTS left_behind CASCADE")
    cursor.execute("CREATE SCHEMA left_behind")
    filled = _filled(cursor, tables)
    for table in filled:
        copy = SQL("CREATE TABLE {} AS TABLE {}")
        cursor.execute(copy.format(Identifier("left_behind", table), Identifier("public", table)))
    return Left({one: _print(cursor, one) for one in filled}, _one(cursor, _TRIGGERS))


def _put_back(connection: BaseDatabaseWrapper, left: Left) -> bool:
    """Bring the tables back to what was left; False where that takes a real flush."""
    tables = _tables(connection)
    with transaction.atomic(), connection.cursor() as cursor:
        # As TRUNCATE would, it waits for whoever still writes.
        named = SQL(", ").join(map(Identifier, tables))
        cursor.execute(SQL("LOCK TABLE {} IN EXCLUSIVE MODE").format(named))
        if _one(cursor, _TRIGGERS) != left.triggers:
            return False
        changed = [one for one in _filled(cursor, tables) if one not in left.rows]
        changed += [one for one, print_ in left.rows.items() if _print(cursor, one) != print_]
        if any(_size(cursor, one) > LARGE for one in changed):
            return False
        # No trigger and no foreign key is in the way, nor has to be: all of them are emptied.
        cursor.execute("SET LOCAL session_replication_role = replica")
        for table in changed:
            cursor.execute(SQL("DELETE FROM {}").format(Identifier(table)))
            if table in left.rows:
                _copy_back(cursor, table)
    return True


def _copy_back(cursor: Any, table: str) -> None:
    cursor.execute(_COLUMNS, [table])
    columns = SQL(", ").join(Identifier(name) for (name,) in cursor.fetchall())
    copy = SQL("INSERT INTO {} ({}) OVERRIDING SYSTEM VALUE SELECT {} FROM {}")
    kept = Identifier("left_behind", table)
    cursor.execute(copy.format(Identifier(table), columns, columns, kept))


def _filled(cursor: Any, tables: list[str]) -> list[str]:
    look = SQL("SELECT {} WHERE EXISTS (SELECT FROM {})")
    looks = [look.format(Literal(one), Identifier(one)) for one in tables]
    cursor.execute(SQL(" UNION ALL ").join(looks))
    return [one for (one,) in cursor.fetchall()]


def _print(cursor: Any, table: str) -> str:
    whole = SQL("SELECT md5(string_agg(t::text, ',' ORDER BY t::text)) FROM {} t")
    return _one(cursor, whole.format(Identifier(table)))


def _size(cursor: Any, table: str) -> int:
    return int(_one(cursor, SQL("SELECT pg_relation_size({}::regclass)").format(Literal(table))))


def _one(cursor: Any, query: Any) -> str:
    cursor.execute(query)
    return str(cursor.fetchone()[0])
