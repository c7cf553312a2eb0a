"""
What it costs that words and notices lie sealed: each one, finding whom one names, and afterwards.

Models are imported: import it once the house is open.
"""

import time
from collections.abc import Callable, Iterator

import orjson
from django.db import connection

from healthmsg.clinic.models import Phone
from tests import factories
from tests.bench import inbound, rows
from tests.bench.figures import Figure
from whatsapp import forgetting, sealed_notices, sealed_replies, sealing
from whatsapp.models import Delivery
from whatsapp.status import Status

A_SECOND, FEWEST = 20_000, 2_000
LOOKED_UP, LOOKED_THROUGH = 200, 3
IN_BYTES = "a patient's notices, in clear"
_SOMEBODY = "5491155550101"
_WORDS = "Buenos días, quería saber si puedo llevar los estudios del año pasado el martes"
_NOTICE = (
    f"convert_to(replace($told$%s$told$, '{_SOMEBODY}', '5491' || (100000000 + one.n)), 'UTF8')"
)


def each(bench: str, count: int) -> Iterator[Figure]:
    """What one notice and one message from a patient cost."""
    body = notice(_SOMEBODY)
    made: list[bytes] = []
    yield _timed(bench, "a notice sealed", count, lambda n: made.append(_sealed(body, n)))
    yield _timed(
        bench, "opened by the digest", count, lambda n: sealed_notices.unseal(made[n], notice=n)
    )
    yield _timed(bench, "whom it names", count, lambda _n: sealed_notices.named(body))
    said: list[bytes] = []
    yield _timed(
        bench,
        "a patient's words sealed",
        count,
        lambda n: said.append(sealed_replies.seal_text(_WORDS, "{}", wamid=f"wamid.{n}")),
    )
    yield _timed(
        bench,
        "opened",
        count,
        lambda n: sealed_replies.unseal(said[n], wamid=f"wamid.{n}"),
    )


def afterwards(bench: str, seconds: float) -> Iterator[Figure]:
    """What the release before left of each kind, sealed by the task of each minute."""
    many = max(FEWEST, int(seconds * A_SECOND))
    fill(many)
    phones = [
        Phone(number=f"+5491{100_000_000 + n}")
        for n in range(1, many, max(1, many // (LOOKED_UP + LOOKED_THROUGH)))
    ]
    yield _found(bench, f"{IN_BYTES}, found and deleted among {many:,}", phones[:LOOKED_THROUGH])
    for kept in sealing.EVERYTHING[:3]:
        began, done, last = time.perf_counter(), 0, 0
        while True:
            portion = sealing._seal_some(kept, last, sealing.TOGETHER)
            done, last = done + portion.sealed, portion.last
            if not last:
                break
        rate = done / (time.perf_counter() - began)
        # Ten seconds of each minute are theirs, shared.
        note = f"{done:,}; of a million alone {1e6 / rate / 10:.0f} minutes"
        yield Figure(bench, f"{kept.name} sealed afterwards", rate, "/s", note=note)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE whatsapp_delivery")
    yield _found(
        bench,
        f"sealed, by a keyed hash, among {Delivery.objects.count():,}",
        phones[LOOKED_THROUGH:],
    )


def notice(number: str) -> bytes:
    return inbound.body([inbound.message(number, 1)])


def fill(many: int) -> None:
    """What has been read, sent and answered, all in clear."""
    sender = factories.make_sender(factories.make_clinic(), phone_number_id="9")
    patient = factories.make_patient(sender.clinic)
    message = factories.make_message(sender, patient, status=Status.READ, send_after=None)
    payload = orjson.dumps({"type": "text", "text": {"body": _WORDS}}).decode()
    each_one = f"SELECT n FROM generate_series(1, {many}) n"
    rows.multiply(
        message,
        each_one,
        dedupe_key="'clear:' || one.n",
        callback="gen_random_uuid()",
        sealed="NULL",
        body=f"$words${_WORDS}$words$",
        payload=f"$words${payload}$words$::jsonb",
    )
    reply = factories.make_reply(
        clinic=sender.clinic,
        sender=sender,
        phone=factories.phone_of(patient),
        wamid="clear:0",
        kind="text",
        text=_WORDS,
        written_at=factories.NOON,
        handled_at=factories.NOON,
    )
    rows.multiply(
        reply, each_one, wamid="'clear:' || one.n", sealed="NULL", text=f"$words${_WORDS}$words$"
    )
    kept = Delivery.objects.create(clear_body=b"x", digest_after=None)
    rows.multiply(kept, each_one, body=_NOTICE % notice(_SOMEBODY).decode())


def _sealed(body: bytes, number: int) -> bytes:
    return sealed_notices.seal(body, notice=number)


def _found(bench: str, what: str, phones: list[Phone]) -> Figure:
    took = []
    for phone in phones:
        began = time.perf_counter()
        deleted = forgetting._forget_notices(phone)
        took.append(1000 * (time.perf_counter() - began))
        assert deleted == 1, deleted
    return Figure.median(bench, what, took, "ms")


def _timed(bench: str, what: str, count: int, do: Callable[[int], object]) -> Figure:
    took = []
    for n in range(count):
        began = time.perf_counter()
        do(n)
        took.append(1000 * (time.perf_counter() - began))
    took.sort()
    return Figure(bench, what, took[len(took) // 2], "ms")
