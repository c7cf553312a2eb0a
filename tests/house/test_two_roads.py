"""An empty database takes the short road, an older one the long road: both come to one place."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from psycopg import sql

from tests.house.test_upgrades import FIRST_RELEASE
from tests.running_house import database_url

# Databases are made and dropped outside a transaction.
pytestmark = pytest.mark.django_db(transaction=True)

ROOT = Path(__file__).resolve().parents[2]
OLD = "came_the_long_road"
# The first release, as it was installed then: nothing that replaces anything was there.
_FIRST_RELEASE = """
import django, sys
django.setup()
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
executor = MigrationExecutor(connection)
executor.loader = MigrationLoader(connection, replace_migrations=False)
executor.migrate([tuple(target.split(".")) for target in sys.argv[1:]])
"""
# What a column, a check, an index, a trigger or a function is; not in which order columns came.
STRUCTURE = {
    "columns": """
        SELECT table_name, column_name, data_type, character_maximum_length, is_nullable,
               column_default, is_identity, is_generated, generation_expression
          FROM information_schema.columns WHERE table_schema = 'public'""",
    "checks": """
        SELECT conrelid::regclass::text, pg_get_constraintdef(oid), convalidated
          FROM pg_constraint WHERE connamespace = 'public'::regnamespace
           AND contype <> 'n'""",
    "indexes": """
        SELECT tablename, regexp_replace(indexdef, ' INDEX \\S+ ON ', ' INDEX ON ')
          FROM pg_indexes WHERE schemaname = 'public'""",
    "triggers": """
        SELECT tgrelid::regclass::text, pg_get_triggerdef(oid), tgenabled
          FROM pg_trigger WHERE NOT tgisinternal""",
    "functions": """
        SELECT proname, pg_get_functiondef(oid)
          FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prokind = 'f'
           AND NOT EXISTS (SELECT 1 FROM pg_depend WHERE objid = pg_proc.oid AND deptype = 'e')""",
    "room left on pages": """
        SELECT relname, reloptions::text
          FROM pg_class WHERE relnamespace = 'public'::regnamespace AND reloptions IS NOT NULL""",
    "sequences": """
        SELECT sequencename, data_type::text, max_value
          FROM pg_sequences WHERE schemaname = 'public'""",
    "kept": "SELECT app, count(*) FROM django_migrations WHERE name LIKE '%squashed%' GROUP BY app",
}


def structure(name: str) -> dict[str, list[tuple[object, ...]]]:
    settings = connection.settings_dict
    with psycopg.connect(host=settings["HOST"], user=settings["USER"], dbname=name) as database:
        return {
            kind: sorted(database.execute(asked).fetchall(), key=repr)
            for kind, asked in STRUCTURE.items()
        }


@pytest.fixture
def address_of_old() -> Iterator[str]:
    """The address of an empty database; gone afterwards."""
    name = sql.Identifier(OLD)
    connection.set_autocommit(True)
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(name))
        cursor.execute(sql.SQL("CREATE DATABASE {}").format(name))
    yield database_url().replace(f"/{connection.settings_dict['NAME']}?", f"/{OLD}?")
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))


def run(*command: str, address: str) -> None:
    surroundings = os.environ | {
        "DJANGO_SETTINGS_MODULE": "healthmsg.settings",
        "DATABASE_URL": address,
    }
    done = subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env=surroundings,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr[-2000:]


def test_the_first_release_upgrades_to_what_an_empty_database_becomes(address_of_old: str) -> None:
    first = [
        f"{label}.{name}"
        for label, name in sorted(MigrationLoader(None).disk_migrations)
        if int(name[:4]) == FIRST_RELEASE.get(label) and "squashed" not in name
    ]
    assert len(first) == len(FIRST_RELEASE)

    run("-c", _FIRST_RELEASE, *first, address=address_of_old)
    run("manage.py", "migrate", "--verbosity=0", address=address_of_old)

    short = structure(str(connection.settings_dict["NAME"]))
    assert structure(OLD) == short
    assert len(short["triggers"]) > 40
    assert len(short["kept"]) == len(FIRST_RELEASE)
