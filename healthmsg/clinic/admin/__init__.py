"""The ground floor's screens: what a clinic sets up. Patients and visits are shown by the desk."""

from healthmsg.clinic.admin import sites, staff, tags, visits, wordings  # noqa: F401 - they register
