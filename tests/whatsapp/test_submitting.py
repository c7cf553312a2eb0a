"""Templates are handed in once, and come back as WhatsApp has them."""

import threading
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from healthmsg.clinic.models import Clinic
from tests import factories
from tests.sandbox_process import TOKEN, SandboxProcess
from whatsapp import drafting, submitting, templates_sync
from whatsapp.graph import Graph
from whatsapp.models import (
    Account,
    Binding,
    Sender,
    Template,
    TemplateDraft,
    TemplateStatus,
    TemplateSubmission,
)
from whatsapp.samples import samples
from whatsapp.submitting import Handing

pytestmark = pytest.mark.django_db


@pytest.fixture
def account(sender: Sender) -> Account:
    return sender.account


@pytest.fixture
def graph(sandbox: SandboxProcess) -> Graph:
    return Graph(base_url=sandbox.base_url, version="v25.0", token=TOKEN)


def shown(clinic: Clinic, now: datetime, language: str = "en") -> Mapping[str, str]:
    return samples(clinic, language, now=now)


@pytest.fixture
def handing(graph: Graph, sunrise_clinic: Clinic, noon: datetime) -> Handing:
    return Handing(graph, None, noon, shown(sunrise_clinic, noon))


def later(handing: Handing, **span: int) -> Handing:
    return Handing(handing.graph, None, handing.now + timedelta(**span), handing.samples)


def refusal(draft: TemplateDraft, handing: Handing) -> str:
    with pytest.raises(ValidationError) as refused:
        submitting.submit(draft, handing)
    return " ".join(refused.value.messages)


def test_a_draft_becomes_a_template_in_review(account: Account, handing: Handing) -> None:
    draft = factories.make_draft(account, meanings=("another_time", "cancel"), footer="Reply STOP")

    template = submitting.submit(draft, handing)

    assert not TemplateDraft.objects.exists()
    assert (template.status, template.category_asked) == (TemplateStatus.PENDING, "UTILITY")
    assert template.ttl_seconds == 43_200
    assert template.current is not None
    body = template.current.components[0]
    assert body["example"]["body_text_named_params"][1]["param_name"] == "when"
    bound = dict(Binding.objects.values_list("variable", "fill_in"))
    assert bound == {
        "contact_name": "contact_name",
        "when": "when",
        "button.0": "another_time",
        "button.1": "cancel",
    }
    listed = {one["name"] for one in handing.graph.templates(account.waba_id)}
    assert template.name in listed


def test_another_category_than_asked_is_kept_beside_it(
    account: Account, handing: Handing, sandbox: SandboxProcess
) -> None:
    template = submitting.submit(factories.make_draft(account), handing)
    sandbox.review(template.name, status="APPROVED", category="MARKETING")

    templates_sync.bring_home(account, handing.graph.templates(account.waba_id), now=handing.now)

    template.refresh_from_db()
    assert (template.category_asked, template.category) == ("UTILITY", "MARKETING")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"body": "Hello {{when}}"}, "first or the last"),
        ({"body": "Hello dear patient, {{nobody}} is expected here."}, "Nobody fills the gap"),
        ({"native_check_needed": True}, "speaks the language"),
    ],
)
def test_what_breaks_a_rule_never_leaves(
    account: Account, handing: Handing, changes: dict[str, Any], words: str
) -> None:
    draft = factories.make_draft(account, **changes)

    assert words in refusal(draft, handing)
    assert TemplateDraft.objects.filter(handed_in_until=None).exists()
    assert draft.name not in {one["name"] for one in handing.graph.templates(account.waba_id)}


def test_a_button_needs_a_meaning(account: Account, handing: Handing) -> None:
    draft = factories.make_draft(account, meanings=("nothing we know",))

    assert "what a tap on" in refusal(draft, handing)


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"kind": "graph", "code": 2388293, "details": "too many"}, "WhatsApp wrote: too many"),
        ({"kind": "graph", "code": 80008}, "in an hour"),
        ({"kind": "html"}, "may have taken it"),
    ],
)
def test_what_came_of_it_is_kept_and_it_can_be_handed_in_again(
    account: Account,
    handing: Handing,
    sandbox: SandboxProcess,
    fault: dict[str, Any],
    words: str,
) -> None:
    draft = factories.make_draft(account)
    sandbox.fault(**fault, path="all")

    told = refusal(draft, handing)

    assert words in told
    draft.refresh_from_db()
    assert draft.refusal == told
    assert submitting.submit(draft, handing).name == draft.name


def test_what_was_taken_unheard_is_found_by_the_next_fetch(
    account: Account, handing: Handing, sandbox: SandboxProcess
) -> None:
    draft = factories.make_draft(account, meanings=("cancel",))
    taken = {
        "id": "1",
        "name": draft.name,
        "language": draft.language,
        "status": "PENDING",
        "category": "MARKETING",
        "parameter_format": "NAMED",
        "components": [{"type": "BODY", "text": draft.body}],
    }
    other = factories.make_draft(account, name="other", refusal="no")
    sandbox.fault("html", path="all")
    refusal(draft, handing)

    templates_sync.bring_home(
        account, [taken, taken | {"name": "other", "id": "2"}], now=handing.now
    )

    assert Binding.objects.get(template_name=draft.name, variable="button.0").fill_in == "cancel"
    # The other one has other words there: somebody has to look.
    assert list(TemplateDraft.objects.all()) == [other]
    template = Template.objects.get(name=draft.name)
    assert (template.category_asked, template.category) == ("UTILITY", "MARKETING")
    assert template.ttl_seconds == draft.ttl_seconds


