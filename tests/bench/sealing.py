"""
What the audit and the keys cost: an import with and without its triggers, sealing, reading it back.

A file of patients with numbers and permissions is taken over into one new clinic after the other,
in turns with the triggers that write the audit's notes and without them. Then what they wrote is
sealed, and the chain is read. Beside that, what `healthmsg/clinic/decisions` weighs: a number found
among a million as it stands and by a keyed hash, and words and notices sealed, opened, found by
whom they name, and sealed afterwards where the release before left them in clear.
"""

import hashlib
import time
import uuid
from collections.abc import Callable, Iterator

from tests.bench import figures, house, imports
from tests.bench.figures import Figure, at_least, beside

BENCH = "sealing"
REPEATS = 3
A_SECOND = 1000
NUMBERS = 1_000_000
LOOKED_UP = 2_000
WITHOUT = "patients taken over without the audit"
PLAIN = "a number found among a million"
_SWITCH = """
DO $$ DECLARE one record; BEGIN
  FOR one IN SELECT tgrelid::regclass AS name, tgname FROM pg_trigger
              WHERE tgname IN ('audit_insert', 'audit_update', 'audit_delete') LOOP
    EXECUTE format('ALTER TABLE %%s %s TRIGGER %%I', one.name, one.tgname);
  END LOOP;
END $$
"""
_NUMBERS = f"""
CREATE TABLE plain_number AS
  SELECT 1::bigint AS clinic_id, '+54911' || (10000000 + n) AS number
    FROM generate_series(1, {NUMBERS}) n;
CREATE UNIQUE INDEX ON plain_number (clinic_id, number);
CREATE TABLE hashed_number AS
  SELECT clinic_id, sha256(('key' || number)::bytea) AS hash,
         sha256(number::bytea) || sha256(number::bytea) AS secret FROM plain_number;
CREATE UNIQUE INDEX ON hashed_number (clinic_id, hash);
"""


def measure(seconds: float) -> Iterator[Figure]:
    house.open_house()
    yield from taken_over(int(A_SECOND * max(seconds, 0.5)))
    yield from sealed()
    yield from looked_up()
    yield from words()
    # Models can only be imported once the house is open.
    from tests.bench import sealed_files, sealed_rows

    yield from sealed_rows.each(BENCH, LOOKED_UP)
    yield from sealed_rows.afterwards(BENCH, seconds)
    yield from sealed_files.each(BENCH)


def taken_over(rows: int) -> Iterator[Figure]:
    from healthmsg.desk.imports.models import ImportKind
    from tests import factories

    person, table = factories.make_person("admin"), imports.patients(rows)
    took: dict[str, list[float]] = {"ENABLE": [], "DISABLE": []}
    for repeat in range(2 * REPEATS + 1):
        switch = ("DISABLE", "ENABLE")[repeat % 2]
        execute(_SWITCH % switch)
        clinic = factories.make_clinic(name=f"Clinic {repeat}")
        factories.make_sender(clinic, phone_number_id=str(repeat))
        _checked, taken = imports.brought(clinic, ImportKind.PATIENTS, table, person)
        # The first one warms everything up.
        if repeat:
            took[switch].append(rows / (taken.value or 1))
    yield Figure.median(BENCH, WITHOUT, took["DISABLE"], "/s")
    yield Figure.median(
        BENCH, "with it", took["ENABLE"], "/s", aims=(at_least(0.9, times=WITHOUT),)
    )


def sealed() -> Iterator[Figure]:
    from healthmsg.clinic import audit
    from healthmsg.clinic.models import AuditHead, AuditNote

    waiting, began = AuditNote.objects.count(), time.perf_counter()
    while audit.seal(now=imports.NOW):
        pass
    took = time.perf_counter() - began
    yield Figure(BENCH, "lines sealed", waiting / took, "/s", aims=(at_least(2000),))
    began = time.perf_counter()
    assert audit.first_break() is None
    took = time.perf_counter() - began
    yield Figure(BENCH, "lines read back", AuditHead.objects.get().number / took, "/s")


def looked_up() -> Iterator[Figure]:
    from healthmsg.clinic import strongbox

    execute(_NUMBERS)
    execute("VACUUM ANALYZE plain_number")
    execute("VACUUM ANALYZE hashed_number")
    every = range(1, NUMBERS, NUMBERS // LOOKED_UP)
    asked = [f"+54911{10_000_000 + n}" for n in every]
    secret = strongbox.seal(b"+5491112345678", of="phone 7")

    def by_hash(number: str) -> None:
        digest = hashlib.sha256(f"key{number}".encode()).digest()
        found("SELECT secret FROM hashed_number WHERE clinic_id = 1 AND hash = %s", digest)
        # What each row would have to be opened with before its number is posted.
        strongbox.unseal(secret, of="phone 7")

    plain = "SELECT number FROM plain_number WHERE clinic_id = 1 AND number = %s"
    yield each(PLAIN, lambda number: found(plain, number), asked)
    yield each("by a keyed hash", by_hash, asked, beside(PLAIN))
    for name in ("plain_number", "hashed_number"):
        size = found("SELECT pg_total_relation_size(%s::regclass)", name)
        yield Figure(BENCH, f"{name}, table and index", float(str(size)) / 1e6, "MB")


def words() -> Iterator[Figure]:
    from whatsapp import sealed_words

    body = "Ana, tomorrow at 10:30 Dr. Paz expects you at Sunrise, Main Street 12. " * 3
    parts = [{"type": "text", "text": "Ana"}] * 5
    payload = {"type": "template", "template": {"components": parts}}
    callbacks = [str(uuid.uuid4()) for _ in range(LOOKED_UP)]
    sealed = {one: sealed_words.seal(body, payload, callback=one) for one in callbacks}

    def close(callback: str) -> None:
        sealed_words.seal(body, payload, callback=callback)

    def open_it(callback: str) -> None:
        sealed_words.unseal(sealed[callback] or b"", callback=callback)

    yield each("a message's words and parameters sealed", close, callbacks)
    yield each("opened by the sender", open_it, callbacks)


def each(what: str, do: Callable[[str], object], asked: list[str], *aims: figures.Aim) -> Figure:
    """How long one takes in the middle of all of them, in milliseconds."""
    took = []
    for one in asked:
        began = time.perf_counter()
        do(one)
        took.append(1000 * (time.perf_counter() - began))
    took.sort()
    return Figure(BENCH, what, took[len(took) // 2], "ms", aims=aims)


def found(query: str, value: str | bytes) -> object:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(query, [value])
        (one,) = cursor.fetchone()
    return one


def execute(statement: str) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(statement)


if __name__ == "__main__":
    figures.alone(BENCH, measure)
