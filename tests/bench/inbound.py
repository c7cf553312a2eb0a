"""
What patients write, from stored notices to conversations that people see, each answered once.

Seven of ten are words, the others pictures and voice notes; each patient writes twice, from a phone
of their own. "Stored" is on disk as a row of its own; "routed" is understood, or put into its
conversation with the file it names expected, and the automatic answer queued.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from subprocess import Popen

import orjson

from tests.bench import digesting, figures, house, processor
from tests.bench.figures import Figure, at_least

BENCH = "inbound"
A_SECOND = 1_000
REPEATS = 3
_TO_A_BODY = 2
_WORDS = "Buenos días, quería saber si puedo llevar los estudios del año pasado el martes {n}"


def measure(seconds: float) -> Iterator[Figure]:
    house.open_house()
    from tests.bench import rows

    count = max(200, int(A_SECOND * seconds / 2))
    sender = rows.practice(rate_per_second=1_000)
    rows.people(sender, REPEATS * count)
    with ExitStack() as stack:
        storing = [stack.enter_context(digesting.process()) for _ in range(2)]
        routing = [stack.enter_context(digesting.process("replies")) for _ in range(2)]
        made = [once(n, count, storing, routing) for n in range(REPEATS)]
    stored, routed, both = ([2 * count / one[n] for one in made] for n in range(3))
    python, database = ([one[n] / (2 * count) * 1e6 for one in made] for n in (3, 4))
    note = f"{2 * count:,} messages of {count:,} patients at a time, two processes"
    yield Figure.median(BENCH, "stored", stored, "/s", note=note)
    yield Figure.median(BENCH, "routed", routed, "/s")
    yield Figure.median(BENCH, "stored and routed", both, "/s", aims=(at_least(A_SECOND),))
    yield Figure.median(BENCH, "CPU of Python", python, "µs each")
    yield Figure.median(BENCH, "CPU of PostgreSQL", database, "µs each")


def once(
    block: int, count: int, storing: "Sequence[Popen[str]]", routing: "Sequence[Popen[str]]"
) -> tuple[float, ...]:
    """
    Let each of a block of patients write twice.

    :returns: the seconds of each half, of both, and those of CPU in Python and in PostgreSQL
    """
    from whatsapp.models import Reply, Thread

    arrive(block, count)
    pids, database = [one.pid for one in (*storing, *routing)], processor.database()
    before = processor.cpu_seconds(*pids), processor.cpu_seconds(database)
    began = time.perf_counter()
    digesting.until_nothing_waits(storing)
    stored = time.perf_counter()
    digesting.until_nothing_waits(routing)
    ended = time.perf_counter()
    left = Reply.objects.filter(handled_at=None).count()
    expected = (block + 1) * count
    if left or Thread.objects.count() != expected or Reply.objects.count() != 2 * expected:
        raise figures.CannotRun(f"{left} are not routed, {Thread.objects.count()} conversations")
    spent = processor.cpu_seconds(*pids) - before[0], processor.cpu_seconds(database) - before[1]
    return stored - began, ended - stored, ended - began, *spent


def arrive(block: int, count: int) -> None:
    """Put what each of the block writes on disk, as the door does."""
    from healthmsg.clinic.models import Phone
    from whatsapp import sealed_notices
    from whatsapp.models import Delivery

    numbers = Phone.objects.filter(number__startswith="+549110").order_by("pk")
    some = list(numbers.values_list("number", flat=True)[block * count : (block + 1) * count])
    told = [message(number.lstrip("+"), n) for n in range(2) for number in some]
    bodies = [body(told[start : start + _TO_A_BODY]) for start in range(0, len(told), _TO_A_BODY)]
    made = Delivery.objects.bulk_create(
        Delivery(clear_body=b"", named=sealed_notices.named(one)) for one in bodies
    )
    for notice, one in zip(made, bodies, strict=True):
        notice.sealed = sealed_notices.seal(one, notice=notice.pk)
    Delivery.objects.bulk_update(made, ["sealed"], batch_size=1000)


def message(number: str, n: int) -> dict[str, object]:
    from tests import factories

    at = int(factories.NOON.timestamp()) + n
    told: dict[str, object] = {"from": number, "id": f"wamid.{number}.{n}", "timestamp": str(at)}
    kind = int(number[-2:]) % 10
    if kind < 7:
        return told | {"type": "text", "text": {"body": _WORDS.format(n=n)}}
    file = {"id": f"9{number}{n}", "mime_type": "image/jpeg", "sha256": "x"}
    return told | (
        {"type": "image", "image": file} if kind < 9 else {"type": "audio", "audio": file}
    )


def body(told: list[dict[str, object]]) -> bytes:
    from tests import factories

    value = {"metadata": {"phone_number_id": factories.PHONE_NUMBER_ID}, "messages": told}
    change = {"field": "messages", "value": value}
    return orjson.dumps({"entry": [{"id": factories.WABA_ID, "changes": [change]}]})


if __name__ == "__main__":
    figures.alone(BENCH, measure)
