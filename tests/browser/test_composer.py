"""A template is written while its bubble and its faults follow."""

import pytest
from django.conf import LazySettings

from healthmsg.clinic.models import Clinic
from tests import factories
from tests.browser.conftest import Desk
from tests.sandbox_process import SandboxProcess
from whatsapp.models import DraftButton, Sender, Template, TemplateDraft

GOOD = "Hello {{contact_name}}, we expect you on {{when}} at {{site_name}}.\n\nPlease answer."


def test_a_template_is_checked_while_it_is_written(
    desk: Desk, clinic: Clinic, clinic_sender: Sender
) -> None:
    desk.sign_in("Clinic admin")
    page = desk.page

    desk.open("/admin/whatsapp/templatedraft/add/")
    page.locator("#id_name").fill("visit_near")
    page.locator("#id_language").select_option("en")
    page.locator("#id_category").select_option("UTILITY")
    page.locator("#id_body").fill("Hello, we see you tomorrow at ")
    desk.says("may arrive days later")
    page.locator("summary", has_text="Gaps to put into the text").click()
    page.get_by_role("button", name="{{site_name}}").click()
    desk.says("cannot be the first or the last word")
    desk.picture("composer-faults")
    page.locator("#id_body").fill(GOOD)
    desk.says("Hello Anna, we expect you on")
    desk.says("Centro Norte")
    desk.says("has no lifetime")
    page.locator("#id_ttl_seconds").select_option("43200")
    desk.says("keeps every rule")
    desk.is_accessible()
    page.get_by_role("button", name="Check and keep").click()

    page.wait_for_url("**/change/")
    assert TemplateDraft.objects.get().body == GOOD


def test_a_draft_is_handed_in(
    desk: Desk, clinic_sender: Sender, sandbox: SandboxProcess, settings: LazySettings
) -> None:
    settings.SANDBOX_URL = sandbox.base_url
    meanings = ("confirm", "another_time", "cancel")
    draft = factories.make_draft(
        clinic_sender.account, name="visit_near", body=GOOD, meanings=meanings
    )
    desk.sign_in("Clinic admin")
    page = desk.page

    desk.open(f"/admin/whatsapp/templatedraft/{draft.pk}/change/")
    desk.says("keeps every rule")
    desk.is_accessible()
    desk.picture("composer")
    page.get_by_role("link", name="Hand in to WhatsApp").click()
    desk.says("WhatsApp reviews it")
    desk.is_accessible()
    desk.picture("composer-hand-in")
    page.get_by_role("button", name="Hand in to WhatsApp").click()

    desk.says("WhatsApp looks at it")
    template = Template.objects.get(name="visit_near")
    assert template.ttl_seconds == 43_200
    desk.picture("templates")
    desk.open(f"/admin/whatsapp/template/{template.pk}/change/")
    desk.says("being reviewed")
    desk.is_accessible()
    desk.picture("template")


def test_arabic_is_written_from_right_to_left(
    desk: Desk, clinic: Clinic, clinic_sender: Sender
) -> None:
    desk.sign_in("Campaign author")
    page = desk.page

    desk.open("/admin/whatsapp/templatedraft/library/?language=ar")
    desk.says("Nobody who speaks it has read these yet")
    desk.is_accessible()
    desk.picture("library-ar")
    page.get_by_role("button", name="Take “Days before, to be answered” into my drafts").click()
    desk.says("Begun")

    draft = TemplateDraft.objects.get()
    assert draft.native_check_needed
    assert DraftButton.objects.filter(draft=draft).count() == 3
    assert page.locator("#looked-at .said").get_attribute("dir") == "rtl"
    desk.is_accessible()
    desk.picture("composer-ar")
    desk.open(f"/admin/whatsapp/templatedraft/{draft.pk}/submit/")
    desk.says("Not with your role")


@pytest.mark.parametrize("page", [1280], indirect=True)
def test_without_scripts_a_button_checks(desk: Desk, clinic_sender: Sender) -> None:
    draft = factories.make_draft(clinic_sender.account, body="{{when}} is your visit, see you.")
    desk.sign_in("Clinic admin")
    context = desk.page.context.browser
    assert context is not None
    plain = context.new_context(
        java_script_enabled=False, storage_state=desk.page.context.storage_state()
    )
    bare = plain.new_page()
    here = desk.address(f"/admin/whatsapp/templatedraft/{draft.pk}/change/")

    bare.goto(here)
    assert "cannot be the first or the last word" in bare.content()
    bare.locator("#id_body").fill("Your visit is on {{when}}, see you.")
    bare.get_by_role("button", name="Check and keep").click()

    assert "keeps every rule" in bare.content()
    draft.refresh_from_db()
    assert draft.body == "Your visit is on {{when}}, see you."
    plain.close()
