"""The roof's screens: patients, visits and the clinic itself, which show all floors together."""

from healthmsg.desk.admin import (  # noqa: F401 - they register
    alarms,
    audit,
    breakers,
    certificates,
    clinics,
    imports,
    incidents,
    patients,
    phones,
    register,
    repeats,
    sites,
    stop_doubts,
    switches,
    visits,
    watchers,
)
