"""The phone behind a number that somebody types: the one there is in either form, or a new one."""

from collections.abc import Iterable
from datetime import datetime

from healthmsg.clinic import remembered
from healthmsg.clinic.models import Clinic, Phone
from healthmsg.clinic.phone import same_number


def known(clinic_id: int, numbers: Iterable[str]) -> dict[str, Phone]:
    """
    Return the clinic's phones by the numbers asked about (E.164), however they are stored.

    Two rows for one line would be two people to us: whoever stops one is written to on the other.
    """
    forms = {number: same_number(number) for number in numbers}
    wanted = {form for some in forms.values() for form in some}
    rows = Phone.objects.filter(clinic=clinic_id, number__in=wanted)
    here = {phone.number: phone for phone in rows}
    found = {}
    for number, some in forms.items():
        phone = next((here[form] for form in some if form in here), None)
        if phone is not None:
            found[number] = phone
    return found


def take(clinic: Clinic, number: str, *, key: str, now: datetime) -> Phone:
    """
    Return the clinic's phone with this number (E.164), a new one where there is none.

    What it had stopped before it was deleted is stopped again.

    :param key: of the hashes that deleted numbers are remembered by
    """
    phone = known(clinic.pk, [number]).get(number)
    if phone is None:
        phone, _is_new = Phone.objects.get_or_create(clinic=clinic, number=number)
    remembered.apply([phone], key=key, now=now)
    return phone
