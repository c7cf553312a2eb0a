"""The setup guide's page; sent, it looks at Meta and at our own address."""

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from healthmsg import clock
from healthmsg.cockpit.belonging import known_clinics
from healthmsg.desk.frame import desk_page, show
from healthmsg.desk.guide import checks, limit, steps
from healthmsg.desk.overview import chosen
from whatsapp import watching
from whatsapp.models import Sender


@never_cache
@desk_page("clinic.change_clinic")
def setup(request: HttpRequest) -> HttpResponse:
    clinics = known_clinics(request.user)
    clinic = chosen(request, clinics)
    if clinic is None:
        return show(request, "desk/setup.html", title=_("Setup guide"))
    now = clock.now()
    checked = None
    if request.method == "POST":
        sender = Sender.objects.filter(clinic=clinic).select_related("account").order_by("pk")
        checked = checks.look(sender.first(), now=now)
    found = steps.steps(clinic, now=now, real_now=watching.real_now())
    return show(
        request,
        "desk/setup.html",
        title=_("Setup guide"),
        clinic=clinic,
        clinics=clinics,
        checked=checked,
        steps=found,
        done=sum(step.is_done for step in found),
        next=next((step for step in found if not step.is_done), None),
        need=limit.of_clinic(clinic, now=now),
    )
