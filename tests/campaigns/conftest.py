"""A campaign whose list is empty and whose template is approved."""

import pytest

from campaigns.models import Campaign
from healthmsg.clinic.models import Clinic, Purpose
from tests import factories
from whatsapp.models import Sender


@pytest.fixture
def campaign(sunrise_clinic: Clinic, sender: Sender) -> Campaign:
    factories.make_template(
        sender.account,
        name="vaccination_invitation",
        body="Hola {{contact_name}}, {{clinic_name}} le invita a vacunarse.",
        category="MARKETING",
    )
    return Campaign.objects.create(
        clinic=sunrise_clinic,
        name="Flu",
        purpose=Purpose.PREVENTION,
        template_name="vaccination_invitation",
        audience=factories.make_audience(sunrise_clinic),
    )
