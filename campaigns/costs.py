"""What a campaign will cost, what of it has left, and what receipts say it has cost."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import connection

from campaigns import audience
from campaigns.at_hand import AtHand
from campaigns.models import Campaign, Run
from campaigns.rates import Price, Prices
from healthmsg.clinic import phone
from healthmsg.clinic.models import Clinic
from whatsapp.status import LEFT_US

# A household's message counts once. Counted as what WhatsApp says it charges for, where it has said
# so; until then as what it counts the template as.
_MESSAGES = f"""
SELECT coalesce(nullif(upper(message.charged_as), ''), template.category),
       left(phone.number, {phone.BEGINNING}),
       (coalesce(message.delivered_at, message.accepted_at, %(now)s) AT TIME ZONE %(zone)s)::date,
       sum(CASE WHEN message.doubled_at IS NULL THEN 1 ELSE 2 END)
  FROM whatsapp_message message
  JOIN clinic_phone phone ON phone.id = message.phone_id
  LEFT JOIN whatsapp_templateversion version ON version.id = message.template_version_id
  LEFT JOIN whatsapp_template template ON template.id = version.template_id
 WHERE message.id IN (SELECT recipient.message_id FROM campaigns_recipient recipient
                       WHERE recipient.run_id = ANY(%(runs)s))
   AND {{which}}
 GROUP BY 1, 2, 3
"""  # noqa: S608 - put together from our own words alone
# Source: WhatsApp Cloud API, pricing, read 2026-11: due on delivery, whatever the receipt said it
# in. What is charged for was told by receipts alone; WhatsApp's invoice is what counts.
_CHARGED = "message.charged_as <> '' AND message.delivered_at IS NOT NULL"
_IN_STATUS = "message.status = ANY(%(statuses)s)"


@dataclass(frozen=True, slots=True)
class Line:
    """So many messages of a category to one country, at one price."""

    country: str  # two letters, "" where the number does not tell
    category: str
    messages: int
    price: Price | None  # None: no rate is known

    @property
    def amount(self) -> Decimal:
        return self.price.amount * self.messages if self.price else Decimal(0)


@dataclass(frozen=True, slots=True)
class Cost:
    """What messages cost, line by line, most messages first; of some no rate may be known."""

    lines: tuple[Line, ...]

    @property
    def messages(self) -> int:
        return sum(line.messages for line in self.lines)

    @property
    def unknown(self) -> tuple[Line, ...]:
        return tuple(line for line in self.lines if line.price is None)

    @property
    def totals(self) -> dict[str, Decimal]:
        """What it is in each currency; those without a known rate are in none of them."""
        found: defaultdict[str, Decimal] = defaultdict(Decimal)
        for line in self.lines:
            if line.price is not None:
                found[line.price.currency] += line.amount
        return dict(found)

    def total(self, currency: str) -> Decimal:
        return self.totals.get(currency, Decimal(0))


def estimate(campaign: Campaign, *, now: datetime, at_hand: AtHand | None = None) -> Cost:
    """
    Work out what a run would cost if it were started now and all of it arrived.

    Source: WhatsApp Cloud API, pricing, read 2026-11: each delivered template is charged for, since
    October 2026 also within 24 hours of a patient's message. What WhatsApp takes off for large
    volumes is not known here.
    """
    at_hand = at_hand or AtHand(campaign)
    categories = at_hand.words.categories
    found: Counter[tuple[str, str, date]] = Counter()
    today = now.astimezone(campaign.clinic.zone).date()
    asked = audience.of(campaign, now=now, at_hand=at_hand)
    for (language, beginning), count in audience.numbers(asked).items():
        found[categories.get(language, ""), beginning, today] += count
    return of_counts(found, Prices(campaign.clinic_id))


def spend(run: Run, *, now: datetime) -> Cost:
    """Work out what a run has cost so far, as receipts say."""
    return of_runs(run.campaign.clinic, [run.pk], now=now, which=_CHARGED)


def spend_of(campaign: Campaign, *, now: datetime) -> Cost:
    """Work out what all of a campaign's runs have cost so far, as receipts say."""
    return of_runs(campaign.clinic, _runs_of(campaign), now=now, which=_CHARGED)


def expected(run: Run, *, now: datetime) -> Cost:
    """Work out what a run will cost of what has left: all that did not fail is taken to arrive."""
    return of_runs(run.campaign.clinic, [run.pk], now=now)


def of_runs(
    clinic: Clinic,
    runs: Sequence[int],
    *,
    now: datetime,
    which: str = _IN_STATUS,
    statuses: Iterable[str] = LEFT_US,
) -> Cost:
    """Work out what messages of these runs cost: those in these statuses, unless said otherwise."""
    values = {
        "runs": list(runs),
        "now": now,
        "zone": clinic.time_zone,
        "statuses": [str(status) for status in statuses],
    }
    found: Counter[tuple[str, str, date]] = Counter()
    for category, beginning, day, count in _rows(_MESSAGES.format(which=which), values):
        found[category or "", beginning, day] += int(count)
    return of_counts(found, Prices(clinic.pk))


def of_counts(counts: Counter[tuple[str, str, date]], prices: Prices) -> Cost:
    """Put a price to numbers of messages, counted by category, beginning of the number and day."""
    found: Counter[tuple[str, str, Price | None]] = Counter()
    for (category, beginning, day), count in counts.items():
        country = phone.country_of(beginning)
        found[country, category, prices.of(country, category, on=day)] += count
    lines = (Line(country, category, n, price) for (country, category, price), n in found.items())
    return Cost(tuple(sorted(lines, key=lambda line: (-line.messages, line.country))))


def _runs_of(campaign: Campaign) -> list[int]:
    return list(Run.objects.filter(campaign=campaign).order_by("pk").values_list("pk", flat=True))


def _rows(statement: str, values: dict[str, Any]) -> Sequence[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        rows: Sequence[tuple[Any, ...]] = cursor.fetchall()
    return rows
