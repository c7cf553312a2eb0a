"""Every storm once, several at a time: nothing lost, nothing doubled, nothing stuck."""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import Future

import pytest

from tests.chaos.runner import Report, Runner, line
from tests.chaos.table import STORMS

pytestmark = pytest.mark.chaos

SEED = int(os.environ.get("CHAOS_SEED", "1"))
# Nine processes each: more houses than cores starve each other, and judge the machine, not us.
AT_ONCE = os.cpu_count() or 1


@pytest.fixture(scope="module")
def storms(request: pytest.FixtureRequest) -> Iterator[dict[str, "Future[Report]"]]:
    """Start all storms that were asked for; each test waits for its own."""
    chosen = {item.name for item in request.session.items}
    names = [name for name in STORMS if any(f"[{name}]" in one for one in chosen)]
    runner = Runner(at_once=AT_ONCE)
    try:
        yield {name: runner.start(name, seed=SEED) for name in names}
    finally:
        runner.close()


@pytest.mark.parametrize("name", STORMS)
def test_a_storm_loses_doubles_and_strands_nothing(
    name: str,
    storms: dict[str, "Future[Report]"],
    record_property: Callable[[str, object], None],
) -> None:
    report = storms[name].result()
    record_property("storm", line(report))
    if "skipped" in report:
        pytest.skip(report["skipped"])
    print("\n".join(report.get("notes", ())))

    assert "broke" not in report, report["broke"]
    offences = {kind: report[kind] for kind in ("lost", "doubled", "stuck", "unapplied")}
    assert offences == {kind: [] for kind in offences}, report.get("log")
    assert report["arrived"] > 0
    assert report["unknown"] <= report["unknown_at_most"], report["notes"]
