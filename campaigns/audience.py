"""Who a run would reach, and why not the others: one statement serves the look and the start."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import F

from campaigns import criteria, topics
from campaigns.at_hand import AtHand
from campaigns.criteria import Criteria
from campaigns.models import Campaign, Run
from campaigns.reasons import REASON
from healthmsg.clinic import phone
from healthmsg.clinic.models import Clinic
from whatsapp.status import Reason

SAMPLE = 10
# So many patients are written down at once.
CHUNK = 20_000

_LOOK = "SELECT {reason} AS reason, count(*) FROM clinic_reach reach WHERE {fits} GROUP BY 1"
# One message for all who share a number. Counting each number once by sorting them takes twice as
# long as grouping by it, and grouping a million without room for them goes to the disk.
_CHECK = """
WITH asked AS (
  SELECT {reason} AS reason, {site} AS site_id, reach.phone_id, count(*) AS people
    FROM clinic_reach reach WHERE {fits} GROUP BY 1, 2, 3)
SELECT reason, site_id, sum(people)::bigint, count(*) FROM asked GROUP BY 1, 2
"""
_ROOM = "SET LOCAL work_mem = '96MB'"
_COUNT = "SELECT count(*) FROM clinic_reach reach WHERE {fits}"
_SOME = """
SELECT reach.patient_id FROM clinic_reach reach WHERE {fits}
 ORDER BY reach.patient_id LIMIT %(some)s
"""
# One message per number; a household is counted in one of its languages. Nothing sorts before "",
# so that this asks for it; of an equality the planner expects next to nobody, and looks a million
# numbers up one by one. Materialized: else rows are read in the order of their numbers, from all
# over the table.
_NUMBERS = """
WITH reached AS MATERIALIZED (
  SELECT reach.language, reach.phone_id FROM clinic_reach reach WHERE {fits} AND {reason} <= ''),
told AS (SELECT min(language) AS language, phone_id FROM reached GROUP BY phone_id)
SELECT told.language, left(phone.number, %(beginning)s), count(*)
  FROM told JOIN clinic_phone phone ON phone.id = told.phone_id
 GROUP BY 1, 2
"""
_EVERYBODY = """
SELECT patient.id, patient.external_id, {reason}
  FROM clinic_reach reach JOIN clinic_patient patient ON patient.id = reach.patient_id WHERE {fits}
"""
_SETTLED = """
SELECT reach.patient_id, {reason} FROM clinic_reach reach WHERE reach.patient_id = ANY(%(patients)s)
"""
# What may happen to a patient while a run takes days, and is asked nowhere else before they are
# written to.
_SETTLING = {Reason.ALREADY_DONE, Reason.ALREADY_BOOKED, Reason.NOT_THIS}
# Nobody is found twice: the run's row is locked, and how far it came is committed with the rows. To
# ask of each row whether it is there already would take a fifth of the time (measured).
_EXPAND = """
WITH written AS (
  INSERT INTO campaigns_recipient (run_id, patient_id, contact_id, phone_id, reason, place,
                                   limited_by_site_id)
  SELECT %(run)s, reach.patient_id, reach.contact_id, reach.phone_id, {reason}, {place}, {site}
    FROM clinic_reach reach WHERE {fits} AND reach.patient_id > %(after)s
   ORDER BY reach.patient_id LIMIT %(chunk)s
  RETURNING patient_id)
SELECT count(*), max(patient_id) FROM written
"""
# Of whoever is tried again only: days may have passed since they were asked about.
_ASK_AGAIN = """
UPDATE campaigns_recipient recipient SET reason = {reason} FROM clinic_reach reach
 WHERE recipient.run_id = %(run)s AND recipient.message_id IS NULL AND recipient.reason = ''
   AND recipient.retry > 0 AND reach.patient_id = recipient.patient_id
RETURNING recipient.reason
"""


@dataclass(frozen=True)
class Asked:
    """Whom criteria fit, of which clinic, and when; for the reasons, by which campaign too."""

    clinic: Clinic
    criteria: Criteria
    now: datetime
    about: Mapping[str, Any] = field(default_factory=dict)
    # Whom it writes to first, in this order.
    groups: tuple[Criteria, ...] = ()
    # True where each is written down with the site whose free slots limit the campaign.
    is_by_site: bool = False


@dataclass(frozen=True)
class Check:
    """What a campaign would come to: people by reason, messages, and people by site."""

    # Under "" who would get it.
    by_reason: Counter[str]
    messages: int
    # Who would get it, by primary key of Site, 0 for none; of campaigns limited by free slots.
    by_site: Mapping[int, int] = field(default_factory=dict)

    @property
    def reached(self) -> int:
        return self.by_reason[""]

    @property
    def sharing(self) -> int:
        """How many get it with somebody else's message, as both have one number."""
        return self.reached - self.messages


@dataclass(frozen=True, slots=True)
class Verdict:
    """A patient, and why there would be no message; "" where there would."""

    patient_id: int
    external_id: str
    reason: str


def of(campaign: Campaign, *, now: datetime, at_hand: AtHand | None = None) -> Asked:
    at_hand = at_hand or AtHand(campaign)
    words = at_hand.words
    about = {
        "purpose": campaign.purpose,
        "has_number": words.has_number,
        "about_vaccine": campaign.vaccine_id,
        "about_since": campaign.vaccine_since,
        "about_kind": campaign.visit_kind_id,
        "written": words.written,
        # A safety notice is never one too many.
        "most": None if campaign.notice else campaign.clinic.invitations_a_month,
        **_topic(at_hand),
    }
    first = tuple(
        criteria.of(group.audience).beside_others(f"group{n}_")
        for n, group in enumerate(at_hand.groups)
    )
    is_by_site = campaign.expected_percent is not None
    whom = criteria.of(campaign.audience, at_hand.named)
    return Asked(campaign.clinic, whom, now, about, first, is_by_site=is_by_site)


