"""Lets go, in chunks, of rows that have said what they had to say."""

from datetime import datetime, timedelta
from typing import Any

from django.db import connection

CHUNK = 1000
# Seats count for a day; the margin forgives clocks that disagree.
SEATS_KEPT = timedelta(hours=25)
TALLIES_KEPT = timedelta(days=2)
# A host that has not worked for so long was taken down.
HOSTS_KEPT = timedelta(days=7)

# By the index that serves it: portfolio first. A seat that is being taken anew is left alone.
_SEATS = """
DELETE FROM whatsapp_tierseat WHERE id IN (
  SELECT seat.id FROM whatsapp_portfolio portfolio CROSS JOIN LATERAL (
    SELECT id FROM whatsapp_tierseat
     WHERE portfolio_id = portfolio.id AND last_at < %s
     ORDER BY last_at LIMIT %s FOR UPDATE SKIP LOCKED) seat)
"""
_TALLIES = """
DELETE FROM whatsapp_sendtally WHERE id IN (
  SELECT id FROM whatsapp_sendtally WHERE minute < statement_timestamp() - %s
   ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED)
"""
_HOSTS = "DELETE FROM whatsapp_heartbeat WHERE seen_at < statement_timestamp() - %s"


def seats(*, now: datetime) -> int:
    """Delete seats of the daily limit that no longer count."""
    return _delete(_SEATS, now - SEATS_KEPT, CHUNK)


def tallies() -> int:
    """Delete what WhatsApp answered in minutes long gone."""
    return _delete(_TALLIES, TALLIES_KEPT, CHUNK)


def hosts() -> int:
    """Forget hosts that are gone."""
    return _delete(_HOSTS, HOSTS_KEPT)


def _delete(query: str, *values: Any) -> int:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return int(cursor.rowcount)
