"""
Makes lists of who is due: by an approved schedule or season, in chunks, in the background.

A chunk is one transaction: a list that is stopped or killed goes on from the patient it came to.
Who has died or left is on no list; everybody else is, and the campaign says why somebody gets no
message.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection, transaction

from campaigns import criteria, due
from campaigns.criteria import Criteria
from campaigns.due import Due, Given, Step
from campaigns.models import Making, PatientList, Schedule, Season
from campaigns.spans import Span, Unit
from healthmsg.clinic.models import Clinic, StaffUser

CHUNK = 2000
# So many chunks a tick: what else the worker has to do waits no longer for them.
CHUNKS_A_TICK = 10
_DAYS_AT_MOST = {Unit.DAYS: 1, Unit.WEEKS: 7, Unit.MONTHS: 31, Unit.YEARS: 366}

_IS_OURS = "reach.state NOT IN ('DECEASED', 'GONE')"
# Born in time for anything to be due, and not too old for everything.
_FITS = f"""
reach.clinic_id = %(clinic)s AND {_IS_OURS} AND reach.birth_date <= %(by)s
  AND (%(born_from)s::date IS NULL OR reach.birth_date >= %(born_from)s)
  AND (%(born_until)s::date IS NULL OR reach.birth_date <= %(born_until)s)
"""
_HOW_MANY = "SELECT count(*) FROM clinic_reach reach WHERE {fits}"
_PEOPLE = """
SELECT reach.patient_id, reach.birth_date, reach.sex FROM clinic_reach reach
 WHERE {fits} AND reach.patient_id > %(made_to)s ORDER BY reach.patient_id LIMIT %(chunk)s
"""
_DOSES = """
SELECT dose.patient_id, dose.vaccine_id, dose.given_on,
       (dose.recorded_at AT TIME ZONE %(zone)s)::date
  FROM clinic_immunisation dose
 WHERE dose.patient_id = ANY(%(people)s) AND dose.vaccine_id = ANY(%(vaccines)s)
   AND dose.entered_in_error_at IS NULL
"""
# Arrays of arrays have to be of one length: what is due is written out, one text a patient.
_WRITE = """
INSERT INTO campaigns_listentry
       (patient_list_id, patient_id, due_on, vaccines, dose_numbers, is_after_early)
SELECT %(list)s, patient_id, due_on, vaccines::bigint[], dose_numbers::smallint[], is_after_early
  FROM unnest(%(patients)s::bigint[], %(days)s::date[], %(vaccines)s::text[], %(numbers)s::text[],
              %(early)s::boolean[])
    AS found(patient_id, due_on, vaccines, dose_numbers, is_after_early)
    ON CONFLICT DO NOTHING
"""
_SEASON = """
WITH found AS (
  SELECT reach.patient_id FROM clinic_reach reach
   WHERE {fits} AND reach.patient_id > %(made_to)s ORDER BY reach.patient_id LIMIT %(chunk)s),
written AS (
  INSERT INTO campaigns_listentry (patient_list_id, patient_id, due_on, vaccines, dose_numbers)
  SELECT %(list)s, patient_id, %(due_on)s, ARRAY[%(vaccine)s]::bigint[], ARRAY[]::smallint[]
    FROM found ORDER BY patient_id ON CONFLICT DO NOTHING)
