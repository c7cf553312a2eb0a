"""Sweepers leave a row each, and one that breaks stops no other."""

from datetime import UTC, datetime, timedelta

import pytest

from whatsapp import watching
from whatsapp.models import Heartbeat, Sweep

pytestmark = pytest.mark.django_db(transaction=True)


def breaks() -> int:
    raise ValueError("words of " + "a patient")


def test_a_round_says_what_each_part_found_and_when() -> None:
    watching.make_round({"early": lambda: 3, "late": lambda: 0})

    early, late = Sweep.objects.get(name="early"), Sweep.objects.get(name="late")
    assert (early.found, early.found_in_all, late.found) == (3, 3, 0)
    assert early.found_at == early.ran_at
    assert late.found_at is None
    assert datetime.now(UTC) - early.ran_at < timedelta(minutes=1)


def test_the_next_round_adds_up_and_remembers_when_something_was_found() -> None:
    watching.make_round({"part": lambda: 3})
    first = Sweep.objects.get()
    watching.make_round({"part": lambda: 0})

    part = Sweep.objects.get()
    assert (part.found, part.found_in_all) == (0, 3)
    assert part.found_at == first.ran_at < part.ran_at


def test_one_part_that_breaks_stops_no_other_and_says_so(
    caplog: pytest.LogCaptureFixture,
) -> None:
    found = watching.make_round({"broken": breaks, "sound": lambda: 1})

    broken = Sweep.objects.get(name="broken")
    assert found == {"sound": 1}
    assert (broken.broke_with, broken.broke_at) == ("ValueError", broken.ran_at)
    assert "words of a patient" not in caplog.text


def test_a_part_that_works_again_says_so_and_when_it_broke() -> None:
    watching.make_round({"part": breaks})
    watching.make_round({"part": lambda: 0})

    part = Sweep.objects.get()
    assert part.broke_with == ""
    assert part.broke_at is not None


def test_a_sign_of_life_is_renewed() -> None:
    watching.live("sender")
    first = Heartbeat.objects.get()
    watching.live("sender")

    assert Heartbeat.objects.get().seen_at > first.seen_at
