"""A button that opens the page of other times: written, handed in, shown, never astray."""

from datetime import datetime

import pytest
from django.conf import LazySettings
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from healthmsg.clinic.models import Clinic
from tests import factories
from tests.healthmsg.test_admin_templates import sign_in, template_page
from tests.sandbox_process import TOKEN, SandboxProcess
from whatsapp import drafting, submitting, templates_sync
from whatsapp.catalog import Approved, Catalog
from whatsapp.graph import Graph
from whatsapp.models import Account, Sender, TemplateDraft
from whatsapp.samples import samples
from whatsapp.submitting import Handing

pytestmark = pytest.mark.django_db


@pytest.fixture
def account(sender: Sender) -> Account:
    return sender.account


@pytest.fixture
def handing(sandbox: SandboxProcess, sunrise_clinic: Clinic, noon: datetime) -> Handing:
    graph = Graph(base_url=sandbox.base_url, version="v25.0", token=TOKEN)
    return Handing(graph, None, noon, samples(sunrise_clinic, "en", now=noon))


@pytest.fixture
def admin_of_clinic(client: Client, sunrise_clinic: Clinic) -> Client:
    return sign_in(client, sunrise_clinic)


def refusal(draft: TemplateDraft, handing: Handing) -> str:
    with pytest.raises(ValidationError) as refused:
        submitting.submit(draft, handing)
    return " ".join(refused.value.messages)


def test_a_button_may_open_the_page_of_other_times(
    account: Account, handing: Handing, settings: LazySettings
) -> None:
    settings.PUBLIC_URL = "https://clinic.example"
    draft = factories.make_draft(account, meanings=("cancel",))
    button = draft.buttons.create(kind="URL", text="Other times", value="https://a.example/{{1}}")
    assert "https://clinic.example/another-time/{{1}}" in refusal(draft, handing)
    draft.buttons.filter(pk=button.pk).update(value=drafting.page_address())

    template = submitting.submit(draft, handing)

    assert template.current is not None
    assert template.current.components[-1]["buttons"][1] == {
        "type": "URL",
        "text": "Other times",
        "url": "https://clinic.example/another-time/{{1}}",
        "example": ["https://clinic.example/another-time/example"],
    }
    templates_sync.bring_home(
        account,
        [{**one, "status": "APPROVED"} for one in handing.graph.templates(account.waba_id)],
        now=handing.now,
    )
    template.refresh_from_db()
    assert isinstance(Catalog(account).usable(template), Approved)


def test_without_an_address_outside_no_button_opens_a_page_of_ours(
    account: Account, handing: Handing, settings: LazySettings
) -> None:
    settings.PUBLIC_URL, settings.CSRF_TRUSTED_ORIGINS, settings.USES_SANDBOX = "", [], False
    draft = factories.make_draft(account)
    draft.buttons.create(kind="URL", text="Other times", value="https://a.example/{{1}}")

    assert "PUBLIC_URL" in refusal(draft, handing)


def test_the_library_has_one_that_opens_the_page_of_other_times(
    admin_of_clinic: Client, sender: Sender, settings: LazySettings
) -> None:
    settings.PUBLIC_URL = "https://clinic.example"
    address = reverse("admin:whatsapp_starters") + "?language=es"

    admin_of_clinic.post(address, {"name": "appointment_reminder_page"})

    draft = TemplateDraft.objects.get()
    button = draft.buttons.get()
    assert (button.kind, button.meaning) == ("URL", "")
    assert button.value == "https://clinic.example/another-time/{{1}}"
    composer = admin_of_clinic.get(
        reverse("admin:whatsapp_templatedraft_change", args=[draft.pk])
    ).content.decode()
    assert "keeps every rule" in composer
    assert "https://clinic.example/another-time/{{1}}" in composer


@pytest.mark.parametrize(
    ("home", "words"),
    [
        pytest.param("https://clinic.example", "a patient confirms, moves or cancels", id="ours"),
        pytest.param("https://moved.example", "no patient&#x27;s link goes there", id="elsewhere"),
    ],
)
def test_a_template_says_what_its_button_opens(
    admin_of_clinic: Client, sender: Sender, settings: LazySettings, home: str, words: str
) -> None:
    settings.PUBLIC_URL = home
    template = factories.make_template(sender.account)
    assert template.current is not None
    url = "https://clinic.example/another-time/{{1}}"
    template.current.components.append(
        {"type": "BUTTONS", "buttons": [{"type": "URL", "text": "Otros horarios", "url": url}]}
    )
    template.current.save()

    page = admin_of_clinic.get(template_page("change", template)).content.decode()

    assert "Button “Otros horarios” opens" in page
    assert words in page
