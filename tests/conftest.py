"""The cast and the real parts: servers in a temporary directory, the sandbox on a socket."""

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pgtrigger
import pytest
from django.conf import settings
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.dispatch import receiver
from django.utils import translation
from pytest_django import DjangoDbBlocker

from healthmsg import embedded, start, urls  # noqa: F401 - the admin's pages come with addresses
from healthmsg.clinic.models import Clinic, Patient
from tests import factories
from tests.sandbox_process import sandbox, sandbox_process
from whatsapp.models import Sender

__all__ = ["sandbox", "sandbox_process"]


@pytest.fixture(scope="session", autouse=True)
def _servers() -> None:
    """Start the embedded servers before anything asks for them, unless real ones are named."""
    if not settings.DATABASE_URL or settings.EMBEDDED.redis_url == settings.REDIS_URL:
        embedded.ensure(settings.EMBEDDED)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(_servers: None) -> None:
    """Make pytest-django wait for the servers."""


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """What making the tables noted for the audit is old by the time some test looks at it."""
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute("TRUNCATE clinic_auditnote")


# Where the real processes of journeys note the end of a book that the next test does not have.
_NOTED_BESIDE = Path(settings.STOP_JOURNAL_DIRECTORY)


def _lets_tests_empty_tables(
    execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]
) -> Any:
    """What refuses to empty a table is lifted where a test makes room for the next one."""
    if not str(sql).startswith("TRUNCATE"):
        return execute(sql, params, many, context)
    for noted in _NOTED_BESIDE.glob("audit-ends-*"):
        noted.unlink()
    names = [one.get_pgid(model) for model, one in pgtrigger.registered()]
    with context["connection"].cursor() as cursor:
        cursor.execute(
            "SELECT set_config('pgtrigger.ignore', %s, false)", [f"{{{','.join(names)}}}"]
        )
        try:
            return execute(sql, params, many, context)
        finally:
            if not context["connection"].needs_rollback:
                cursor.execute("SELECT set_config('pgtrigger.ignore', NULL, false)")


@receiver(connection_created)
def _lift(connection: BaseDatabaseWrapper, **_kwargs: Any) -> None:
    """A browser's test has a connection of its own: Playwright runs it in another context."""
    if _lets_tests_empty_tables not in connection.execute_wrappers:
        # Before the others: whoever adds one for a while takes away the last one.
        connection.execute_wrappers.insert(0, _lets_tests_empty_tables)


@pytest.fixture(autouse=True)
def _in_english() -> None:
    """A page leaves its language behind in the thread: the next test begins without one."""
    translation.deactivate()


@pytest.fixture(autouse=True)
def _no_clinic_is_live() -> Iterator[None]:
    """What going live left beside the servers' data would let no process of the next test start."""
    yield
    (settings.EMBEDDED.directory / start.MARK).unlink(missing_ok=True)


@pytest.fixture
def noon() -> datetime:
    """A Tuesday, twelve o'clock in the clinic's zone."""
    return factories.NOON


@pytest.fixture
def sunrise_clinic(db: None) -> Clinic:
    return factories.make_clinic(name="Sunrise")


@pytest.fixture
def willing_patient(sunrise_clinic: Clinic) -> Patient:
    return factories.make_patient(sunrise_clinic)


@pytest.fixture
def sender(sunrise_clinic: Clinic) -> Sender:
    return factories.make_sender(sunrise_clinic)


# Minutes each: begun last, they would be what everything else has to wait for.
LONGEST = ("tests/journeys/test_scenarios.py", "tests/browser/test_every_page.py")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: not item.nodeid.startswith(LONGEST))


_left_out: list[str] = []


def pytest_deselected(items: list[pytest.Item]) -> None:
    _left_out.extend(item.nodeid for item in items if item.get_closest_marker("chaos"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what plain pytest left out, and why; what was skipped says so itself."""
    if _left_out:
        terminalreporter.write_line(
            f"{len(_left_out)} tests that kill and starve processes for minutes were left out;"
            " run them with: pytest -m chaos"
        )
