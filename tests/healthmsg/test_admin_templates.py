"""Templates in the admin: written, handed in, tried on a test phone, and seen where they matter."""

import re

import pytest
from django.conf import LazySettings
from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from healthmsg.clinic.models import Clinic, StaffUser
from reminders import rules
from reminders.models import ReminderRule
from tests import factories
from tests.sandbox_process import SandboxProcess
from whatsapp.models import (
    HeaderFile,
    Message,
    Sender,
    Template,
    TemplateDraft,
    TemplateSubmission,
)

pytestmark = pytest.mark.django_db


def sign_in(client: Client, clinic: Clinic, role: str = "Clinic admin") -> Client:
    user = StaffUser.objects.create(username=role, is_staff=True)
    user.clinics.add(clinic)
    user.groups.add(Group.objects.get(name=role))
    client.force_login(user)
    return client


@pytest.fixture
def admin_of_clinic(client: Client, sunrise_clinic: Clinic) -> Client:
    return sign_in(client, sunrise_clinic)


def form_of(sender: Sender, **changes: str) -> dict[str, str]:
    form = {
        "account": str(sender.account_id),
        "name": "visit_near",
        "language": "en",
        "category": "UTILITY",
        "ttl_seconds": "",
        "header_format": "",
        "header_text": "",
        "body": "Hello {{contact_name}}, we expect you on {{when}} at our place.",
        "footer": "",
        "buttons-TOTAL_FORMS": "1",
        "buttons-INITIAL_FORMS": "0",
        "buttons-0-kind": "QUICK_REPLY",
        "buttons-0-text": "I come",
        "buttons-0-meaning": "confirm",
        "buttons-0-value": "",
    }
    return form | changes


def draft_page(name: str, draft: TemplateDraft) -> str:
    return reverse(f"admin:whatsapp_templatedraft_{name}", args=[draft.pk])


def template_page(name: str, template: Template) -> str:
    return reverse(f"admin:whatsapp_template_{name}", args=[template.pk])


def test_what_stands_in_the_form_is_looked_at_before_it_is_kept(
    admin_of_clinic: Client, sender: Sender
) -> None:
    look = reverse("admin:whatsapp_templatedraft_look")

    good = admin_of_clinic.post(look, form_of(sender)).content.decode()
    bad = admin_of_clinic.post(
        look, form_of(sender, body="{{when}} we meet tomorrow", **{"buttons-0-meaning": ""})
    ).content.decode()

    assert "keeps every rule" in good
    assert "I come" in good
    assert "cannot be the first or the last" in bad
    assert "this word is wrong" in bad
    assert "Say what a tap on" in bad
    assert not TemplateDraft.objects.exists()


def test_the_preview_sets_apart_what_the_message_will(
    admin_of_clinic: Client, sender: Sender
) -> None:
    Clinic.objects.update(phone="+541155550000")
    look = reverse("admin:whatsapp_templatedraft_look")
    words = "مرحبا، اتصل بنا على {{clinic_phone}} من فضلك اليوم أو بعده."

    arabic = admin_of_clinic.post(look, form_of(sender, language="ar", body=words))
    english = admin_of_clinic.post(look, form_of(sender, body="Call {{clinic_phone}} please."))

    shown = arabic.content.decode()
    assert re.search("\u2068\\+54[^\u2069]+\u2069", shown)
    assert f"{len(words) - len('{{clinic_phone}}') + len('+54 11 5555-0000') + 2} of" in shown
    assert "\u2068" not in english.content.decode()


def test_a_template_of_arabic_is_previewed_as_it_is_sent(
    admin_of_clinic: Client, sender: Sender
) -> None:
    Clinic.objects.update(phone="+541155550000")
    template = factories.make_template(
        sender.account, name="call_us", body="اتصل على {{clinic_phone}} من فضلك.", language="ar"
    )

    page = admin_of_clinic.get(template_page("change", template)).content.decode()

    assert re.search("\u2068\\+54[^\u2069]+\u2069", page)


def test_a_draft_is_kept_also_with_faults_and_handed_in_without(
    admin_of_clinic: Client,
    sender: Sender,
    sandbox: SandboxProcess,
    settings: LazySettings,
) -> None:
    settings.SANDBOX_URL = sandbox.base_url
    add = reverse("admin:whatsapp_templatedraft_add")
    answer = admin_of_clinic.post(add, form_of(sender, body="Hello {{when}}"))
    assert answer.status_code == 302
    draft = TemplateDraft.objects.get()
    submit = draft_page("submit", draft)
    assert "cannot be the first" in admin_of_clinic.post(submit).content.decode()
    TemplateDraft.objects.update(body=form_of(sender)["body"])

    admin_of_clinic.post(submit)

    template = Template.objects.get(name="visit_near")
    assert template.status == "PENDING"
    by = TemplateSubmission.objects.get().by
    assert by is not None
    assert by.username == "Clinic admin"
    page = admin_of_clinic.get(template_page("change", template)).content.decode()
    assert "being reviewed" in page


def test_an_author_writes_and_does_not_hand_in(
    client: Client, sunrise_clinic: Clinic, sender: Sender
) -> None:
    author = sign_in(client, sunrise_clinic, "Campaign author")
    draft = factories.make_draft(sender.account)

    assert author.get(draft_page("change", draft)).status_code == 200
    assert author.get(draft_page("submit", draft)).status_code == 403
    assert author.post(draft_page("copy", draft), {"language": "fr"}).status_code == 302
    assert TemplateDraft.objects.get(language="fr").native_check_needed


