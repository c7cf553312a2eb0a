"""A call list that is longer than a day's calls."""

from collections.abc import Callable
from datetime import timedelta

from django.test import Client
from django.urls import reverse
from django.utils import timezone

from healthmsg.clinic.models import Appointment, Clinic, VisitStatus
from healthmsg.desk.calling.lists import LINES
from reminders.models import Outcome
from tests import factories
from tests.healthmsg.test_calling_pages import SOON, ahead, send, sign_in, soon

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


def test_of_weeks_of_missed_visits_the_oldest_are_shown_and_all_are_counted(
    sign_in: Callable[..., Client], sunrise_clinic: Clinic
) -> None:
    kind, site = factories.make_kind(sunrise_clinic), factories.make_site(sunrise_clinic)
    visits = [
        soon(factories.make_patient(sunrise_clinic), kind=kind, site=site) for _ in range(LINES + 4)
    ]
    for hours, visit in enumerate(visits):
        Appointment.objects.filter(pk=visit.pk).update(
            status=VisitStatus.MISSED, starts_at=timezone.now() - SOON - timedelta(hours=hours)
        )
    oldest_first = visits[::-1]
    client = sign_in()
    # To be tried again later, whose visit is the newest: it is not lost among the others.
    assert send(client, visits[0], Outcome.NO_ANSWER).status_code == 302

    for chosen in ({}, {"why": "missed"}):
        page = client.get(reverse("to_call"), chosen)
        assert [line.visit for line in page.context["missed"]] == oldest_first[:LINES]
        assert [line.visit for line in page.context["later"]] == [visits[0]]
        assert page.context["total"] == LINES + 3
        assert {str(why): n for why, _words, n in page.context["groups"]} == {"missed": LINES + 3}
        assert "3 more lines are not shown" in page.content.decode()

    assert client.get(reverse("to_call"), {"why": "stopped"}).context["left_out"] == 0
    whole = client.get(reverse("to_call"), {"lines": "all"}).context
    assert [line.visit for line in whole["missed"]] == oldest_first[:-1]
    assert whole["left_out"] == 0
