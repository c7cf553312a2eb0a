"""A clinic whose rules are installed and whose templates are approved."""

import pytest

from healthmsg.clinic.models import Clinic
from tests.reminders.desk import Desk
from whatsapp.models import Sender


@pytest.fixture
def desk(sunrise_clinic: Clinic, sender: Sender) -> Desk:
    return Desk(sunrise_clinic, sender)
