"""The act by which a run tries again those whom a passing reason kept from getting it."""

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from campaigns import launching, retrying
from campaigns.admin.run_words import reasons_in_words
from campaigns.models import Run
from healthmsg import clock
from healthmsg.cockpit import Act


def retry_act(run: Run) -> Act:
    def do(_values: dict[str, Any]) -> str:
        try:
            count = retrying.again(run, now=clock.now())
        except launching.NotAllowed as refusal:
            raise ValidationError(_(str(refusal))) from refusal
        if not count:
            return _("There is nobody left to be tried again.")
        words = ngettext("%d patient is tried again.", "%d patients are tried again.", count)
        return words % count

    found = retrying.would_try(run, now=clock.now())
    return Act(
        title=_("Try again"),
        button=_("Try again"),
        explanation=_(
            "Only those are tried again whom something kept from getting it that may have passed."
            " Permission and everything else is asked anew; nobody gets it twice."
        ),
        do=do,
        template="campaigns/retry.html",
        context={"retried": reasons_in_words(found), "retried_total": found.total()},
    )
