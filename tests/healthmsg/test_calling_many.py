"""A call list that is longer than a day's calls."""

from collections.abc import Callable

from django.test import Client
from django.urls import reverse

from healthmsg.clinic.models import Clinic
from healthmsg.desk.calling.lists import LINES
from tests import factories
from tests.healthmsg.test_calling_pages import ahead, sign_in, soon

__all__ = ["sign_in"]


def test_more_lines_than_anybody_calls_in_a_day_are_counted_and_shown_when_asked_for(
    sign_in: Callable[..., Client], sunrise_clinic: Clinic
) -> None:
    visits = [soon(factories.make_patient(sunrise_clinic)) for _ in range(LINES + 3)]
    client = sign_in()

    page = client.get(reverse("to_call"))
    shown, words = page.context, page.content.decode()
    assert [line.visit for line in shown["ahead"]] == visits[:LINES]
    assert shown["total"] == shown["ahead_count"] == LINES + 3
    assert "3 more lines are not shown: choose a site, a reason or fewer days." in words
    assert 'href="?lines=all"' in words

    assert ahead(client, lines="all") == visits
    assert "not shown" not in client.get(reverse("to_call"), {"lines": "all"}).content.decode()
