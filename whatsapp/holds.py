"""Stops what WhatsApp's answers ask to stop, and lifts what it closed for a time."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from django.db import connection, transaction
from django.db.models import F, Func, Q, QuerySet

from healthmsg.clinic.phone import country_prefix
from whatsapp.lifting import BY_WHATSAPP
from whatsapp.models import (
    Account,
    ClosedCountry,
    Kind,
    Message,
    Restriction,
    Sender,
    Template,
)

TEMPLATES = (Kind.UTILITY, Kind.MARKETING, Kind.AUTHENTICATION)
# Refusals further apart than this are not "in a row".
STRIKES_COUNT_FOR = timedelta(hours=1)
# After a pause nobody has looked at, a few messages show whether WhatsApp takes them again; the
# first refusal stops the number anew.
PROBING_RATE = 1.0
_NOT_HELD = {"held_at": None, "held_reason": "", "held_until": None}


@dataclass(frozen=True)
class Lifted:
    """What came free again because its time was over."""

    numbers: int
    accounts: int
    kinds: int

    @property
    def total(self) -> int:
        return self.numbers + self.accounts + self.kinds


def stop_number(
    sender_id: int,
    *,
    reason: str,
    now: datetime,
    code: int | None = None,
    until: datetime | None = None,
) -> bool:
    """Stop one of our numbers. True where it was not stopped before; who came first is right."""
    running = Sender.objects.filter(pk=sender_id, held_at=None)
    return bool(
        running.update(held_at=now, held_reason=reason[:200], held_code=code, held_until=until)
    )


def start_number(sender_id: int) -> bool:
    """Let a number send again. True where it was stopped."""
    stopped = Sender.objects.filter(pk=sender_id, held_at__isnull=False)
    return bool(stopped.update(**_NOT_HELD, held_code=None))


def stop_account(account_id: int, *, reason: str, now: datetime) -> bool:
    """Stop all numbers of an account, as WhatsApp did; what a person stopped stays theirs."""
    running = Account.objects.filter(pk=account_id, held_at=None)
    return bool(running.update(held_at=now, held_reason=(BY_WHATSAPP + reason)[:200]))


def start_account(account_id: int) -> bool:
    """Lift what WhatsApp stopped. True where it had."""
    stopped = Account.objects.filter(pk=account_id, held_reason__startswith=BY_WHATSAPP)
    return bool(stopped.update(**_NOT_HELD))


def warn(account_id: int, words: str, *, at: datetime) -> None:
    """Keep WhatsApp's newest warning for a person to see."""
    newest = Q(warned_at=None) | Q(warned_at__lte=at)
    Account.objects.filter(newest, pk=account_id).update(warning=words[:200], warned_at=at)


def stop_template(template_id: int, *, reason: str, code: int | None, now: datetime) -> bool:
    """Use a template no more that WhatsApp approves of, and that we fill wrongly."""
    running = Template.objects.filter(pk=template_id, held_at=None)
    return bool(running.update(held_at=now, held_reason=reason[:200], held_code=code))


def start_template(template_id: int) -> bool:
    """Use a template again, with a clean slate."""
    stopped = Template.objects.filter(pk=template_id, held_at__isnull=False)
    return bool(
        stopped.update(held_at=None, held_reason="", held_code=None, strikes=0, strike_code=None)
    )


@transaction.atomic
def strike_template(
    message: Message, *, code: int, allowed: int, reason: str, now: datetime
) -> bool:
    """
    Count a refusal against its template, and stop that with the last allowed one in a row.

    :returns: True where this one stopped it
    """
    version = message.template_version
    if version is None:
        return False
    # The row's lock: two processes that count at once would both read the same number.
    template = Template.objects.select_for_update(no_key=True).get(pk=version.template_id)
    if not _goes_on(template, message, code, now):
        template.strikes, template.strike_code, template.struck_at = 0, code, now
    template.strikes += 1
    template.save(update_fields=["strikes", "strike_code", "struck_at"])
    words = f"refused {template.strikes} times in a row: {reason}"
    return template.strikes >= allowed and stop_template(
        template.pk, reason=words, code=code, now=now
    )


def _goes_on(template: Template, message: Message, code: int, now: datetime) -> bool:
    """True where this refusal follows on others, with no success in between."""
    since = template.struck_at
    if template.strike_code != code or since is None or since <= now - STRIKES_COUNT_FOR:
        return False
    return not Message.objects.filter(
        sender=message.sender_id,
        accepted_at__gt=since,
        template_version__template=template,
    ).exists()


