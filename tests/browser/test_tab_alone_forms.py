"""Long forms and lists by the Tab key alone: nothing hides where one is, or keeps one."""

import pytest
from django.utils import timezone

from healthmsg.clinic.models import Clinic
from tests import factories
from tests.browser import tab_alone
from tests.browser.conftest import Desk
from tests.browser.test_tab_alone_talking import wrote
from whatsapp.models import Sender

pytestmark = pytest.mark.parametrize("page", [1280], indirect=True, ids=["desktop"])


@pytest.mark.parametrize(
    "paths",
    [
        pytest.param(("admin/clinic/patient/add/", "admin/clinic/patient/"), id="patients"),
        pytest.param(("admin/whatsapp/templatedraft/add/",), id="composer"),
        pytest.param(("admin/campaigns/campaign/add/",), id="campaign"),
        pytest.param(("admin/campaigns/audience/add/",), id="audience"),
        pytest.param(("admin/campaigns/schedule/add/",), id="schedule"),
        pytest.param(("admin/clinic/staffuser/add/", "admin/clinic/staffuser/"), id="staff"),
        pytest.param(("admin/reminders/reminderrule/add/",), id="rule"),
        pytest.param(("admin/", "admin/status/", "admin/kept/"), id="overseeing"),
    ],
)
def test_tab_leads_through_and_back(
    desk: Desk, clinic: Clinic, clinic_sender: Sender, paths: tuple[str, ...]
) -> None:
    factories.make_patient(clinic, consented_at=timezone.now())
    desk.sign_in("Clinic admin")
    for path in paths:
        desk.open(f"/{path}")
        tab_alone.goes_round(desk.page)


def test_tab_leads_through_a_long_list(desk: Desk, clinic_sender: Sender) -> None:
    for n in range(25):
        wrote(clinic_sender, f"Ana {n}", "¿Hola?")
    desk.sign_in("Reception")
    desk.open("/admin/whatsapp/thread/")

    tab_alone.goes_round(desk.page)
