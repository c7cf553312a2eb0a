"""The page that shows a day's list for printing."""

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from healthmsg import clock
from healthmsg.clinic.models import Site
from healthmsg.cockpit import meant_days, owned, recording
from healthmsg.desk.day_lists import day as days
from healthmsg.desk.frame import desk_page, of_a_clinic, show


@desk_page("clinic.view_appointment", "clinic.view_patient_details")
@of_a_clinic(gettext_lazy("Day list"))
def day_list(request: HttpRequest) -> HttpResponse:
    """Show the visits of one day at one site, as they stand now."""
    sites = list(owned(Site.objects.select_related("clinic"), request.user).order_by("name", "pk"))
    if not sites:
        return show(request, "desk/nowhere.html", title=_("Day list"))
    site = next((one for one in sites if str(one.pk) == request.GET.get("site")), sites[0])
    now = clock.now()
    today = now.astimezone(site.zone).date()
    day = meant_days.read(request.GET.get("day")) or today
    visits = days.visits(site, day, now=now)
    recording.shows(request, [one.visit for one in visits], is_list=True)
    return show(
        request,
        "day_lists/page.html",
        title=_("Day list: %(site)s") % {"site": site.name},
        site=site,
        sites=sites,
        day=day,
        tomorrow=today + timedelta(days=1),
        today=today,
        at=now,
        visits=visits,
    )
