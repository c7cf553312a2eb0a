"""Trends: shares of kept counts, with the table behind each chart, and as a file."""

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from healthmsg.clinic.models import Clinic, Site
from healthmsg.desk.charts import Chart
from healthmsg.desk.daily.models import Cut, DayCount
from tests import factories
from tests.healthmsg.test_overview import signed_in

TRENDS = "/desk/trends/"


@pytest.fixture
def site(sunrise_clinic: Clinic) -> Site:
    return factories.make_site(sunrise_clinic, name="=Centro")


@pytest.fixture
def manager(client: Client, sunrise_clinic: Clinic) -> Client:
    return signed_in(client, sunrise_clinic)


def keep(site: Site, cut: Cut, key: str = "", *, days_ago: int = 0, **counts: int) -> None:
    zone = site.clinic.zone
    day = timezone.now().astimezone(zone).date() - timedelta(days=days_ago)
    DayCount.objects.create(clinic=site.clinic, site=site, day=day, cut=cut, key=key, **counts)


def charts(client: Client, query: str = "") -> dict[str, Chart]:
    page = client.get(TRENDS + query)
    return {chart.key: chart for chart in page.context["charts"]}


def cells(answer: Any) -> list[list[str]]:
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))


def test_nothing_counted_yet_says_so(manager: Client) -> None:
    assert "Nothing to draw yet" in manager.get(TRENDS).content.decode()


def test_weeks_are_a_series_with_the_empty_ones(manager: Client, site: Site) -> None:
    keep(site, Cut.WHOLE, sent=8, arrived=6, read=4, answered=2)
    keep(site, Cut.WHOLE, days_ago=14, visits=10, missed=1)

    weeks = charts(manager, "?weeks=4")["weeks"]

    assert [(one.sent, one.visits) for one in weeks.lines] == [(0, 0), (0, 10), (0, 0), (8, 0)]
    assert [column["shares"] for column in weeks.data["columns"]] == [
        *([None, None, None, 75.0], [None, None, None, 50.0], [None, None, None, 25.0]),
        [None, 10.0, None, None],
    ]


def test_pieces_have_the_clinics_names(manager: Client, site: Site) -> None:
    rule = site.clinic.reminder_rules.create(
        name="The day before", anchor="STARTS", offset=-timedelta(days=1), template_name="a"
    )
    keep(site, Cut.RULE, str(rule.pk), sent=5)
    keep(site, Cut.RULE, "", sent=9)
    keep(site, Cut.RULE, "999999", sent=3)
    keep(site, Cut.LANGUAGE, "es", sent=5)
    for hour in ("9", "10"):
        keep(site, Cut.HOUR, hour, sent=5)

    found = charts(manager)

    names = [one.name for one in found["rules"].lines]
    assert names == ["The day before", "999999", "no reminder"]
    assert [one.name for one in found["languages"].lines] == ["Spanish"]
    assert [one.name for one in found["hours"].lines] == ["09:00", "10:00"]


def test_hours_tell_messages_and_visits_apart(manager: Client, site: Site) -> None:
    keep(site, Cut.HOUR, "9", sent=5, arrived=4)
    keep(site, Cut.HOUR, "10", sent=5, visits=4, missed=1)

    found = charts(manager)

    assert [one.name for one in found["hours"].lines] == ["09:00", "10:00"]
    assert "Visits" not in found["hours"].heads
    assert found["visit-hours"].heads == ["Hour", "Visits", "Missed"]
    assert found["visit-hours"].rows == [("10:00", [("Visits", 4, ""), ("Missed", 1, "25 %")])]
    assert [one["place"] for one in found["visit-hours"].data["columns"]] == [3]
    answer = manager.get(TRENDS + "?table=visit-hours")
    assert cells(answer) == [["Hour", "Visits", "Missed"], ["10:00", "4", "1"]]


def test_one_site_is_chosen(manager: Client, site: Site) -> None:
    other = factories.make_site(site.clinic)
    keep(site, Cut.WHOLE, sent=5)
    keep(other, Cut.WHOLE, sent=7)

    both, one = charts(manager), charts(manager, f"?site={other.pk}")

    assert sum(line.sent for line in both["weeks"].lines) == 12
    assert sum(line.sent for line in one["weeks"].lines) == 7
    assert "sites" not in one


def test_a_file_holds_no_formula(manager: Client, site: Site) -> None:
    keep(site, Cut.WHOLE, sent=5, arrived=4, visits=2, missed=1)

    answer = manager.get(TRENDS + "?table=sites")

    assert answer["Content-Disposition"].startswith('attachment; filename="trends-sites-')
    assert cells(answer)[1] == ["'=Centro", "5", "4", "0", "0", "2", "1"]
    assert manager.get(TRENDS + "?table=nonsense").status_code == 404


def test_another_clinics_days_are_not_shown(manager: Client, sunrise_clinic: Clinic) -> None:
    keep(factories.make_site(factories.make_clinic()), Cut.WHOLE, sent=5)

    assert charts(manager) == {}


def test_who_may_not_see_messages_sees_no_trends(client: Client, db: None) -> None:
    client.force_login(factories.make_person("nobody"))

    assert client.get(TRENDS).status_code == 403


def test_a_year_costs_no_more_questions_than_a_day(manager: Client, site: Site) -> None:
    counts = []
    for days in (range(1), range(1, 300)):
        for days_ago in days:
            for cut in Cut:
                keep(site, cut, days_ago=days_ago, sent=1)
        manager.get(TRENDS)
        with CaptureQueriesContext(connection) as asked:
            manager.get(TRENDS + "?weeks=52")
        counts.append(len(asked))

    assert counts[0] == counts[1] <= 13
