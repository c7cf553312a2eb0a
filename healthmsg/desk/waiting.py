"""What waits for a person to approve it or to let it go on, and who may."""

from collections.abc import Container, Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Model, Q, QuerySet
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from campaigns import approving, vouching
from campaigns.models import Campaign, Making, PatientList, Schedule, Season
from healthmsg import clock
from healthmsg.clinic.models import StaffUser
from healthmsg.cockpit import owned
from healthmsg.cockpit.belonging import Person
from healthmsg.cockpit.there import Kinds
from healthmsg.desk.imports.models import Import, ImportState

# Of each sort, the newest; the page is to be read.
_MOST = 5


@dataclass(frozen=True)
class Wait:
    """Something that goes on once somebody has looked at it."""

    kind: str
    name: str
    what: str
    link: str


def kinds(person: Person) -> Kinds:
    """Return what may wait for this person."""
    return {name: owned(rows, person) for name, rows in _kinds(person).items()}


def waits(person: Person, found: Container[str]) -> list[Wait]:
    """
    Return what this person may let go on.

    :param found: the names of those of `kinds` of which there is any
    """
    if not isinstance(person, StaffUser):
        return []
    return [
        wait
        for name, rows in _kinds(person).items()
        if name in found
        for wait in _of_kind(name, rows, person)
    ]


def _kinds(person: Person) -> "dict[str, QuerySet[Any]]":
    """Neither its author nor who changed it last approves a campaign; who ended it is done."""
    if not isinstance(person, StaffUser):
        return {}
    theirs = Q(created_by=person) | Q(changed_by=person)
    kinds: dict[str, QuerySet[Any]] = {"waits-campaigns": approving.unapproved().exclude(theirs)}
    if vouching.may(person):
        lists = PatientList.objects.filter(making=Making.READY, approved_at=None)
        made = Q(approved_at=None, created_by__isnull=False) & ~Q(created_by=person)
        kinds["waits-lists"] = lists.exclude(asked_by=person).select_related("clinic")
        kinds["waits-seasons"] = Season.objects.filter(made)
        kinds["waits-schedules"] = Schedule.objects.filter(made)
    if person.has_perm("desk.change_import"):
        kinds["waits-imports"] = Import.objects.filter(state=ImportState.WAITS)
    return kinds


def _of_kind(name: str, rows: "QuerySet[Any]", person: StaffUser) -> Iterator[Wait]:
    if name == "waits-campaigns":
        yield from _campaigns(rows, person)
        return
    for row in _newest(rows, person):
        if name == "waits-imports":
            words = _("somebody has to look at it and let it go on")
            yield _wait(row, words, name=row.get_kind_display())
        else:
            yield _wait(row, _("a clinician has to approve it"))


def _campaigns(rows: "QuerySet[Any]", person: StaffUser) -> Iterator[Wait]:
    now = clock.now()
    for row in _newest(rows.select_related("clinic"), person):
        if approving.may(person, row, today=now.astimezone(row.clinic.zone).date()):
            yield _wait(row, _why(row))


def _why(campaign: Campaign) -> str:
    if campaign.approved_parts:
        return _("it was changed since it was approved: it has to be approved again")
    return _("nobody has approved it yet")


def _newest(rows: "QuerySet[Any]", person: Person) -> "QuerySet[Any]":
    return owned(rows, person).order_by("-pk")[:_MOST]


def _wait(row: Model, what: str, *, name: str = "") -> Wait:
    meta = row._meta
    link = reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[row.pk])
    return Wait(capfirst(str(meta.verbose_name)), name or str(row), what, link)
