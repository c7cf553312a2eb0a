"""What several questions about a campaign ask for, read once: for one page, never for longer."""

from functools import cached_property

from campaigns import topics
from campaigns.languages import Words, sender_of
from campaigns.models import Campaign, PatientList, PriorityGroup
from campaigns.naming import named_by
from whatsapp.models import Sender, Template


class AtHand:
    """Reads each thing when it is first asked for, as it stands then."""

    def __init__(self, campaign: Campaign) -> None:
        self.campaign = campaign

    @cached_property
    def words(self) -> Words:
        return Words(self.campaign)

    @cached_property
    def sender(self) -> Sender | None:
        """The number whose templates count."""
        known: Words | None = self.__dict__.get("words")
        return sender_of(self.campaign) if known is None else known.sender

    @property
    def templates(self) -> list[Template]:
        """Its template in each language, where its words were read before; else nothing."""
        known: Words | None = self.__dict__.get("words")
        return [] if known is None else known.templates

    @cached_property
    def groups(self) -> list[PriorityGroup]:
        """Whom it writes to first, in this order, with their audiences."""
        if not getattr(self.campaign, "has_groups", True):
            return []
        return list(self.campaign.priority_groups.order_by("place").select_related("audience"))

    @cached_property
    def named(self) -> dict[str, list[int]]:
        """What its audience names."""
        return named_by(self.campaign.audience)

    @cached_property
    def made_lists(self) -> list[PatientList]:
        """The lists of its audience that were made by a schedule or a season, with these."""
        return list(topics.made_lists(self.campaign))
