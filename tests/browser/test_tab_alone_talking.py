"""Conversations and campaigns by the Tab key alone: one answers, one writes, another approves."""

from itertools import count

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from healthmsg.clinic.models import Clinic, StaffUser
from tests import factories
from tests.browser import tab_alone
from tests.browser.conftest import Desk
from tests.browser.test_campaign_limits import set_up
from whatsapp import replies
from whatsapp.models import Message, Sender, Thread

pytestmark = pytest.mark.parametrize("page", [1280], indirect=True, ids=["desktop"])
_wamid = count()


def wrote(sender: Sender, name: str, words: str) -> Thread:
    patient = factories.make_patient(sender.clinic, given_name=name, consented_at=timezone.now())
    phone = factories.phone_of(patient)
    factories.make_reply(
        clinic=sender.clinic,
        sender=sender,
        wamid=f"wamid.tab{next(_wamid)}",
        from_number=phone.number.lstrip("+"),
        kind="text",
        text=words,
        written_at=timezone.now(),
    )
    replies.take_in_hand(now=timezone.now(), broken_off=set())
    return Thread.objects.get(phone=phone)


def test_a_conversation_is_answered_and_the_next_one_opened(
    desk: Desk, clinic_sender: Sender
) -> None:
    first = wrote(clinic_sender, "Ana", "¿Puedo ir antes?")
    wrote(clinic_sender, "Omar", "¿Hola?")
    desk.sign_in("Reception")
    desk.open(reverse("admin:whatsapp_thread_changelist"))
    page = desk.page
    tab_alone.goes_round(page)
    tab_alone.follow(page.locator("#result_list").get_by_role("link", name="Ana").first)
    tab_alone.follow(page.get_by_role("button", name="Take it"))
    expect(page.get_by_text("It is yours now.")).to_be_visible()
    tab_alone.goes_round(page)

    tab_alone.write(page.get_by_label("Your answer"), "Sí, a las 9.")
    tab_alone.follow(page.get_by_role("button", name="Send", exact=True))
    answer = Message.objects.get(answer_of_a_person__isnull=False)
    assert answer.phone == first.phone
    tab_alone.follow(page.get_by_role("button", name="Done"))
    expect(page.get_by_text("Done, until the patient writes again.")).to_be_visible()
    first.refresh_from_db()
    assert first.opened_at is None

    tab_alone.follow(page.locator("#result_list").get_by_role("link", name="Omar").first)
    expect(page.get_by_text("¿Hola?")).to_be_visible()


def test_a_campaign_is_looked_at_by_its_author(
    desk: Desk, clinic: Clinic, clinic_sender: Sender
) -> None:
    set_up(clinic, clinic_sender)
    desk.sign_in("Campaign author")
    desk.open(reverse("admin:campaigns_campaign_changelist"))
    page = desk.page
    tab_alone.goes_round(page)
    tab_alone.follow(page.locator("#result_list").get_by_role("link", name="Flu").first)
    tab_alone.goes_round(page)
    tab_alone.follow(page.get_by_role("link", name="See who would get it"))
    expect(page.get_by_text("6 of 6 would get it")).to_be_visible()
    expect(page.get_by_role("button", name="Start now")).to_have_count(0)
    tab_alone.goes_round(page)


def test_a_campaign_is_approved_by_another(
    desk: Desk, clinic: Clinic, clinic_sender: Sender
) -> None:
    campaign = set_up(clinic, clinic_sender)
    desk.sign_in("Approver")
    desk.open(reverse("admin:campaigns_campaign_changelist"))
    page = desk.page
    tab_alone.follow(page.locator("#result_list").get_by_role("link", name="Flu").first)
    tab_alone.follow(page.get_by_role("link", name="Approve", exact=True))
    expect(page.get_by_text("6 of 6 would get it")).to_be_visible()
    tab_alone.follow(page.get_by_role("button", name="Approve"))

    expect(page.get_by_text("Approved.")).to_be_visible()
    campaign.refresh_from_db()
    assert campaign.approved_by == StaffUser.objects.get(username="somebody")
