"""The ground floor's screens: what a clinic sets up. What shows other floors too is the desk's."""

from healthmsg.clinic.admin import staff, tags, visits, wordings  # noqa: F401 - they register
