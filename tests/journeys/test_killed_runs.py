"""The worker that writes a run down and pours it is killed (`kill -9`), whatever it is doing."""

import random
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection, transaction

from tests.journeys import runs
from tests.running_house import House, celery_worker, make_practice, open_house
from whatsapp.status import Status

PEOPLE = 520


class Pourer:
    """The worker of campaigns alone, so that it can be killed without the others."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._starts = 0
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._starts += 1
        command = [*celery_worker("default")[:-1], f"pourer{self._starts}@%h"]
        self._process = self._house.start(f"pourer{self._starts}", command)

    def kill(self) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def kill_while_it_waits_for(self, table: str, *, statement: str) -> None:
        """Kill it in the middle of a write: what it waits for is let go only once it is dead."""
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"LOCK TABLE {table} IN SHARE MODE")
            self.start()
            deadline = time.monotonic() + 30
            waits = 0
            while not waits:
                assert time.monotonic() < deadline
                self._house.tick()
                time.sleep(0.1)
                # What others do is seen once a transaction otherwise.
                cursor.execute("SELECT pg_stat_clear_snapshot()")
                cursor.execute(
                    "SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid)"
                    " WHERE NOT granted AND relation = %s::regclass AND query ILIKE %s",
                    [table, f"%{statement}%"],
                )
                ((waits,),) = cursor.fetchall()
            self.kill()


@pytest.fixture
def house(transactional_db: None, tmp_path: Path) -> Iterator[House]:
    with open_house(tmp_path, queues="sender,inbox,housekeeping") as house:
        yield house


def test_killed_while_it_writes_down_and_while_it_pours_it_loses_and_doubles_nobody(
    house: House,
) -> None:
    chance = random.Random(3)  # noqa: S311 - repeatable
    practice = make_practice(house)
    run = runs.start(runs.campaign_for(practice, runs.invite(practice, PEOPLE)), house)
    pourer = Pourer(house)

    pourer.kill_while_it_waits_for("campaigns_recipient", statement="campaigns_recipient")
    assert runs.adds_up(run, PEOPLE).audience == 0
    # It pours in the same tick, unless something holds it up.
    pourer.kill_while_it_waits_for("whatsapp_message", statement="INSERT INTO whatsapp_message (")
    assert runs.adds_up(run, PEOPLE).waiting == PEOPLE
    pourer.start()
    seen = runs.left_count(house)
    house.until(runs.while_it_adds_up(run, PEOPLE, lambda: runs.left_count(house) > seen))
    time.sleep(chance.uniform(0, 0.5))
    pourer.kill()
    pourer.start()
    house.until(runs.while_it_adds_up(run, PEOPLE, lambda: runs.is_done(run)), seconds=60)
    house.settle()

    assert len(runs.left(house)) == PEOPLE
    assert runs.judge(house, run, PEOPLE).by_status == {Status.READ: PEOPLE}
