"""The screens of campaigns, of lists of patients, and of what makes them."""

from campaigns.admin import (  # noqa: F401 - they register
    audiences,
    campaigns,
    declined,
    deputies,
    lists,
    rates,
    runs,
    schedules,
    seasons,
)
