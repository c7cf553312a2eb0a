"""What waits for a person to approve it or to let it go on, and who may."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from campaigns import approving, vouching
from campaigns.models import Campaign, Making, PatientList, Schedule, Season
from healthmsg import clock
from healthmsg.clinic.models import StaffUser
from healthmsg.cockpit import owned
from healthmsg.cockpit.belonging import Person
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


def waits(request: HttpRequest) -> list[Wait]:
    """Return what this person may let go on; as few queries as rows are shown, at most."""
    person = request.user
    if not isinstance(person, StaffUser):
        return []
    return [*_campaigns(person), *_of_clinicians(person), *_imports(person)]


def _campaigns(person: StaffUser) -> Iterator[Wait]:
    """Neither its author nor who changed it last approves a campaign; who ended it is done."""
    theirs = Q(created_by=person) | Q(changed_by=person)
    rows = Campaign.objects.filter(approved_at=None, runs=None).exclude(theirs)
    now = clock.now()
    for row in _newest(rows.select_related("clinic"), person):
        if approving.may(person, row, today=now.astimezone(row.clinic.zone).date()):
            yield _wait(row, _("nobody has approved it yet"))


def _of_clinicians(person: StaffUser) -> Iterator[Wait]:
    if not vouching.may(person):
        return
    words = _("a clinician has to approve it")
    lists = PatientList.objects.filter(making=Making.READY, approved_at=None)
    mine = lists.exclude(asked_by=person).select_related("clinic")
    made = Q(approved_at=None, created_by__isnull=False) & ~Q(created_by=person)
    for rows in (mine, Season.objects.filter(made), Schedule.objects.filter(made)):
        for row in _newest(rows, person):
            yield _wait(row, words)


def _imports(person: StaffUser) -> Iterator[Wait]:
    if person.has_perm("desk.change_import"):
        for row in _newest(Import.objects.filter(state=ImportState.WAITS), person):
            words = _("somebody has to look at it and let it go on")
            yield _wait(row, words, name=row.get_kind_display())


def _newest(rows: "QuerySet[Any]", person: Person) -> "QuerySet[Any]":
    return owned(rows, person).order_by("-pk")[:_MOST]


def _wait(row: Model, what: str, *, name: str = "") -> Wait:
    meta = row._meta
    link = reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[row.pk])
    return Wait(capfirst(str(meta.verbose_name)), name or str(row), what, link)
