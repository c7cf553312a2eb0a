"""Visits are written by reminders.booking alone, so that no change goes without its reminders."""

import re
from collections.abc import Iterator

from tests.house.source import Module, modules, written

_WRITERS = {
    "reminders/booking.py",
    # Visits of the past, brought along as they were: nothing is planned for them.
    "reminders/history.py",
    # Of who was deleted: identifiers and words of visits go.
    "reminders/forgetting.py",
    # So do those that were kept long enough.
    "reminders/retention.py",
    # Whose a visit is, where one person was registered twice: its time stays as it is.
    "reminders/registered_twice.py",
}
_ROWS = re.compile(
    r"(Appointment\.objects|\.appointments)\b.*"
    r"\.(create|bulk_create|bulk_update|get_or_create|update_or_create|update|delete)$",
    re.DOTALL,
)
_ROW = re.compile(r"(.*\.)?(appointment|visit)\.(save|delete)")
_SQL = re.compile(r"(insert into|update|delete from)\s+\"?clinic_appointment\b", re.IGNORECASE)


def writes_of(module: Module) -> Iterator[str]:
    for call in module.calls():
        called = written(call.func)
        if called == "Appointment" or _ROWS.search(called) or _ROW.fullmatch(called):
            yield f"{module.name}:{call.lineno}"
    if _SQL.search(module.text):
        yield f"{module.name}: SQL"


def test_only_booking_writes_visits() -> None:
    others = [m for m in modules() if m.name not in _WRITERS and not m.is_migration]

    assert [where for module in others for where in writes_of(module)] == []


def test_the_writers_do_write() -> None:
    """Else the look above would find nothing anywhere."""
    assert all(list(writes_of(m)) for m in modules() if m.name in _WRITERS)
