"""What is decided about a message of a cancelled list: it may leave before the sending hours."""

from datetime import datetime, timedelta

import pytest

from healthmsg.clinic.models import Patient
from healthmsg.desk.told_why import of_message
from tests import factories
from whatsapp.models import Sender, Stream


@pytest.mark.parametrize(
    ("hours", "said"),
    [
        pytest.param(15, "It waited: about a cancelled list it may leave", id="three-at-night"),
        pytest.param(18.1, "About a cancelled list it may leave", id="after-six"),
    ],
)
def test_about_a_cancelled_list_it_may_leave_from_six(
    sender: Sender, willing_patient: Patient, noon: datetime, hours: float, said: str
) -> None:
    stream = Stream.objects.create(
        clinic=sender.clinic, name="List", opens_early=True, held_at=noon, held_reason="on its way"
    )
    written_at = noon + timedelta(hours=hours)
    message = factories.make_message(sender, willing_patient, created_at=written_at, stream=stream)

    found = of_message.decisions(message)

    told = {one.what: one.because for one in found}
    # Outside of a page the clocks are those of UTC, three hours ahead of the clinic's.
    waits = "from 11 March 2026, 09:00 on it might go" if said.startswith("It waited") else ""
    assert told[f"{said} from 06:00 to 20:00"] == waits
    assert told["Its cancelled list is stopped"] == "on its way"
    assert not any("sending hours" in what for what in told)