def _topic(at_hand: AtHand) -> dict[str, Any]:
    """Return what it speaks of, which patients may have declined or done."""
    campaign = at_hand.campaign
    # Where it is for a vaccine, the lists say nothing more.
    topic = topics.of(campaign, at_hand.made_lists if campaign.vaccine_id is None else ())
    return {
        "topic_vaccine": topic.vaccine_id,
        "topic_kind": topic.visit_kind_id,
        "topic_campaign": topic.campaign_id,
        "made_lists": list(topic.list_ids),
    }


def count(asked: Asked) -> int:
    """Count whom the criteria fit, whether they may be written to or not."""
    return int(_rows(_COUNT, asked)[0][0])


def some(asked: Asked) -> list[int]:
    """Return primary keys of a few patients whom the criteria fit."""
    return [row[0] for row in _rows(_SOME, asked, some=SAMPLE)]


def look(asked: Asked) -> Counter[str]:
    """Count who would get it, under "", and who would not, by reason; changes nothing."""
    return Counter(dict(_rows(_LOOK, asked)))


@transaction.atomic
def check(asked: Asked) -> Check:
    """Count people and messages; changes nothing. A household of two sites counts at each."""
    by_reason, by_site, messages = Counter[str](), Counter[int](), 0
    _make_room()
    for reason, site_id, people, phones in _rows(_CHECK, asked):
        by_reason[reason] += people
        if not reason:
            messages += phones
        if not reason and site_id is not None:
            by_site[site_id] += people
    return Check(by_reason, messages, by_site)


@transaction.atomic
def numbers(asked: Asked) -> Counter[tuple[str, str]]:
    """Count the messages that would go out, by language and by how the numbers begin."""
    _make_room()
    rows = _rows(_NUMBERS, asked, beginning=phone.BEGINNING)
    return Counter({(language, beginning): count for language, beginning, count in rows})


def everybody(asked: Asked) -> Iterator[Verdict]:
    """Yield everybody whom the criteria fit, a few thousand rows in memory at a time."""
    with transaction.atomic(), connection.chunked_cursor() as cursor:
        cursor.execute(_written(_EVERYBODY, asked), _values(asked))
        for row in cursor:
            yield Verdict(*row)


def misfits(asked: Asked, patient_id: int) -> list[str]:
    """Return what of the criteria does not fit a patient, by the audience's fields."""
    parts = asked.criteria.parts
    columns = ", ".join(f"coalesce({sql}, false)" for sql in parts.values()) or "true"
    rows = _rows(
        f"SELECT {columns} FROM clinic_reach reach WHERE reach.patient_id = %(patient)s",  # noqa: S608 - put together from our own words alone
        asked,
        patient=patient_id,
    )
    return [name for name, fits in zip(parts, rows[0], strict=False) if not fits] if rows else []


def settled(asked: Asked, patients: Sequence[int]) -> dict[int, str]:
    """Return who of these needs no invitation any more, each with the reason."""
    rows = _rows(_SETTLED, asked, patients=list(patients))
    return {patient_id: reason for patient_id, reason in rows if reason in _SETTLING}


def expand(run: Run, *, now: datetime, chunk: int = CHUNK) -> bool:
    """
    Write down the next patients, each with a reason or none; True where there may be more.

    Where it is cut off, nothing of its chunk stands, and the next call begins with the same one.
    """
    asked = replace(of(run.campaign, now=now), is_by_site=run.is_by_site)
    with transaction.atomic():
        # As it stands by now, not as the caller read it: whoever was before us is not found again.
        after = Run.objects.select_for_update().values_list("expanded_to", flat=True).get(pk=run.pk)
        ((count, last),) = _rows(_EXPAND, asked, run=run.pk, after=after, chunk=chunk)
        if count:
            size = F("audience_size") + count
            Run.objects.filter(pk=run.pk).update(expanded_to=last, audience_size=size)
    return bool(count == chunk)


def ask_again(run: Run, *, now: datetime) -> Counter[str]:
    """Ask anew about everybody who waits for another try; how many by reason, "" for none."""
    return Counter(reason for (reason,) in _rows(_ASK_AGAIN, of(run.campaign, now=now), run=run.pk))


def _make_room() -> None:
    with connection.cursor() as cursor:
        cursor.execute(_ROOM)


def _rows(statement: str, asked: Asked, **more: Any) -> Sequence[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(_written(statement, asked), _values(asked) | more)
        rows: Sequence[tuple[Any, ...]] = cursor.fetchall()
    return rows


def _written(statement: str, asked: Asked) -> str:
    return statement.format(
        reason=REASON,
        fits=asked.criteria.condition,
        place=_place(asked.groups),
        site="coalesce(reach.site_id, 0)" if asked.is_by_site else "NULL::bigint",
    )


def _place(groups: Sequence[Criteria]) -> str:
    """Return the place in the order of whoever `reach` is about; without groups all have one."""
    whens = "".join(f" WHEN {group.condition} THEN {n}" for n, group in enumerate(groups))
    return f"CASE{whens} ELSE {len(groups)} END" if whens else "0"


def _values(asked: Asked) -> dict[str, Any]:
    today = asked.now.astimezone(asked.clinic.zone).date()
    of_groups = {name: value for group in asked.groups for name, value in group.values.items()}
    own = {**asked.criteria.values, **asked.about}
    moment = {"now": asked.now, "today": today, "zone": asked.clinic.time_zone}
    return own | of_groups | moment