def test_nobody_looks_at_another_clinics_account(client: Client, sender: Sender) -> None:
    stranger = sign_in(client, factories.make_clinic())
    draft = factories.make_draft(sender.account)
    look = reverse("admin:whatsapp_templatedraft_look")

    assert stranger.get(draft_page("submit", draft)).status_code == 404
    answer = stranger.post(f"{look}?row={draft.pk}", form_of(sender)).content.decode()
    assert "Choose the account first" in answer


def test_the_library_fills_the_drafts_and_asks_for_a_reader(
    admin_of_clinic: Client, sender: Sender
) -> None:
    address = reverse("admin:whatsapp_starters") + "?language=es"
    page = admin_of_clinic.get(address).content.decode()
    assert "Hola, Ana" in page
    assert "native check needed" in page

    admin_of_clinic.post(address, {"name": "appointment_reminder_days"})
    admin_of_clinic.post(address, {"name": "appointment_reminder_days"})

    draft = TemplateDraft.objects.get()
    assert [one.meaning for one in draft.buttons.order_by("pk")] == [
        "confirm",
        "another_time",
        "cancel",
    ]
    assert draft.native_check_needed
    handing_in = admin_of_clinic.get(draft_page("submit", draft)).content.decode()
    assert "Somebody who speaks the language has to read it first." in handing_in


def test_a_template_is_changed_in_a_draft(admin_of_clinic: Client, sender: Sender) -> None:
    template = factories.make_template(sender.account, buttons=("Sí",), verbs=("confirm",))
    address = template_page("change_words", template)

    for _time in range(2):
        admin_of_clinic.post(address)

    draft = TemplateDraft.objects.get()
    assert template.current is not None
    assert draft.body == template.current.components[0]["text"]
    assert draft.buttons.get().meaning == "confirm"


def test_a_test_phone_gets_it_and_no_other_is_offered(
    admin_of_clinic: Client, sender: Sender, sunrise_clinic: Clinic
) -> None:
    template = factories.make_template(sender.account)
    ours = factories.make_phone(sunrise_clinic, is_test=True)
    other = factories.make_phone(sunrise_clinic)
    address = template_page("try", template)

    admin_of_clinic.post(address, {"phone": other.pk})
    assert not Message.objects.exists()
    admin_of_clinic.post(address, {"phone": ours.pk})

    message = Message.objects.get()
    assert (message.phone, message.status, message.patient) == (ours, "QUEUED", None)
    assert "Hola Ana" in message.body


def test_what_uses_a_template_is_said_on_its_page_and_its_trouble_on_theirs(
    admin_of_clinic: Client, sender: Sender, sunrise_clinic: Clinic
) -> None:
    rules.install(sunrise_clinic)
    rule = ReminderRule.objects.filter(template_name="appointment_reminder_days").first()
    assert rule is not None
    template = factories.make_template(
        sender.account,
        name=rule.template_name,
        category="MARKETING",
        category_asked="UTILITY",
        status="PAUSED",
    )
    campaign = factories.make_campaign(sunrise_clinic, template_name=template.name)

    own = admin_of_clinic.get(template_page("change", template)).content.decode()
    pages = [
        reverse("admin:reminders_reminderrule_change", args=[rule.pk]),
        reverse("admin:campaigns_campaign_change", args=[campaign.pk]),
        reverse("admin:whatsapp_sender_change", args=[sender.pk]),
    ]

    assert rule.name in own
    assert campaign.name in own
    assert "Asked for as utility, and WhatsApp counts it as marketing" in own
    for address in pages:
        page = admin_of_clinic.get(address).content.decode()
        assert "paused by WhatsApp" in page, address
        assert "counts as marketing" in page, address


def test_a_template_is_deleted_at_whatsapp_after_a_warning(
    admin_of_clinic: Client, sender: Sender, sandbox: SandboxProcess, settings: LazySettings
) -> None:
    settings.SANDBOX_URL = sandbox.base_url
    template = factories.make_template(
        sender.account,
        name="please_contact_us",
        language="en",
        meta_id="1",
        body="Hello {{contact_name}}, call us please.",
    )
    address = template_page("delete_there", template)
    assert "Nothing uses it." in admin_of_clinic.get(address).content.decode()

    refused = admin_of_clinic.post(address).content.decode()

    assert "WhatsApp wrote" in refused
    template.refresh_from_db()
    assert template.status == "APPROVED"


def test_a_file_is_looked_at_before_it_is_kept(
    admin_of_clinic: Client, sunrise_clinic: Clinic
) -> None:
    add = reverse("admin:whatsapp_headerfile_add")
    form = {"clinic": sunrise_clinic.pk, "name": "map.pdf", "visit_kind": "", "language": ""}

    bad = admin_of_clinic.post(add, form | {"upload": SimpleUploadedFile("a.pdf", b"MZ")})
    assert "neither a PDF" in bad.content.decode()
    assert "Choose a file" in admin_of_clinic.post(add, form).content.decode()
    good = SimpleUploadedFile("a.pdf", b"%PDF-1.7")
    assert admin_of_clinic.post(add, form | {"upload": good}).status_code == 302

    file = HeaderFile.objects.get()
    assert (file.mime_type, bytes(file.content), file.size) == ("application/pdf", b"%PDF-1.7", 8)