# Notices overtake each other: an older one changes nothing.
_CLOSE = """
INSERT INTO whatsapp_restriction AS known
       (account_id, kind, cause, held_at, held_until, held_code, held_reason, told_at)
SELECT %(account)s, kind, %(cause)s, %(now)s, %(until)s, %(code)s, %(reason)s, %(told_at)s
  FROM unnest(%(kinds)s::text[]) AS kind ORDER BY kind
ON CONFLICT (account_id, kind, cause) DO UPDATE
   SET held_until = excluded.held_until, held_reason = excluded.held_reason,
       told_at = excluded.told_at
 WHERE known.told_at <= excluded.told_at
"""


@dataclass(frozen=True)
class Closing:
    """Why kinds of messages are closed, for how long, and when WhatsApp said so."""

    cause: str
    reason: str
    told_at: datetime
    code: int | None = None
    until: datetime | None = None


def close_kinds(account_id: int, kinds: Iterable[Kind], closing: Closing, *, now: datetime) -> None:
    """Let these kinds of messages wait; the others go on. Twice is once."""
    with connection.cursor() as cursor:
        cursor.execute(
            _CLOSE,
            {
                "account": account_id,
                "kinds": sorted(kind.value for kind in kinds),
                "cause": closing.cause[:60],
                "now": now,
                "until": closing.until,
                "code": closing.code,
                "reason": closing.reason[:200],
                "told_at": closing.told_at,
            },
        )


def close_country(message: Message, *, now: datetime) -> bool:
    """
    Write no more to the country of a message's number, as WhatsApp lets nobody.

    Never to the clinic's own: one wrong code would silence all its patients.

    :param message: with sender, clinic and phone at hand
    """
    prefix = country_prefix(message.phone.number, home=message.clinic.country)
    if not prefix or message.sender is None:
        return False
    _, is_new = ClosedCountry.objects.get_or_create(
        account_id=message.sender.account_id, prefix=prefix, defaults={"closed_at": now}
    )
    return is_new


def open_kind(restriction_id: int) -> bool:
    """Let a kind of message go again. True where it was closed."""
    return bool(Restriction.objects.filter(pk=restriction_id).delete()[0])


def open_country(country_id: int) -> bool:
    """Write to a country again. True where it was closed."""
    return bool(ClosedCountry.objects.filter(pk=country_id).delete()[0])


def lift_expired(*, now: datetime) -> Lifted:
    """
    Lift what was closed until now. What a person stopped has no such end, and stays stopped.

    Twice is once; a probe that is refused closes it again.
    """
    over = Q(held_until__lte=now)
    kinds = Restriction.objects.filter(over)
    # An end that WhatsApp named needs no trying; one that we guessed does.
    guessed = kinds.filter(held_code__isnull=False)
    reopened = list(guessed.values_list("account_id", flat=True).distinct())
    numbers = Sender.objects.filter(over, held_at__isnull=False)
    restarted = list(numbers.values_list("pk", flat=True))
    _start_slowly(Sender.objects.filter(Q(account__in=reopened) | Q(pk__in=restarted)))
    # In this order: a number that runs again does so slowly from its first message.
    return Lifted(
        numbers=numbers.filter(pk__in=restarted).update(**_NOT_HELD, held_code=None),
        accounts=Account.objects.filter(over, held_at__isnull=False).update(**_NOT_HELD),
        kinds=kinds.delete()[0],
    )


# The database's real clock: pacing and its counts know no other.
RealNow = partial(Func, function="clock_timestamp")


def _start_slowly(senders: QuerySet[Sender]) -> None:
    faster = senders.filter(Q(slowed_to=None) | Q(slowed_to__gt=PROBING_RATE))
    faster.update(
        slowed_to=PROBING_RATE,
        slowed_at=RealNow(),
        slowed_reason="a few messages first, after a stop",
    )


def leave_alone(message: Message, *, until: datetime) -> int:
    """
    Let offers to a phone wait that WhatsApp wants to give no more of now; reminders go on.

    Source: WhatsApp Cloud API, per-user marketing limits: trying within 24 hours may keep the
    person out of reach for longer.
    """
    waiting = Message.objects.filter(
        phone=message.phone_id,
        send_after__lt=until,
        template_version__template__category="MARKETING",
    )
    # What a claim has in hand goes; we wait for nobody.
    ids = waiting.order_by("pk").select_for_update(no_key=True, skip_locked=True, of=("self",))
    with transaction.atomic():
        chosen = list(ids.values_list("pk", flat=True))
        return Message.objects.filter(pk__in=chosen, expires_at__gt=F("send_after")).update(
            send_after=until
        )
