"""The edges of the roof's background work: the watch, and telling people."""

from celery import shared_task

from healthmsg.desk.alarms import rounds


@shared_task(name="desk.watch")
def watch() -> None:
    rounds.look()


@shared_task(name="desk.tell")
def tell() -> int:
    return rounds.tell()