def test_where_nobody_listens_nothing_was_handed_in(account: Account, handing: Handing) -> None:
    nowhere = Graph(base_url="http://127.0.0.1:9", version="v25.0", token=TOKEN)
    draft = factories.make_draft(account)

    told = refusal(draft, Handing(nowhere, None, handing.now, handing.samples))

    assert "Nothing was handed in" in told


def test_an_approved_template_is_changed_once_a_day(
    account: Account, handing: Handing, sandbox: SandboxProcess, noon: datetime
) -> None:
    template = submitting.submit(factories.make_draft(account), handing)
    assert "no changes while" in refusal(drafting.change(template, now=noon), handing)
    _approve(template, sandbox, handing)
    draft = TemplateDraft.objects.get()
    draft.body = "Hello {{contact_name}}, we have other words for {{when}} now."
    draft.save()

    changed = submitting.submit(draft, handing)

    assert changed.pk == template.pk
    assert changed.status == TemplateStatus.PENDING
    assert changed.versions.count() == 2
    _approve(template, sandbox, handing)
    template.refresh_from_db()
    again = drafting.change(template, now=noon)
    assert "once in 24 hours" in refusal(again, later(handing, hours=23))
    # The sandbox's own clock stands.
    sandbox.settings(template_limits=False)
    submitting.submit(again, later(handing, hours=25))


def test_ten_changes_in_a_month_are_all(account: Account, handing: Handing, noon: datetime) -> None:
    template = factories.make_template(account, name="x", language="en")
    for days in range(2, 12):
        TemplateSubmission.objects.create(
            template=template,
            at=noon - timedelta(days=days),
            is_edit=True,
            was_approved=True,
            category="UTILITY",
        )

    assert "10 times" in " ".join(submitting.why_not_now(template, "UTILITY", now=noon))
    later = noon + timedelta(days=19)
    assert submitting.why_not_now(template, "UTILITY", now=later) == []
    words = submitting.why_not_now(template, "MARKETING", now=later)
    assert "category" in " ".join(words)


def test_a_template_is_deleted_in_one_language(account: Account, handing: Handing) -> None:
    english = submitting.submit(factories.make_draft(account, name="two"), handing)
    spanish = submitting.submit(
        factories.make_draft(account, name="two", language="es", body="Hola a todos, saludos."),
        handing,
    )

    submitting.delete(english, handing.graph, now=handing.now)

    english.refresh_from_db()
    assert english.status == TemplateStatus.DELETED
    assert [
        one["id"] for one in handing.graph.templates(account.waba_id) if one["name"] == "two"
    ] == [spanish.meta_id]
    Template.objects.filter(pk=spanish.pk).update(status=TemplateStatus.DISABLED)
    spanish.refresh_from_db()
    with pytest.raises(ValidationError, match="disabled"):
        submitting.delete(spanish, handing.graph, now=handing.now)


def test_a_copy_asks_for_a_translator_and_comes_once(account: Account, noon: datetime) -> None:
    draft = factories.make_draft(account, meanings=("cancel",))

    copied = drafting.copy(draft, "ar", now=noon)

    assert copied.native_check_needed
    assert (copied.body, copied.ttl_seconds) == (draft.body, draft.ttl_seconds)
    assert copied.buttons.get().meaning == "cancel"
    with pytest.raises(ValidationError):
        drafting.copy(draft, "ar", now=noon)


def test_a_listing_begun_before_does_not_delete_what_was_handed_in_since(
    account: Account, handing: Handing
) -> None:
    template = submitting.submit(factories.make_draft(account), handing)

    templates_sync.bring_home(account, [], now=handing.now - timedelta(seconds=1))

    template.refresh_from_db()
    assert template.status == TemplateStatus.PENDING


@pytest.mark.django_db(transaction=True)
def test_two_people_hand_it_in_once(
    account: Account, handing: Handing, sandbox: SandboxProcess
) -> None:
    draft = factories.make_draft(account)
    sandbox.fault("latency", seconds=0.3, path="all")
    start, outcomes = threading.Barrier(2), []

    def hand_in() -> None:
        try:
            mine = TemplateDraft.objects.get(pk=draft.pk)
            start.wait()
            outcomes.append(submitting.submit(mine, handing).name)
        except ValidationError as refused:
            outcomes.append(refused.messages[0])
        finally:
            connection.close()

    threads = [threading.Thread(target=hand_in) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert outcomes.count(draft.name) == 1
    assert TemplateSubmission.objects.count() == 1


def _approve(template: Template, sandbox: SandboxProcess, handing: Handing) -> None:
    sandbox.review(template.name, status="APPROVED")
    listed = handing.graph.templates(template.account.waba_id)
    templates_sync.bring_home(template.account, listed, now=handing.now)
