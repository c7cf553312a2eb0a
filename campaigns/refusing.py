"""Why a campaign may not start, or go on: what is missing, and who has to stand for it."""

from datetime import datetime

from django.utils.translation import gettext as _

from campaigns import allowances, approving, forecast, languages, stamps, topics, vouching, wording
from campaigns.audience import Check
from campaigns.models import Campaign, Run
from whatsapp.places import LOCATION
from whatsapp.status import Reason

# Above this many people somebody other than the author approves.
SIZE_THAT_NEEDS_TWO = 500


class NotAllowed(Exception):
    """The campaign may not start; the message says what is missing."""


def unless_fit(campaign: Campaign, check: Check, *, now: datetime) -> datetime:
    """
    Let a campaign through whose words, people and approvals are as they must be.

    :returns: when the last of it leaves
    :raises NotAllowed: something is missing; the message says what
    """
    if check.by_reason[Reason.NO_SENDER]:
        raise NotAllowed("There is no WhatsApp number to send from.")
    if check.by_reason[Reason.TEMPLATE_MISSING] and not campaign.spare_language:
        raise NotAllowed("The template lacks a language: choose what these patients get instead.")
    if not check.reached:
        raise NotAllowed("Nobody would get it.")
    _unless_well_worded(campaign)
    unless_vouched(campaign)
    done_at = _done_at(campaign, check, now)
    _unless_approved(campaign, check.reached)
    return done_at


def unless_vouched(campaign: Campaign) -> None:
    """
    Let nothing leave by what decides who is vaccinated before a clinician stands by it.

    :raises NotAllowed: a schedule, a season or a list has no clinician's approval
    """
    if missing := vouching.missing(campaign):
        raise NotAllowed(" ".join(missing))


def unless_said_as_approved(run: Run) -> None:
    """
    Let nobody read from a large run what nobody but one person has looked at.

    :raises NotAllowed: what it says was changed since it was approved
    """
    campaign = run.campaign
    needs_two = campaign.notice or run.audience_size > SIZE_THAT_NEEDS_TWO
    # Once somebody has approved what it says now, it goes on.
    if run.approved_by_id and needs_two and stamps.says_otherwise(campaign):
        raise NotAllowed(_("What patients read was changed since: it has to be approved again."))


def _done_at(campaign: Campaign, check: Check, now: datetime) -> datetime:
    """
    Return when the last of it leaves.

    :raises NotAllowed: that is too far away, or nobody knows what a site has free
    """
    if set(check.by_site) - {0, *(slots.site_id for slots in allowances.slots_of(campaign))}:
        raise NotAllowed("Say how many free times a day each site has whose patients it invites.")
    # By people: two of a household may yet be told apart.
    ahead = forecast.ahead(campaign, check.reached, by_site=check.by_site, now=now)
    if ahead.is_too_slow:
        raise NotAllowed("At its own rate, daily limit and free times it would take over 60 days.")
    if ahead.done_at is None:
        raise NotAllowed("WhatsApp's daily limit leaves campaigns no place beside the reminders.")
    return ahead.done_at


def _unless_approved(campaign: Campaign, reached: int) -> None:
    """
    Look for the second person.

    :raises NotAllowed: nobody but its author stands for it
    """
    is_of_older_words = approving.is_of_older_words(campaign)
    is_of_this = not is_of_older_words and not stamps.changed(campaign)
    if approving.is_by_another(campaign) and is_of_this:
        return
    if approving.is_by_another(campaign) and (campaign.notice or reached > SIZE_THAT_NEEDS_TWO):
        if is_of_older_words:
            raise NotAllowed(
                "The template's words were changed since: it has to be approved again."
            )
        raise NotAllowed(
            _("What patients read or who gets it was changed since: it has to be approved again.")
        )
    if campaign.notice:
        raise NotAllowed("A safety notice of any size needs two: somebody else must approve it.")
    if reached > SIZE_THAT_NEEDS_TWO:
        raise NotAllowed(f"More than {SIZE_THAT_NEEDS_TWO} people: somebody else must approve it.")


def _unless_well_worded(campaign: Campaign) -> None:
    """
    Look at what would be said.

    :raises NotAllowed: the template is of the wrong kind, reproaches or tells too much
    """
    approved = languages.Words(campaign).approved
    if not all(wording.fits(campaign.purpose, one.category) for one in approved):
        raise NotAllowed("WhatsApp counts this template as something else than what it is for.")
    if any(one.top == LOCATION for one in approved):
        raise NotAllowed("The template shows a visit's place on a map, and this is about no visit.")
    name = campaign.clinic.name
    found = [flag for one in approved for flag in wording.flags(one, clinic_name=name)]
    if topics.is_vaccination(campaign) and not wording.invites(found):
        raise NotAllowed(
            "The template says that something was missed. Our records may be incomplete: invite."
        )
    if not campaign.audience.tags.filter(is_sensitive=True).exists():
        return
    if not wording.is_neutral(found):
        raise NotAllowed(
            "Chosen by a tag that nobody else may learn of: it needs a template in neutral words."
        )
