"""The first page: today and tomorrow, what runs, what waits, what failed, what is stopped."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from healthmsg import clock
from healthmsg.clinic.models import Clinic
from healthmsg.cockpit import sites_of
from healthmsg.cockpit.belonging import known_clinics
from healthmsg.cockpit.there import counted
from healthmsg.desk import crowded_days, going_on, stopped, tiles, today, waiting
from healthmsg.desk.alarms import shown
from healthmsg.desk.frame import desk_page, show
from whatsapp import watching

CLINICS = 5


@never_cache
@desk_page()
def overview(request: HttpRequest) -> HttpResponse:
    """Show one clinic's day; with `?only=now`, the part that is renewed in place."""
    clinics = known_clinics(request.user)
    clinic = chosen(request, clinics)
    context = _now(request, clinic) | {"clinic": clinic, "clinics": clinics}
    if request.GET.get("only") == "now":
        return TemplateResponse(request, "desk/overview_now.html", context)
    return show(request, "desk/overview.html", title=_("Overview"), here="overview", **context)


def chosen(request: HttpRequest, clinics: list[Clinic]) -> Clinic | None:
    """Return the clinic asked for, or the first; None for who works for none."""
    asked = request.GET.get("clinic", "")
    return next((one for one in clinics if str(one.pk) == asked), clinics[0] if clinics else None)


def _now(request: HttpRequest, clinic: Clinic | None) -> dict[str, Any]:
    now = clock.now()
    person = request.user
    # Of what is there any? One question for all kinds; what there is is read afterwards.
    wrong = {**shown.kinds(person), **stopped.kinds(person)}
    counts = counted(
        (
            {**tiles.kinds(person, now=now), **crowded_days.kinds(person, now=now)},
            tiles.COUNT_UNTIL + 1,
        ),
        ({**wrong, **waiting.kinds(person), **going_on.kinds(person, clinic)}, 1),
    )
    found: dict[str, Any] = {
        "tiles": tiles.tiles(person, counts, now=now),
        "alarms": shown.on_overview(person, counts),
        "stopped": stopped.stops(person, counts),
        "waits": waiting.waits(person, counts),
        "crowded_days": crowded_days.crowded_days(request, counts, now=now),
    }
    if clinic is None:
        return found
    if person.has_perm("clinic.view_appointment"):
        found["days"] = today.days(clinic, now=now, sites=sites_of(person))
    if person.has_perm("whatsapp.view_message"):
        found["messages_today"] = today.messages(clinic, now=now)
    found["campaigns"] = going_on.campaigns(person, clinic, counts)
    found["numbers"] = going_on.our_numbers(person, clinic, now=now, real_now=watching.real_now())
    found["runs_out"] = going_on.runs_out(today=now.date()) if found["numbers"] else []
    return found
