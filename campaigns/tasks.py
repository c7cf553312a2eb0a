"""The edges of campaigns' background work."""

from celery import shared_task

from campaigns import guarding, launching, listing, repeating, sweeping
from healthmsg import clock
from whatsapp import watching


@shared_task(name="campaigns.pour")
def pour() -> int:
    now = clock.now()
    watching.make_round(
        {
            "runs_over": lambda: sweeping.end_what_is_over(now=now),
            "runs_guarded": lambda: guarding.guard(now=now),
        }
    )
    repeating.start_due(now=now)
    return launching.pour(now=now)


@shared_task(name="campaigns.make_lists")
def make_lists() -> int:
    return listing.go_on(now=clock.now())
