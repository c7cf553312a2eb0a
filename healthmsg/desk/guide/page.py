"""The setup guide's page; sent, it looks at Meta and at our own address."""

from collections.abc import Sequence

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from healthmsg import clock
from healthmsg.clinic.models import Clinic
from healthmsg.cockpit.belonging import known_clinics
from healthmsg.desk.frame import desk_page, show
from healthmsg.desk.guide import checks, limit, needs, number, steps
from healthmsg.desk.guide.number import NumberForm
from healthmsg.desk.overview import chosen
from reminders import rules
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
    wrong, fresh = _entered(request, clinic, clinics)
    # Looking anew writes down what WhatsApp says of the number, which is read afterwards.
    is_sent = request.method == "POST" and wrong is None
    checked = checks.look(fresh or steps.sender_of(clinic), now=now) if is_sent else None
    sender, in_use = steps.sender_of(clinic), rules.in_use(clinic)
    found = steps.steps(clinic, sender, in_use, now=now, real_now=watching.real_now())
    return show(
        request,
        "desk/setup.html",
        title=_("Setup guide"),
        clinic=clinic,
        clinics=clinics,
        checked=checked,
        sender=sender,
        form=_form(wrong, sender, clinic, clinics) if _may_enter(request) else None,
        settings=needs.settings_of_whatsapp(),
        address=needs.address(),
        fields=needs.FIELDS,
        steps=found,
        done=sum(step.is_done for step in found),
        next=next((step for step in found if not step.is_done), None),
        need=limit.of_clinic(clinic, sender, in_use, now=now),
    )


def _may_enter(request: HttpRequest) -> bool:
    return request.user.has_perm("whatsapp.change_sender")


def _entered(
    request: HttpRequest, clinic: Clinic, clinics: Sequence[Clinic]
) -> tuple[NumberForm | None, Sender | None]:
    """Keep a number that was sent and that WhatsApp knows; else return the form, and why not."""
    if request.method != "POST" or "phone_number_id" not in request.POST:
        return None, None
    if not _may_enter(request):
        raise PermissionDenied
    form = NumberForm(request.POST, clinic=clinic, known=clinics)
    fresh = form.enter() if form.is_valid() else None
    if fresh is None:
        return form, None
    messages.success(request, _("Entered: WhatsApp knows the number."))
    return None, fresh


def _form(
    wrong: NumberForm | None, sender: Sender | None, clinic: Clinic, clinics: Sequence[Clinic]
) -> NumberForm:
    beginning = number.of_sender(sender)
    return wrong or NumberForm(initial=beginning, clinic=clinic, known=clinics)
