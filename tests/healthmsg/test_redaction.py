"""What an error quotes of a row or of a person does not reach the logs, whoever logs it."""

import io
import logging
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta

import psycopg
import pytest
from django.db import DataError, IntegrityError, connection, transaction
from django.db.models import IntegerField
from django.test import Client
from django.utils import timezone

from healthmsg.celery import app
from healthmsg.clinic.models import Clinic, Patient, Phone
from healthmsg.redaction import Formatter
from reminders import links
from tests import factories
from tests.house.source import ROOT

NUMBER = "+5491155551234"
NAME = "O'Kanarienthal"
pytestmark = pytest.mark.django_db


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What a handler with the house's formatter would have printed."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(Formatter("%(levelname)s %(message)s"))
    logger = logging.getLogger()
    logger.addHandler(handler)
    yield stream
    logger.removeHandler(handler)


def doubled(clinic: Clinic) -> None:
    factories.make_phone(clinic, NUMBER)
    with transaction.atomic():
        factories.make_phone(clinic, NUMBER)


def test_the_house_and_its_servers_log_through_it() -> None:
    """A server sets up its own logs first, then loads the house."""
    loads = (
        "import logging.config as c, uvicorn.config as u, granian.log as g, django;"
        "c.dictConfig(u.LOGGING_CONFIG); c.dictConfig(g.LOGGING_CONFIG); django.setup();"
        "names = (None, 'django', 'uvicorn', 'uvicorn.error', '_granian');"
        "print([type(h.formatter).__module__ for n in names"
        " for h in __import__('logging').getLogger(n).handlers])"
    )

    done = subprocess.run(
        [sys.executable, "-c", loads], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() == "['healthmsg.redaction']"


def test_a_doubled_number_is_logged_as_its_constraint(
    sunrise_clinic: Clinic, log: io.StringIO
) -> None:
    with pytest.raises(IntegrityError, match="5491155551234") as caught:
        doubled(sunrise_clinic)
    error = caught.value

    logging.getLogger("any").error("it broke: %r %s", error, error, exc_info=error)

    assert "1155551234" not in log.getvalue()
    assert "DETAIL" not in log.getvalue()
    assert "23505 on phone_once_per_clinic" in log.getvalue()
    assert "Traceback" in log.getvalue()


def test_a_value_in_the_first_line_is_left_out_too(log: io.StringIO) -> None:
    with pytest.raises(DataError) as caught, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT %s::integer", ["x" + NUMBER])

    logging.getLogger("any").error("it broke", exc_info=caught.value)

    assert "1155551234" not in log.getvalue()
    assert "22P02" in log.getvalue()


def test_an_error_that_wraps_one_of_the_database_is_cleaned(
    sunrise_clinic: Clinic, log: io.StringIO
) -> None:
    try:
        try:
            doubled(sunrise_clinic)
        except IntegrityError as error:
            raise RuntimeError("could not be saved") from error
    except RuntimeError:
        logging.getLogger("any").exception("it broke")

    assert "1155551234" not in log.getvalue()
    assert "could not be saved" in log.getvalue()


@pytest.mark.parametrize("is_wrapped", [False, True])
@pytest.mark.parametrize(
    "break_off",
    [
        pytest.param(lambda: int(NAME), id="int"),
        pytest.param(lambda: float(NAME + "'\""), id="float"),
        pytest.param(lambda: dict[str, str]()[NAME], id="key"),
        pytest.param(lambda: f"{NAME}\u00e9".encode("ascii"), id="encoding"),
        pytest.param(lambda: IntegerField().to_python(NAME), id="field"),
        pytest.param(lambda: date.fromisoformat(NAME), id="date"),
        pytest.param(lambda: datetime.strptime(NAME, "%Y").astimezone(), id="moment"),
    ],
)
def test_canary_what_an_error_quotes_is_left_out(
    break_off: Callable[[], object], is_wrapped: bool, log: io.StringIO
) -> None:
    @app.task(name="tests.break_off", shared=False)
    def broken() -> None:
        try:
            break_off()
        except Exception as error:
            if is_wrapped:
                raise RuntimeError("it could not be read") from error
            raise

    try:
        broken.apply()
    finally:
        app.tasks.pop("tests.break_off")

    assert "tests.break_off" in log.getvalue()
    assert "Traceback" in log.getvalue()
    assert "Kanarien" not in log.getvalue()


def test_what_a_program_lacks_is_still_named(log: io.StringIO) -> None:
    try:
        _ = log.nothing  # type: ignore[attr-defined]
    except AttributeError:
        logging.getLogger("any").exception("it broke")

    assert "has no attribute 'nothing'" in log.getvalue()


def test_a_task_that_breaks_off_prints_no_number(sunrise_clinic: Clinic, log: io.StringIO) -> None:
    @app.task(name="tests.double", shared=False)
    def double() -> None:
        doubled(sunrise_clinic)

    try:
        double.apply()
    finally:
        app.tasks.pop("tests.double")

    assert "tests.double" in log.getvalue()
    assert "1155551234" not in log.getvalue()
    assert Phone.objects.count() == 1


def test_what_was_quoted_by_hand_is_dropped(log: io.StringIO) -> None:
    logging.getLogger("any").error("broken\nDETAIL:  Key (number)=(%s) already exists.", NUMBER)

    assert "1155551234" not in log.getvalue()


def test_a_lost_connection_still_says_so(log: io.StringIO) -> None:
    error = psycopg.OperationalError("server closed the connection unexpectedly")

    logging.getLogger("any").error("it broke", exc_info=error)

    assert "server closed the connection" in log.getvalue()


def test_canary_a_patients_link_is_not_printed_where_its_page_fails(
    log: io.StringIO, willing_patient: Patient
) -> None:
    visit = factories.make_visit(willing_patient, starts_at=timezone.now() + timedelta(days=3))
    link, client = links.path(visit), Client()

    # Taps nothing; has a letter too many; names a page below it.
    answers = [client.post(link), client.get(f"{link[:-1]}x/"), client.get(f"{link}x")]

    assert [one.status_code for one in answers] == [410, 404, 404]
    printed = log.getvalue()
    assert "Gone: /another-time/<str:token>/" in printed
    assert "Not Found: /another-time/(left out)" in printed
    assert link.strip("/").rpartition("/")[2] not in printed
