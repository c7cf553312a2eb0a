"""Whoever works at one site reads on no page what was said and what happens at another."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db.models import Model
from django.test import Client
from django.utils import timezone

from healthmsg.clinic.models import Appointment, Clinic, StaffUser
from healthmsg.clinic.roles import ROLES
from tests import factories, said
from tests.house import addresses, who_may_open
from tests.house.test_admin_pages import rows
from whatsapp import sealed_replies, threads
from whatsapp.models import (
    FileState,
    InboundFile,
    Message,
    Reply,
    Thread,
)

__all__ = ["rows"]

EVERY = sorted(who_may_open.table())
# Scripts, what leads elsewhere, and what answers to a field of a form alone.
_WITHOUT_A_PAGE = {"admin/jsi18n/", "admin/<anything>", "admin/autocomplete/"}
_LIST = re.compile(r"admin/\w+/\w+/")
# What a patient may ask of the clinic is whole, whoever hands it out.
_THE_PATIENTS_OWN = {"admin/clinic/patient/<id>/copy/", "admin/clinic/patient/<id>/proof/"}
_ABOUT_ONE = (
    *("admin/clinic/appointment/<id>/", "admin/whatsapp/message/<id>/", "agenda/visits/<visit_id>"),
    *(
        "admin/whatsapp/thread/<id>/",
        "admin/whatsapp/reply/<id>/",
        "admin/whatsapp/stopdoubt/<id>/",
    ),
    *("admin/whatsapp/repeatrequest/<id>/", "admin/whatsapp/numberincident/<id>/"),
    *("admin/reminders/freedslot/<id>/", "admin/reminders/earlierwish/<id>/"),
    *("why/message/<message_id>/", "why/visit/<visit_id>/", "to-call/<visit_id>/"),
    *("to-call/call/<call_id>/", "cancelled-lists/<list_id>/"),
)
_REFUSED = {403, 404, 405}


@pytest.fixture
def elsewhere(rows: dict[str, Model]) -> tuple[str, ...]:
    """Everything of the clinic happens at one site; planted words stand in all that was said."""
    visit, thread = rows["clinic.Appointment"], rows["whatsapp.Thread"]
    assert isinstance(visit, Appointment)
    assert isinstance(thread, Thread)
    now = timezone.now()
    words = ("Federkleidfrage", "Nestbaufrage", "Gelegenotiz", "Schwarmbild", "Eierfrage")
    asked, ours, noted, called, ours_alone = words
    Thread.objects.update(site=visit.site)
    sealed = sealed_replies.seal(asked, {}, wamid=Reply.objects.get().wamid)
    Reply.objects.update(sealed=sealed, thread=thread, answers=rows["whatsapp.Message"].pk)
    InboundFile.objects.create(
        reply=Reply.objects.get(),
        said_name=f"{called}.pdf",
        state=FileState.GONE,
        fetch_after=None,
    )
    _say(rows["whatsapp.Message"], ours)
    answer = factories.make_message(thread.sender, visit.patient, created_at=now, purpose="REPLY")
    _say(answer, ours_alone)
    threads.note(thread, text=noted, by=StaffUser.objects.get(username="somebody"), now=now)
    return words


@pytest.fixture
def north(rows: dict[str, Model], elsewhere: tuple[str, ...]) -> StaffUser:
    """Somebody with every role, at the clinic's other site."""
    clinic = rows["clinic.Clinic"]
    assert isinstance(clinic, Clinic)
    person = StaffUser.objects.create(username="north", is_staff=True)
    person.clinics.add(clinic)
    person.groups.set(Group.objects.filter(name__in=ROLES))
    person.sites.add(factories.make_site(clinic))
    return person


def test_canary_nobody_reads_what_was_said_at_another_site(
    rows: dict[str, Model], north: StaffUser, elsewhere: tuple[str, ...], client: Client
) -> None:
    everywhere = StaffUser.objects.create(username="everywhere", is_staff=True)
    everywhere.clinics.set(north.clinics.all())
    everywhere.groups.set(north.groups.all())

    told_there, told_here = (
        _told(client, everywhere, rows, elsewhere),
        _told(client, north, rows, elsewhere),
    )

    # The same pages say all of it to whoever is limited to no site.
    assert {line.split(": ")[1] for line in told_there} == set(elsewhere)
    assert told_here == []


def test_attack_nothing_of_another_site_opens_or_is_done(
    rows: dict[str, Model], north: StaffUser
) -> None:
    about = [one for one in EVERY if any(part in one for part in _ABOUT_ONE)]

    opened = [
        f"{one}: {status}"
        for one in about
        for posted in (None, {"a": "b"})
        for status in [addresses.asked(addresses.filled(one, rows), north, posted=posted)]
        if status not in _REFUSED
    ]

    assert len(about) > len(_ABOUT_ONE)
    assert opened == []


def _told(
    client: Client, person: StaffUser, rows: dict[str, Model], words: tuple[str, ...]
) -> list[str]:
    client.force_login(person)
    return [
        f"{one}: {word}"
        for one in EVERY
        if one not in _WITHOUT_A_PAGE | _THE_PATIENTS_OWN
        for query in (("", "?which=all") if _LIST.fullmatch(one) else ("",))
        for text in [_text_of(client.get(addresses.filled(one, rows) + query))]
        for word in words
        if word in text
    ]


def _text_of(page: Any) -> str:
    """A file is read to its end: one that nobody reads stays open."""
    content: bytes = page.getvalue() if page.streaming else page.content
    return content.decode(errors="replace")


def _say(message: Model, words: str) -> None:
    assert isinstance(message, Message)
    kept = said.words(words, message.payload, message.callback)
    Message.objects.filter(pk=message.pk).update(**kept)
