"""The receipt of a permission, to print or to send."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from healthmsg import clock
from healthmsg.clinic.models import Change, ConsentRecord
from healthmsg.cockpit import owned, recording
from healthmsg.desk.frame import desk_page, show
from healthmsg.desk.proof import receipts
from whatsapp.draft import FromTemplate

_SEES = ("clinic.view_consentrecord", "clinic.view_patient_details")


@desk_page(*_SEES)
def receipt(request: HttpRequest, line_id: int) -> HttpResponse:
    """Show the receipt as it will be printed."""
    line = _line_or_404(request, line_id)
    recording.shows(request, [line])
    now = clock.now()
    lines = receipts.of_one_act(line, now=now)
    way = receipts.way(lines, now=now)
    return show(
        request,
        "proof/receipt.html",
        title=_("Receipt of the permission"),
        line=line,
        paper=receipts.as_page(lines),
        may_send=request.user.has_perm("clinic.add_consentrecord"),
        can_be_sent=way is not None,
        by_template=way is not None and isinstance(way[1], FromTemplate),
        template_name=receipts.TEMPLATE,
    )


@desk_page(*_SEES, "clinic.add_consentrecord")
@require_POST
def send(request: HttpRequest, line_id: int) -> HttpResponse:
    """Send it to the number that gave the permission."""
    now, line = clock.now(), _line_or_404(request, line_id)
    if receipts.send(receipts.of_one_act(line, now=now), now=now):
        messages.success(request, _("The receipt goes out, once."))
    else:
        messages.error(request, _("It cannot be sent now. Print it instead."))
    return redirect("permission_receipt", line.pk)


def _line_or_404(request: HttpRequest, line_id: int) -> ConsentRecord:
    yeses = ConsentRecord.objects.filter(
        change=Change.GRANTED, patient__isnull=False, patient__erased_at=None
    )
    found = owned(yeses.select_related("phone", "clinic", "wording"), request.user)
    line = found.filter(pk=line_id).first()
    if line is None:
        raise Http404
    return line
