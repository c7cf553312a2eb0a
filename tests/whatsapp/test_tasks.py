"""The edges: what is refused for one account keeps no other from its turn."""

import pytest
from django.conf import LazySettings

from healthmsg.clinic.models import Clinic
from tests import factories
from tests.sandbox_process import SandboxProcess
from whatsapp import tasks
from whatsapp.models import Sender, Template

pytestmark = pytest.mark.django_db


@pytest.fixture
def beside_an_unknown_account(
    sunrise_clinic: Clinic, sandbox: SandboxProcess, settings: LazySettings
) -> Sender:
    """A good number, looked after second; Meta knows nothing of the first one and its account."""
    settings.SANDBOX_URL = sandbox.base_url
    factories.make_sender(sunrise_clinic, phone_number_id="1", waba_id="299999999999999")
    return factories.make_sender(sunrise_clinic)


def test_templates_of_the_others_are_fetched(beside_an_unknown_account: Sender) -> None:
    tasks.sync_templates()

    assert set(Template.objects.values_list("account", flat=True)) == {
        beside_an_unknown_account.account_id
    }


def test_the_other_numbers_are_checked(beside_an_unknown_account: Sender) -> None:
    tasks.check_numbers()

    beside_an_unknown_account.refresh_from_db()
    assert beside_an_unknown_account.state_checked_at is not None
    assert Sender.objects.get(phone_number_id="1").state_checked_at is None
