"""Whatever is typed into any form: a page that says what is wrong, and holds what was typed."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from django.contrib.auth.models import Group
from django.contrib.messages import ERROR
from django.db import connection, transaction
from django.db.models import Model
from django.test import Client

from healthmsg.clinic.models import Clinic, StaffUser
from healthmsg.cockpit import again
from tests.house import addresses, who_may_open
from tests.house.forms import Field, Form, Page
from tests.house.test_admin_pages import rows

__all__ = ["rows"]

LONG = "x" * 10_000
ODD = "\u202eمرحبا\u200f \U0001f469\u200d⚕️ <b>&"
# What can be right nowhere, by the kind of field.
_NEVER_RIGHT = {
    "date": ("2026-02-31", "9999-12-31", "0001-01-01"),
    "time": ("25:61",),
    "number": ("99999999999999999999", "three", "-999999"),
    "select": ("999999", "\x00"),
    "radio": ("nothing of it",),
}
_NEVER_RIGHT_IN_WORDS = ("a\x00b",)
_TYPED = {"date", "time", "number", "text", "textarea", "email", "url", "tel", "search"}
# Signs somebody out, or in.
_ELSEWHERE = ("/admin/logout/", "/sign-in/change-user/", "/admin/login/")
# Acts on the rows ticked in a list: a list answers with a sentence above it.
_OF_LISTS = {"action", "select_across"}
# What they look for is shown, and if there is nothing like it, that is said.
_SEARCHES = {"typed"}


@dataclass(frozen=True)
class Asking:
    """One form, where it stands, and what the page complained of before anything was sent."""

    at: str
    target: str
    form: Form
    before: frozenset[str]


@pytest.fixture
def everybody(rows: dict[str, Model]) -> Client:
    """Somebody with every role of a clinic, who has just typed the password."""
    clinic = rows["clinic.Clinic"]
    assert isinstance(clinic, Clinic)
    user = StaffUser.objects.create(username="everybody", is_staff=True)
    user.clinics.add(clinic)
    user.groups.set(Group.objects.exclude(name="Support"))
    client = Client()
    client.force_login(user)
    session = client.session
    session[again.KEY] = int(time.time())
    session.save()
    return client


def forms_of(client: Client, rows: dict[str, Model], part: str) -> Iterator[Asking]:
    """Yield each form once, of the addresses that begin with `part`."""
    seen = set()
    for pattern in who_may_open.table():
        if not pattern.startswith(part):
            continue
        address = addresses.filled(pattern, rows)
        answer = client.get(address)
        _let_go(answer)
        if answer.status_code != 200 or answer.streaming or "html" not in answer["Content-Type"]:
            continue
        page = Page(answer.content.decode())
        for form in page.forms:
            target = urljoin(address, form.action or address)
            known = (urlsplit(target).path, *(field.name for field in form.fields))
            if known not in seen and _is_sent(form) and urlsplit(target).path not in _ELSEWHERE:
                seen.add(known)
                yield Asking(pattern, target, form, frozenset(page.complaints))


def _let_go(answer: Any) -> None:
    # Not `close`, which ends the connection to the database too.
    for close in answer._resource_closers:
        close()


def _is_sent(form: Form) -> bool:
    return any(field.kind == "submit" for field in form.fields)


def fields_of(form: Form) -> Iterator[Field]:
    """Yield what somebody can fill in; an empty row of a table is only what others are made of."""
    for field in form.asked():
        is_asked = field.name not in _OF_LISTS | ({"username"} if _is_of_passwords(form) else set())
        if field.kind != "file" and "__prefix__" not in field.name and is_asked:
            yield field


def _is_of_passwords(form: Form) -> bool:
    """True where the name stands only for the browser's keeper of passwords."""
    return any(field.kind == "password" for field in form.fields)


class Answer:
    """What came back, and nothing of it kept."""

    def __init__(self, client: Client, asking: Asking, values: dict[str, list[str]]) -> None:
        cookies = SimpleCookie(client.cookies.output(header="", sep=";"))
        with transaction.atomic():
            send = client.post if asking.form.method == "post" else client.get
            answer = send(asking.target, values)
            self.status = answer.status_code
            self.html = "" if answer.streaming else answer.content.decode(errors="replace")
            notices: Any = getattr(answer.wsgi_request, "_messages", None)
            self.says_no = any(
                one.level >= ERROR for one in getattr(notices, "_queued_messages", ())
            )
            _let_go(answer)
            connection.cursor().execute("SELECT 1")
            transaction.set_rollback(True)
        client.cookies = cookies
        self.page = Page(self.html)
        self.complains = bool({*self.page.complaints} - asking.before)

    def holds(self, name: str, value: str) -> bool:
        fields = (field for form in self.page.forms for field in form.fields)
        return any(field.name == name and field.value == value for field in fields)


def faults(client: Client, asking: Asking) -> Iterator[str]:
    """Yield what is wrong with how a form answers to each of its fields alone, and to all."""
    for field in fields_of(asking.form):
        if field.kind not in _TYPED | _NEVER_RIGHT.keys():
            continue
        for value in _NEVER_RIGHT.get(field.kind, _NEVER_RIGHT_IN_WORDS):
            answer = Answer(client, asking, asking.form.sent() | {field.name: [value]})
            yield from _faults_of_no(answer, asking, field, value)
        long = LONG if field.kind in {"text", "textarea", "search"} else ""
        answer = Answer(client, asking, asking.form.sent() | {field.name: [long]})
        yield from _faults_of_perhaps(answer, asking, field, long)
    for value in ("", ODD, "-1"):
        words = {one.name: [value] for one in fields_of(asking.form) if one.kind in _TYPED}
        status = Answer(client, asking, asking.form.sent() | words).status
        if status not in {200, 302}:
            yield f"all {value!r}: {status}"


def _faults_of_no(answer: Answer, asking: Asking, field: Field, value: str) -> Iterator[str]:
    what = f"{field.name} ({field.kind}) {value[:12]!r}"
    if asking.form.method == "get" or field.name in _SEARCHES:
        # An address says what to look for; what means nothing there is not looked for.
        yield from [] if answer.status in {200, 302} else [f"{what}: {answer.status}"]
    elif answer.status != 200:
        yield f"{what}: {answer.status}"
    elif not answer.complains:
        yield f"{what}: no error"
    elif field.kind in _TYPED and not answer.holds(field.name, value):
        yield f"{what}: not kept"


def _faults_of_perhaps(answer: Answer, asking: Asking, field: Field, value: str) -> Iterator[str]:
    what = f"{field.name} ({field.kind}) {value[:12]!r}"
    if answer.status not in {200, 302}:
        yield f"{what}: {answer.status}"
    elif asking.form.method == "post" and field.kind in _TYPED and value:
        if answer.status == 302 and answer.says_no:
            yield f"{what}: refused, and not kept"
        elif answer.status == 200 and not answer.holds(field.name, value):
            yield f"{what}: not kept"


PARTS = (
    *("desk/", "sign-in/", "admin/clinic/", "admin/whatsapp/", "admin/campaigns/"),
    *("admin/desk/", "admin/reminders/", "admin/kept/", "admin/password_change/"),
)


@pytest.mark.parametrize("part", PARTS)
def test_wrong_input_is_said_beside_what_was_typed(
    part: str, everybody: Client, rows: dict[str, Model]
) -> None:
    found, count = {}, 0
    for asking in forms_of(everybody, rows, part):
        count += 1
        if wrong := [*faults(everybody, asking)]:
            found[asking.at] = wrong

    assert count, "no form was found: what is tried here?"
    assert found == {}
