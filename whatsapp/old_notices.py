"""Notices as they came, once they were read and their time is over: a clinic's, and nobody's."""

import time
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Q, QuerySet

from healthmsg.clinic.models import Clinic, LegalHold, Phone
from whatsapp import sealed_notices, watching
from whatsapp.models import Delivery, Sender

CHUNK = 1000
# What nobody could read stays so many times as long as others, for whoever mends that.
UNREAD_KEPT = 3

# Ids grow with time, so that the table needs no index of when each came: some thirty looks into
# that of the primary key. One out of its order is younger than it seems: it goes some time later.
_FIRST_YOUNGER = """
WITH RECURSIVE search(low, high) AS (
  SELECT coalesce(min(id), 0), coalesce(max(id), 0) + 1 FROM whatsapp_delivery
  UNION ALL
  SELECT CASE WHEN found.received_at < %(before)s THEN found.id + 1 ELSE low END,
         CASE WHEN found.received_at < %(before)s THEN high ELSE (low + high) / 2 END
    FROM search CROSS JOIN LATERAL (
      SELECT id, received_at FROM whatsapp_delivery
       WHERE id >= (low + high) / 2 ORDER BY id LIMIT 1) AS found
   WHERE low < high)
SELECT min(high) FROM search
"""
# The oldest stand first. What still stands in clear may name nobody by its hash.
_OF_NOBODY = """
DELETE FROM whatsapp_delivery WHERE id IN (
  SELECT id FROM whatsapp_delivery
   WHERE id > %(after)s AND id < %(until)s AND digest_after IS NULL
     AND received_at < %(before)s AND (problem = '' OR received_at < %(unread_before)s)
     AND NOT coalesce(named && %(kept)s::bigint[], false)
     AND NOT (named IS NULL AND EXISTS (SELECT 1 FROM unnest(%(names)s::bytea[]) AS name
                                         WHERE position(name in body) > 0))
   ORDER BY id LIMIT %(limit)s FOR UPDATE SKIP LOCKED)
RETURNING id
"""


def of_clinic(
    clinic: Clinic, *, before: datetime, unread_before: datetime, but_of: Collection[int]
) -> QuerySet[Delivery]:
    """
    Return what came before for a clinic's numbers and was read, naming nobody under a legal hold.

    :param unread_before: what nobody could read came before this
    :param but_of: primary keys of clinics; what came for these as well is left to them
    """
    rows = Delivery.objects.filter(
        Q(problem="") | Q(received_at__lt=unread_before),
        pk__lt=first_younger(before),
        digest_after=None,
        received_at__lt=before,
        named__overlap=_numbers_of(Sender.objects.filter(clinic=clinic)),
    )
    others = _numbers_of(Sender.objects.filter(clinic__in=but_of))
    return rows.exclude(named__overlap=[*others, *sealed_notices.marks(_held())])


def delete(ids: Collection[int]) -> int:
    return Delivery.objects.filter(pk__in=ids).delete()[0]


def first_younger(before: datetime) -> int:
    """Return an id from which on none came before; a few of that very moment may be younger."""
    with connection.cursor() as cursor:
        cursor.execute(_FIRST_YOUNGER, {"before": before})
        return int(cursor.fetchone()[0])


def trim(*, kept: timedelta, seconds: float) -> int:
    """
    Delete what is older than `kept` and came for none of our numbers, chunk by chunk.

    So does what came before notices knew their number. What nobody could read stays three times as
    long, and what names somebody under a legal hold stays.

    :param seconds: after so long the rest is left to the next call
    """
    ends, now = time.monotonic() + seconds, watching.real_now()
    held = _held()
    told: dict[str, Any] = {
        "after": 0,
        "until": first_younger(now - kept),
        "before": now - kept,
        "unread_before": now - UNREAD_KEPT * kept,
        "kept": [*_numbers_of(Sender.objects.all()), *sealed_notices.marks(held)],
        "names": held,
        "limit": CHUNK,
    }
    total = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(_OF_NOBODY, told)
            deleted = [pk for (pk,) in cursor.fetchall()]
        total += len(deleted)
        if len(deleted) < CHUNK or time.monotonic() > ends:
            return total
        told["after"] = max(deleted)


def _numbers_of(senders: QuerySet[Sender]) -> list[int]:
    """Return by which marks notices for these numbers, and for their accounts, are found."""
    ids = senders.values_list("phone_number_id", "account__waba_id")
    return sealed_notices.ours({one.encode() for pair in ids for one in pair})


def _held() -> list[bytes]:
    """Return how WhatsApp calls those whose data must be kept, whichever clinic keeps them."""
    holds = LegalHold.objects.filter(ended_at=None)
    held = Phone.objects.filter(contacts__patient__legal_holds__in=holds)
    told = held.values_list("number", "wa_id", "user_id", "parent_user_id")
    names = {name.lstrip("+") for phone in told for name in phone} - {""}
    return sorted(name.encode() for name in names)
