"""The list itself: read from how patients can be reached, which the database keeps."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db.models import (
    Case,
    CharField,
    DateTimeField,
    Exists,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    TextChoices,
    Value,
    When,
)
from django.db.models.fields.json import KT
from django.db.models.functions import Cast
from django.utils.translation import gettext_lazy as _

from healthmsg.clinic.models import (
    Appointment,
    Clinic,
    Obstacle,
    PatientState,
    Phone,
    PhoneState,
    Purpose,
    Reach,
    Site,
    VisitStatus,
    obstacle,
)
from healthmsg.desk.unreached.models import UnreachedOutcome

YEAR = timedelta(days=365)
_CANCELLED = (VisitStatus.CANCELLED_BY_PATIENT, VisitStatus.CANCELLED_BY_CLINIC)
# So long an outcome keeps somebody off the list of those who are still to be reached.
COUNTS_FOR = timedelta(days=30)
# More than these are not counted: the page says that there are more.
COUNTED_AT_MOST = 2_000
SHOWN_AT_MOST = 200
_OF_PATIENT = tuple(
    f"patient__{one}" for one in ("given_name", "family_name", "external_id", "needs")
)
# Read at once for a file.
CHUNK = 1_000


class Reason(TextChoices):
    """Why no message about a visit can arrive; of several, the first."""

    NO_NUMBER = "NO_NUMBER", _("no number")
    NOT_BY_MESSAGE = "NOT_BY_MESSAGE", _("never by message")
    WRONG_NUMBER = "WRONG_NUMBER", _("number not valid, or somebody else's")
    STOPPED = "STOPPED", _("asked us to stop, or said no")
    FAILING = "FAILING", _("not on WhatsApp, or not reached lately")
    RAN_OUT = "RAN_OUT", _("permission ran out")
    NEVER_ASKED = "NEVER_ASKED", _("never asked")


# What must not be dialed or written to by another tool either.
WITHOUT_NUMBER = {*(Reason.NO_NUMBER, Reason.NOT_BY_MESSAGE, Reason.WRONG_NUMBER, Reason.STOPPED)}

# What the first contact's number says to messages about visits, and until when.
_SAYS = KT(f"standings__{Purpose.APPOINTMENTS}")
_ENDS = Cast(KT(f"ends__{Purpose.APPOINTMENTS}"), DateTimeField())


@dataclass(frozen=True)
class Asked:
    """What somebody wants to see."""

    clinic: Clinic
    days: int = 7  # of visits to come; 0: whoever was here in the last year
    site: Site | None = None
    reason: Reason | None = None
    language: str = ""
    is_open: bool = False  # without those for whom an outcome was written down lately
    limited_to: tuple[int, ...] = ()  # the sites of whoever looks, by their keys; none means all


@dataclass(frozen=True)
class Counts:
    """How many there are, by reason and by language."""

    by_reason: Counter[str]
    languages: tuple[str, ...]
    are_more: bool

    @property
    def total(self) -> int:
        return sum(self.by_reason.values())

    def are_few(self, reason: Reason | None) -> bool:
        """True where a page does not fill with those of a reason, or of any."""
        return (self.by_reason[reason] if reason else self.total) <= SHOWN_AT_MOST


def first(asked: Asked, *, now: datetime, most: int, are_few: bool) -> list[Any]:
    """Return so many of who is asked for, those with the next visit first, each with `reason`."""
    keys = _in_order(asked, now=now, are_few=are_few).values("patient_id")[:most]
    return list(with_outcomes(_of(asked, keys, now=now)))


def chunks(asked: Asked, *, now: datetime, are_few: bool, size: int = CHUNK) -> Iterator[list[Any]]:
    """
    Yield everybody who is asked for, some at a time, in the same order.

    The first come at once, however many follow. Who moves to a later visit meanwhile is not
    handed out twice.
    """
    places = ("starts_at", "pk") if asked.days else ("pk",)
    every = _in_order(asked, now=now, are_few=are_few).values_list(*places, "patient_id")
    given: set[int] = set()
    rest = every
    while found := list(rest[:size]):
        *last, _patient_id = found[-1]
        rest = every.filter(_after(places, last))
        fresh = [patient_id for *_place, patient_id in found if patient_id not in given]
        given.update(fresh)
        yield list(_of(asked, fresh, now=now))


def keys(asked: Asked, *, now: datetime, most: int, are_few: bool) -> list[int]:
    """Return the patients' keys of those, so many at most."""
    found = _in_order(asked, now=now, are_few=are_few)
    return list(found.values_list("patient_id", flat=True)[:most])


