"""The file of whom WhatsApp does not reach comes back with outcomes filled in."""

import csv
import io
from datetime import date, timedelta
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from openpyxl import Workbook

from healthmsg.clinic.models import AuditNote, Patient, Site, StaffUser, VisitStatus
from healthmsg.desk import timeline
from healthmsg.desk.merging.models import PatientMerge
from healthmsg.desk.unreached import keys
from healthmsg.desk.unreached.models import UnreachedOutcome
from tests import factories
from tests.healthmsg.test_unreached import cells, reception, site, visiting, written

__all__ = ["reception", "site"]

PAGE, DAY = "/desk/unreached/", timedelta(days=1)
OUTCOMES = f"{PAGE}outcomes/"
HEADS = ("row key", "outcome")


def csv_of(*rows: tuple[str, ...], heads: tuple[str, ...] = HEADS) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows([heads, *rows])
    return text.getvalue().encode()


def xlsx_of(*rows: tuple[Any, ...], heads: tuple[str, ...] = HEADS) -> bytes:
    book, content = Workbook(), io.BytesIO()
    for row in (heads, *rows):
        book.worksheets[0].append(row)
    book.save(content)
    return content.getvalue()


def row(patient: Patient, word: str = "letter") -> tuple[str, str]:
    return keys.key_of(patient.clinic_id, patient.pk), word


def looked_at(client: Client, content: bytes, *, on: str = "", **named: Any) -> Any:
    """Upload a file, and return the page that it leads to."""
    page = client.get(OUTCOMES)
    day = on or page.context["form"]["happened_on"].initial.isoformat()
    file = SimpleUploadedFile(named.pop("name", "list.csv"), content)
    return client.post(OUTCOMES, {"file": file, "happened_on": day})


def pressed(client: Client, page: Any, **form: str) -> str:
    """Press on the page of a file, and return what is said."""
    answer = client.post(f"{OUTCOMES}write-down/", {"sealed": page.context["sealed"]} | form)
    assert answer.status_code == 302
    return " ".join(map(str, client.get(answer["Location"]).context["messages"]))


def stands() -> dict[int, str]:
    rows = UnreachedOutcome.objects.filter(undone_at=None).values_list("patient_id", "how")
    found = dict(rows)
    assert len(found) == len(rows)
    return found


def test_a_file_goes_out_is_filled_in_and_comes_back(reception: Client, site: Site) -> None:
    ana, eva, mia = (visiting(site, days=n) for n in (1, 2, 3))
    head, *rows = cells(reception.get(f"{PAGE}file/"))
    assert head[-5:] == ["site", "kind", "list made on", "row key", "outcome"]
    lines = [(*one[:-1], word) for one, word in zip(rows, ("Letter", "SMS", ""), strict=True)]

    page = looked_at(reception, csv_of(*lines, heads=tuple(head)))

    shown = page.context["shown"]
    assert not UnreachedOutcome.objects.exists()
    assert shown.by_how == (("reached by letter", 1), ("reached by SMS", 1))
    assert (shown.fresh, shown.empty, shown.same, shown.problems) == (2, 1, 0, ())
    assert "Written down from the file for 2 patients." in pressed(reception, page)
    assert stands() == {ana.pk: "LETTER", eva.pk: "SMS"}
    assert mia.pk not in stands()
    assert any(
        "reached by letter" in str(one.what)
        for one in timeline.of_patient(ana, factories.sees_all()).entries
    )
    (batch,) = reception.get(PAGE).context["batches"]
    assert (batch["patients"], batch["words"]) == (2, "reached by letter (1), reached by SMS (1)")


def test_a_workbook_comes_back_too(reception: Client, site: Site) -> None:
    ana = visiting(site)

    page = looked_at(reception, xlsx_of(row(ana, "Reached by telephone")), name="list.xlsx")

    pressed(reception, page)
    assert stands() == {ana.pk: "TELEPHONE"}


def test_twice_is_once(reception: Client, site: Site) -> None:
    ana = visiting(site)
    content = csv_of(row(ana))
    page, other = looked_at(reception, content), looked_at(reception, content)

    pressed(reception, page)
    assert "already" in pressed(reception, page)
    assert "0 patients. 1 was left out" in pressed(reception, other)

    again = looked_at(reception, content).context["shown"]
    assert (again.fresh, again.same) == (0, 1)
    assert stands() == {ana.pk: "LETTER"}
    assert b"There is nothing to write down" in looked_at(reception, content).content


def test_the_same_file_is_the_same_after_a_year(reception: Client, site: Site) -> None:
    ana = visiting(site)
    made = timezone.localdate(timezone=site.zone) - timedelta(days=400)
    heads = (*HEADS, "list made on")
    content = csv_of((*row(ana), f"{made:%Y%m%d}"), heads=heads)
    pressed(reception, looked_at(reception, content, on=(made + DAY).isoformat()))

    assert looked_at(reception, content).context["shown"].same == 1
    later = looked_at(reception, csv_of((*row(ana), ""), heads=heads)).context["shown"]
    assert (later.same, later.fresh) == (0, 1)


