"""Each morning one mail: tomorrow's visits in numbers, and what is stopped; once a day."""

import logging
from datetime import datetime, timedelta

from django.db.models import F
from django.urls import reverse
from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from healthmsg.clinic.models import Clinic
from healthmsg.clinic.sending_hours import wall_clock
from healthmsg.desk.alarms import links, mail, post, words
from healthmsg.desk.alarms.models import Alarm, MorningMail, Watcher
from reminders import adding_up

logger = logging.getLogger(__name__)

_AGAIN = timedelta(minutes=5)


def greet(*, real: datetime, business: datetime) -> int:
    """
    Write the morning mails that are due and not sent; a machine that was off writes them late.

    :returns: how many were sent
    """
    people = Watcher.objects.filter(is_active=True, morning_at__isnull=False)
    return sum(
        _greet(watcher, real, business)
        for watcher in people.select_related("clinic", "user").order_by("pk")
    )


def _greet(watcher: Watcher, real: datetime, business: datetime) -> bool:
    local = real.astimezone(watcher.clinic.zone)
    if watcher.morning_at is None or (not watcher.mail_address and not watcher.has_room):
        return False
    due_at = wall_clock(local, watcher.morning_at)
    # Somebody entered at noon begins tomorrow.
    if not max(due_at, watcher.created_at) == due_at <= real:
        return False
    row, _is_new = MorningMail.objects.get_or_create(
        watcher=watcher, day=local.date(), defaults={"next_at": due_at}
    )
    return row.next_at is not None and row.next_at <= real and send(row, watcher, real, business)


def send(row: MorningMail, watcher: Watcher, real: datetime, business: datetime) -> bool:
    """Moved ahead before it is tried, as tellings are: of two ticks one sends."""
    mine = MorningMail.objects.filter(pk=row.pk, next_at=row.next_at)
    if not mine.update(next_at=real + _AGAIN * (row.tries + 1), tries=F("tries") + 1):
        return False
    try:
        _hand_over(watcher, business)
    except (mail.CannotTell, post.NotPosted) as error:
        MorningMail.objects.filter(pk=row.pk).update(problem=str(error)[:200])
        logger.warning("a morning mail could not be sent", extra={"morning_mail_id": row.pk})
        return False
    MorningMail.objects.filter(pk=row.pk).update(next_at=None, sent_at=real, problem="")
    return True


def _hand_over(watcher: Watcher, business: datetime) -> None:
    with mail.spoken_to(watcher):
        subject, text = letter(watcher.clinic, business=business)
        if watcher.mail_address:
            mail.send(watcher.mail_address, subject, text)
        else:
            said: dict[str, object] = {"text": f"{subject}\n{text}", "event": "morning"}
            post.to_room(watcher, said)


def letter(clinic: Clinic, *, business: datetime) -> tuple[str, str]:
    """Return subject and text, in the active language; numbers only."""
    day = (business.astimezone(clinic.zone) + timedelta(days=1)).date()
    tally = adding_up.tomorrow(clinic, day=day, now=business)
    when = formats.date_format(day, "l j F")
    subject = _("%(clinic)s, %(day)s: %(sum)s") % {
        "clinic": clinic.name,
        "day": when,
        "sum": tally.sentence if tally.visits else _("no visits"),
    }
    lines = [subject + ".", ""]
    if tally.to_call:
        lines += [_("To call: %(address)s") % {"address": links.absolute(reverse("to_call"))}]
    lines += [
        _("Today's visits, to print: %(address)s")
        % {"address": links.absolute(reverse("day_list"))}
    ]
    if tally.not_coming:
        slots = ngettext("%d time to be freed.", "%d times to be freed.", tally.not_coming)
        lines += [slots % tally.not_coming]
    return subject, "\n".join([*lines, *_stopped(clinic)])


def _stopped(clinic: Clinic) -> list[str]:
    alarms = Alarm.objects.filter(closed_at=None).order_by("severity", "opened_at")
    mine = [words.headline(a) for a in alarms if a.clinic_id in {None, clinic.pk}]
    if not mine:
        return ["", _("Nothing is stopped.")]
    address = links.absolute(reverse("admin:desk_alarm_changelist"))
    return ["", _("Wrong now (%(address)s):") % {"address": address}, *(f"- {m}" for m in mine)]