def _in_order(asked: Asked, *, now: datetime, are_few: bool) -> QuerySet[Any, Any]:
    """
    Return who is asked for as rows with `patient_id`: visits where they have one to come.

    Visits, or patients, are walked through in their order, which ends as soon as a page is full:
    sorting them would look at each first. Of few, walking would look at all; they are looked up.
    """
    found = _unreached(asked, now=now)
    found = found.filter(reason=asked.reason) if asked.reason else found.exclude(reason="")
    found = _looked_up(found, asked.reason) if are_few else found
    if asked.language:
        found = found.filter(language=asked.language)
    if not asked.days:
        return found.filter(_was_here(asked, now)).order_by("pk")
    ahead = _ahead(asked, now)
    place, its_place = ("starts_at", "pk"), (OuterRef("starts_at"), OuterRef("pk"))
    before = ahead.filter(~_after(place, its_place), ~Q(pk=OuterRef("pk")))
    is_next = ~Exists(before.filter(patient=OuterRef("patient")))
    visits = ahead.filter(Exists(found.filter(pk=OuterRef("patient_id"))), is_next)
    return visits.order_by(*place)


def _after(names: Sequence[str], last: Sequence[Any]) -> Q:
    """Return what comes after a place in an order."""
    *before, name = names
    *its, value = last
    later = Q(**{f"{name}__gt": value})
    for earlier, its_value in zip(reversed(before), reversed(its), strict=True):
        later = Q(**{f"{earlier}__gt": its_value}) | Q(**{earlier: its_value}) & later
    return later


def _of(asked: Asked, keys: Any, *, now: datetime) -> QuerySet[Any]:
    """Return these with all that is told of them, in their order."""
    ahead = _visits(asked).filter(
        patient=OuterRef("patient_id"), status=VisitStatus.BOOKED, starts_at__gt=now
    )
    ahead = ahead.order_by("starts_at", "pk")
    past = _visits(asked).filter(patient=OuterRef("patient_id"), starts_at__lte=now)
    past = past.exclude(status__in=_CANCELLED).order_by("-starts_at")
    found = Reach.objects.filter(pk__in=keys).alias(says=_SAYS, ends_at=_ENDS)
    found = (
        found.select_related("patient")
        .only("language", *_OF_PATIENT)
        .annotate(
            reason=_reason(asked, now),
            next_visit_at=Subquery(ahead.values("starts_at")[:1]),
            next_visit_id=Subquery(ahead.values("pk")[:1]),
            next_site_id=Subquery(ahead.values("site_id")[:1]),
            last_site_id=Subquery(past.values("site_id")[:1]),
            number=Subquery(Phone.objects.filter(pk=OuterRef("phone_id")).values("number")[:1]),
        )
    )
    order = ("next_visit_at", "next_visit_id") if asked.days else ("pk",)
    ordered: QuerySet[Any] = found.order_by(*order)
    return ordered


def with_outcomes(found: QuerySet[Reach]) -> QuerySet[Any]:
    """Add what came of it the last time, and on which day."""
    known = UnreachedOutcome.objects.filter(patient=OuterRef("patient_id"), undone_at=None)
    known = known.order_by("-happened_on", "-pk")
    return found.annotate(
        outcome=Subquery(known.values("how")[:1]),
        outcome_on=Subquery(known.values("happened_on")[:1]),
    )


