"""Tries again those whom a passing reason kept from getting it; nobody gets it twice."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from campaigns import audience, forecast, launching
from campaigns.models import Run, RunStatus
from campaigns.refusing import NotAllowed
from whatsapp.models import Stream
from whatsapp.status import Reason

_AT_ONCE = timedelta()
# Which reasons pass, and how long after it at least. What is not here stays true until somebody
# changes it (a no, a wrong number), or, as an outcome that nobody knows, may have arrived.
# Source: WhatsApp Cloud API, error 131049: wait at least 24 hours before trying again; who tries
# often may not reach that person at all. So what has to wait is tried again once.
PASSING: Mapping[Reason, timedelta] = {
    Reason.TRIED_OFTEN: _AT_ONCE,
    Reason.NUMBER_STOPPED: _AT_ONCE,
    Reason.DAILY_LIMIT: _AT_ONCE,
    Reason.TOO_LATE: _AT_ONCE,
    Reason.TEMPLATE_NOT_APPROVED: _AT_ONCE,
    Reason.TEMPLATE_MISSING: _AT_ONCE,
    Reason.RESTRICTED: _AT_ONCE,
    Reason.NO_SENDER: _AT_ONCE,
    Reason.META_LIMIT: timedelta(hours=24),
}
_MAY_BE = (RunStatus.POURING, RunStatus.DONE)

# A try that may have worked is none that failed, whatever came after it; and whoever got it from a
# later run of the same campaign has it.
_NOT_TOLD = """
  NOT EXISTS (SELECT 1 FROM campaigns_recipient later
    JOIN campaigns_run run ON run.id = later.run_id AND run.campaign_id = %(campaign)s
   WHERE later.patient_id = recipient.patient_id AND later.run_id <> %(run)s
     AND later.poured_at > %(started)s)
"""
_GIVEN_UP = f"""
  SELECT recipient.id, message.reason
    FROM campaigns_recipient recipient JOIN whatsapp_message message
      ON message.id = recipient.message_id
   WHERE recipient.run_id = %(run)s AND message.status IN ('FAILED', 'WITHHELD')
     AND message.reason = ANY(%(passing)s)
     AND (message.reason <> ALL(%(later)s)
          OR recipient.retry = 0
             AND coalesce(message.failed_at, recipient.poured_at) <= %(long_ago)s)
     AND NOT EXISTS (SELECT 1 FROM whatsapp_attempt tried
          WHERE tried.message_id = message.id AND tried.outcome = 'UNCERTAIN')
     AND {_NOT_TOLD}
"""  # noqa: S608 - put together from our own words alone
_NEVER_QUEUED = f"""
  SELECT recipient.id, recipient.reason FROM campaigns_recipient recipient
   WHERE recipient.run_id = %(run)s AND recipient.message_id IS NULL
     AND recipient.reason = ANY(%(passing)s) AND {_NOT_TOLD}
"""  # noqa: S608 - put together from our own words alone
_COUNT = f"""
SELECT reason, count(*) FROM ({_GIVEN_UP} UNION ALL {_NEVER_QUEUED}) kept GROUP BY 1
"""  # noqa: S608 - put together from our own words alone
# Locked: a receipt that comes meanwhile may say that it arrived after all.
_AGAIN = f"""
WITH given_up AS ({_GIVEN_UP} ORDER BY message.id FOR NO KEY UPDATE OF message),
never_queued AS ({_NEVER_QUEUED})
UPDATE campaigns_recipient recipient
   SET message_id = NULL, poured_at = NULL, reason = '', retry = %(retry)s
 WHERE recipient.id IN (SELECT id FROM given_up UNION ALL SELECT id FROM never_queued)
"""  # noqa: S608 - put together from our own words alone


def would_try(run: Run, *, now: datetime) -> Counter[str]:
    """Count whom `again` would try, by what kept them from getting it."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, _terms(run, now))
        return Counter(dict(cursor.fetchall()))


@transaction.atomic
def again(run: Run, *, now: datetime) -> int:
    """
    Let those wait for their turn once more whom a passing reason kept from it; how many.

    Everything is asked anew, permission once more when each is claimed. Whoever is not to get it
    any more keeps the new reason. Pressed twice at once it is once: nobody is left for the second.

    :raises NotAllowed: it is paused or cancelled, or was changed since it was approved
    """
    runs = Run.objects.select_for_update(of=("self",)).select_related("campaign__clinic")
    run = runs.get(pk=run.pk)
    if run.status not in _MAY_BE:
        raise NotAllowed("Only what is being sent or was sent can be tried again.")
    if run.approved_by_id is not None and run.campaign.approved_by_id is None:
        raise NotAllowed("It was changed since: somebody has to approve it again.")
    run.retries += 1
    with connection.cursor() as cursor:
        cursor.execute(_AGAIN, _terms(run, now) | {"retry": run.retries})
        if not cursor.rowcount:
            return 0
    waiting = audience.ask_again(run, now=now)[""]
    done_at = forecast.of_run(run, now=now) or now
    # A pause outlives the run that ended in it: whoever tries again lets it go.
    Stream.objects.filter(pk=run.stream_id).update(held_at=None, held_reason="")
    Run.objects.filter(pk=run.pk).update(
        retries=run.retries,
        status=RunStatus.POURING,
        status_reason="",
        finished_at=None,
        expires_at=max(run.expires_at, done_at + launching.USEFUL_FOR),
    )
    return waiting


def _terms(run: Run, now: datetime) -> dict[str, Any]:
    return {
        "run": run.pk,
        "campaign": run.campaign_id,
        "started": run.started_at,
        "passing": [reason.value for reason in PASSING],
        "later": [reason.value for reason, wait in PASSING.items() if wait],
        "long_ago": now - max(PASSING.values()),
    }
