"""`manage.py setup`: once, twice, half, wrong, and with WhatsApp not answering."""

import io
import os
import subprocess
import sys
from datetime import datetime
from typing import Any

import pytest
from django.conf import LazySettings, settings
from django.core.management import CommandError, call_command
from django.db import connection

from campaigns.models import Schedule
from healthmsg.clinic.models import Clinic, Mode, Site, StaffUser
from healthmsg.desk import setting_up
from reminders import rules
from reminders.models import ReminderRule
from tests.house.source import ROOT
from tests.sandbox_process import PHONE_NUMBER_ID, WABA_ID, SandboxProcess
from whatsapp.models import Account, Sender, Template

pytestmark = pytest.mark.django_db

PASSWORD = "a long walk by the river"
ANSWERS = {
    "name": "Clinica Aurora",
    "country": "ar",
    "time_zone": "America/Argentina/Buenos_Aires",
    "languages": "es, en",
    "phone": "+54 11 5555 0000",
    "emergency_number": "107",
    "site": "Centro",
    "address": "Av. Siempreviva 1",
    "admin": "alex",
}
NUMBER = {"waba_id": WABA_ID, "phone_number_id": PHONE_NUMBER_ID}


@pytest.fixture(autouse=True)
def password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)


@pytest.fixture
def meta(sandbox: SandboxProcess, settings: LazySettings) -> SandboxProcess:
    settings.SANDBOX_URL = sandbox.base_url
    return sandbox


def set_up(**answers: Any) -> tuple[str, str]:
    """Run the command; what it printed and what it complained of."""
    out, err = io.StringIO(), io.StringIO()
    call_command("setup", interactive=False, stdout=out, stderr=err, **(ANSWERS | answers))
    return out.getvalue(), err.getvalue()


def test_a_clinic_is_made_that_could_work_tomorrow(meta: SandboxProcess) -> None:
    said, complained = set_up(**NUMBER)

    clinic = Clinic.objects.get()
    assert (clinic.name, clinic.country, clinic.languages) == ("Clinica Aurora", "AR", ["es", "en"])
    assert clinic.mode == Mode.PRACTICE
    assert Site.objects.get().clinic == clinic
    assert ReminderRule.objects.filter(clinic=clinic, is_active=True).exists()
    assert Sender.objects.get().verified_name
    assert Template.objects.filter(status="APPROVED").exists()
    # An example to look at: no clinician stands by it yet.
    assert Schedule.objects.get().approved_at is None
    assert complained == ""
    assert "templates were fetched" in said
    assert "What to do next" in said


def test_the_admin_can_sign_in(meta: SandboxProcess) -> None:
    set_up()

    alex = StaffUser.objects.get(username="alex")
    assert alex.check_password(PASSWORD)
    assert alex.is_superuser
    assert list(alex.clinics.all()) == [Clinic.objects.get()]


def test_twice_is_once_and_keeps_what_was_changed_since(meta: SandboxProcess) -> None:
    set_up(**NUMBER)
    Clinic.objects.update(phone="+54 11 5555 9999")
    Schedule.objects.update(name="Ours")
    rules = ReminderRule.objects.count()
    templates = Template.objects.count()

    set_up(**NUMBER)

    assert Clinic.objects.get().phone == "+54 11 5555 9999"
    assert (Site.objects.count(), Sender.objects.count()) == (1, 1)
    assert ReminderRule.objects.count() == rules
    assert Schedule.objects.get().name == "Ours"
    assert Template.objects.count() == templates
    assert StaffUser.objects.filter(username="alex").count() == 1


def test_the_number_may_come_later(meta: SandboxProcess) -> None:
    said, _ = set_up()
    assert not Sender.objects.exists()
    assert "--waba-id" in said

    set_up(**NUMBER)

    assert Sender.objects.get().account.waba_id == WABA_ID


def test_templates_that_rules_need_and_meta_lacks_are_named(
    meta: SandboxProcess, noon: datetime
) -> None:
    said, _ = set_up(**NUMBER, languages="Spanish, de, German")

    assert "Get appointment_reminder_tomorrow approved in de." in said
    clinic, account = Clinic.objects.get(), Account.objects.get()
    missing = setting_up.templates_missing(clinic, account, rules.in_use(clinic))
    assert all("es" not in languages for languages in missing.values())


def test_without_an_answer_from_whatsapp_everything_else_stands(settings: LazySettings) -> None:
    settings.SANDBOX_URL = "http://127.0.0.1:9"

    said, complained = set_up(**NUMBER)

    assert "without success" in complained
    assert Sender.objects.exists()
    assert "What to do next" in said


@pytest.mark.parametrize(
    ("answers", "complaint"),
    [
        pytest.param({"country": "Argentina"}, "country", id="no-country"),
        pytest.param({"time_zone": "Buenos Aires"}, "time_zone", id="no-zone"),
        pytest.param({"languages": "es,klingon"}, "languages", id="no-language"),
        pytest.param({"languages": " , "}, "languages", id="no-languages"),
        pytest.param({"phone": "12"}, "phone", id="no-phone"),
        pytest.param({"name": "A" * 61}, "name", id="long-name"),
        pytest.param({"address": "A" * 201}, "address", id="long-address"),
        pytest.param({"waba_id": WABA_ID}, "--phone-number-id", id="half-a-number"),
        pytest.param({"waba_id": "x", "phone_number_id": "y"}, "digits", id="no-ids"),
        pytest.param({"site": None, "address": ""}, "--site, --address", id="not-said"),
    ],
)
def test_a_wrong_answer_changes_nothing_and_is_named(
    answers: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(CommandError, match="Nothing was changed") as refused:
        set_up(**answers)

    assert complaint in str(refused.value)
    assert not Clinic.objects.exists()
    assert not StaffUser.objects.exists()


@pytest.mark.parametrize("weak", ["", "alex", "12345", "password"])
def test_a_weak_password_is_refused(weak: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", weak)

    with pytest.raises(CommandError, match="password"):
        set_up()

    assert not Clinic.objects.exists()


def test_a_second_clinic_is_not_made_by_a_slip_of_the_pen(meta: SandboxProcess) -> None:
    set_up()

    with pytest.raises(CommandError, match="another name"):
        set_up(name="Clinica Auroa")

    assert Clinic.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_what_no_flag_gave_is_asked_for() -> None:
    """A process of its own: it is the terminal that answers."""
    flags = [f"--{field.replace('_', '-')}={said}" for field, said in ANSWERS.items()][:-1]
    address = settings.EMBEDDED.database_url.replace(
        "@/healthmsg?", f"@/{connection.settings_dict['NAME']}?"
    )

    asked = subprocess.run(
        [sys.executable, "manage.py", "setup", *flags],
        cwd=ROOT,
        input="sam\n\n\n",
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "healthmsg.settings", "DATABASE_URL": address},
        capture_output=True,
        text=True,
        check=False,
    )

    assert asked.returncode == 0, asked.stderr
    assert "Name to sign in with [admin]" in asked.stdout
    assert StaffUser.objects.get().username == "sam"
    assert not Sender.objects.exists()
