"""The whole wording of the permission, for whoever would rather read it than hear it."""

from django.http import Http404, HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from healthmsg.clinic import languages
from healthmsg.clinic.models import Wording
from healthmsg.cockpit import owned
from healthmsg.desk.frame import desk_page, show
from healthmsg.desk.proof import receipts


@desk_page("clinic.add_consentrecord")
def wording(request: HttpRequest, wording_id: int) -> HttpResponse:
    """Show the words as they will be printed, with room for a signature."""
    mine = owned(Wording.objects.select_related("clinic"), request.user)
    found = mine.filter(pk=wording_id).first()
    if found is None:
        raise Http404
    return show(
        request,
        "proof/wording.html",
        title=_("Words of the permission, in %(language)s")
        % {"language": languages.in_words(found.language)},
        paper=_as_page(found),
    )


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
