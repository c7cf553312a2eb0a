"""Lists taken back: of who was deleted or registered twice, and of clinicians who were told."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from django.test import Client

from healthmsg.clinic import consent
from healthmsg.clinic.models import (
    Appointment,
    Clinician,
    GivenHow,
    Purpose,
    StaffUser,
    VisitStatus,
)
from healthmsg.desk.cancelled_lists.models import Back, ListAct
from healthmsg.desk.merging import joining
from healthmsg.desk.privacy import erasing
from healthmsg.desk.team import agreeing, notices
from tests import factories
from tests.healthmsg.test_cancelled_list_pages import sign_in
from tests.healthmsg.test_cancelled_lists import (
    HOUR,
    MINUTE,
    decide,
    desk,
    lead,
    list_of,
    paz,
    wanted,
)
from tests.healthmsg.test_lists_taken_back import ends, seen, take_back
from tests.reminders.desk import Desk, leaves
from whatsapp.models import Message
from whatsapp.status import Status

__all__ = ["desk", "lead", "paz", "sign_in"]


def test_who_was_deleted_since_does_not_come_back(
    desk: Desk, paz: Clinician, lead: StaffUser, noon: datetime, tmp_path: Path
) -> None:
    gone, _stays = list_of(desk, paz, noon, count=2)
    begun = decide(wanted(desk, paz, noon, ListAct.CANCEL), lead, noon + HOUR)
    at = noon + HOUR + MINUTE
    erasing.erase(gone.patient, reason="asked", by=lead, key="k" * 32, files=tmp_path, now=at)

    assert [why for why, _knows, _reason in seen(begun, noon + 2 * HOUR)] == [Back.GONE, ""]
    take_back(begun, lead, noon + 2 * HOUR)

    assert ends(begun) == [Back.GONE, Back.BACK]
    off = Appointment.objects.get(pk=gone.pk).status
    assert off == VisitStatus.CANCELLED_BY_CLINIC


@pytest.mark.parametrize("has_another", [False, True])
def test_who_was_registered_twice_comes_back_unless_their_other_record_was_rebooked(
    desk: Desk, paz: Clinician, lead: StaffUser, noon: datetime, has_another: bool
) -> None:
    (visit,) = list_of(desk, paz, noon, count=1)
    begun = decide(wanted(desk, paz, noon, ListAct.CANCEL), lead, noon + HOUR)
    other = factories.make_patient(desk.clinic, birth_date=visit.patient.birth_date)
    if has_another:
        desk.book(other, noon + 99 * HOUR, now=noon + HOUR + MINUTE)
    born = f"{visit.patient.birth_date}"
    joining.merge(other, visit.patient, proof=born, by=lead, now=noon + HOUR + MINUTE)

    take_back(begun, lead, noon + 2 * HOUR)

    assert ends(begun) == [Back.REBOOKED if has_another else Back.BACK]
    assert Appointment.objects.get(pk=visit.pk).patient == other


@pytest.mark.parametrize("has_left", [False, True], ids=["withdrawn", "left"])
def test_a_clinicians_notice_is_withdrawn_or_it_is_said_that_somebody_has_to_tell_them(
    desk: Desk,
    paz: Clinician,
    lead: StaffUser,
    noon: datetime,
    sign_in: Callable[..., Client],
    has_left: bool,
) -> None:
    account = desk.sender.account
    factories.make_template(account, name=notices.LIST_CANCELLED, body="{{day}}.")
    yes = consent.Evidence(GivenHow.AT_DESK, recorded_by=lead)
    agreeing.agree(paz, "+5491155550177", language="es", evidence=yes, now=noon)
    list_of(desk, paz, noon, count=1)
    begun = decide(wanted(desk, paz, noon, ListAct.CANCEL), lead, noon + HOUR)
    notice = Message.objects.get(purpose=Purpose.TEAM)
    if has_left:
        leaves(notice, at=noon + HOUR)

    take_back(begun, lead, noon + 2 * HOUR)

    notice.refresh_from_db()
    assert notice.status == (Status.DELIVERED if has_left else Status.WITHHELD)
    page = sign_in().get(f"/desk/cancelled-lists/{begun.pk}/").content.decode()
    assert ("tell them yourself that it is taken back" in page) == has_left
