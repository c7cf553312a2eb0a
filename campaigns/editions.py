"""Editions of schedules: the example that ships with the house, and new ones made of old ones."""

from datetime import date

from django.db import transaction
from django.utils.translation import gettext_lazy

from campaigns.models import Schedule, ScheduleDose
from healthmsg.clinic.models import Clinic, Sex, StaffUser, Vaccine

# Source: WHO, "Summary of WHO Position Papers - Recommendations for Routine Immunization", as of
# September 2020; ages at which countries usually give the doses (6, 10 and 14 weeks, 9 and 15
# months) within what it allows. Nobody has checked it for any clinic: it arrives unapproved.
EDITION = "position papers, September 2020"
SOURCE = (
    "https://www.who.int/teams/immunization-vaccines-and-biologicals/policies/"
    "who-recommendations-for-routine-immunization---summary-tables"
)
NOTE = gettext_lazy(
    "An example to begin with, not advice: a clinician checks every row against the edition that"
    " is in force where you are. It leaves out boosters, the dose of polio vaccine at birth, second"
    " doses of IPV, catch-up with fewer doses, and what is recommended in some regions or for some"
    " people only. Where WHO leaves a choice it takes one: three doses of PCV, two of rotavirus,"
    " one of HPV, measles from 9 months on."
)
APPLIES_FROM = date(2020, 9, 1)
_VACCINES = {
    "bcg": "BCG",
    "hepb-birth": "Hepatitis B, at birth",
    "dtp-hepb-hib": "DTP-HepB-Hib",
    "opv": "Polio by mouth (bOPV)",
    "ipv": "Polio by injection (IPV)",
    "pcv": "Pneumococcal (PCV)",
    "rotavirus": "Rotavirus",
    "mr": "Measles and rubella",
    "hpv": "HPV",
}
# Code, dose, due at, not before, after the dose before, no longer from this age on, only for.
_ROWS = (
    ("bcg", 1, "0d", "0d", "", "", ""),
    ("hepb-birth", 1, "0d", "0d", "", "1d", ""),
    ("dtp-hepb-hib", 1, "6w", "6w", "", "60m", ""),
    ("dtp-hepb-hib", 2, "10w", "10w", "4w", "60m", ""),
    ("dtp-hepb-hib", 3, "14w", "14w", "4w", "60m", ""),
    ("opv", 1, "6w", "6w", "", "", ""),
    ("opv", 2, "10w", "10w", "4w", "", ""),
    ("opv", 3, "14w", "14w", "4w", "", ""),
    ("ipv", 1, "14w", "14w", "", "", ""),
    ("pcv", 1, "6w", "6w", "", "60m", ""),
    ("pcv", 2, "10w", "10w", "4w", "60m", ""),
    ("pcv", 3, "14w", "14w", "4w", "60m", ""),
    ("rotavirus", 1, "6w", "6w", "", "24m", ""),
    ("rotavirus", 2, "10w", "10w", "4w", "24m", ""),
    ("mr", 1, "9m", "9m", "", "", ""),
    ("mr", 2, "15m", "9m", "4w", "", ""),
    ("hpv", 1, "9y", "9y", "", "15y", str(Sex.FEMALE)),
)


@transaction.atomic
def add_example(clinic: Clinic) -> Schedule:
    """Give a clinic WHO's schedule as an unapproved example; twice is once."""
    schedule, is_new = Schedule.objects.get_or_create(
        clinic=clinic,
        authority="WHO",
        name="Children (EPI), an example",
        edition=EDITION,
        defaults={
            "source": SOURCE,
            "note": str(NOTE),
            "effective_from": APPLIES_FROM,
            "born_from": APPLIES_FROM,
        },
    )
    if is_new:
        vaccines = {code: _vaccine(clinic, code, name) for code, name in _VACCINES.items()}
        ScheduleDose.objects.bulk_create(
            ScheduleDose(
                schedule=schedule,
                vaccine=vaccines[code],
                number=number,
                due_age=due_age,
                minimum_age=minimum_age,
                interval=interval,
                until_age=until_age,
                sex=sex,
            )
            for code, number, due_age, minimum_age, interval, until_age, sex in _ROWS
        )
    return schedule


@transaction.atomic
def make_new(
    schedule: Schedule, *, edition: str, effective_from: date, by: StaffUser | None
) -> Schedule:
    """Copy an edition into a new, unapproved one that can be changed; the old one stays."""
    new = Schedule.objects.create(
        clinic=schedule.clinic,
        name=schedule.name,
        authority=schedule.authority,
        edition=edition,
        source=schedule.source,
        effective_from=effective_from,
        born_from=schedule.born_from,
        born_until=schedule.born_until,
        note=schedule.note,
        created_by=by,
    )
    rows = list(schedule.doses.order_by("pk"))
    for row in rows:
        row.pk, row.schedule = None, new
    ScheduleDose.objects.bulk_create(rows)
    return new


def _vaccine(clinic: Clinic, code: str, name: str) -> Vaccine:
    return Vaccine.objects.get_or_create(clinic=clinic, code=code, defaults={"name": name})[0]
