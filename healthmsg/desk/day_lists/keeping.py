"""Day lists on the disk: written anew each hour, readable without a database, deleted in time."""

import logging
import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from django.template.loader import render_to_string
from django.utils import translation

from healthmsg.clinic.models import Site
from healthmsg.desk.day_lists import day as days

logger = logging.getLogger(__name__)

# Today's from this hour on, by the site's clocks; tomorrow's from the evening on, as the machine
# may go down at night.
TODAY_FROM, TOMORROW_FROM = time(6), time(18)
ANEW_AFTER = timedelta(hours=1)


class NotAllWritten(Exception):
    """Some lists could not be written; each is told of in the log."""


def make_due(directory: Path, *, now: datetime, kept: timedelta) -> int:
    """
    Write the lists that are missing or an hour old, delete old ones; return how many written.

    :raises NotAllWritten: the lists of all other sites lie there
    """
    _delete_old(directory, (now - kept).date())
    due = [(site, day) for site, day in _due(now) if _is_due(path_of(directory, site, day), now)]
    written = sum(_is_written(directory, site, day, now) for site, day in due)
    if written < len(due):
        raise NotAllWritten
    return written


def _is_written(directory: Path, site: Site, day: date, now: datetime) -> bool:
    try:
        _write(path_of(directory, site, day), _page(site, day, now))
    except Exception:
        logger.exception("the day list of site %s could not be written", site.pk)
        return False
    return True


def path_of(directory: Path, site: Site, day: date) -> Path:
    """Return where a list lies; its name tells nothing of patients."""
    return directory / day.isoformat() / f"site-{site.pk}.html"


def _due(now: datetime) -> Iterator[tuple[Site, date]]:
    for site in Site.objects.select_related("clinic").order_by("pk"):
        local = now.astimezone(site.zone)
        if local.time() >= TODAY_FROM:
            yield site, local.date()
        if local.time() >= TOMORROW_FROM:
            yield site, local.date() + timedelta(days=1)


def _is_due(path: Path, now: datetime) -> bool:
    try:
        written_at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except FileNotFoundError:
        return True
    return abs(now - written_at) >= ANEW_AFTER


def _page(site: Site, day: date, now: datetime) -> str:
    language = site.clinic.languages[0].replace("_", "-")
    with translation.override(language):
        told = {
            "site": site,
            "day": day,
            "at": now.astimezone(site.zone).replace(tzinfo=None),
            "visits": days.visits(site, day, now=now),
        }
        return render_to_string("day_lists/paper.html", told)


def _write(path: Path, page: str) -> None:
    """Whoever opens it reads the old list or the new one, and only the house's own user may."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.touch(mode=0o600)
    part.write_text(page, encoding="utf-8")
    part.replace(path)


def _delete_old(directory: Path, before: date) -> None:
    for folder in directory.glob("????-??-??"):
        if folder.name < before.isoformat():
            shutil.rmtree(folder, ignore_errors=True)
