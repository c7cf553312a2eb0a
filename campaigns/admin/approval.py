"""The page on which somebody looks at a campaign, and approves what they have looked at."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from campaigns import approving
from campaigns.admin.check_words import look_in_words
from campaigns.at_hand import AtHand
from campaigns.models import Campaign
from healthmsg import clock
from healthmsg.clinic.models import StaffUser
from healthmsg.cockpit import Act


class ApproveForm(forms.Form):
    """What stood on the page when it was opened."""

    seen = forms.CharField(widget=forms.HiddenInput, required=False)


def approve(campaign: Campaign, *, by: StaffUser) -> Act:
    def do(values: dict[str, Any]) -> str:
        try:
            approving.approve(campaign, by=by, now=clock.now(), seen=values["seen"])
        except approving.NotYours as refusal:
            raise ValidationError(_(str(refusal))) from refusal
        return _("Approved.")

    at_hand = AtHand(campaign)
    look = look_in_words(campaign, now=clock.now(), at_hand=at_hand)
    return Act(
        title=_("Approve “%(name)s”") % {"name": campaign.name},
        button=_("Approve"),
        do=do,
        form=ApproveForm,
        initial={"seen": approving.stamp(campaign, at_hand)},
        template="campaigns/start.html",
        context=look,
    )
