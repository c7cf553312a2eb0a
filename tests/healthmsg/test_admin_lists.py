"""Lists and pages ask the database as often for fifty rows as for five."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from healthmsg.clinic.models import Clinic, Patient, StaffUser
from healthmsg.desk.admin.patients import SEARCHED
from tests import factories
from whatsapp import arriving
from whatsapp.models import Message, Sender


@pytest.fixture
def root(client: Client, sunrise_clinic: Clinic) -> Client:
    user = StaffUser.objects.create(username="root", is_staff=True, is_superuser=True)
    client.force_login(user)
    return client


def _add(sender: Sender, count: int) -> None:
    clinic, now = sender.clinic, timezone.now()
    kind, site = factories.make_kind(clinic), factories.make_site(clinic)
    for _n in range(count):
        patient = factories.make_patient(clinic)
        visit = factories.make_visit(
            patient, starts_at=now + timedelta(minutes=1), kind=kind, site=site
        )
        message = factories.make_message(
            sender, patient, created_at=now, appointment=visit, appointment_version=1
        )
        factories.make_reply(
            clinic=clinic,
            sender=sender,
            phone=message.phone,
            wamid=message.dedupe_key,
            kind="text",
            written_at=now,
            needs_person_at=now,
        )
    arriving.gather(now=now, limit=count)


def _queries(client: Client, address: str) -> list[str]:
    with CaptureQueriesContext(connection) as asked:
        assert client.get(address).status_code == 200
    return [query["sql"] for query in asked]


@pytest.mark.parametrize(
    "name",
    [
        "overview",
        "to_call",
        "admin:clinic_patient_changelist",
        "admin:clinic_appointment_changelist",
        "admin:clinic_phone_changelist",
        "admin:whatsapp_message_changelist",
        "admin:whatsapp_reply_changelist",
        "admin:whatsapp_thread_changelist",
    ],
)
def test_a_list_asks_as_often_for_fifty_rows_as_for_five(
    name: str, root: Client, sender: Sender
) -> None:
    _add(sender, 5)
    root.get(reverse(name))
    few = len(_queries(root, reverse(name)))

    _add(sender, 45)

    assert len(_queries(root, reverse(name))) == few
    assert few <= (17 if name == "overview" else 15)


def test_of_a_very_common_name_the_page_says_that_there_are_more(
    root: Client, sunrise_clinic: Clinic
) -> None:
    Patient.objects.bulk_create(
        Patient(clinic=sunrise_clinic, given_name=f"Ana {n}", family_name="García")
        for n in range(SEARCHED + 5)
    )
    address = reverse("admin:clinic_patient_changelist")
    with connection.cursor() as cursor:
        # As autovacuum does: rows nobody has counted are read again and again.
        cursor.execute("ANALYZE clinic_patient")

    few, many = root.get(f"{address}?q=ana+7+garcia"), root.get(f"{address}?q=garcia")

    assert "please narrow it down" not in few.content.decode()
    assert "more than 2,000: please narrow it down" in many.content.decode()
    assert many.context["cl"].result_count == SEARCHED


@pytest.mark.parametrize(
    ("name", "table"),
    [
        ("admin:clinic_patient_changelist", "clinic_patient"),
        ("admin:whatsapp_thread_changelist", "whatsapp_thread"),
    ],
)
def test_a_search_of_a_list_is_made_once_for_its_number_and_its_page(
    root: Client, sender: Sender, name: str, table: str
) -> None:
    _add(sender, 60)
    sender.clinic.patients.update(family_name="García")
    address = f"{reverse(name)}?q=garcia"
    root.get(address)

    asked = _queries(root, address)
    first, second, beyond = (root.get(f"{address}&p={page}") for page in (1, 2, 3))

    searches = [sql for sql in asked if "to_tsvector" in sql]
    assert len(searches) == 1
    assert f'SELECT "{table}"."id"' in searches[0]
    assert len(asked) <= 15
    pages = [[row.pk for row in page.context["cl"].result_list] for page in (first, second)]
    assert [len(page) for page in pages] == [50, 10]
    everybody = root.get(reverse(name)).context["cl"].queryset
    assert [*pages[0], *pages[1]] == list(everybody.values_list("pk", flat=True))
    assert first.context["cl"].result_count == 60
    assert beyond.status_code == 302


def test_no_list_counts_all_messages(root: Client, sender: Sender) -> None:
    _add(sender, 3)

    messages = reverse("admin:whatsapp_message_changelist")

    for address in (reverse("overview"), messages, f"{messages}?_facets=True"):
        counting = [sql for sql in _queries(root, address) if "COUNT(" in sql.upper()]
        assert all("LIMIT" in sql for sql in counting if "whatsapp_message" in sql)


def test_messages_open_on_the_last_seven_days(root: Client, sender: Sender) -> None:
    patient = factories.make_patient(sender.clinic)
    old = factories.make_message(sender, patient, created_at=timezone.now() - timedelta(days=20))
    fresh = factories.make_message(sender, patient, created_at=timezone.now())
    address = reverse("admin:whatsapp_message_changelist")

    shown = root.get(address).context["cl"].result_list
    of_the_month = root.get(address + "?days=30").context["cl"].result_list

    assert [message.pk for message in shown] == [fresh.pk]
    assert {message.pk for message in of_the_month} == {old.pk, fresh.pk}
    assert Message.objects.count() == 2
