"""Why one message was sent, or was not: plan, permission, hours, limit, turn, tries, receipts."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from itertools import chain

from django.db.models import Q
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from healthmsg import dates
from healthmsg.clinic import consent
from healthmsg.clinic.models import Change, ConsentRecord, Purpose
from healthmsg.clinic.sending_hours import SendingHours
from healthmsg.cockpit import Tone, mark
from healthmsg.desk.standing import standing_mark
from healthmsg.desk.told_why.decision import Decision, in_order
from whatsapp.admin.story import mark_of, steps_of
from whatsapp.models import Message, TierSeat
from whatsapp.serving import OPENS_EARLY
from whatsapp.status import Reason, Status


def decisions(message: Message) -> list[Decision]:
    """Return everything that was decided about it, oldest first."""
    return in_order(
        chain(
            _planned(message),
            _written(message),
            _permission(message),
            _hours(message),
            _turn(message),
            _limit(message),
            _tries(message),
            _receipts(message),
            _answers(message),
            _ended(message),
        )
    )


def reason_of(message: Message) -> Reason | None:
    return Reason(message.reason) if message.reason else None


def _planned(message: Message) -> Iterator[Decision]:
    for reminder in message.reminders.select_related("rule", "appointment").order_by("pk"):
        words = _("Planned by the rule “%(rule)s” for %(when)s")
        yield Decision(
            reminder.planned_at,
            words % {"rule": reminder.rule.name, "when": _moment(reminder.due_at)},
            link=reverse("why_visit", args=[reminder.appointment_id]),
        )
    if message.appointment_id is None and message.appointment_version is not None:
        yield Decision(message.created_at, _("The visit it was about was removed by policy since"))
    # Which recipients share it is not asked: no index leads from a message to them.
    run = getattr(message.stream, "run", None)
    if run is not None:
        words = _("Invited by the campaign “%(campaign)s”") % {"campaign": run.campaign.name}
        yield Decision(run.started_at, words)


def _written(message: Message) -> Iterator[Decision]:
    if message.template_version is None:
        because = _("in words of its own, within 24 hours of what the patient wrote")
    else:
        because = _("with the template %(template)s") % {"template": message.template_version}
    what = _("Written to %(number)s about %(purpose)s") % {
        "number": message.phone.masked,
        "purpose": message.get_purpose_display(),
    }
    yield Decision(message.created_at, what, because)


def _permission(message: Message) -> Iterator[Decision]:
    """As the sending itself asked: at the moment WhatsApp took it, else as it stood at the end."""
    at = message.accepted_at or message.created_at
    if message.purpose == Purpose.REPLY:
        because = _("an answer needs the 24 hours after the patient's own words instead")
        yield Decision(at, _("No permission had to be asked"), because)
        return
    if message.patient_id is None:
        words = _("Asked whether they take notices on their own number")
        is_no = message.reason in (Reason.NEVER_ASKED, Reason.ASKED_US_TO_STOP)
        yield Decision(at, words, _line(message, at), is_no=is_no)
        return
    standing = consent.standing(
        message.patient_id, message.phone_id, Purpose(message.purpose), at=at
    )
    words = _("Permission looked for: %(purpose)s") % {"purpose": message.get_purpose_display()}
    is_no = standing != Change.GRANTED
    yield Decision(at, words, _line(message, at), standing_mark(standing), is_no=is_no)


def _line(message: Message, at: datetime) -> str:
    """Return the newest line of the ledger that speaks of it, in words."""
    line = (
        ConsentRecord.objects.filter(
            Q(patient=message.patient_id) | Q(patient=None),
            phone=message.phone_id,
            purpose=message.purpose,
            given_at__lte=at,
        )
        .select_related("recorded_by")
        .order_by("-given_at", "-pk")
        .first()
    )
    if line is None:
        return _("there is no line in the ledger")
    words = _("line %(number)d of the ledger, %(when)s: %(what)s, %(how)s") % {
        "number": line.pk,
        "when": _moment(line.given_at),
        "what": line.get_change_display(),
        "how": line.get_given_how_display(),
    }
    return f"{words}, {line.recorded_by}" if line.recorded_by else words


def _hours(message: Message) -> Iterator[Decision]:
    if message.purpose == Purpose.REPLY:
        return
    hours = SendingHours.of(message.clinic)
    within = _("It was within the sending hours (%(opens)s to %(closes)s)")
    waited = _("It waited for the sending hours (%(opens)s to %(closes)s)")
    if message.stream is not None and message.stream.opens_early:
        hours = replace(hours, opens=OPENS_EARLY)
        within = _("About a cancelled list it may leave from %(opens)s to %(closes)s")
        waited = _("It waited: about a cancelled list it may leave from %(opens)s to %(closes)s")
    spans = {"opens": f"{hours.opens:%H:%M}", "closes": f"{hours.closes:%H:%M}"}
    may_go = hours.next_open(message.created_at)
    if may_go > message.created_at:
        because = _("from %s on it might go") % _moment(may_go)
        yield Decision(message.created_at, waited % spans, because)
    else:
        yield Decision(message.created_at, within % spans)


def _turn(message: Message) -> Iterator[Decision]:
    words = {
        0: _("As an answer it went before everything else"),
        1: _("As a reminder it went before all campaigns"),
        2: _("As part of a campaign it went when no reminder waited"),
    }
    yield Decision(message.created_at, words[message.lane])
    stream = message.stream
    if stream is not None and stream.held_at is not None:
        is_of_a_list = stream.opens_early
        what = _("Its cancelled list is stopped") if is_of_a_list else _("Its campaign is stopped")
        yield Decision(stream.held_at, what, stream.held_reason, mark(_("stopped"), Tone.BAD))


def _limit(message: Message) -> Iterator[Decision]:
    """The place of the daily limit; it is one per phone, and says when it was last used."""
    sender = message.sender
    if sender is None or message.accepted_at is None:
        return
    portfolio = sender.account.portfolio
    if portfolio.daily_limit is None:
        yield Decision(message.accepted_at, _("WhatsApp sets this number no daily limit"))
        return
    limit = formats.number_format(portfolio.daily_limit, force_grouping=True)
    has_seat = TierSeat.objects.filter(portfolio=portfolio, phone=message.phone_id).exists()
    because = _("it has a place among them") if has_seat else _("its place is free again")
    words = _("WhatsApp's daily limit is %s people written to first") % limit
    yield Decision(message.accepted_at, words, because)


def _tries(message: Message) -> Iterator[Decision]:
    for attempt in message.attempts.order_by("number"):
        why = attempt.error_title or _("was not taken")
        code = _("WhatsApp's code %d") % attempt.error_code if attempt.error_code else ""
        words = _("Try %d did not succeed") % attempt.number
        because = ", ".join(filter(None, (why, code)))
        yield Decision(attempt.ended_at, words, because, is_no=True)


def _receipts(message: Message) -> Iterator[Decision]:
    _first, *steps = steps_of(message)
    for step in steps:
        because = ""
        if step.at == message.accepted_at and message.attempt > 1:
            because = ngettext("at try %d", "at try %d", message.attempt) % message.attempt
        elif step.at == message.failed_at:
            because = message.error_title
        yield Decision(step.at, capfirst(str(step.words)), because)


def _answers(message: Message) -> Iterator[Decision]:
    replies = message.clinic.replies.filter(written_at__gte=message.created_at, answers=message)
    for reply in replies.order_by("written_at")[:10]:
        words = _("Answered: %(what)s") % {"what": reply.get_outcome_display()}
        yield Decision(reply.written_at, words)


def _ended(message: Message) -> Iterator[Decision]:
    """How it stands in the end: after all that has a moment of its own."""
    if message.status == Status.WITHHELD:
        known = (message.withheld_at, message.accepted_at, message.created_at)
        at = next(filter(None, known))
        words = _("It was decided not to send it")
        yield Decision(at, words, message.get_reason_display(), mark_of(message), is_no=True)
    elif message.send_after is not None:
        words = _("It waits: from %s on it may leave") % _moment(message.send_after)
        until = _("useful until %s") % _moment(message.expires_at)
        yield Decision(max(message.created_at, message.send_after), words, until, mark_of(message))


def _moment(at: datetime) -> str:
    return dates.written(timezone.localtime(at).replace(tzinfo=None), "j N Y, H:i")
