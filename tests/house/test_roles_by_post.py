"""Every form, sent by each role: what is closed stays closed, and who only looks writes nothing."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from django.contrib import admin
from django.db import transaction
from django.db.models import Model
from django.test import Client
from django.urls import resolve

from healthmsg.clinic.models import Clinic, StaffUser
from tests.house import addresses, who_may_open, written
from tests.house.forms import Form, Page
from tests.house.test_admin_pages import rows
from tests.house.test_role_table import person
from tests.house.test_wrong_input import _ELSEWHERE, _let_go, everybody
from tests.house.who_may_open import COLUMNS, PUBLIC

__all__ = ["everybody", "rows"]

_CLOSED = {403, 404, 405}
_PLACE = re.compile(r"<(?:\w+:)?(?:object_)?(\w+)>")
_LIST = re.compile(r"admin/\w+/\w+/")
# One's own, whoever one is: a password, a second factor.
_ONES_OWN = ("sign-in/", "admin/password_change/")
# What is sent where no page has to be read for it.
_KNOWN = {"/delete/": {"post": "yes"}, "/history/": {"a": "b"}}
_SEARCHED = {"typed": "words"}
# Lists that do something with ticked rows.
_WITH_ACTS = {
    f"admin/{model._meta.app_label}/{model._meta.model_name}/"
    for model, page in admin.site._registry.items()
    if page.actions
}
_LOOKING = "UT"
# "": what no other part has.
PARTS = ("admin/whatsapp/", "admin/clinic/", "admin/campaigns/", "admin/desk/", "desk/", "")
_TICKED = dict.fromkeys(
    (
        "admin/whatsapp/message/ take_back",
        "admin/whatsapp/reply/ mark_as_read",
        "admin/whatsapp/template/ stop_chosen",
    ),
    "",
)
_SAVES = who_may_open.FILE.with_name("who_may_save.txt")
# What stands in a list that is asked so.
_ASKED = {"/admin/clinic/appointment/": "?day=week"}


@dataclass(frozen=True)
class Press:
    """One button of a page: what it sends where."""

    pattern: str
    address: str
    sent: dict[str, Any]
    is_filled_in: bool = False

    def __str__(self) -> str:
        act = self.sent.get("action") if "_selected_action" in self.sent else None
        return f"{self.pattern} {act}" if act else self.pattern


@pytest.mark.parametrize("part", PARTS)
def test_role_writes_what_the_table_says_and_who_only_looks_writes_nothing(
    part: str, everybody: Client, rows: dict[str, Model]
) -> None:
    clinic, named = rows["clinic.Clinic"], _of(part, who_may_open.table())
    assert isinstance(clinic, Clinic)
    people = {column: person(clinic, role) for column, role in COLUMNS.items()}
    opened, done, asked = [], dict[str, set[str]](), set[str]()

    for press in presses(everybody, rows, named):
        columns = named[press.pattern]
        for column, user in people.items():
            # Who is turned away is so whatever they say: that is asked once.
            if press.pattern in asked and column not in columns:
                continue
            status, tables = _answer(press, user)
            if column not in columns and columns != PUBLIC and status not in _CLOSED:
                opened.append(f"{press} {COLUMNS[column]}: {status}")
            if tables and not press.pattern.startswith(_ONES_OWN):
                done.setdefault(str(press), set()).add(column)
        asked.add(press.pattern)

    assert opened == []
    assert {one: by for one, by in done.items() if by & {*_LOOKING}} == {}
    assert {one: by for one, by in done.items() if by - _may(one, named)} == {}
    # Among them acts on ticked rows, and saving.
    assert done
    assert done.keys() >= _of(part, _TICKED).keys()
    saved = {
        one: who_may_open.columns(COLUMNS[column] for column in by)
        for one, by in done.items()
        if one.endswith("/change/")
    }
    assert saved == _of(part, who_may_open.table(_SAVES)), (
        "\nWho saves is not who tests/house/who_may_save.txt says. Now it is, for its lines:\n\n"
        + "\n".join(f"{by}  {one}" for one, by in sorted(saved.items()))
    )


def _of(part: str, addresses: Mapping[str, str]) -> dict[str, str]:
    def belongs(one: str) -> bool:
        others = tuple(filter(None, PARTS))
        return one.startswith(part) if part else not one.startswith(others)

    return {one: columns for one, columns in addresses.items() if belongs(one)}


def _may(press: str, named: dict[str, str]) -> set[str]:
    return {*named[press.partition(" ")[0]]} - {"."}


def _answer(press: Press, user: StaffUser) -> tuple[int, set[str]]:
    with written.tables() as tables:
        status = addresses.asked(press.address, user, posted=press.sent)
    return status, tables


def presses(client: Client, rows: dict[str, Model], patterns: Collection[str]) -> Iterator[Press]:
    """Yield each form of each page, each act on ticked rows, and the rest of the addresses."""
    found: dict[tuple[Any, ...], Press] = {}
    for pattern in patterns:
        address = addresses.filled(pattern, rows)
        known = next((sent for end, sent in _KNOWN.items() if pattern.endswith(end)), None)
        if _LIST.fullmatch(pattern) and pattern not in _WITH_ACTS:
            known = _SEARCHED
        for press in [Press(pattern, address, known)] if known else _of_page(client, address):
            if press.pattern in patterns:
                found.setdefault((str(press), press.is_filled_in, *press.sent), press)
    yield from found.values()
    seen = {press.pattern for press in found.values()}
    for pattern in patterns:
        if pattern not in seen:
            yield Press(pattern, addresses.filled(pattern, rows), {"a": "b"})


def _of_page(client: Client, address: str) -> Iterator[Press]:
    query = _ASKED.get(address, "")
    for form, target in _forms_in(client.get(address + query), address + query):
        acts = next((field.choices for field in form.fields if field.name == "action"), [])
        if not (_LIST.fullmatch(_pattern_of(target)) and acts):
            yield Press(_pattern_of(target), target, form.sent())
            if (filled := _filled_in(form)) != form.sent() and not target.endswith("/change/"):
                yield Press(_pattern_of(target), target, filled, is_filled_in=True)
        ticked = [field.value for field in form.fields if field.name == "_selected_action"]
        for act in filter(None, acts):
            yield from _on_rows(client, target, {"action": act, "_selected_action": ticked})


def _on_rows(client: Client, target: str, sent: dict[str, Any]) -> Iterator[Press]:
    """What is done with ticked rows at once, or by the form that asks for more first."""
    with transaction.atomic():
        asking = [form for form, _to in _forms_in(client.post(target, sent), target)]
        transaction.set_rollback(True)
    asking = [form for form in asking if "_selected_action" in form.sent()]
    for one in [_filled_in(form) for form in asking] or [sent]:
        yield Press(_pattern_of(target), target, {**one, "action": sent["action"]})


def _forms_in(answer: Any, address: str) -> list[tuple[Form, str]]:
    """Return a page's forms, with where each is sent; none of what is no page."""
    _let_go(answer)
    if answer.status_code != 200 or answer.streaming or "html" not in answer["Content-Type"]:
        return []
    forms = Page(answer.content.decode()).forms
    found = [(form, urljoin(address, form.action or address)) for form in forms]
    return [
        (form, target)
        for form, target in found
        if form.method == "post" and urlsplit(target).path not in _ELSEWHERE
    ]


def _filled_in(form: Form) -> dict[str, Any]:
    """Return what the form sends where somebody has said something wherever they can."""
    sent = form.sent()
    for field in form.fields:
        if "__prefix__" in field.name or "-__" in field.name:
            continue
        if field.kind in {"text", "textarea"} and not field.value:
            sent[field.name] = ["words"]
        if field.kind == "select" and not field.value:
            sent[field.name] = [one for one in field.choices if one][:1]
        if field.kind == "radio":
            sent.setdefault(field.name, [field.value])
    return sent


def _pattern_of(address: str) -> str:
    return _PLACE.sub(r"<\1>", resolve(urlsplit(address).path).route)
