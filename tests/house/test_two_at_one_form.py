"""Two people with the same page open: whoever saves second puts nothing back unseen."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import islice

import pytest
from django.db import connection, transaction
from django.db.models import Model
from django.test import Client
from django.utils import timezone

from healthmsg.clinic.models import StaffUser
from tests.house import addresses, who_may_open
from tests.house.forms import Field, Form, Page
from tests.house.test_admin_pages import rows
from tests.house.test_wrong_input import _let_go, everybody, fields_of

__all__ = ["everybody", "rows"]

TOLD = "Since you opened this page"
# What a page sends back of how it stood when it was opened.
SHOWN = "as_shown"
Values = dict[str, list[str]]
# One box to tick: of two who both change it, both mean the same.
ONE_BOX = "/admin/clinic/phone/"


@dataclass
class Opened:
    """A page of one row, as two people have it open."""

    address: str
    form: Form

    def sent(self, **typed: str) -> Values:
        return self.form.sent() | {name: [value] for name, value in typed.items()}


def _form_in(html: str) -> Form | None:
    forms = Page(html).forms
    return next((one for one in forms if any(f.name == SHOWN for f in one.fields)), None)


def _open(client: Client, address: str) -> Opened | None:
    answer = client.get(address)
    html = answer.content.decode() if answer.status_code == 200 and not answer.streaming else ""
    _let_go(answer)
    form = _form_in(html)
    return Opened(address, form) if form else None


def _send(client: Client, address: str, values: Values) -> tuple[int, str]:
    answer = client.post(address, values)
    html = "" if answer.streaming else answer.content.decode()
    _let_go(answer)
    connection.cursor().execute("SELECT 1")
    return answer.status_code, html


def _stands(client: Client, opened: Opened, name: str) -> str:
    now = _open(client, opened.address)
    assert now is not None
    return next(iter(now.form.sent().get(name, [""])))


def _two_others(field: Field) -> tuple[str, str] | None:
    """Return two values that may stand in a field instead of its own."""
    if field.kind in {"text", "textarea"}:
        return (f"{field.value}a", f"{field.value}b") if field.value else ("a", "b")
    if field.kind == "number":
        # As long as it was: a price keeps its digits.
        now = Decimal(field.value or 3)
        return str(now + 1), str(now + 2)
    if field.kind == "select":
        others = [one for one in field.choices if one not in {field.value, ""}]
        return (others[0], others[1]) if len(others) > 1 else None
    if field.kind == "date":
        # Not far from what stands there: some stretches may not be long.
        day = date.fromisoformat(field.value) if field.value else timezone.localdate()
        return str(day + timedelta(days=1)), str(day + timedelta(days=2))
    return ("07:10", "07:20") if field.kind == "time" else None


def _is_saved(client: Client, opened: Opened, name: str, value: str) -> bool:
    with transaction.atomic():
        status, _html = _send(client, opened.address, opened.sent(**{name: value}))
        is_saved = status == 302 and _stands(client, opened, name) == value
        transaction.set_rollback(True)
    return is_saved


def _typed_twice(client: Client, opened: Opened) -> Iterator[tuple[str, str, str]]:
    """Yield fields that take either of two values, each alone."""
    for field in fields_of(opened.form):
        values = _two_others(field)
        if values and all(_is_saved(client, opened, field.name, value) for value in values):
            yield field.name, *values


def _faults(client: Client, opened: Opened, tried: list[tuple[str, str, str]]) -> Iterator[str]:
    name, first, second = tried[0]
    status, _html = _send(client, opened.address, opened.sent(**{name: first}))
    if status != 302:
        yield f"the first: {status}"
    status, html = _send(client, opened.address, opened.sent(**{name: second}))
    again = _form_in(html)
    if status != 200 or TOLD not in html or again is None:
        yield f"the second was told nothing: {status}"
        return
    if _stands(client, opened, name) != first:
        yield "the first's value is gone"
    if again.sent()[name] != [second]:
        yield f"what was typed is not kept: {again.sent()[name]}"
    status, _html = _send(client, opened.address, again.sent())
    if status != 302 or _stands(client, opened, name) != second:
        yield f"pressing again saves nothing: {status}"


def _faults_untouched(
    client: Client, opened: Opened, tried: list[tuple[str, str, str]]
) -> Iterator[str]:
    (name, first, _second), (other, _first, typed) = tried[:2]
    _send(client, opened.address, opened.sent(**{name: first}))
    status, html = _send(client, opened.address, opened.sent(**{other: typed}))
    again = _form_in(html)
    if status != 200 or TOLD not in html or again is None:
        yield f"the second was told nothing: {status}"
        return
    status, _html = _send(client, opened.address, again.sent())
    stands = [_stands(client, opened, one) for one in (name, other)]
    if status != 302 or stands != [first, typed]:
        yield f"what nobody touched was put back: {status} {stands}"


def _pages(client: Client, rows: dict[str, Model]) -> Iterator[Opened]:
    for pattern in who_may_open.table():
        if pattern.startswith("admin/") and pattern.endswith("/change/"):
            opened = _open(client, addresses.filled(pattern, rows))
            if opened is not None:
                yield opened


@pytest.mark.parametrize("part", ["clinic", "campaigns", "desk", "reminders", "whatsapp"])
def test_whoever_saves_second_is_told_and_overwrites_nothing_unseen(
    part: str, everybody: Client, rows: dict[str, Model]
) -> None:
    # Who stands in for whom is chosen among the clinic's own.
    for one in StaffUser.objects.filter(username__in=("away", "here")):
        one.clinics.add(rows["clinic.Clinic"].pk)
    faults, count = {}, 0
    for opened in _pages(everybody, rows):
        if not opened.address.startswith(f"/admin/{part}/"):
            continue
        count += 1
        tried = list(islice(_typed_twice(everybody, opened), 2))
        is_box = opened.address.startswith(ONE_BOX)
        wrong = [] if tried or is_box else ["nothing could be typed twice"]
        for way, least in ((_faults, 1), (_faults_untouched, 2)):
            if len(tried) >= least:
                with transaction.atomic():
                    wrong += way(everybody, opened, tried)
                    transaction.set_rollback(True)
        if wrong:
            faults[opened.address] = wrong

    assert count, "no page was found: what is tried here?"
    assert faults == {}
