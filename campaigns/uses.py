"""Which campaigns write with a template: the floor below asks and tells, as it knows of none."""

from typing import Any

from django.dispatch import receiver
from django.utils.translation import gettext as _

from campaigns import approving
from campaigns.models import Campaign
from healthmsg.clinic.models import StaffUser
from whatsapp.models import Template
from whatsapp.signals import fill_ins_changed, template_uses_asked

# Of many campaigns, the newest; the page is to be read.
_MOST = 10


@receiver(template_uses_asked)
def name_campaigns(template: Template, **_signal: Any) -> list[str]:
    """Return the newest campaigns that write with a template."""
    found = Campaign.objects.filter(
        template_name=template.name, clinic__senders__account=template.account_id
    )
    newest = found.distinct().order_by("-pk")[:_MOST]
    return [_("the campaign “%s”") % campaign.name for campaign in newest]


@receiver(fill_ins_changed)
def take_approvals_back(account_id: int, template_name: str, by: StaffUser, **_signal: Any) -> int:
    """Take approvals back of campaigns that say something else from now on."""
    return approving.change(approving.of_template(template_name, account_id), by=by)
