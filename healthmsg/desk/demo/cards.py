"""Cards to try: what to do in a situation, where to look on the desk, and on whose phone."""

from dataclasses import asdict, dataclass
from typing import Any

from django.db.models import Model
from django.urls import reverse

from healthmsg.clinic.models import Appointment, Patient, Phone


@dataclass(frozen=True)
class Card:
    """One situation; `phone` is the number's digits, as WhatsApp names it."""

    title: str
    steps: tuple[str, ...]
    desk_path: str = ""  # below the address of the clinic's pages
    phone: str = ""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def page_of(row: Model) -> str:
    """Return the path of a row's page on the desk."""
    name = f"admin:{row._meta.app_label}_{row._meta.model_name}_change"
    own = "patient" if isinstance(row, Patient) else name
    return reverse(own, args=[row.pk]).lstrip("/")


def page_named(name: str) -> str:
    """Return the path of another page, by the name of its address."""
    return reverse(name).lstrip("/")


def phone_of(visit: Appointment) -> Phone:
    """Return the phone that is told of a visit; of nobody else's visit is there a card."""
    if visit.contact is None or visit.contact.phone is None:
        raise LookupError("nobody is told of this visit")
    return visit.contact.phone


def digits_of(phone: Phone) -> str:
    return phone.number.lstrip("+")
