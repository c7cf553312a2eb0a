"""The demo's clinic: sites, clinicians, kinds of visit, staff, WhatsApp number, rules."""

from dataclasses import dataclass
from datetime import timedelta

from django.contrib.auth.models import Group

from healthmsg.clinic.models import (
    Clinic,
    Clinician,
    Discretion,
    Saying,
    Site,
    StaffUser,
    VisitKind,
    VisitPreparation,
    WorkingHours,
)
from healthmsg.desk.demo.daytime import Place
from reminders import rules
from whatsapp import arriving
from whatsapp.models import Account, Menu, Portfolio, Sender

LANGUAGES = ["en", "es", "pt_BR", "fr", "ar", "hi"]
PASSWORD = "demo"  # noqa: S105 - of pretend people in a clinic that only practices
PHONE_NUMBER_ID = "100000000000001"
WABA_ID = "200000000000001"


@dataclass(frozen=True)
class House:
    """What the story needs at hand."""

    clinic: Clinic
    sites: tuple[Site, ...]
    clinicians: tuple[Clinician, ...]
    kinds: tuple[VisitKind, ...]
    sender: Sender
    admin: StaffUser
    reception: StaffUser

    def site_of(self, clinician: Clinician) -> Site:
        """Return where a clinician works: half of them here, half there."""
        return self.sites[self.clinicians.index(clinician) % len(self.sites)]


def build(place: Place, *, clinicians: int) -> House:
    """Make the clinic, in practice, with everything it needs to send."""
    clinic = Clinic.objects.create(
        name="Aurora Health",
        phone="+54 11 5555 0000",
        emergency_number="107",
        country=place.country,
        time_zone=place.zone,
        languages=LANGUAGES,
    )
    portfolio = Portfolio.objects.create(name="Aurora Health", daily_limit=2000)
    account = Account.objects.create(portfolio=portfolio, waba_id=WABA_ID, name="Aurora Health")
    sender = Sender.objects.create(
        clinic=clinic,
        account=account,
        phone_number_id=PHONE_NUMBER_ID,
        display_number="+54 11 5555-0000",
        verified_name="Aurora Health",
    )
    rules.install(clinic)
    Menu.objects.create(clinic=clinic, is_on=True)
    arriving.install_words(clinic)
    admin, reception = _staff(clinic)
    house = House(
        clinic=clinic,
        sites=_sites(clinic, place),
        clinicians=tuple(
            Clinician.objects.create(clinic=clinic, name=f"Dr. {name}")
            for name in _SURNAMES[:clinicians]
        ),
        kinds=_kinds(clinic),
        sender=sender,
        admin=admin,
        reception=reception,
    )
    _set_hours(house)
    return house


_SURNAMES = (
    "Paz",
    "Okafor",
    "Silva",
    "Haddad",
    "Moreau",
    "Rao",
    "Tanaka",
    "Novak",
    "Mensah",
    "Costa",
    "Lopez",
    "Singh",
    "Ali",
    "Fischer",
    "Mbeki",
    "Rossi",
    "Khan",
    "Duarte",
    "Yilmaz",
    "Park",
    "Diaz",
    "Osei",
    "Lima",
    "Nasser",
    "Petit",
    "Gupta",
    "Sato",
    "Horak",
    "Boateng",
    "Reis",
)


# Every day, as the demo's day may be any.
_WEEK = {str(day): [["08:00", "18:00"]] for day in range(7)}
_WORK = {str(day): [["08:00", "12:40"], ["13:20", "18:00"]] for day in range(7)}


def _set_hours(house: House) -> None:
    for one in house.clinicians:
        WorkingHours.objects.create(clinician=one, site=house.site_of(one), hours=_WORK)


def _sites(clinic: Clinic, place: Place) -> tuple[Site, ...]:
    return (
        Site.objects.create(
            clinic=clinic,
            name=f"{place.city} Center",
            address="12 Station Road",
            directions="Second floor, lift on the left",
            phone="+54 11 5555 0001",
            opening_hours=_WEEK,
        ),
        Site.objects.create(
            clinic=clinic,
            name=f"{place.city} North",
            address="240 Garden Avenue",
            directions="Entrance beside the pharmacy",
            phone="+54 11 5555 0002",
            opening_hours=_WEEK,
        ),
    )


def _kinds(clinic: Clinic) -> tuple[VisitKind, ...]:
    check_up = VisitKind.objects.create(
        clinic=clinic,
        name="Check-up",
        length=timedelta(minutes=20),
        discretion=Discretion.FULL,
        booked_by_patients=True,
    )
    VisitPreparation.objects.create(
        kind=check_up, language="en", text="Please bring your list of medicines."
    )
    return (
        check_up,
        VisitKind.objects.create(clinic=clinic, name="Consultation", length=timedelta(minutes=20)),
        VisitKind.objects.create(
            clinic=clinic,
            name="Procedure",
            length=timedelta(minutes=40),
            cancel=Saying.ASKS_A_PERSON,
        ),
        VisitKind.objects.create(
            clinic=clinic,
            name="Counseling",
            length=timedelta(minutes=40),
            discretion=Discretion.CONTACT_US,
        ),
    )


def _staff(clinic: Clinic) -> tuple[StaffUser, StaffUser]:
    admin = StaffUser.objects.create_superuser("admin", password=PASSWORD, first_name="Alex")
    reception = StaffUser.objects.create_user(
        "reception", password=PASSWORD, first_name="Robin", is_staff=True
    )
    reception.groups.add(Group.objects.get(name="Reception"))
    for user in (admin, reception):
        user.clinics.add(clinic)
    return admin, reception
