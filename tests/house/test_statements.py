"""Every page asks the database a few times only; that rows change nothing is tested beside each."""

from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext

from healthmsg.clinic.models import Clinic
from tests.house import addresses, who_may_open
from tests.house.test_admin_pages import rows
from tests.house.test_role_table import person

__all__ = ["rows"]

# Never raised.
MOST = 14
# Beside the desk's own pages: what is open all day in the admin.
_MANY = (
    *("clinic/patient", "clinic/appointment", "clinic/phone", "whatsapp/thread"),
    *("whatsapp/message", "campaigns/campaign", "campaigns/run", "desk/alarm"),
)
_PAGES = {
    "admin/status/",
    *(f"admin/{one}/{page}" for one in _MANY for page in ("", "<id>/change/")),
}
_ROLE, _COLUMN = "Clinic admin", "M"


def test_every_page_asks_the_database_fewer_than_fifteen_times(
    rows: dict[str, Model], client: Client
) -> None:
    clinic = rows["clinic.Clinic"]
    assert isinstance(clinic, Clinic)
    client.force_login(person(clinic, _ROLE))

    asked = {
        one: statements
        for one, columns in who_may_open.table().items()
        if _COLUMN in columns and (one.startswith("desk/") or one in _PAGES)
        for statements in [_statements(client, addresses.filled(one, rows))]
    }

    over = {one: n for one, n in asked.items() if n > MOST}
    assert not over, str(over)


def _statements(client: Client, address: str) -> int:
    """Count what a page asks that has been looked at before; 0 for what is no page."""
    client.get(address)
    with CaptureQueriesContext(connection) as asked:
        answer = client.get(address)
    return len(asked) if answer.status_code == 200 else 0