SELECT count(*), max(patient_id) FROM found
"""


class NotPossible(Exception):
    """The list cannot be made; the message says why."""


@dataclass(frozen=True)
class Chunk:
    """How far one chunk came, how many it looked at, and what it found for how many."""

    looked_at: int
    made_to: int
    by_vaccine: Counter[int]
    found: int


def make(
    source: Schedule | Season, *, name: str, by: StaffUser, due_by: date, now: datetime
) -> PatientList:
    """
    Begin a list of who is due by a day; the ticks make it.

    :raises NotPossible: no clinician stands by what is to make it, or it does not apply then
    """
    today = _today(source.clinic, now)
    if not source.is_valid:
        raise NotPossible("A clinician has to approve it before it makes lists.")
    if due_by < today:
        raise NotPossible("This day has passed.")
    if isinstance(source, Schedule) and due_by < source.effective_from:
        raise NotPossible("This edition does not apply yet on that day.")
    if isinstance(source, Season) and source.last_day < today:
        raise NotPossible("This season is over.")
    made = PatientList(
        clinic=source.clinic,
        name=name,
        schedule=source if isinstance(source, Schedule) else None,
        season=source if isinstance(source, Season) else None,
        due_by=due_by,
        asked_by=by,
        asked_at=now,
        making=Making.MAKING,
    )
    made.to_look_at = _how_many(made, now)
    made.save()
    return made


def go_on(*, now: datetime, chunk: int = CHUNK, chunks: int = CHUNKS_A_TICK) -> int:
    """Bring every list that is being made some chunks further; how many entries were found."""
    to_make = PatientList.objects.filter(making=Making.MAKING).order_by("pk")
    found = 0
    for list_id in to_make.values_list("pk", flat=True):
        for _turn in range(chunks):
            more = _make_some(list_id, chunk, now)
            found += more or 0
            if more is None:
                break
    return found


def stop(patient_list: PatientList) -> bool:
    """Make no more of it for now. True where it was being made."""
    making = PatientList.objects.filter(pk=patient_list.pk, making=Making.MAKING)
    return bool(making.update(making=Making.STOPPED))


def resume(patient_list: PatientList) -> bool:
    """Go on where it was stopped. True where it was."""
    stopped = PatientList.objects.filter(pk=patient_list.pk, making=Making.STOPPED)
    return bool(stopped.update(making=Making.MAKING))


@transaction.atomic
def _make_some(list_id: int, size: int, now: datetime) -> int | None:
    """Make one chunk, and return how many it found; None: there is nothing more to do here."""
    made = (
        PatientList.objects.select_for_update(skip_locked=True, of=("self",))
        .select_related("clinic", "schedule", "season__audience")
        .filter(pk=list_id, making=Making.MAKING)
        .first()
    )
    if made is None:
        return None
    source = made.made_by
    if source is None or not source.is_valid:
        # Whoever stood by it does so no longer.
        PatientList.objects.filter(pk=list_id).update(making=Making.STOPPED)
        return None
    one = _by_schedule(made, size, now) if made.schedule else _by_season(made, size, now)
    counts = Counter({int(key): n for key, n in made.by_vaccine.items()}) + one.by_vaccine
    is_last = one.looked_at < size
    PatientList.objects.filter(pk=list_id).update(
        made_to=max(one.made_to, made.made_to),
        looked_at=made.looked_at + one.looked_at,
        found=made.found + one.found,
        by_vaccine={str(key): n for key, n in sorted(counts.items())},
        **({"making": Making.READY, "made_at": now} if is_last else {}),
    )
    return None if is_last and not one.found else one.found


def _by_schedule(made: PatientList, size: int, now: datetime) -> Chunk:
    fits = _fits(made, now)
    steps = _steps(made)
    people = _rows(_PEOPLE, fits, made_to=made.made_to, chunk=size)
    doses = _doses_of(made.clinic, [row[0] for row in people], {s.vaccine_id for s in steps})
    today = _today(made.clinic, now)
    by = made.due_by or today
    series = due.in_series(steps)
    found = {}
    for patient_id, born, sex in people:
        dues = due.by_series(born, sex, series, doses[patient_id])
        if told := due.on_one_day(dues, born=born, today=today, by=by):
            found[patient_id] = told
    _write(made, found, today)
    counts = Counter(one.step.vaccine_id for told in found.values() for one in told)
    return Chunk(len(people), people[-1][0] if people else 0, counts, len(found))


def _write(made: PatientList, found: dict[int, list[Due]], today: date) -> None:
    told = found.values()
    values: dict[str, Any] = {
        "list": made.pk,
        "patients": list(found),
        "days": [max(today, dues[0].on) for dues in told],
        "vaccines": [_array(one.step.vaccine_id for one in dues) for dues in told],
        "numbers": [_array(one.step.number for one in dues) for dues in told],
        "early": [any(one.is_after_early for one in dues) for dues in told],
    }
    with connection.cursor() as cursor:
        cursor.execute(_WRITE, values)


def _array(numbers: Iterable[int]) -> str:
    return f"{{{','.join(map(str, numbers))}}}"


def _by_season(made: PatientList, size: int, now: datetime) -> Chunk:
    season = made.season
    if season is None:
        raise AssertionError("a list is made by a schedule or a season")
    fits = _fits(made, now)
    due_on = max(_today(made.clinic, now), season.first_day)
    more = {"list": made.pk, "due_on": due_on, "vaccine": season.vaccine_id}
    ((count, last),) = _rows(_SEASON, fits, made_to=made.made_to, chunk=size, **more)
    return Chunk(count, last or 0, Counter({season.vaccine_id: count} if count else {}), count)


def _fits(made: PatientList, now: datetime) -> Criteria:
    """Return who may be on it at all."""
    if made.season is not None:
        found = criteria.of_season(made.season)
        today = _today(made.clinic, now)
        values = {"now": now, "today": today, "zone": made.clinic.time_zone}
        return Criteria(f"{found.condition} AND {_IS_OURS}", {**found.values, **values})
    schedule = made.schedule
    if schedule is None:
        raise AssertionError("a list is made by a schedule or a season")
    youngest = [schedule.born_from, _too_old(_steps(made), _today(made.clinic, now))]
    return Criteria(
        _FITS,
        {
            "clinic": made.clinic_id,
            "by": made.due_by,
            "born_from": max(filter(None, youngest), default=None),
            "born_until": schedule.born_until,
        },
    )


def _too_old(steps: Iterable[Step], today: date) -> date | None:
    """Return a birth date before which nothing is given any more; None: something always is."""
    lasting = [step.until_age for step in steps]
    if not lasting or None in lasting:
        return None
    days = max(_days_at_most(span) for span in lasting if span)
    return today - timedelta(days=days)


def _days_at_most(span: Span) -> int:
    return span.count * _DAYS_AT_MOST[span.unit]


def _steps(made: PatientList) -> list[Step]:
    if made.schedule is None:
        return []
    return [row.step for row in made.schedule.doses.all()]


def _doses_of(clinic: Clinic, people: list[int], vaccines: set[int]) -> dict[int, list[Given]]:
    values: dict[str, Any] = {
        "people": people,
        "vaccines": sorted(vaccines),
        "zone": clinic.time_zone,
    }
    found: dict[int, list[Given]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(_DOSES, values)
        for patient_id, vaccine_id, given_on, told_on in cursor.fetchall():
            is_known = given_on is not None
            found[patient_id].append(Given(vaccine_id, given_on or told_on, is_known))
    return found


def _how_many(made: PatientList, now: datetime) -> int:
    return int(_rows(_HOW_MANY, _fits(made, now))[0][0])


def _rows(statement: str, fits: Criteria, **more: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement.format(fits=fits.condition), {**fits.values, **more})
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found


def _today(clinic: Clinic, now: datetime) -> date:
    return now.astimezone(clinic.zone).date()
