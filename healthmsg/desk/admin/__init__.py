"""The roof's screens: patients, visits and the clinic itself, which show all floors together."""

from healthmsg.desk.admin import clinics, patients, phones, visits  # noqa: F401 - they register
