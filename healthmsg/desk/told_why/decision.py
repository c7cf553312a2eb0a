"""One decision as it is told; and which steps help where a message was not sent."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from whatsapp.status import Reason


@dataclass(frozen=True)
class Decision:
    """Something that was decided or happened, when, and what it was decided by."""

    at: datetime
    what: str
    because: str = ""
    mark: str = ""
    link: str = ""
    is_no: bool = False


def in_order(decisions: Iterable[Decision]) -> list[Decision]:
    """Return them oldest first; what happened at one moment stays as it was told."""
    return sorted(decisions, key=lambda one: one.at)


# What somebody can do about a reason; of the others nobody has to do anything.
HELPS = {
    Reason.NEVER_ASKED: _("Ask the patient, and enter the answer on their page under Permissions."),
    Reason.DECLINED: _("The patient said no: tell them in another way."),
    Reason.ASKED_US_TO_STOP: _("They asked us to stop: tell them in another way."),
    Reason.PERMISSION_RAN_OUT: _("Ask again, and enter the answer on the patient's page."),
    Reason.NO_NUMBER: _("Enter a number for the person who is told."),
    Reason.NO_CONTACT: _("Enter on the visit who is told."),
    Reason.WRONG_PERSON: _("Ask for the right number, and enter it on the patient's page."),
    Reason.NOT_ON_WHATSAPP: _("Call, and ask for a number that is on WhatsApp."),
    Reason.NUMBER_CHANGED_HANDS: _("Check with the patient that the number is still theirs."),
    Reason.TEMPLATE_MISSING: _("Write the template in this language, and send it to WhatsApp."),
    Reason.TEMPLATE_NOT_APPROVED: _("Look at the template: WhatsApp says there what it minds."),
    Reason.TEMPLATE_UNBOUND: _("Say under Fill-ins what stands in the template's gap."),
    Reason.VALUE_MISSING: _("Complete the visit, the site or the clinic: something is empty."),
    Reason.DAILY_LIMIT: _("The overview says under the day what helps against the limit."),
    Reason.NO_SENDER: _("Give the clinic a WhatsApp number."),
    Reason.PRACTICE: _("The clinic is practicing: go live when everything is ready."),
    Reason.PAUSED: _("The patient's page says until when, and ends the pause."),
    Reason.STOP_TO_READ: _("Read under “May be a stop” what they wrote."),
    Reason.UNKNOWN_OUTCOME: _("Call: nobody knows whether it arrived."),
}
