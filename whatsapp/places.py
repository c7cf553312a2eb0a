"""Places on top of messages: where a visit's site is, who needs that, and which sites lack it."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Q

from healthmsg.clinic.models import Site
from whatsapp.models import ENDED, Account, Template

LOCATION = "LOCATION"
# Templates whose header is a place; what is deleted is sent no more.
NEEDS_A_PLACE = Q(current__components__contains=[{"type": "HEADER", "format": LOCATION}])


@dataclass(frozen=True)
class Place:
    """A site as WhatsApp draws it on a map; degrees, and what stands beside."""

    latitude: Decimal
    longitude: Decimal
    name: str
    address: str

    def part(self, _kind: str) -> dict[str, Any]:
        """
        Return what is posted for it.

        Source: WhatsApp Cloud API, template messages, read 2026-11: degrees are text there.
        """
        location = {
            "latitude": str(self.latitude),
            "longitude": str(self.longitude),
            "name": self.name,
            "address": self.address,
        }
        parameter = {"type": "location", "location": location}
        return {"type": "header", "parameters": [parameter]}

    @property
    def words(self) -> str:
        return "\n".join(filter(None, (self.name, self.address)))


def place_of(site: Site | None) -> Place | None:
    """Return where a site is, None where nobody has written it down."""
    if site is None or site.latitude is None or site.longitude is None:
        return None
    # What WhatsApp takes for a text: one line.
    name, address = (" ".join(words.split()) for words in (site.name, site.address))
    return Place(site.latitude, site.longitude, name, address)


def shows_a_place(template: Template) -> bool:
    """Say whether a place stands on top of a template."""
    parts = template.current.components if template.current else ()
    return any(str(part.get("format") or "").upper() == LOCATION for part in parts)


def lacking(account: Account) -> tuple[str, ...]:
    """Return the names of sites whose visits get no message with a place on top."""
    sites = Site.objects.filter(clinic__senders__account=account, latitude=None)
    return tuple(sites.order_by("name").values_list("name", flat=True).distinct())


def needing(clinic_id: int) -> tuple[str, ...]:
    """Return the names of the templates that show a clinic's sites on a map."""
    rows = Template.objects.filter(NEEDS_A_PLACE, account__senders__clinic=clinic_id)
    rows = rows.exclude(status__in=ENDED)
    return tuple(rows.order_by("name").values_list("name", flat=True).distinct())
