"""The link to a visit's page of other times: signed, good for a while, with ids alone in it."""

from datetime import timedelta

from django.core import signing
from django.urls import reverse

from healthmsg.clinic.models import Appointment
from whatsapp import patient_pages

_SALT = "reminders.another_time"
GOOD_FOR = timedelta(days=30)


def to_other_times(visit: Appointment) -> str:
    """Return the address of the page, "" where it has no address outside."""
    beginning = patient_pages.other_times()
    return f"{beginning}{_token(visit)}/" if beginning else ""


def path(visit: Appointment) -> str:
    return reverse("another_time", args=[_token(visit)])


def read(token: str) -> tuple[int, int] | None:
    """Return a visit's key and its version, None where the link is not ours or too old."""
    try:
        visit_id, version = signing.loads(token, salt=_SALT, max_age=GOOD_FOR)
    except (signing.BadSignature, ValueError):
        return None
    return visit_id, version


def _token(visit: Appointment) -> str:
    return signing.dumps([visit.pk, visit.version], salt=_SALT, compress=False)
