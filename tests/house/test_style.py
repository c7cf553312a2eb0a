"""What we promised each other about modules; the rest is ruff's."""

import ast
import re

import pytest

from tests.house.source import ROOT, modules

_LONGEST = 300
# One subject each; their length is a number of cases, not of ideas.
_LONG_TESTS = {
    "tests/browser/test_agenda.py",
    "tests/campaigns/test_replies.py",
    "tests/healthmsg/test_admin_visits.py",
    "tests/healthmsg/test_agenda.py",
    "tests/healthmsg/test_agenda_booking.py",
    "tests/healthmsg/test_alarm_telling.py",
    "tests/healthmsg/test_alarms.py",
    "tests/healthmsg/test_erasure.py",
    "tests/healthmsg/test_cancelled_lists.py",
    "tests/healthmsg/test_audit_sealing.py",
    "tests/healthmsg/test_inbox_pages.py",
    "tests/healthmsg/test_unreached.py",
    "tests/healthmsg/test_incident_register.py",
    "tests/house/test_admin_pages.py",
    "tests/reminders/test_another_time.py",
    "tests/reminders/test_booking.py",
    "tests/reminders/test_planning.py",
    "tests/reminders/test_queueing.py",
    "tests/reminders/test_waiting_list.py",
    "tests/reminders/test_replies.py",
    "tests/whatsapp/test_claiming.py",
    "tests/whatsapp/test_doubts.py",
    "tests/whatsapp/test_holds.py",
    "tests/whatsapp/test_inbox.py",
    "tests/whatsapp/test_posting.py",
    "tests/whatsapp/test_receipts.py",
    "tests/whatsapp/test_threads.py",
    "tests/whatsapp/test_webhook.py",
}
# Names that fit everything, so that everything would be put there.
_NAMES_THAT_SAY_NOTHING = {
    *("base", "common", "constants", "core", "helpers", "managers", "misc", "mixins", "services"),
    *("shared", "util", "utils"),
}
# What cannot be injected: signal receivers of the floors above, and a parser made to break.
_MAY_REPLACE = {"tests/whatsapp/test_inbox.py"}

EVERY_MODULE = modules("healthmsg", "whatsapp", "reminders", "campaigns", "tests")
WRITTEN_BY_HAND = [m for m in EVERY_MODULE if not m.is_migration]


def test_a_module_fits_in_one_head() -> None:
    too_long = {m.name for m in WRITTEN_BY_HAND if len(m.text.splitlines()) > _LONGEST}

    assert too_long - _LONG_TESTS == set()


def test_no_exception_is_kept_that_is_not_needed() -> None:
    lengths = {m.name: len(m.text.splitlines()) for m in WRITTEN_BY_HAND}

    assert {name for name in _LONG_TESTS if lengths.get(name, 0) <= _LONGEST} == set()


def test_every_module_has_a_name_that_says_something() -> None:
    words = {m.name: {*m.name.removesuffix(".py").split("/")} for m in WRITTEN_BY_HAND}

    assert [name for name, parts in words.items() if parts & _NAMES_THAT_SAY_NOTHING] == []


def test_every_module_has_a_sign_on_its_door() -> None:
    """One line of docstring: what the room is for. Tests and empty packages may go without."""
    rooms = [m for m in WRITTEN_BY_HAND if m.text.strip() and "/test_" not in m.name]

    assert [m.name for m in rooms if not ast.get_docstring(m.tree)] == []


def test_nothing_is_patched() -> None:
    patching = re.compile(r"unittest\.mock|mock\.patch|mocker\b|monkeypatch\.setattr")
    patched = {m.name for m in modules("tests") if patching.search(m.text)}

    assert patched - {"tests/house/test_style.py"} == _MAY_REPLACE


def test_a_promise_has_a_number() -> None:
    promise = re.compile(r"#\s*(TODO|FIXME|XXX)\b(?!.*#\d)")

    assert [m.name for m in EVERY_MODULE if promise.search(m.text)] == []


@pytest.mark.parametrize("folder", ["healthmsg/clinic", "healthmsg/desk", "whatsapp", "reminders"])
def test_decisions_stand_beside_the_code_and_say_what_was_rejected(folder: str) -> None:
    pages = sorted((ROOT / folder / "decisions").glob("[0-9][0-9][0-9][0-9]-*.md"))

    assert pages
    for page in pages:
        headings = re.findall(r"^## (.+)$", page.read_text(), re.MULTILINE)
        assert headings == ["Status", "Context", "Decision", "Consequences", "What we rejected"]
