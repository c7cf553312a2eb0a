"""Booking and moving: a form in the site's own time, what would be sent, then the act."""

from collections.abc import Callable

from django.contrib import messages
from django.contrib.admin.options import ModelAdmin
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from healthmsg import clock
from healthmsg.clinic.admin.search import nearest_like
from healthmsg.clinic.models import Appointment, Patient, StaffUser
from healthmsg.cockpit import back_to, countries_of, owned, row_or_404, sees_details
from healthmsg.cockpit.keys import key_of
from healthmsg.desk import timeline, why
from healthmsg.desk.admin.booking_forms import BookingForm, FindForm, MoveForm
from healthmsg.desk.agenda import as_opened
from reminders import booking, concerns
from reminders.planning import Preview
from reminders.refusals import NotBooked, SlotTaken

Page = ModelAdmin[Appointment]
FOUND_AT_MOST = 20


def book(page: Page, request: HttpRequest) -> HttpResponse:
    """Choose the patient, then fill in the visit."""
    if not page.has_add_permission(request):
        raise PermissionDenied
    chosen = key_of(request.GET.get("patient"))
    if not chosen:
        return _find(page, request)
    patient = _patients(request).select_related("clinic").filter(pk=chosen).first()
    if patient is None:
        raise Http404
    form = BookingForm(request.POST or None, patient=patient, person=request.user)
    return _form_page(
        page,
        request,
        form,
        title=_("Book a visit for %(name)s") % {"name": patient.full_name},
        button=_("Book"),
        look=lambda: booking.preview(form.booking(), now=clock.now()),
        act=lambda: booking.book(form.booking(), by=_person(request), now=clock.now()),
    )


def move(page: Page, request: HttpRequest, object_id: int) -> HttpResponse:
    """Give a visit another time, site or clinician."""
    visit = row_or_404(page, request, str(object_id), "clinic.change_appointment")
    form = MoveForm(request.POST or None, visit=visit, person=request.user)
    return _form_page(
        page,
        request,
        form,
        title=_("Move the visit of %(when)s") % {"when": timeline.moment(visit.starts_at, visit)},
        button=_("Move"),
        look=lambda: booking.preview_move(visit, form.change(), now=clock.now()),
        act=lambda: _move(request, visit, form),
        visit=visit,
    )


@transaction.atomic
def _move(request: HttpRequest, visit: Appointment, form: MoveForm) -> Appointment:
    as_opened.require(visit, request.POST)
    return booking.move(visit, form.change(), by=_person(request), now=clock.now())


def _form_page(  # noqa: PLR0913 - the words and verbs of one page
    page: Page,
    request: HttpRequest,
    form: BookingForm | MoveForm,
    *,
    title: str,
    button: str,
    look: Callable[[], tuple[Preview, ...]],
    act: Callable[[], Appointment],
    visit: Appointment | None = None,
) -> HttpResponse:
    lines = None
    if request.method == "POST" and form.is_valid():
        try:
            if "look" not in request.POST:
                done = act()
                messages.success(request, _done(done))
                _warn(request, done)
                return HttpResponseRedirect(back_to(page, done))
            lines = why.will_be(look())
        except as_opened.Overtaken as told:
            form.add_error(None, told.words)
        except SlotTaken as refusal:
            form.add_error("time", str(refusal))
            form.offer_overbooking()
        except NotBooked as refusal:
            form.add_error(None, str(refusal))
    context = {
        **page.admin_site.each_context(request),
        "opts": page.opts,
        "title": title,
        "form": form,
        "button": button,
        "lines": lines,
        "against": form.against() if lines is not None else (),
        "details": sees_details(request.user),
        "back": back_to(page, visit),
        "as_opened": as_opened.mark(visit) if visit else "",
    }
    return TemplateResponse(request, "desk/book.html", context)


def _find(page: Page, request: HttpRequest) -> HttpResponse:
    # Typed names travel in the body: addresses end up in logs.
    form = FindForm(request.POST or None)
    found: list[Patient] | None = None
    are_more = False
    if request.method == "POST" and form.is_valid():
        typed, countries = form.cleaned_data["typed"], countries_of(request.user)
        found = list(
            nearest_like(_patients(request), typed, countries=countries)[: FOUND_AT_MOST + 1]
        )
        are_more, found = len(found) > FOUND_AT_MOST, found[:FOUND_AT_MOST]
    context = {
        **page.admin_site.each_context(request),
        "opts": page.opts,
        "title": _("Book a visit: who comes?"),
        "form": form,
        "found": found,
        "are_more": are_more,
        "may_register": request.user.has_perm("clinic.add_patient"),
    }
    return TemplateResponse(request, "desk/find_patient.html", context)


def _patients(request: HttpRequest) -> QuerySet[Patient]:
    return owned(Patient.objects.all(), request.user)


def _done(visit: Appointment) -> str:
    return _("Booked for %(when)s.") % {"when": timeline.moment(visit.starts_at, visit)}


def _warn(request: HttpRequest, visit: Appointment) -> None:
    """Say what speaks against the time; two minutes are left to take it back."""
    for concern in concerns.of_visit(visit):
        messages.warning(request, _("Please check: %(concern)s.") % {"concern": concern.label})


def _person(request: HttpRequest) -> StaffUser:
    if not isinstance(request.user, StaffUser):
        raise TypeError("only people who signed in come here")
    return request.user
