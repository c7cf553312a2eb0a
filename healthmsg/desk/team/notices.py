"""Notices to clinicians about their own lists; none of them names a patient."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta

from healthmsg.clinic.models import Appointment, Clinic, Clinician, Phone, Purpose, VisitStatus
from healthmsg.clinic.sending_hours import SendingHours, wall_clock
from healthmsg.desk.team import agreeing
from whatsapp import outbox
from whatsapp.draft import Draft, FromTemplate
from whatsapp.fill_ins import day_in_words, time_in_words
from whatsapp.models import Message, Stream
from whatsapp.status import Lane

TOMORROW, LIST_CANCELLED = "team_tomorrow", "team_list_cancelled"
LIST_MOVED, LIST_HANDED_OVER = "team_list_moved", "team_list_handed_over"
LIST_TAKEN_OVER = "team_list_taken_over"
# By the clinic's clocks; where messages may leave no longer by then, in the last hour they may.
EVENING = time(18)
_LAST_HOUR = timedelta(hours=1)


def tell_tomorrow(*, now: datetime) -> int:
    """
    Tell clinicians in the evening how many come tomorrow, and when the first; twice is once.

    :returns: how many notices were written
    """
    with_numbers = Clinic.objects.filter(clinicians__phone__isnull=False).distinct()
    return sum(_tell(clinic, now) for clinic in with_numbers if _is_evening(clinic, now))


def list_changed(
    stream: Stream, what: str, visits: Iterable[Appointment], *, send_after: datetime, now: datetime
) -> None:
    """
    Tell each clinician whose visits these are what becomes of their list.

    :param stream: the list's own: it may open early, and holds the notice where it is held
    :param what: the name of the template that says it
    """
    for own in _by_clinician(visits).values():
        if own[0].clinician is not None:
            _about_list(stream, what, own[0].clinician, own, send_after=send_after, now=now)


def list_handed_over(
    stream: Stream,
    to: Clinician,
    visits: Sequence[Appointment],
    *,
    send_after: datetime,
    now: datetime,
) -> None:
    """Tell who gives a list away, and who takes it over; to whom it goes is named to neither."""
    given = [visit for visit in visits if visit.clinician_id != to.pk]
    list_changed(stream, LIST_HANDED_OVER, given, send_after=send_after, now=now)
    if given:
        _about_list(stream, LIST_TAKEN_OVER, to, given, send_after=send_after, now=now)


def of(clinician: Clinician, *, most: int = 20) -> list[Message]:
    """Return the newest notices that were written to a clinician's number, for them."""
    rows = Message.objects.filter(phone=clinician.phone_id, purpose=Purpose.TEAM)
    theirs = rows.filter(dedupe_key__startswith=_key(clinician, ""))
    return list(theirs.order_by("-pk")[:most])


def _about_list(
    stream: Stream,
    what: str,
    clinician: Clinician,
    visits: Sequence[Appointment],
    *,
    send_after: datetime,
    now: datetime,
) -> None:
    if clinician.phone is None or not agreeing.takes_notices(clinician):
        return
    draft = Draft(
        dedupe_key=_key(clinician, f"list:{stream.pk}"),
        clinic=clinician.clinic,
        phone=clinician.phone,
        lane=int(Lane.REMINDER),
        purpose=Purpose.TEAM,
        expires_at=visits[-1].ends_at,
        language=clinician.language,
        send_after=send_after,
        stream=stream,
    )
    outbox.queue(draft, FromTemplate((what,), _values(clinician, visits)), now=now)


def _is_evening(clinic: Clinic, now: datetime) -> bool:
    hours = SendingHours.of(clinic)
    local = now.astimezone(hours.zone)
    last = datetime.combine(local.date(), hours.closes, hours.zone) - _LAST_HOUR
    return min(EVENING, last.time()) <= local.time() < hours.closes


def _tell(clinic: Clinic, now: datetime) -> int:
    day = now.astimezone(clinic.zone).date() + timedelta(days=1)
    lists = _by_clinician(_visits(clinic, day))
    people = clinic.clinicians.filter(pk__in=lists, is_active=True).select_related("phone")
    keys = {_key(one, day.isoformat()): one for one in people}
    known = set(Message.objects.filter(dedupe_key__in=keys).values_list("dedupe_key", flat=True))
    fresh = [
        (_tomorrow(key, one, one.phone, lists[one.pk]), _values(one, lists[one.pk]))
        for key, one in keys.items()
        if key not in known and one.phone is not None and agreeing.takes_notices(one)
    ]
    outbox.queue_many([(d, FromTemplate((TOMORROW,), values)) for d, values in fresh], now=now)
    return len(fresh)


def _tomorrow(key: str, clinician: Clinician, phone: Phone, own: list[Appointment]) -> Draft:
    return Draft(
        dedupe_key=key,
        clinic=clinician.clinic,
        phone=phone,
        lane=int(Lane.REMINDER),
        purpose=Purpose.TEAM,
        expires_at=own[0].starts_at,
        language=clinician.language,
    )


def _key(clinician: Clinician, about: str) -> str:
    """Once for each clinician and day, and for each list that is cancelled or changed."""
    return f"team:{clinician.pk}:{about}"


def _values(clinician: Clinician, own: Sequence[Appointment]) -> dict[str, str]:
    first, language = own[0], clinician.language
    zone = first.site.zone
    return {
        "day": day_in_words(first.starts_at, zone=zone, language=language),
        "time": time_in_words(first.starts_at, zone=zone, language=language),
        "how_many": str(len(own)),
    }


def _visits(clinic: Clinic, day: date) -> list[Appointment]:
    noon = datetime.combine(day, time(12), clinic.zone)
    rows = Appointment.objects.filter(
        clinic=clinic,
        clinician__phone__isnull=False,
        status=VisitStatus.BOOKED,
        starts_at__gte=wall_clock(noon, time()),
        starts_at__lt=wall_clock(noon + timedelta(days=1), time()),
    )
    return list(rows.select_related("site__clinic").order_by("starts_at", "pk"))


def _by_clinician(visits: Iterable[Appointment]) -> dict[int, list[Appointment]]:
    """Return each clinician's visits, in the order of time."""
    found: dict[int, list[Appointment]] = defaultdict(list)
    for visit in visits:
        if visit.clinician_id is not None:
            found[visit.clinician_id].append(visit)
    return dict(found)
