"""Makes what a new installation starts with: clinic, site, admin, number, rules, an example."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import phonenumbers
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import translation

from campaigns import editions
from healthmsg.clinic import languages, phone
from healthmsg.clinic.models import Clinic, Site, StaffUser
from reminders import rules
from reminders.models import ReminderRule
from whatsapp import arriving, numbers, template_languages, templates_sync
from whatsapp.catalog import Approved, Catalog
from whatsapp.models import Account, Portfolio, Sender


class NotPossible(Exception):
    """It cannot be set up like this; the message says what to change."""


@dataclass(frozen=True)
class Wishes:
    """What is asked of whoever installs."""

    name: str
    country: str
    time_zone: str
    languages: tuple[str, ...]
    phone: str
    emergency_number: str
    site: str
    address: str
    admin: str
    password: str
    waba_id: str = ""
    phone_number_id: str = ""


@dataclass(frozen=True)
class House:
    """What stands now, whether it was made or found."""

    clinic: Clinic
    admin: StaffUser
    sender: Sender | None


class Meta(Protocol):
    """Whatever tells of templates and numbers: `whatsapp.graph.Graph`."""

    def templates(self, waba_id: str) -> Iterable[Mapping[str, Any]]: ...

    def number(self, phone_number_id: str) -> Mapping[str, Any]: ...


@transaction.atomic
def furnish(wishes: Wishes) -> House:
    """
    Make what is missing; what is there already stays as it is, so twice is once.

    :raises NotPossible: nothing was made
    """
    clinic = _clinic(wishes)
    _site(wishes, clinic)
    admin = _admin(wishes)
    admin.clinics.add(clinic)
    rules.install(clinic)
    arriving.install_words(clinic)
    if not clinic.schedules.exists():
        editions.add_example(clinic)
    return House(clinic, admin, _sender(wishes, clinic))


def add_number(clinic: Clinic, *, waba_id: str, phone_number_id: str, name: str = "") -> Sender:
    """
    Make a number of the clinic's, and its account; what is there already stays as it is.

    :param name: of the account, "" for the clinic's
    :raises NotPossible: the number is another clinic's, or another account's
    """
    portfolio, _ = Portfolio.objects.get_or_create(name=clinic.name)
    account, _ = Account.objects.get_or_create(
        waba_id=waba_id, defaults={"portfolio": portfolio, "name": name or clinic.name}
    )
    sender, _ = Sender.objects.get_or_create(
        phone_number_id=phone_number_id, defaults={"clinic": clinic, "account": account}
    )
    if sender.clinic_id != clinic.pk or sender.account_id != account.pk:
        raise NotPossible("This WhatsApp number belongs to another clinic or account already.")
    return sender


def bring_home(sender: Sender, meta: Meta, *, now: datetime) -> int:
    """
    Fetch the number's state and its account's templates for the first time.

    :returns: how many templates there are
    :raises SendError: Meta did not answer, or said no; may be done again
    """
    numbers.write_down(sender, meta.number(sender.phone_number_id), now=now)
    return templates_sync.bring_home(
        sender.account, meta.templates(sender.account.waba_id), now=now
    )


def templates_missing(
    clinic: Clinic, account: Account, in_use: Iterable[ReminderRule]
) -> dict[str, list[str]]:
    """Return the clinic's languages in which a template of these rules cannot be used yet."""
    catalog = Catalog(account)
    names = dict.fromkeys(
        name
        for rule in in_use
        for name in (rule.template_name, rule.confirmed_template_name, rule.several_template_name)
        if name
    )
    missing = {
        name: [
            language
            for language in clinic.languages
            if not isinstance(catalog.find((name,), (language,)), Approved)
        ]
        for name in names
    }
    return {name: lacking for name, lacking in missing.items() if lacking}


def _clinic(wishes: Wishes) -> Clinic:
    known = Clinic.objects.filter(name=wishes.name).first()
    if known is not None:
        return known
    if Clinic.objects.exists():
        raise NotPossible(
            "There is a clinic of another name already; add further ones when signed in."
        )
    clinic = Clinic(
        name=wishes.name,
        phone=wishes.phone,
        emergency_number=wishes.emergency_number,
        country=wishes.country.upper(),
        time_zone=wishes.time_zone,
        languages=_codes(wishes.languages),
    )
    _look_at(clinic)
    clinic.save()
    return clinic


def _look_at(clinic: Clinic) -> None:
    if clinic.country not in phonenumbers.SUPPORTED_REGIONS:
        raise NotPossible("country: two letters are needed, such as AR.")
    if unknown := [one for one in clinic.languages if one not in template_languages.LANGUAGES]:
        offered = ", ".join(f"{name} ({code})" for code, name in _offered())
        raise NotPossible(
            f"languages: WhatsApp has no templates in {', '.join(unknown)}. It has them in:"
            f" {offered}."
        )
    try:
        phone.e164(clinic.phone, country=clinic.country)
    except phone.Impossible as error:
        raise NotPossible(f"phone: {error}") from error
    _clean(clinic)


def _clean(row: Clinic | Site) -> None:
    try:
        row.full_clean()
    except ValidationError as error:
        said = [f"{field}: {' '.join(words)}" for field, words in error.message_dict.items()]
        raise NotPossible(" ".join(said)) from error


def _codes(typed: Iterable[str]) -> list[str]:
    """Return WhatsApp's codes of languages typed as codes or by name; what is neither stays."""
    by_name = {name.casefold(): code for code, name in _offered()}
    return list(dict.fromkeys(by_name.get(one.casefold(), one) for one in typed))


def _offered() -> list[tuple[str, str]]:
    with translation.override("en"):
        return languages.choices(template_languages.LANGUAGES)


def _site(wishes: Wishes, clinic: Clinic) -> None:
    if not Site.objects.filter(clinic=clinic, name=wishes.site).exists():
        site = Site(clinic=clinic, name=wishes.site, address=wishes.address)
        _clean(site)
        site.save()


def _admin(wishes: Wishes) -> StaffUser:
    known = StaffUser.objects.filter(username=wishes.admin).first()
    if known is not None:
        return known
    try:
        validate_password(wishes.password, StaffUser(username=wishes.admin))
    except ValidationError as error:
        raise NotPossible(f"password: {' '.join(error.messages)}") from error
    return StaffUser.objects.create_superuser(wishes.admin, password=wishes.password)


def _sender(wishes: Wishes, clinic: Clinic) -> Sender | None:
    ids = (wishes.waba_id, wishes.phone_number_id)
    if not any(ids):
        return None
    if not all(re.fullmatch(r"[0-9]{5,20}", part) for part in ids):
        raise NotPossible("Both --waba-id and --phone-number-id are needed, and are digits only.")
    return add_number(clinic, waba_id=wishes.waba_id, phone_number_id=wishes.phone_number_id)
