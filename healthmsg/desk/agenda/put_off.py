"""Whom reception has put off asking: met again wherever somebody next looks at the patient."""

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from healthmsg.clinic.models import Patient
from healthmsg.desk.models import AskLater

# What has to be read together with a visit for `of` to ask nothing.
WITH_PATIENT = "patient__ask_later__put_off_by"


def of(patient: Patient) -> str:
    """Return since when and by whom somebody's answer is put off, in words; "" where it is not."""
    one: AskLater | None = getattr(patient, "ask_later", None)
    return in_words(one) if one else ""


def in_words(one: AskLater) -> str:
    by = one.put_off_by
    return _("put off on %(when)s by %(who)s") % {
        "when": date_format(localtime(one.put_off_at), "j F"),
        "who": by.get_short_name() or by.get_username() if by else _("somebody who has left"),
    }
