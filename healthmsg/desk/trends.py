"""Trends: what arrives, is read and answered, and who does not come, by what may be changed."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache

from healthmsg import clock
from healthmsg.clinic.models import Clinic, Site
from healthmsg.cockpit.belonging import known_clinics
from healthmsg.desk import spreadsheets
from healthmsg.desk.charts import MESSAGES, VISITS, Chart
from healthmsg.desk.daily import reading
from healthmsg.desk.daily.models import Cut
from healthmsg.desk.daily.reading import Period, Sums
from healthmsg.desk.frame import desk_page, show
from healthmsg.desk.overview import chosen

WEEKS = (4, 13, 26, 52)
_USUAL = 13


@never_cache
@desk_page("whatsapp.view_message")
def trends(request: HttpRequest) -> HttpResponse:
    """Show every chart of a period; `?table=` gives one of them as a file."""
    clinics = known_clinics(request.user)
    clinic = chosen(request, clinics)
    if clinic is None:
        return show(request, "desk/trends.html", title=_("Trends"), here="trends")
    sites = list(Site.objects.filter(clinic=clinic).order_by("name"))
    period = _period(request, clinic, sites)
    charts = _charts(period)
    if table := request.GET.get("table"):
        return _as_file(charts, table, period)
    return show(
        request,
        "desk/trends.html",
        title=_("Trends"),
        here="trends",
        charts=[chart for chart in charts if not chart.is_empty],
        period=period,
        clinic=clinic,
        clinics=clinics,
        sites=sites,
        spans=_spans(period),
        asked=_asked(request),
    )


def _period(request: HttpRequest, clinic: Clinic, sites: list[Site]) -> Period:
    weeks = next((n for n in WEEKS if str(n) == request.GET.get("weeks")), _USUAL)
    site = next((one for one in sites if str(one.pk) == request.GET.get("site")), None)
    today = clock.now().astimezone(clinic.zone).date()
    return Period.of_weeks(clinic, weeks, today=today, site=site)


def _spans(period: Period) -> list[dict[str, Any]]:
    chosen_weeks = (period.last - period.first).days // 7 + 1
    return [
        {"weeks": n, "words": ngettext("%d week", "%d weeks", n) % n, "is_it": n == chosen_weeks}
        for n in WEEKS
    ]


def _charts(period: Period) -> list[Chart]:
    cuts = reading.by_cut(period)
    charts = [
        Chart("weeks", _("Week by week"), _("Week from"), reading.by_week(period), is_series=True),
        Chart("rules", _("By reminder rule"), _("Rule"), cuts[Cut.RULE]),
        *_by_hour(cuts[Cut.HOUR]),
        Chart("languages", _("By language"), _("Language"), cuts[Cut.LANGUAGE]),
        Chart("kinds", _("By kind of visit"), _("Kind"), cuts[Cut.KIND]),
    ]
    if period.site is None:
        charts.append(Chart("sites", _("By site"), _("Site"), reading.by_site(period)))
    return charts


def _by_hour(hours: list[Sums]) -> list[Chart]:
    """Messages and visits apart: what is sent at ten says nothing of who comes at ten."""
    sent, begun = [one for one in hours if one.sent], [one for one in hours if one.visits]
    by_sent, by_visit = _("By the hour a message was sent"), _("By the hour of the visit")
    return [
        Chart("hours", by_sent, _("Hour"), sent, is_series=True, counted=(MESSAGES,)),
        Chart("visit-hours", by_visit, _("Hour"), begun, is_series=True, counted=(VISITS,)),
    ]


def _as_file(charts: list[Chart], key: str, period: Period) -> HttpResponse:
    chart = next((one for one in charts if one.key == key), None)
    if chart is None:
        raise Http404
    name = f"trends-{chart.key}-{period.first.isoformat()}-{period.last.isoformat()}"
    return spreadsheets.answer(name, chart.sheet())


def _asked(request: HttpRequest) -> str:
    """Return the questions of this page for the addresses of its files."""
    asked = request.GET.copy()
    asked.pop("table", None)
    return f"&{asked.urlencode()}" if asked else ""
