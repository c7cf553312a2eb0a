"""The edges of the roof's background work: the watch, telling people, and imports."""

from celery import shared_task

from healthmsg import clock
from healthmsg.desk.alarms import rounds
from healthmsg.desk.imports import folder, turns


@shared_task(name="desk.watch")
def watch() -> None:
    rounds.look()


@shared_task(name="desk.tell")
def tell() -> int:
    return rounds.tell()


@shared_task(name="desk.bring_in")
def bring_in() -> int:
    return turns.go_on(now=clock.now())


@shared_task(name="desk.look_in_folder")
def look_in_folder() -> int:
    return folder.look(now=clock.now())
