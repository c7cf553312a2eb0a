"""What is done with several rows of a list at once: taken out as a file, or marked."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, TypeVar

from django.contrib import messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from healthmsg.clinic.models import Appointment
from healthmsg.cockpit import again, recording
from healthmsg.desk import spreadsheets
from reminders.refusals import NotBooked

M = TypeVar("M", bound=Model)
# More than one list shows on many pages; a whole clinic is handed out in another way.
AT_MOST = 5_000
# As many as fit on one page of a list.
MARKED_AT_MOST = 200


def as_file(
    request: HttpRequest,
    rows: QuerySet[M],
    *,
    name: str,
    head: Sequence[Any],
    cells: Callable[[M], Sequence[object]],
) -> HttpResponse | None:
    """Return what was chosen as a file, noted in the audit; None where the page says why not."""
    chosen = list(rows[: AT_MOST + 1])
    if len(chosen) > AT_MOST:
        messages.error(
            request, _("A file holds at most %d rows. Please filter the list.") % AT_MOST
        )
        return None
    if again.is_needed_for(request, len(chosen)):
        messages.info(request, _("Your password was asked for. Please choose the rows again."))
        return again.ask(request)
    recording.shows(request, chosen, is_list=True)
    return spreadsheets.answer(name, [[str(one) for one in head], *map(cells, chosen)])


def mark_visits(
    request: HttpRequest,
    visits: Iterable[Appointment],
    verb: Callable[..., object],
    done: Callable[[int], str],
    *,
    now: datetime,
) -> None:
    """Do the same to each visit, and say to how many; what cannot be is counted, not done."""
    marked = refused = 0
    for visit in visits:
        try:
            verb(visit, now=now)
        except NotBooked:
            refused += 1
        else:
            marked += 1
    if marked:
        messages.success(request, done(marked))
    if refused:
        words = ngettext(
            "%d visit stays as it is: this does not fit how it stands, or it has not begun.",
            "%d visits stay as they are: this does not fit how they stand, or they have not begun.",
            refused,
        )
        messages.warning(request, words % refused)
