"""Where sessions are kept: a copy of the database lets nobody in, and tells nothing."""

from typing import Any

from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse

from healthmsg.clinic import strongbox
from tests.healthmsg.entering import (
    LOGIN,
    is_in,
    nobody_has_tried_yet,
    person,
    signed_in,
)

__all__ = ["nobody_has_tried_yet", "person", "signed_in"]


def test_attack_a_copy_of_the_sessions_lets_nobody_in(signed_in: Client) -> None:
    in_cookie = signed_in.cookies["sessionid"].value
    (kept,) = Session.objects.values_list("session_key", flat=True)
    assert kept != in_cookie

    thief = Client()
    thief.cookies["sessionid"] = kept
    assert not is_in(thief)

    signed_in.post(reverse("admin:logout"))
    thief.cookies["sessionid"] = in_cookie
    assert not is_in(thief)
    assert not Session.objects.filter(session_key=kept).exists()


def test_canary_a_copy_of_the_sessions_tells_nothing_of_what_was_looked_for(
    signed_in: Client,
) -> None:
    session = signed_in.session
    session["typed"] = "Kanarienthal"
    session.save()

    (kept,) = Session.objects.all()
    assert signed_in.session["typed"] == "Kanarienthal"
    assert kept.get_decoded() == {}
    assert strongbox.unseal_text(kept.session_data, of=f"session {kept.session_key}")


def test_attack_what_one_session_holds_opens_nothing_in_the_row_of_another(
    signed_in: Client,
) -> None:
    (of_somebody,) = Session.objects.all()
    thief = Client()
    thief.get(LOGIN)
    own = thief.session
    own["typed"] = "nothing"
    own.save()
    thief.cookies["sessionid"] = str(own.session_key)
    rows = Session.objects.exclude(pk=of_somebody.pk)

    assert rows.update(session_data=of_somebody.session_data) == 1

    assert not is_in(thief)
    assert is_in(signed_in)


def test_a_session_under_a_key_that_was_taken_out_ends(signed_in: Client, settings: Any) -> None:
    old = settings.AUDIT_KEYS
    settings.AUDIT_KEYS = ["a newer key", *old]
    assert is_in(signed_in)

    settings.AUDIT_KEYS = ["another house's key"]

    assert not is_in(signed_in)


def test_attack_a_session_in_clear_is_none(signed_in: Client) -> None:
    in_clear = SessionStore().encode(dict(signed_in.session))
    assert Session(session_data=in_clear).get_decoded() == dict(signed_in.session)

    Session.objects.update(session_data=in_clear)

    assert not is_in(signed_in)
