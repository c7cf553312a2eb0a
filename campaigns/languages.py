"""In which languages a campaign can speak, and whom it would leave without a word."""

from collections.abc import Mapping

from django.db import connection

from campaigns.models import LEAVE_OUT, Campaign
from whatsapp.catalog import Approved, Catalog
from whatsapp.models import Sender, Template

# A clinic's patients speak few languages: from one to the next by the index, past a million rows.
_SPOKEN = """
WITH RECURSIVE spoken(language) AS (
  (SELECT language FROM clinic_reach WHERE clinic_id = %(clinic)s ORDER BY language LIMIT 1)
  UNION ALL
  SELECT (SELECT reach.language FROM clinic_reach reach
           WHERE reach.clinic_id = %(clinic)s AND reach.language > spoken.language
           ORDER BY reach.language LIMIT 1)
    FROM spoken WHERE spoken.language IS NOT NULL)
SELECT language FROM spoken WHERE language <> ''
"""


class Words:
    """A campaign's template, language by language, as it stands now."""

    def __init__(self, campaign: Campaign) -> None:
        self._name = campaign.template_name
        self._spare = spare_of(campaign)
        self._spoken = _spoken(campaign.clinic_id)
        self.sender = sender_of(campaign)
        self._catalog = Catalog(self.sender.account) if self.sender else None

    @property
    def has_number(self) -> bool:
        return self._catalog is not None

    @property
    def written(self) -> list[str]:
        """The languages whose speakers get a message, be it in the spare one."""
        return [code for code in self._spoken if self._says(code, self._spare)]

    @property
    def missing(self) -> list[str]:
        """The languages of patients that lack an approved template."""
        return [code for code in self._spoken if not self._says(code)]

    @property
    def categories(self) -> dict[str, str]:
        """As what WhatsApp counts what speakers of each language get; who gets none is left out."""
        found = ((code, self._find(code, self._spare)) for code in self._spoken)
        return {code: one.category for code, one in found if one is not None}

    @property
    def approved(self) -> list[Approved]:
        """The template in each language it would be sent in."""
        found = {}
        for code in self._spoken:
            one = self._find(code, self._spare)
            if one is not None:
                found[one.language] = one
        return list(found.values())

    @property
    def templates(self) -> list[Template]:
        """The template in each language, whether it can be sent or not."""
        return self._catalog.in_languages(self._name) if self._catalog else []

    @property
    def bindings(self) -> Mapping[str, str]:
        """What fills each of its gaps."""
        return self._catalog.bindings_of(self._name) if self._catalog else {}

    def _says(self, *languages: str) -> bool:
        return self._find(*languages) is not None

    def _find(self, *languages: str) -> Approved | None:
        if self._catalog is None:
            return None
        found = self._catalog.find((self._name,), tuple(filter(None, languages)))
        return found if isinstance(found, Approved) else None


def spare_of(campaign: Campaign) -> str:
    """Return the language for whoever's own is missing, "" where there is none."""
    return "" if campaign.spare_language == LEAVE_OUT else campaign.spare_language


def sender_of(campaign: Campaign) -> Sender | None:
    """Return the number whose templates count: the campaign's, else the clinic's first."""
    senders = Sender.objects.select_related("account__portfolio", "clinic").order_by("pk")
    if campaign.sender_id is not None:
        return senders.get(pk=campaign.sender_id)
    return senders.filter(clinic=campaign.clinic_id).first()


def _spoken(clinic_id: int) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(_SPOKEN, {"clinic": clinic_id})
        return [row[0] for row in cursor.fetchall()]