def test_what_stands_otherwise_stays_unless_it_is_ticked(reception: Client, site: Site) -> None:
    ana, eva = visiting(site), visiting(site)
    written(reception, "SMS", patient=[ana.pk])
    content = csv_of(row(ana), row(eva))

    page = looked_at(reception, content)
    shown = page.context["shown"]
    (other,) = shown.others
    assert (shown.fresh, shown.otherwise, other.line) == (1, 1, 2)
    assert other.by == StaffUser.objects.get().username
    assert other.stands.startswith("reached by SMS on")
    pressed(reception, page)
    assert stands() == {ana.pk: "SMS", eva.pk: "LETTER"}

    said = pressed(reception, looked_at(reception, content), replaces="1")
    assert "In 1 of them an earlier outcome is replaced." in said
    assert stands() == {ana.pk: "LETTER", eva.pk: "LETTER"}

    newest = UnreachedOutcome.objects.order_by("-pk")[0]
    reception.post(f"{PAGE}{newest.batch}/undo/")
    assert stands() == {ana.pk: "SMS", eva.pk: "LETTER"}


def test_what_was_written_down_since_it_was_shown_is_not_replaced(
    reception: Client, site: Site
) -> None:
    ana, eva = visiting(site), visiting(site)
    written(reception, "SMS", patient=[ana.pk])
    page = looked_at(reception, csv_of(row(ana), row(eva)))
    UnreachedOutcome.objects.update(undone_at=timezone.now(), undone_by=StaffUser.objects.get())
    written(reception, "TELEPHONE", patient=[ana.pk, eva.pk])

    said = pressed(reception, page, replaces="1")

    assert "0 patients. 2 were left out" in said
    assert stands() == {ana.pk: "TELEPHONE", eva.pk: "TELEPHONE"}


def test_rows_that_cannot_be_used_are_named_with_their_line(reception: Client, site: Site) -> None:
    ana, eva, mia = (visiting(site) for _n in range(3))
    stranger = visiting(factories.make_site(factories.make_clinic(name="Other")))
    gone = keys.key_of(site.clinic_id, 10**9)
    key, _word = row(ana)
    content = csv_of(
        row(ana),
        (key.lower().replace("-", " "), "'LETTER"),
        row(stranger),
        ("", "letter"),
        (key[:-1], "letter"),
        row(eva, "pigeon"),
        row(mia, "letter"),
        row(mia, "sms"),
        (gone, "letter"),
    )

    page = looked_at(reception, content)

    shown = page.context["shown"]
    whys = dict(shown.problems)
    assert whys.keys() == {4, 5, 6, 7, 8, 9, 10}
    assert whys[4] == whys[6] == "this row key is none of this clinic's lists"
    assert whys[7] == "this outcome is not known here"
    assert whys[8] == whys[9] == "the same patient stands in the file with another outcome"
    assert whys[10] == "the patient is not kept here any more"
    assert (shown.twice, shown.twice_lines) == (1, "3")
    pressed(reception, page)
    assert stands() == {ana.pk: "LETTER"}


def test_two_records_that_are_one_now_have_one_outcome(reception: Client, site: Site) -> None:
    kept, merged = visiting(site), visiting(site)
    PatientMerge.objects.create(
        clinic=site.clinic,
        kept=kept,
        merged=merged,
        merged_at=timezone.now(),
        merged_by=StaffUser.objects.get(),
    )

    pressed(reception, looked_at(reception, csv_of(row(kept), row(merged))))

    assert stands() == {kept.pk: "LETTER"}


def test_who_was_shown_is_noted(reception: Client, site: Site) -> None:
    ana = visiting(site)
    written(reception, "SMS", patient=[ana.pk])

    looked_at(reception, csv_of(row(ana)))

    note = AuditNote.objects.filter(path="unreached_outcomes", kind="VIEW").latest("pk")
    assert note.after == {"patients": [ana.pk]}


def test_a_list_of_the_last_year_is_for_a_campaign(reception: Client, site: Site) -> None:
    visiting(site, days=-30, status=VisitStatus.SEEN)

    _head, line = cells(reception.get(f"{PAGE}file/?days=0"))

    assert line[7:9] == ["Centro", "campaign"]


def test_questions_stay_as_few_with_many_rows(reception: Client, site: Site) -> None:
    def asked_with(count: int) -> tuple[int, int]:
        made = [visiting(site) for _n in range(count)]
        file = SimpleUploadedFile("list.csv", csv_of(*map(row, made)))
        with CaptureQueriesContext(connection) as looking:
            page = reception.post(OUTCOMES, {"file": file, "happened_on": "2026-01-02"})
        with CaptureQueriesContext(connection) as pressing:
            reception.post(f"{OUTCOMES}write-down/", {"sealed": page.context["sealed"]})
        return len(looking), len(pressing)

    few = asked_with(2)
    assert asked_with(12) == few
    assert max(few) <= 14


def test_the_day_counts_and_not_the_moment(reception: Client, site: Site) -> None:
    ana = visiting(site)

    pressed(reception, looked_at(reception, csv_of(row(ana)), on="2026-01-02"))

    outcome = UnreachedOutcome.objects.get()
    assert outcome.happened_on == date(2026, 1, 2)
