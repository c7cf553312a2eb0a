"""The frame of every admin page: what all floors' screens share."""

from healthmsg.cockpit.acts import Act, act_page, act_path, back_to, row_or_404
from healthmsg.cockpit.belonging import (
    clinics_of,
    countries_of,
    is_at,
    owned,
    sees_details,
    sites_of,
    speaks_for,
    works_for_all,
)
from healthmsg.cockpit.marks import Tone, mark, tip
from healthmsg.cockpit.one_clinic import OneClinicForm
from healthmsg.cockpit.pages import (
    ClinicAdmin,
    CockpitInline,
    CockpitTable,
    ReadOnlyInline,
)
from healthmsg.cockpit.paginator import CappedPaginator
from healthmsg.cockpit.stories import StoryAdmin

__all__ = [
    "Act",
    "CappedPaginator",
    "ClinicAdmin",
    "CockpitInline",
    "CockpitTable",
    "OneClinicForm",
    "ReadOnlyInline",
    "StoryAdmin",
    "Tone",
    "act_page",
    "act_path",
    "back_to",
    "clinics_of",
    "countries_of",
    "is_at",
    "mark",
    "owned",
    "row_or_404",
    "sees_details",
    "sites_of",
    "speaks_for",
    "tip",
    "works_for_all",
]
