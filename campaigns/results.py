"""What came of a run, counted as often as a page may ask without slowing anything down."""

import time
from dataclasses import dataclass
from datetime import datetime

from django.core.cache import cache

from campaigns import answers, forecast, progress
from campaigns.answers import Answers
from campaigns.models import Run, RunStatus
from campaigns.progress import Progress

# A count is shown so many times as long as it took: whoever looks costs a twentieth of one core.
# Of a thousand patients it is fresh each time; of a million it is half a minute old.
SHOWN_FOR = 20
_COUNTING_AT_MOST = 120


@dataclass(frozen=True)
class Results:
    """All of it was counted at one moment, which the progress names."""

    progress: Progress
    answers: Answers
    done_at: datetime | None  # None: it is not going, or WhatsApp's limit leaves it no place

    @property
    def percent(self) -> int:
        done = self.progress.counted - self.progress.waiting
        return 100 * done // self.progress.counted if self.progress.counted else 0


def of(run: Run, *, now: datetime) -> Results:
    """Count everything now."""
    counted = progress.of(run, now=now)
    is_going = run.status in (RunStatus.EXPANDING, RunStatus.POURING)
    done_at = forecast.of_run(run, now=now) if is_going and counted.waiting else None
    return Results(counted, answers.of(run), done_at)


def seen(run: Run, *, now: datetime) -> Results:
    """Return what was counted lately; counts anew where that is too old."""
    # What a pause or a cancel changes shows at once.
    key = f"run:{run.pk}:{run.status}"
    fresh: Results | None = cache.get(f"{key}:fresh")
    if fresh is not None:
        return fresh
    before: Results | None = cache.get(f"{key}:before")
    # Of several who look at once one counts; the others see what was.
    if before is not None and not cache.add(f"{key}:counting", 1, _COUNTING_AT_MOST):
        return before
    began = time.perf_counter()
    counted = of(run, now=now)
    cache.set(f"{key}:fresh", counted, (time.perf_counter() - began) * SHOWN_FOR)
    cache.set(f"{key}:before", counted, None)
    cache.delete(f"{key}:counting")
    return counted
