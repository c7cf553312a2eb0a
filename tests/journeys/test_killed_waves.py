"""The worker that offers freed times is killed (`kill -9`) in the middle of a wave."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from healthmsg.clinic.models import VisitStatus
from reminders import booking, waiting_list
from reminders.models import FreedSlot, SlotOffer
from tests import factories
from tests.journeys.test_killed_runs import Pourer
from tests.journeys.test_other_times import DAY, HOUR, WEEK, Clinic
from tests.running_house import House, make_practice, open_house
from whatsapp.models import Message


@pytest.fixture
def house(transactional_db: None, tmp_path: Path) -> Iterator[House]:
    with open_house(tmp_path, queues="sender,inbox,housekeeping") as house:
        yield house


def test_killed_while_it_offers_everybody_is_asked_once_all_the_same(house: House) -> None:
    clinic = Clinic(make_practice(house))
    noon = factories.NOON
    for n in range(3):
        visit = clinic.book(clinic.practice.patient(), noon + 3 * WEEK + n * HOUR)
        waiting_list.wish(visit, by=None, now=noon)
    leaving = clinic.book(clinic.practice.patient(), noon + 5 * DAY)
    booking.cancel(leaving, status=VisitStatus.CANCELLED_BY_PATIENT, now=noon)
    worker = Pourer(house)

    worker.kill_while_it_waits_for("reminders_slotoffer", statement="INSERT INTO")

    assert not SlotOffer.objects.exists()
    assert not Message.objects.filter(dedupe_key__startswith="freed:").exists()
    worker.start()
    house.until(lambda: SlotOffer.objects.count() == 3)
    house.settle()
    offered = [one for one in house.sandbox.accepted() if one["template"] == "earlier_slot_offer"]
    assert len(offered) == len({one["to"] for one in offered}) == 3
    assert FreedSlot.objects.get().waves == 1
