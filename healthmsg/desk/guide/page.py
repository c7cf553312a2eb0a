"""The setup guide's page; sent, it looks at Meta and at our own address."""

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from healthmsg import clock
from healthmsg.cockpit.belonging import known_clinics
from healthmsg.desk.frame import desk_page, show
from healthmsg.desk.guide import checks, limit, steps
from healthmsg.desk.overview import chosen
from reminders import rules
from whatsapp import watching


@never_cache
@desk_page("clinic.change_clinic")
def setup(request: HttpRequest) -> HttpResponse:
    clinics = known_clinics(request.user)
    clinic = chosen(request, clinics)
    if clinic is None:
        return show(request, "desk/setup.html", title=_("Setup guide"))
    now = clock.now()
    # Looking anew writes down what WhatsApp says of the number, which is read afterwards.
    checked = checks.look(steps.sender_of(clinic), now=now) if request.method == "POST" else None
    sender, in_use = steps.sender_of(clinic), rules.in_use(clinic)
    found = steps.steps(clinic, sender, in_use, now=now, real_now=watching.real_now())
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
        need=limit.of_clinic(clinic, sender, in_use, now=now),
    )
