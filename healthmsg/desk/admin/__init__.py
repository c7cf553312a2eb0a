"""The roof's screens: patients, visits and the clinic itself, which show all floors together."""

from healthmsg.desk.admin import (  # noqa: F401 - they register
    alarms,
    breakers,
    clinics,
    imports,
    patients,
    phones,
    sites,
    switches,
    visits,
    watchers,
)
