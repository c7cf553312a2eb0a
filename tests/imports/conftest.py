"""A clinic that books, and one of its patients."""

import pytest

from healthmsg.clinic.models import Clinic, Patient
from tests import factories
from tests.reminders.desk import Desk
from whatsapp.models import Sender


@pytest.fixture
def desk(sunrise_clinic: Clinic, sender: Sender) -> Desk:
    return Desk(sunrise_clinic, sender)


@pytest.fixture
def ana(sunrise_clinic: Clinic) -> Patient:
    return factories.make_patient(sunrise_clinic, external_id="7")
