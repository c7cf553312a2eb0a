"""Templates in states in which they cannot be handed in anew."""

import pytest

from tests import factories
from tests.sandbox_process import SandboxProcess
from tests.whatsapp.test_submitting import account, graph, handing, refusal
from whatsapp import submitting
from whatsapp.models import ENDED, Account, Template, TemplateStatus
from whatsapp.submitting import Handing

__all__ = ["account", "graph", "handing"]

pytestmark = pytest.mark.django_db


def test_a_template_whose_messages_wait_is_only_being_deleted(
    account: Account, handing: Handing, sandbox: SandboxProcess
) -> None:
    template = submitting.submit(factories.make_draft(account, name="two"), handing)
    Template.objects.filter(pk=template.pk).update(status=TemplateStatus.APPROVED)
    sandbox.review("two", status="PENDING_DELETION")
    template.refresh_from_db()

    submitting.delete(template, handing.graph, now=handing.now)

    template.refresh_from_db()
    assert template.status == TemplateStatus.PENDING_DELETION
    assert template.status in ENDED
    again = factories.make_draft(account, name="two", body="Hello everybody, once more now.")
    assert "choose another name" in refusal(again, handing)


@pytest.mark.parametrize("status", ["IN_APPEAL", "ARCHIVED", "LOCKED", "LIMIT_EXCEEDED", "NEW"])
def test_a_state_in_which_whatsapp_takes_no_changes_says_so(
    account: Account, handing: Handing, status: str
) -> None:
    template = submitting.submit(factories.make_draft(account, name="two"), handing)
    Template.objects.filter(pk=template.pk).update(status=status)

    draft = factories.make_draft(account, name="two", body="Hello everybody, once more now.")

    assert "no changes while it is in this state" in refusal(draft, handing)
