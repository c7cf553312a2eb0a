"""The whole wording of the permission, for whoever would rather read it than hear it."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from healthmsg import clock
from healthmsg.clinic import languages
from healthmsg.clinic.models import Contact, Wording
from healthmsg.clinic.phone import spoken
from healthmsg.cockpit import owned, recording
from healthmsg.desk.frame import desk_page, show
from healthmsg.desk.proof import receipts, wordings
from whatsapp.admin.story import mark_of

_MAY = ("clinic.add_consentrecord", "clinic.view_patient_details")


@desk_page(*_MAY)
def wording(request: HttpRequest, wording_id: int, contact_id: int) -> HttpResponse:
    """Show the words as they will be printed, with room for a signature, or sent."""
    found, contact = _asked(request, wording_id, contact_id)
    recording.shows(request, [contact])
    sent = wordings.sent_before(found, contact)
    return show(
        request,
        "proof/wording.html",
        title=_("Words of the permission, in %(language)s")
        % {"language": languages.in_words(found.language)},
        paper=_as_page(found),
        wording=found,
        contact=contact,
        number=spoken(contact.phone.number) if contact.phone else "",
        sent=sent,
        sent_mark=mark_of(sent) if sent else "",
        why_not="" if sent else wordings.way(found, contact, now=clock.now()).why_not,
    )


@desk_page(*_MAY)
@require_POST
def send(request: HttpRequest, wording_id: int, contact_id: int) -> HttpResponse:
    """Send the words to the number of whoever is asked."""
    found, contact = _asked(request, wording_id, contact_id)
    why_not = wordings.send(request, found, contact, now=clock.now())
    if why_not:
        messages.error(request, why_not)
    else:
        messages.success(request, _("The whole wording goes out, once."))
    return redirect("permission_wording", found.pk, contact.pk)


def _asked(request: HttpRequest, wording_id: int, contact_id: int) -> tuple[Wording, Contact]:
    """Return words of a clinic and somebody whom it asks with them."""
    mine = owned(Wording.objects.select_related("clinic"), request.user)
    found = mine.filter(pk=wording_id).first()
    people = Contact.objects.filter(patient__erased_at=None).select_related("patient", "phone")
    contact = owned(people, request.user).filter(pk=contact_id).first()
    if found is None or contact is None or contact.patient.clinic_id != found.clinic_id:
        raise Http404
    return found, contact


def _as_page(wording: Wording) -> str:
    """Return the page to print, in the language of the words."""
    with translation.override(receipts.tongue(wording.language)):
        context = {
            "wording": wording,
            "clinic": wording.clinic,
            "language": translation.get_language(),
            "direction": "rtl" if translation.get_language_bidi() else "ltr",
        }
        return render_to_string("proof/wording_paper.html", context)
