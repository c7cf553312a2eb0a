"""A form that is sent by two clicks is written down once."""

from django.urls import reverse

from healthmsg.clinic.models import Clinic
from healthmsg.desk.models import Incident
from tests.browser.conftest import Desk


def test_two_clicks_write_one_entry(desk: Desk, clinic: Clinic) -> None:
    desk.sign_in("Clinic admin")
    desk.open(reverse("admin:desk_incident_add"))
    desk.page.get_by_label("In your words").fill("A list was left in the bus.")
    save = desk.page.get_by_role("button", name="Save", exact=True)

    # The second comes while the first one's answer is on its way.
    save.evaluate("button => { button.click(); setTimeout(() => button.click(), 40); }")

    desk.page.wait_for_url("**/admin/desk/incident/**")
    desk.says("to be decided how bad it is")
    assert Incident.objects.count() == 1
