"""Two releases work side by side while one takes over, and no big table is locked for it."""

import functools
import inspect
import re
from collections.abc import Iterator

import pytest
from django.apps import apps
from django.db import connection
from django.db.migrations import Migration
from django.db.migrations.loader import MigrationLoader
from django_migration_linter.sql_analyser import analyse_sql_statements, get_sql_analyser_class

from healthmsg.celery import app

# What is made concurrently cannot be told inside a transaction.
pytestmark = pytest.mark.django_db(transaction=True)

OURS = ("clinic", "whatsapp", "reminders", "campaigns", "desk")
# Up to these, nobody had installed anything that had to be upgraded.
FIRST_RELEASE = {"clinic": 12, "whatsapp": 22, "reminders": 8, "campaigns": 16, "desk": 5}
# At a clinic that writes to a million patients these have a million rows and more.
BIG = {
    *("clinic_patient", "clinic_phone", "clinic_contact", "clinic_consentrecord"),
    *("clinic_consentevidence", "clinic_reach", "clinic_appointment", "clinic_immunisation"),
    *("whatsapp_message", "whatsapp_attempt", "whatsapp_alsoabout", "whatsapp_reply"),
    *("whatsapp_delivery", "whatsapp_conversation", "whatsapp_tierseat", "whatsapp_thread"),
    *("reminders_reminder", "campaigns_recipient", "campaigns_listentry"),
    *("clinic_auditline", "clinic_auditnote", "clinic_patientkey", "clinic_patienttag"),
    *("whatsapp_notice", "whatsapp_threadline", "desk_importrow", "reminders_earlierwish"),
}
# What reads, or rewrites, every row while nobody else may write one.
_LOCKS = {
    "an index is made concurrently, in a migration that is not atomic": re.compile(
        r"CREATE (UNIQUE )?INDEX (?!CONCURRENTLY)"
    ),
    "a constraint is added NOT VALID, and validated in a later migration": re.compile(
        r"ADD CONSTRAINT (?!.*NOT VALID)"
    ),
    "a column keeps its type": re.compile(r"ALTER COLUMN \S+ TYPE"),
    "a column that is there may be empty": re.compile(r"ALTER COLUMN \S+ SET NOT NULL"),
    "rows are changed in chunks, by a task": re.compile(r"^(UPDATE|DELETE) "),
}
_TABLE = re.compile(
    r'(?:ALTER TABLE|CREATE (?:UNIQUE )?INDEX .*? ON|UPDATE|DELETE FROM) "?(?:ONLY )?"?(\w+)'
)
# Every task a queue may hold while two releases work side by side, and its arguments. A name only
# leaves after a release in which nobody called it any more; an argument only comes with a default.
TASKS = {
    "campaigns.look_at_approvals": "()",
    "campaigns.make_lists": "()",
    "campaigns.pour": "()",
    "desk.bring_in": "()",
    "desk.count_days": "()",
    "desk.enter_incidents": "()",
    "desk.follow_ages": "()",
    "desk.forget_sign_ins": "()",
    "desk.look_for_old": "()",
    "desk.go_on_with_lists": "()",
    "desk.keep_stops": "()",
    "desk.look_in_folder": "()",
    "desk.make_day_lists": "()",
    "desk.remove_old": "()",
    "desk.seal_audit": "()",
    "desk.suspect_duplicates": "()",
    "desk.tell": "()",
    "desk.tell_teams": "()",
    "desk.watch": "()",
    "reminders.end_pauses": "()",
    "reminders.plan_day": "()",
    "reminders.queue_due_even": "()",
    "reminders.queue_due_odd": "()",
    "reminders.replan_withheld": "()",
    "reminders.tend_offers": "()",
    "whatsapp.check_numbers": "()",
    "whatsapp.delete_files": "()",
    "whatsapp.digest": "()",
    "whatsapp.fetch_files": "()",
    "whatsapp.handle_replies": "()",
    "whatsapp.send_turn": "()",
    "whatsapp.sweep": "()",
    "whatsapp.sync_templates": "()",
    "whatsapp.trim_notices": "()",
}


def upgrades() -> list[tuple[str, str]]:
    """Our migrations since the first release, as (app, name)."""
    found = MigrationLoader(None).disk_migrations
    return sorted(
        (label, name)
        for label, name in found
        if label in OURS and int(name[:4]) > FIRST_RELEASE[label]
    )


# Two tests ask for each, and how the models stood then takes a second to work out.
@functools.cache
def statements(label: str, name: str) -> tuple[Migration, list[str]]:
    """What a migration says to the database about tables that were there before it."""
    loader = MigrationLoader(connection, replace_migrations=False)
    migration = loader.get_migration(label, name)
    written = [line for line in loader.collect_sql([(migration, False)]) if line[:2] != "--"]
    new = set(re.findall(r'CREATE TABLE "(\w+)"', "\n".join(written)))
    return migration, [sql for sql in written if table_of(sql) not in new]


def table_of(sql: str) -> str:
    match = _TABLE.match(sql)
    return match[1] if match else ""


def locks(written: list[str]) -> Iterator[str]:
    for sql in written:
        if table_of(sql) in BIG:
            yield from (
                f"{table_of(sql)}: {words}" for words, bad in _LOCKS.items() if bad.search(sql)
            )


@pytest.mark.parametrize(("label", "name"), upgrades())
def test_an_upgrade_locks_no_big_table(label: str, name: str) -> None:
    _migration, written = statements(label, name)

    assert list(locks(written)) == []


@pytest.mark.parametrize(("label", "name"), upgrades())
def test_the_release_before_goes_on_working_on_the_upgraded_tables(label: str, name: str) -> None:
    """A column it does not know has a default or may be empty; one that it knows is still there."""
    _migration, written = statements(label, name)

    errors, _ignored, _warnings = analyse_sql_statements(
        get_sql_analyser_class("postgresql"), written
    )

    assert [(error.code, error.message) for error in errors] == []


@pytest.mark.parametrize(
    "sql",
    [
        'CREATE INDEX "x" ON "whatsapp_message" ("body")',
        'ALTER TABLE "whatsapp_message" ADD CONSTRAINT "x" CHECK ("lane" > 0)',
        'ALTER TABLE "clinic_phone" ALTER COLUMN "number" TYPE text',
        'UPDATE "clinic_patient" SET "sex" = \'OTHER\'',
    ],
)
def test_the_look_for_locks_sees_one(sql: str) -> None:
    """Else the look above would find nothing anywhere."""
    assert list(locks([sql]))


def test_every_big_table_is_there() -> None:
    assert {model._meta.db_table for model in apps.get_models()} >= BIG


def test_a_task_of_the_release_before_is_still_understood() -> None:
    """A name or argument that leaves would lose what the other release has put into a queue."""
    app.loader.import_default_modules()
    ours = {name: task for name, task in app.tasks.items() if not name.startswith("celery.")}

    assert {name: arguments_of(task.run) for name, task in ours.items()} == TASKS


def arguments_of(run: object) -> str:
    assert callable(run)
    return re.sub(r"\).*", ")", str(inspect.signature(run)))
