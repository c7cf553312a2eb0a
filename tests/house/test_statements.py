"""Every page asks the database a few times only; that rows change nothing is tested beside each."""

from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from campaigns import stamps
from campaigns.models import Campaign
from healthmsg.clinic.models import Clinic
from tests.house import addresses, who_may_open
from tests.house.test_admin_pages import rows
from tests.house.test_role_table import person

__all__ = ["rows"]

# Never raised.
MOST = 14
_ROLE, _COLUMN = "Clinic admin", "M"


def test_every_page_asks_the_database_fewer_than_fifteen_times(
    rows: dict[str, Model], client: Client
) -> None:
    clinic = rows["clinic.Clinic"]
    assert isinstance(clinic, Clinic)
    somebody = person(clinic, _ROLE)
    client.force_login(somebody)
    # Its page asks most where it also has to tell what has changed since.
    campaign = Campaign.objects.get(pk=rows["campaigns.Campaign"].pk)
    campaign.approved_by, campaign.approved_at = somebody, timezone.now()
    campaign.approved_parts = stamps.of(campaign)
    campaign.save()

    asked = {
        one: statements
        for one, columns in who_may_open.table().items()
        if _COLUMN in columns and one.startswith(("desk/", "admin/"))
        for statements in [_statements(client, addresses.filled(one, rows))]
    }

    over = {one: n for one, n in asked.items() if n > MOST}
    assert sum(map(bool, asked.values())) > 150
    assert not over, str(over)


def _statements(client: Client, address: str) -> int:
    """Count what a page asks that has been looked at before; 0 for what is no page."""
    _get(client, address)
    with CaptureQueriesContext(connection) as asked:
        status = _get(client, address)
    # Where nothing is open around it, as outside of tests, a savepoint is no statement.
    statements = [one["sql"] for one in asked.captured_queries if "SAVEPOINT" not in one["sql"]]
    return len(statements) if status == 200 else 0


def _get(client: Client, address: str) -> int:
    answer = client.get(address)
    if answer.streaming:
        for _part in answer:
            pass
    return answer.status_code
