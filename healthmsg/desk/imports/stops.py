"""The other system's list of numbers that asked to stop: for everything, and everybody on them."""

from datetime import datetime

from healthmsg.clinic import brought, typed_numbers
from healthmsg.clinic.brought import Ledger, Weight
from healthmsg.clinic.models import Phone
from healthmsg.clinic.phone import same_number
from healthmsg.desk.imports.lines import StopLine
from healthmsg.desk.imports.models import Outcome
from healthmsg.desk.imports.reasons import Reason
from healthmsg.desk.imports.verdicts import Batch, Verdict


def look(lines: list[StopLine], batch: Batch) -> list[Verdict]:
    """Say what becomes of each row; nothing is written."""
    phones = _known(lines, batch)
    ledger = Ledger((), [phone.pk for phone in phones.values()])
    return [_one(line, phones, ledger, batch) for line in lines]


def write(lines: list[StopLine], batch: Batch) -> list[Verdict]:
    """Take rows over; within a transaction."""
    here = _known(lines, batch)
    wanted = {line.phone for line in lines if line.phone}
    # Of the two forms of one number in a file one becomes the row.
    new = {max(same_number(number)): number for number in sorted(wanted - here.keys())}
    Phone.objects.bulk_create(
        [Phone(clinic=batch.clinic, number=number) for number in sorted(new.values())],
        ignore_conflicts=True,
    )
    verdicts = look(lines, batch)
    phones = _known(lines, batch)
    counting = [verdict.line for verdict in verdicts if verdict.outcome == Outcome.NEW]
    stops = {
        phones[line.phone].pk: _at(line, batch)
        for line in counting
        if isinstance(line, StopLine) and line.phone
    }
    brought.stop(stops, batch.clinic.pk, by=batch.source.approved_by, now=batch.now)
    return verdicts


def _one(line: StopLine, phones: dict[str, Phone], ledger: Ledger, batch: Batch) -> Verdict:
    verdict = Verdict(line)
    phone = phones.get(line.phone or "")
    weight = ledger.weigh_stop(phone.pk if phone else 0, _at(line, batch))
    if weight == Weight.COUNTS:
        verdict.outcome = Outcome.NEW
    elif weight == Weight.YES_SINCE:
        verdict.notes["phone"] = Reason.YES_SINCE
    elif weight == Weight.MARKED_MISTAKE:
        verdict.notes["phone"] = Reason.MARKED_MISTAKE
    return verdict


def _known(lines: list[StopLine], batch: Batch) -> dict[str, Phone]:
    return typed_numbers.known(batch.clinic.pk, {line.phone for line in lines if line.phone})


def _at(line: StopLine, batch: Batch) -> datetime:
    return batch.midnight(line.stopped_on) if line.stopped_on else batch.source.created_at
