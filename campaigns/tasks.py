"""The edges of campaigns' background work."""

from celery import shared_task

from campaigns import launching
from healthmsg import clock


@shared_task(name="campaigns.pour")
def pour() -> None:
    launching.pour(now=clock.now())