def count(asked: Asked, *, now: datetime) -> Counts:
    """Count by reason, before the filter by reason."""
    everybody = _unreached(asked, now=now).exclude(reason="")
    if asked.days:
        of_visit = everybody.filter(pk=OuterRef("patient_id"))
        columns = {name: Subquery(of_visit.values(name)[:1]) for name in ("reason", "language")}
        anybody = replace(asked, reason=None, language="")
        rows = _in_order(anybody, now=now, are_few=False).values_list(*columns.values())
    else:
        rows = _looked_up(everybody).filter(_was_here(asked, now)).values_list("reason", "language")
    found = list(rows[: COUNTED_AT_MOST + 1])
    of_language = [why for why, language in found if asked.language in {"", language}]
    return Counts(
        by_reason=Counter(of_language),
        languages=tuple(sorted({language for _why, language in found if language})),
        are_more=len(found) > COUNTED_AT_MOST,
    )


def _behind(reason: Reason | None) -> tuple[str, ...]:
    """Return the obstacles that may come to be this reason, or any."""
    if reason is None:
        return tuple(Obstacle.values)
    known = Obstacle.RUNS_OUT if reason == Reason.RAN_OUT else Obstacle(reason.value)
    return (known, Obstacle.FOR_A_WHILE)


def _looked_up(found: QuerySet[Any], reason: Reason | None = None) -> QuerySet[Any]:
    """Find them by the index of obstacles, and not by looking at a million patients."""
    rows: QuerySet[Any] = found.alias(obstacle=obstacle()).filter(obstacle__in=_behind(reason))
    return rows


def _unreached(asked: Asked, *, now: datetime) -> QuerySet[Any]:
    """Return patients with `reason`, "" for none, whether they were here or come, or not."""
    found: QuerySet[Any] = Reach.objects.filter(clinic=asked.clinic)
    found = found.filter(_is_ours(asked, now)).alias(says=_SAYS, ends_at=_ENDS)
    found = found.annotate(reason=_reason(asked, now))
    if asked.is_open:
        since = now.astimezone(asked.clinic.zone).date() - COUNTS_FOR
        known = UnreachedOutcome.objects.filter(
            patient=OuterRef("patient_id"), undone_at=None, happened_on__gte=since
        )
        found = found.filter(~Exists(known))
    return found


def _visits(asked: Asked) -> QuerySet[Appointment]:
    found = Appointment.objects.filter(clinic=asked.clinic)
    if asked.site:
        found = found.filter(site=asked.site)
    if asked.limited_to:
        found = found.filter(site__in=asked.limited_to)
    return found


def _was_here(asked: Asked, now: datetime) -> Q:
    lately = _visits(asked).filter(
        patient=OuterRef("patient_id"), starts_at__gt=now - YEAR, starts_at__lte=now
    )
    return Q(Exists(lately.exclude(status__in=_CANCELLED)))


def _ahead(asked: Asked, now: datetime) -> QuerySet[Appointment]:
    until = now + timedelta(days=asked.days)
    return _visits(asked).filter(status=VisitStatus.BOOKED, starts_at__gt=now, starts_at__lt=until)


def _is_ours(asked: Asked, now: datetime) -> Q:
    today = now.astimezone(asked.clinic.zone).date()
    return Q(state=PatientState.ACTIVE) | Q(state=PatientState.PAUSED, paused_until__lte=today)


def _reason(asked: Asked, now: datetime) -> Case:
    today = now.astimezone(asked.clinic.zone).date()
    is_stopped = Q(phone_state=PhoneState.STOPPED) | Q(says__in=("WITHDRAWN", "DECLINED"))
    reasons = (
        (Q(phone_id=None) | Q(contact_until__lt=today), Reason.NO_NUMBER),
        (Q(may_be_told="NEVER"), Reason.NOT_BY_MESSAGE),
        (Q(phone_state=PhoneState.WRONG_PERSON), Reason.WRONG_NUMBER),
        (is_stopped, Reason.STOPPED),
        (Q(phone_state=PhoneState.FAILING), Reason.FAILING),
        (Q(says="GRANTED", ends_at__lte=now), Reason.RAN_OUT),
        (Q(says="GRANTED"), ""),
    )
    return Case(
        *(When(when, then=Value(str(why))) for when, why in reasons),
        default=Value(str(Reason.NEVER_ASKED)),
        output_field=CharField(),
    )
