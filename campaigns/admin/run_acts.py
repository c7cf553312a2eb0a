"""What a person may do to a run: pause it, let it go on, cancel it, try it again."""

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from campaigns import launching, refusing, retrying
from campaigns.admin.run_words import reasons_in_words
from campaigns.models import Run
from healthmsg import clock
from healthmsg.cockpit import Act
from whatsapp.admin.holding import ReasonForm


def pause(run: Run) -> Act:
    def do(values: dict[str, Any]) -> str:
        launching.pause(run, reason=values["reason"], now=clock.now())
        return _("Paused 1 campaign. Nothing more leaves.")

    return Act(title=_("Pause"), button=_("Pause now"), form=ReasonForm, do=do)


def resume(run: Run) -> Act:
    def do(_values: dict[str, Any]) -> str:
        try:
            launching.resume(run, now=clock.now())
        except refusing.NotAllowed as refusal:
            raise ValidationError(_(str(refusal))) from refusal
        return _("Goes on where it was paused.")

    return Act(
        title=_("Go on"),
        button=_("Go on"),
        explanation=_("Paused because: %(reason)s") % {"reason": run.stream.held_reason},
        do=do,
    )


def cancel(run: Run) -> Act:
    def do(values: dict[str, Any]) -> str:
        count = launching.cancel(run, reason=values["reason"], now=clock.now())
        return _("Cancelled; %(count)d waiting messages were taken back.") % {"count": count}

    return Act(
        title=_("Cancel for good"),
        button=_("Cancel for good"),
        explanation=_("What has left cannot be taken back; everything else never leaves."),
        form=ReasonForm,
        do=do,
        is_dangerous=True,
    )


def retry(run: Run) -> Act:
    def do(_values: dict[str, Any]) -> str:
        try:
            count = retrying.again(run, now=clock.now())
        except refusing.NotAllowed as refusal:
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
