"""The edges of the roof's work in the background: alarms, imports, counts, lists of a day."""

import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from healthmsg import clock
from healthmsg.clinic import audit, both_forms, proof, second_factor
from healthmsg.desk.alarms import rooms, rounds
from healthmsg.desk.backups import ends, journal
from healthmsg.desk.cancelled_lists import working
from healthmsg.desk.daily import rounds as days
from healthmsg.desk.day_lists import keeping
from healthmsg.desk.imports import folder, turns
from healthmsg.desk.merging import suspecting
from healthmsg.desk.privacy import by_itself, overdue, retention
from healthmsg.desk.proof import ages
from healthmsg.desk.register import entering
from healthmsg.desk.signing_in import forgetting
from healthmsg.desk.team import notices
from whatsapp import kept_files, sealing

# Well within a tick's time: what is left waits for the next one.
_REMOVE_SECONDS = 20.0

# Less than the time between two ticks: another tick takes what is left.
_LISTS_SECONDS = 4.0

# Of the minute until the next tick; an import's notes take several.
_SEALING_SECONDS = 40.0
# A sixth of each minute, so that what is sent goes first.
_SEALING_WORDS_SECONDS = 10.0
_SEALING_FILES_SECONDS = 5.0


@shared_task(name="desk.seal_audit")
def seal_audit() -> int:
    # Real time, as the database's own notes have it, whatever the business clock shows.
    until = time.monotonic() + _SEALING_SECONDS
    sealed = _all(lambda: audit.seal(now=timezone.now()), until)
    # What the release before wrote in clear; afterwards there is none.
    sealed += second_factor.seal_clear() + rooms.seal_clear() + _all(proof.seal_clear, until)
    sealed += kept_files.seal_clear(
        Path(settings.INBOUND_FILES_DIRECTORY), seconds=_SEALING_FILES_SECONDS
    )
    return sealed + sealing.seal_clear(seconds=_SEALING_WORDS_SECONDS)


def _all(seal: Callable[[], int], until: float) -> int:
    """Seal portion after portion, one at least."""
    sealed = 0
    while (portion := seal()) and time.monotonic() < until:
        sealed += portion
    return sealed + portion


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


@shared_task(name="desk.count_days")
def count_days() -> int:
    return days.go_on(now=clock.now())


@shared_task(name="desk.follow_ages")
def follow_ages() -> int:
    return ages.follow(now=clock.now())


@shared_task(name="desk.make_day_lists")
def make_day_lists() -> int:
    kept = timedelta(days=settings.DAY_LISTS_KEPT_DAYS)
    return keeping.make_due(Path(settings.DAY_LISTS_DIRECTORY), now=clock.now(), kept=kept)


@shared_task(name="desk.go_on_with_lists")
def go_on_with_lists() -> int:
    return working.go_on_all(now=clock.now(), seconds=_LISTS_SECONDS)


@shared_task(name="desk.tell_teams")
def tell_teams() -> int:
    return notices.tell_tomorrow(now=clock.now())


@shared_task(name="desk.keep_stops")
def keep_stops() -> int:
    directory, now = Path(settings.STOP_JOURNAL_DIRECTORY), clock.now()
    kept = journal.keep(directory, key=settings.NUMBERS_KEY, now=now)
    journal.forget_old(directory, now=now)
    # Real time, as the book's own lines have it.
    ends.note(directory, now=timezone.now())
    ends.forget_old(directory, now=timezone.now())
    return kept


@shared_task(name="desk.remove_old")
def remove_old() -> int:
    return retention.go_on(now=clock.now(), seconds=_REMOVE_SECONDS)


@shared_task(name="desk.look_for_old")
def look_for_old() -> int:
    # Begun first: what is being removed is not kept too long.
    by_itself.begin(now=clock.now())
    return overdue.look(now=clock.now())


@shared_task(name="desk.forget_sign_ins")
def forget_sign_ins() -> int:
    return forgetting.forget()


@shared_task(name="desk.enter_incidents")
def enter_incidents() -> int:
    return entering.take_in(now=clock.now())


@shared_task(name="desk.suspect_duplicates")
def suspect_duplicates() -> int:
    held = both_forms.hold(now=clock.now())
    return held + suspecting.look(now=clock.now())
