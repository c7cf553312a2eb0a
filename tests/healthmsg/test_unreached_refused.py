"""What is no file of ours, or nobody's to bring, writes nothing and says why."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from healthmsg.clinic.models import Site
from healthmsg.desk.imports import tables
from healthmsg.desk.unreached import filled
from healthmsg.desk.unreached.models import UnreachedOutcome
from tests import factories
from tests.healthmsg.test_overview import signed_in
from tests.healthmsg.test_unreached import reception, site, visiting
from tests.healthmsg.test_unreached_file import HEADS, OUTCOMES, PAGE, csv_of, looked_at, row

__all__ = ["reception", "site"]


def refused(page: Any, field: str = "file") -> str:
    assert page.status_code == 200
    assert not UnreachedOutcome.objects.exists()
    (error,) = page.context["form"].errors[field]
    assert f'id="id_{field}_error">' in page.content.decode()
    return str(error)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        pytest.param(b"", "There is nothing in this file.", id="empty"),
        pytest.param(b"\x89PNG\x00\x01", "neither a CSV nor an XLSX", id="picture"),
        pytest.param(b"PK\x03\x04nothing", "neither a CSV nor an XLSX", id="broken-workbook"),
        pytest.param(b"\xd0\xcf\x11\xe0old", "neither a CSV nor an XLSX", id="old-excel"),
        pytest.param(b"name,reason\nAna,x\n", "“row key” and “outcome”", id="other-columns"),
        pytest.param(b"row key,outcome\n", "no row below the headings", id="no-row"),
        pytest.param(b"row key,outcome\nX,\n", "No outcome is filled in.", id="not-filled-in"),
        pytest.param("مفتاح,النتيجة\n".encode("cp1256"), "save it as UTF-8", id="encoding"),
    ],
)
def test_what_is_no_such_file_is_refused_beside_the_field(
    reception: Client, site: Site, content: bytes, says: str
) -> None:
    page = looked_at(reception, content, on="2026-01-02")

    assert says in refused(page)
    assert 'value="2026-01-02"' in page.content.decode()


def test_a_file_of_another_clinic_is_refused(reception: Client, site: Site) -> None:
    others = factories.make_site(factories.make_clinic(name="Other"))

    page = looked_at(reception, csv_of(*(row(visiting(others)) for _n in range(3))))

    assert "of another one" in refused(page)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"key,outcome\n" + b"X,\n" * (filled.MOST_ROWS + 1), id="rows"),
        pytest.param(b"key,outcome\n" + b"x" * tables.MOST_BYTES, id="bytes"),
    ],
)
def test_what_is_too_large_is_refused(reception: Client, site: Site, content: bytes) -> None:
    assert "too large" in refused(looked_at(reception, content))


def test_a_day_that_cannot_be_is_refused_beside_the_day(reception: Client, site: Site) -> None:
    ana = visiting(site)
    today = timezone.localdate(timezone=site.zone)
    listed = csv_of((*row(ana), f"{today:%Y%m%d}"), heads=(*HEADS, "list made on"))

    for content, day in ((csv_of(row(ana)), "2999-01-01"), (listed, "2026-01-02")):
        assert refused(looked_at(reception, content, on=day), "happened_on")


def test_a_key_is_worth_nothing_elsewhere(reception: Client, site: Site) -> None:
    ana = visiting(site)
    page = looked_at(reception, csv_of(row(ana)))
    stranger = signed_in(Client(), factories.make_clinic(name="Other"), "Reception")

    assert "of another one" in refused(looked_at(stranger, csv_of(row(ana))))
    stranger.post(f"{OUTCOMES}write-down/", {"sealed": page.context["sealed"]})
    reception.post(f"{OUTCOMES}write-down/", {"sealed": page.context["sealed"][:-1]})
    reception.post(f"{OUTCOMES}write-down/")

    assert not UnreachedOutcome.objects.exists()


def test_who_only_looks_on_brings_no_file(client: Client, site: Site) -> None:
    auditor = signed_in(client, site.clinic, "Auditor")

    assert auditor.post(OUTCOMES).status_code == 403
    assert auditor.post(f"{OUTCOMES}write-down/").status_code == 403
    assert b"from a file" not in auditor.get(PAGE).content
