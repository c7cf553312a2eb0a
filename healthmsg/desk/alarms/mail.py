"""What is written to people: short, in their language, without a word about a patient."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.core.mail import EmailMessage
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from healthmsg.desk.alarms import links, words
from healthmsg.desk.alarms.models import Alarm, Watcher


class CannotTell(Exception):
    """A mail could not be handed over; the words name nobody."""


@contextmanager
def spoken_to(watcher: Watcher) -> Iterator[None]:
    """Within, words are in the person's language and times by their clinic's clocks."""
    with translation.override(watcher.language), timezone.override(watcher.clinic.zone):
        yield


def about(alarm: Alarm, watcher: Watcher, *, is_over: bool) -> tuple[str, str]:
    """Return subject and text about an alarm."""
    says = words.headline(alarm)
    if is_over:
        return _("Over: %(alarm)s") % {"alarm": says}, _("This alarm is over: %(alarm)s") % {
            "alarm": says
        }
    page = words.page_of(alarm)
    lines = [
        says,
        "",
        _("What to do: %(what)s") % {"what": words.what_to_do(alarm)},
        *([_("Where: %(address)s") % {"address": links.absolute(page)}] if page else []),
        "",
        _("I have seen it, tell nobody again:"),
        links.to_acknowledge(alarm.pk, watcher.pk),
        "",
        _("All alarms: %(address)s")
        % {"address": links.absolute(reverse("admin:desk_alarm_changelist"))},
    ]
    return says, "\n".join(lines)


def posted(alarm: Alarm, watcher: Watcher, *, is_over: bool) -> dict[str, object]:
    """Return the JSON about an alarm; chat rooms show "text"."""
    subject, _text = about(alarm, watcher, is_over=is_over)
    return {
        "text": subject,
        "event": "alarm.over" if is_over else "alarm.open",
        "alarm": alarm.pk,
        "kind": alarm.kind,
        "severity": alarm.severity,
        "since": alarm.opened_at.isoformat(),
        "what_to_do": "" if is_over else words.what_to_do(alarm),
        "acknowledge": "" if is_over else links.to_acknowledge(alarm.pk, watcher.pk),
    }


def send(address: str, subject: str, text: str) -> None:
    """
    Hand one mail over.

    :raises CannotTell: with the kind of error alone, as its words repeat addresses
    """
    if not settings.EMAIL_URL:
        raise CannotTell("no mail server is set (EMAIL_URL)")
    message = EmailMessage(
        subject="healthmsg: " + " ".join(subject.split())[:150],
        body=text + "\n",
        to=[address],
        headers={"Auto-Submitted": "auto-generated"},
    )
    try:
        message.send()
    except Exception as error:  # noqa: BLE001 - whatever a mail backend raises
        raise CannotTell(type(error).__name__) from None
