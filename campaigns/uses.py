"""Which campaigns write with a template: the floor below asks, as it knows of none."""

from typing import Any

from django.dispatch import receiver
from django.utils.translation import gettext as _

from campaigns.models import Campaign
from whatsapp.models import Template
from whatsapp.signals import template_uses_asked

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
