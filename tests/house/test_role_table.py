"""Every address opens for the roles that `who_may_open.txt` names, and for no others."""

import pytest
from django.contrib.auth.models import AnonymousUser, Group
from django.db.models import Model
from django.test import Client

from healthmsg.clinic.models import Clinic, Patient, Phone, StaffUser
from healthmsg.clinic.roles import ROLES
from tests import factories, said
from tests.house import addresses, who_may_open
from tests.house.test_admin_pages import _OF_NO_CLINIC, rows
from tests.house.who_may_open import COLUMNS, PUBLIC
from whatsapp import sealed_replies
from whatsapp.models import Message, Reply

__all__ = ["rows"]

EVERY = [one for one in addresses.patterns() if who_may_open.needs_a_line(one)]
OF_ONE_ROW = [one for one in EVERY if "<id>" in one and one.startswith("admin/")]
_REFUSED = {403, 404}


def person(clinic: Clinic, *roles: str) -> StaffUser:
    user = StaffUser.objects.create(username="-".join(roles)[:150], is_staff=True)
    user.clinics.add(clinic)
    user.groups.set(Group.objects.filter(name__in=roles))
    return user


def test_every_role_has_a_column() -> None:
    assert set(COLUMNS.values()) == set(ROLES)


def test_a_role_is_named_for_every_address(rows: dict[str, Model]) -> None:
    missing = [one for one in EVERY if one not in who_may_open.table()]
    lines = [_line_for(one, rows) for one in missing]

    assert not lines, (
        "\nNobody has said who may open these. Put into tests/house/who_may_open.txt, after looking"
        " whether what the roles may do now is what they should:\n\n" + "\n".join(lines)
    )


def test_a_role_is_named_for_no_address_that_is_gone() -> None:
    assert set(who_may_open.table()) - set(EVERY) == set()


@pytest.mark.parametrize("column", COLUMNS, ids=COLUMNS.get)
def test_a_role_opens_what_its_column_says(column: str, rows: dict[str, Model]) -> None:
    clinic = rows["clinic.Clinic"]
    assert isinstance(clinic, Clinic)
    user = person(clinic, COLUMNS[column])
    named = who_may_open.table()

    wrong = [
        f"{one}: {'opens' if is_open else 'is closed'}"
        for one in EVERY
        if one in named
        for is_open in [addresses.asked(addresses.filled(one, rows), user) != 403]
        if is_open != (column in named[one] or named[one] == PUBLIC)
    ]

    assert wrong == []


def test_without_any_role_only_public_pages_open(rows: dict[str, Model]) -> None:
    opened = {
        one for one in EVERY if addresses.asked(addresses.filled(one, rows), AnonymousUser()) != 403
    }

    assert opened == {one for one, columns in who_may_open.table().items() if columns == PUBLIC}


@pytest.mark.parametrize("role", [*ROLES, "all of them"])
def test_attack_no_role_opens_a_row_of_another_clinic(role: str, rows: dict[str, Model]) -> None:
    roles = ROLES if role == "all of them" else [role]
    stranger = person(factories.make_clinic(), *roles)

    opened = [
        f"{one}: {status}"
        for one in OF_ONE_ROW
        if not any(one.startswith(f"admin/{label}/") for label in _NOBODYS)
        for status in [addresses.asked(addresses.filled(one, rows), stranger)]
        if status not in _REFUSED
    ]

    assert opened == []


def test_attack_nothing_is_done_to_a_row_of_another_clinic(rows: dict[str, Model]) -> None:
    stranger = person(factories.make_clinic(), *ROLES)

    done = [
        f"{one}: {status}"
        for one in OF_ONE_ROW
        if not any(one.startswith(f"admin/{label}/") for label in _NOBODYS)
        for status in [addresses.asked(addresses.filled(one, rows), stranger, posted={"a": "b"})]
        if status not in _REFUSED
    ]

    assert done == []


@pytest.mark.parametrize("column", "WSPT", ids=COLUMNS.get)
def test_canary_no_role_without_details_sees_who_a_patient_is(
    column: str, rows: dict[str, Model], client: Client
) -> None:
    clinic = rows["clinic.Clinic"]
    assert isinstance(clinic, Clinic)
    planted = _plant(rows)
    client.force_login(person(clinic, COLUMNS[column]))

    told = [
        f"{one}: {word}"
        for one, columns in who_may_open.table().items()
        if column in columns and one not in _WITHOUT_A_PAGE
        for page in [client.get(addresses.filled(one, rows))]
        for word in planted
        if not page.streaming and word in page.content.decode()
    ]

    assert told == []


# Scripts, and what leads elsewhere.
_WITHOUT_A_PAGE = {"admin/jsi18n/", "admin/<anything>"}


def _plant(rows: dict[str, Model]) -> tuple[str, ...]:
    """Give the patient of all rows a name, a number and words that stand nowhere else."""
    name, family, words, number = "Zwitscha", "Kanarienthal", "Federkleidfrage", "+5491173311337"
    rows["clinic.Patient"].contacts.update(name=name)  # type: ignore[attr-defined]
    patient = Patient.objects.filter(pk=rows["clinic.Patient"].pk)
    patient.update(given_name=name, family_name=family, external_id="KENNUNG")
    Phone.objects.filter(pk=rows["clinic.Phone"].pk).update(number=number)
    for message in Message.objects.all():
        kept = said.words(words, message.payload, message.callback)
        Message.objects.filter(pk=message.pk).update(**kept)
    for reply in Reply.objects.all():
        told = sealed_replies.seal(words, reply.content, wamid=reply.wamid)
        Reply.objects.filter(pk=reply.pk).update(sealed=told)
    return (name, family, "KENNUNG", words, number, number[3:], number[-8:])


# Who may read and stop these is asked by tests of their own.
_NOBODYS = {label.lower().replace(".", "/") for label in _OF_NO_CLINIC} | {"r/<content_type_id>"}


def _line_for(pattern: str, rows: dict[str, Model]) -> str:
    clinic = rows["clinic.Clinic"]
    assert isinstance(clinic, Clinic)
    address = addresses.filled(pattern, rows)
    if addresses.asked(address, AnonymousUser()) != 403:
        found = PUBLIC
    else:
        people = {role: _once(clinic, role) for role in ROLES}
        found = who_may_open.columns(
            role for role, user in people.items() if addresses.asked(address, user) != 403
        )
    above, end = who_may_open.where(pattern)
    return f"{above}\n  {found}  {end}"


def _once(clinic: Clinic, role: str) -> StaffUser:
    known = StaffUser.objects.filter(username=role).first()
    return known or person(clinic, role)
