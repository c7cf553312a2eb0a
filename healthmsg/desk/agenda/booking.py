"""Books a visit: the form, what she will get and what is in the way, then the booking."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from healthmsg import clock, dates
from healthmsg.clinic import availability
from healthmsg.clinic.models import Appointment, Contact, Patient
from healthmsg.cockpit import owned, recording
from healthmsg.desk import why
from healthmsg.desk.admin.booking_forms import BookingForm, Offered, offered_to
from healthmsg.desk.agenda import asking, returning, telling
from healthmsg.desk.agenda.choosing import midnight
from healthmsg.desk.agenda.sheets import Place, moment_key, person_of, place_of, plain, sheet
from healthmsg.desk.frame import desk_page
from reminders import booking, concerns
from reminders.planning import Preview
from reminders.refusals import NotBooked, SlotTaken
from whatsapp import stopped
from whatsapp.status import Reason

_WANT_TEMPLATE = (
    Reason.TEMPLATE_MISSING,
    Reason.TEMPLATE_NOT_APPROVED,
    Reason.TEMPLATE_UNBOUND,
)
_AHEAD = timedelta(days=21)
_OFFERED = 12


@dataclass(frozen=True)
class Choice:
    """A free time to click."""

    words: str
    query: str


@dataclass(frozen=True)
class Mended:
    """What became of something chosen beside a blocker."""

    wrong: str = ""
    receipt: int | None = None  # the line of the ledger to give a receipt of


@desk_page("clinic.add_appointment", "clinic.view_patient_details")
def book(request: HttpRequest, patient_id: int) -> HttpResponse:
    """Fill in the visit, look at what will be sent, mend what is in the way, and book."""
    now = clock.now()
    mine = owned(Patient.objects.select_related("clinic", "ask_later__put_off_by"), request.user)
    known = mine.annotate(are_stopped=stopped.are_reminders("clinic"))
    patient = known.filter(pk=patient_id).first()
    if patient is None:
        raise Http404
    recording.shows(request, [patient])
    offered = offered_to(patient, request.user, asking.contacts_of(patient, at=now))
    offered, newcomer = telling.offered_with_first(request, patient, offered, now=now)
    place = place_of(request, now=now, offered=offered)
    is_sent = request.method == "POST"
    untouched = BookingForm(patient=patient, person=request.user, offered=offered)
    values = request.POST.copy() if is_sent else _values(untouched, place)
    fix = values.get("fix", "") if is_sent else ""
    if fix == telling.FIX and offered.contacts:
        values["contact"] = str(offered.contacts[0].pk)
    form = BookingForm(values, patient=patient, person=request.user, offered=offered)
    is_whole = form.is_valid()
    mended = _mend(request, form, now) if fix and fix != telling.FIX else Mended()
    if is_sent and is_whole and not {"look", "fix"} & set(values):
        visit = _book(request, form, place, now)
        if visit:
            booked = urlencode({"booked": 1} | returning.kept(request))
            return HttpResponseRedirect(f"{reverse('agenda_visit', args=[visit.pk])}?{booked}")
    contact = form.cleaned_data.get("contact") if hasattr(form, "cleaned_data") else None
    previews = _look(form, now) if is_whole and not place.is_walk_in else ()
    is_chosen = is_whole and not form.errors
    if not is_sent and not is_whole:
        # Nobody has typed anything wrong yet.
        form, form.initial = untouched, values
        contact = _told(offered, values)
    return sheet(
        request,
        "agenda/book.html",
        title=_("Book a visit for %(name)s") % {"name": patient.full_name},
        patient=patient,
        place=place,
        form=plain(form),
        lines=why.will_be(previews),
        against=form.against() if is_whole else (),
        is_whole=is_whole,
        in_words=_in_words(form) if is_whole else place.in_words,
        # A visit beside another shows its mark, and an error the field beside which it stands.
        is_settled=is_chosen and not place.is_beside,
        reach=asking.reach(patient, contact, at=now),
        mended=mended,
        # Beside the field, and with what was typed.
        is_number_wrong=bool(mended.wrong) and fix == asking.NUMBER and contact is not None,
        number=request.POST.get("number", ""),
        newcomer=newcomer,
        other_languages=_other_languages(previews, contact),
        wants_template=next(
            (one.rule.template_name for one in previews if one.reason in _WANT_TEMPLATE), ""
        ),
        is_late=_waits_for_hours(previews, now),
        stopped=asking.stop_of(patient.clinic_id) if patient.are_stopped else None,
        choices=() if place.at or is_chosen else _choices(offered, place, now),
        onward=urlencode(returning.kept(request)),
        may_permit=request.user.has_perm("clinic.add_consentrecord"),
        may_renumber=request.user.has_perm("clinic.change_contact"),
    )


def _told(offered: Offered, values: Mapping[str, Any]) -> Contact | None:
    told = str(values.get("contact"))
    return next((one for one in offered.contacts if str(one.pk) == told), None)


def _values(form: BookingForm, place: Place) -> dict[str, Any]:
    """Return what the form begins with: what was clicked, and what there is but one of."""
    patient = form.patient
    values: dict[str, Any] = {
        name: field.initial for name, field in form.fields.items() if field.initial
    }
    values |= {
        name: one.pk
        for name, one in (
            ("site", place.site),
            ("clinician", place.clinician),
            ("kind", place.kind),
        )
        if one and one.clinic_id == patient.clinic_id
    }
    if place.at:
        zone = place.site.zone if place.site else patient.clinic.zone
        local = place.at.astimezone(zone)
        values |= {"day": local.date().isoformat(), "time": f"{local:%H:%M}"}
    if place.is_beside:
        values["is_overbooked"] = True
    return values


def _mend(request: HttpRequest, form: BookingForm, now: datetime) -> Mended:
    """Do what was chosen beside a blocker."""
    contact: Contact | None = getattr(form, "cleaned_data", {}).get("contact")
    needed = (
        "clinic.change_contact"
        if request.POST["fix"] == asking.NUMBER
        else "clinic.add_consentrecord"
    )
    if not request.user.has_perm(needed):
        raise PermissionDenied
    if contact is None:
        return Mended(_("Choose first who is told."))
    by = person_of(request)
    try:
        receipt = asking.mend(form.patient, contact, request.POST, by=by, now=now)
    except ValidationError as wrong:
        return Mended(str(wrong.messages[0]))
    # Something else stands in the way now, or nothing.
    form.cleaned_data["contact"] = asking.contacts_of(form.patient, at=now).get(pk=contact.pk)
    return Mended(receipt=receipt)


def _in_words(form: BookingForm) -> str:
    values = form.cleaned_data
    when = dates.written(values["starts_at"].replace(tzinfo=None), "D, j F, H:i")
    return ", ".join([when, *(str(one) for one in (values["clinician"], values["site"]) if one)])


def _look(form: BookingForm, now: datetime) -> tuple[Preview, ...]:
    try:
        return booking.preview(form.booking(), now=now)
    except NotBooked as refusal:
        form.add_error(None, str(refusal))
        return ()


def _book(
    request: HttpRequest, form: BookingForm, place: Place, now: datetime
) -> Appointment | None:
    """Book, and let who stands here arrive; None where the form says why not."""
    wanted = form.booking()
    if place.is_walk_in:
        # She stands here: nothing has to tell her.
        wanted = replace(wanted, is_told_elsewhere=True)
    try:
        visit = booking.book(wanted, by=person_of(request), now=now)
        if place.is_walk_in:
            visit = booking.arrive(visit, now=now)
    except SlotTaken as refusal:
        form.add_error("time", str(refusal))
        form.offer_overbooking()
        return None
    except NotBooked as refusal:
        form.add_error(None, str(refusal))
        return None
    for concern in concerns.of_visit(visit):
        messages.warning(request, _("Please check: %(concern)s.") % {"concern": concern.label})
    return visit


def _other_languages(previews: tuple[Preview, ...], contact: Contact | None) -> bool:
    """True where a message goes out in another language than hers."""
    return contact is not None and any(
        shown.body and shown.language.split("_")[0] != contact.language.split("_")[0]
        for shown in previews
    )


def _waits_for_hours(previews: tuple[Preview, ...], now: datetime) -> datetime | None:
    """Return when the first message goes, where it does not go about now."""
    going = [shown.due_at for shown in previews if shown.reason is None]
    return min(going) if going and min(going) > now + timedelta(minutes=15) else None


def _choices(offered: Offered, place: Place, now: datetime) -> tuple[Choice, ...]:
    """Return the next free times that fit what is chosen so far."""
    site = place.site or next(iter(offered.sites), None)
    kind = place.kind or next(iter(offered.kinds), None)
    if site is None or kind is None or site not in offered.sites:
        return ()
    need = availability.Need(
        site,
        kind.length,
        place.clinician,
        is_with_anybody=not place.clinician,
        people=offered.clinicians,
    )
    after = max(now, midnight(place.day, site.zone)) if place.day else now
    slots = availability.slots(need, after=after, before=after + _AHEAD, now=now)
    return tuple(
        Choice(
            dates.written(slot.starts_at.astimezone(site.zone).replace(tzinfo=None), "D j N, H:i"),
            f"?at={moment_key(slot.starts_at)}&site={site.pk}&kind={kind.pk}"
            + (f"&clinician={slot.clinician_id}" if slot.clinician_id else ""),
        )
        for slot in slots[:_OFFERED]
    )
