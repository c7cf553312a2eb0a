"""Templates come home whole: every version kept, a person's choice kept, half a list refused."""

from collections.abc import Iterator
from copy import deepcopy
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.sandbox_process import TOKEN, WABA_ID, SandboxProcess
from whatsapp import templates_sync
from whatsapp.catalog import Approved, Catalog
from whatsapp.errors import Refused, TryAgain
from whatsapp.graph import Graph
from whatsapp.models import Account, Binding, Sender, Template, TemplateStatus, TemplateVersion
from whatsapp.status import Reason

pytestmark = pytest.mark.django_db

LISTED: dict[str, Any] = {
    "id": "300000000000001",
    "name": "appointment_reminder_tomorrow",
    "language": "es",
    "status": "APPROVED",
    "category": "UTILITY",
    "parameter_format": "NAMED",
    "quality_score": {"score": "GREEN"},
    "rejected_reason": "NONE",
    "components": [
        {"type": "BODY", "text": "Hola {{contact_name}}, lo esperamos el {{when}}. {{secret}}"},
        {
            "type": "BUTTONS",
            "buttons": [
                {"type": "QUICK_REPLY", "text": "Confirmo"},
                {"type": "QUICK_REPLY", "text": "Otro horario"},
                {"type": "QUICK_REPLY", "text": "Cancelo"},
            ],
        },
    ],
}


@pytest.fixture
def account(sender: Sender) -> Account:
    return sender.account


def listed(**changes: Any) -> dict[str, Any]:
    return deepcopy(LISTED) | changes


def bind(account: Account, variable: str, fill_in: str) -> None:
    Binding.objects.update_or_create(
        account=account,
        template_name=LISTED["name"],
        variable=variable,
        defaults={"fill_in": fill_in},
    )


def test_what_meta_lists_is_known_here(account: Account, noon: datetime) -> None:
    count = templates_sync.bring_home(account, [LISTED], now=noon)

    template = Template.objects.get()
    assert count == 1
    assert (template.name, template.language, template.status) == (
        "appointment_reminder_tomorrow",
        "es",
        "APPROVED",
    )
    assert (template.quality, template.rejected_reason) == ("GREEN", "")
    account.refresh_from_db()
    assert account.templates_synced_at == noon


def test_gaps_that_bear_a_fill_ins_name_and_our_buttons_are_bound(
    account: Account, noon: datetime
) -> None:
    templates_sync.bring_home(account, [LISTED], now=noon)

    bound = dict(Binding.objects.values_list("variable", "fill_in"))
    assert bound == {
        "contact_name": "contact_name",
        "when": "when",
        "button.0": "confirm",
        "button.1": "another_time",
        "button.2": "cancel",
    }
    found = Catalog(account).find([LISTED["name"]], ["es"])
    assert found == Reason.TEMPLATE_UNBOUND


def test_a_persons_choice_outlives_every_fetch(account: Account, noon: datetime) -> None:
    bind(account, "when", "date")
    bind(account, "secret", "clinic_name")

    templates_sync.bring_home(account, [LISTED], now=noon)

    found = Catalog(account).find([LISTED["name"]], ["es"])
    assert isinstance(found, Approved)
    assert (found.bindings["when"], found.bindings["secret"]) == ("date", "clinic_name")


def test_twice_is_once(account: Account, noon: datetime) -> None:
    for _ in range(2):
        templates_sync.bring_home(account, [LISTED], now=noon)

    assert (Template.objects.count(), TemplateVersion.objects.count()) == (1, 1)


def test_new_words_are_a_new_version_and_the_old_stay(account: Account, noon: datetime) -> None:
    templates_sync.bring_home(account, [LISTED], now=noon)
    old = Template.objects.get().current
    changed = listed(components=[{"type": "BODY", "text": "Hola, {{contact_name}}. Gracias."}])

    templates_sync.bring_home(account, [changed], now=noon + timedelta(days=1))

    current = Template.objects.get().current
    assert current is not None
    assert old is not None
    assert (current.number, current.components) == (2, changed["components"])
    assert TemplateVersion.objects.get(pk=old.pk).components == LISTED["components"]


def test_what_is_no_longer_listed_is_deleted_and_may_come_back(
    account: Account, noon: datetime
) -> None:
    templates_sync.bring_home(account, [LISTED], now=noon)

    templates_sync.bring_home(account, [], now=noon + timedelta(days=1))
    gone = Template.objects.get()
    assert gone.status == TemplateStatus.DELETED
    assert gone.status_changed_at == noon + timedelta(days=1)

    templates_sync.bring_home(account, [LISTED], now=noon + timedelta(days=2))
    assert Template.objects.get().is_approved


@pytest.mark.parametrize("status", ["PENDING", "REJECTED", "IN_APPEAL", "SOMETHING_NEW", ""])
def test_any_other_status_is_kept_as_it_comes_and_not_used(
    status: str, account: Account, noon: datetime
) -> None:
    templates_sync.bring_home(account, [listed(status=status)], now=noon)

    assert Template.objects.get().status == status
    found = Catalog(account).find([LISTED["name"]], ["es"])
    assert found == Reason.TEMPLATE_NOT_APPROVED


@pytest.mark.parametrize(
    "sparse",
    [
        pytest.param({"name": "bare", "language": "pt-BR"}, id="name-and-language-alone"),
        pytest.param(listed(quality_score=None, rejected_reason=None), id="nulls"),
        pytest.param(listed(components=None, parameter_format=None), id="no-words"),
        pytest.param(listed(status="X" * 80, category="Y" * 80), id="long-words"),
    ],
)
def test_a_sparse_or_odd_entry_stops_nothing(
    sparse: dict[str, Any], account: Account, noon: datetime
) -> None:
    assert templates_sync.bring_home(account, [sparse], now=noon) == 1

    assert "-" not in Template.objects.get().language


def test_half_a_list_changes_nothing(account: Account, noon: datetime) -> None:
    templates_sync.bring_home(account, [LISTED], now=noon)

    def broken() -> Iterator[dict[str, Any]]:
        yield listed(status="PAUSED")
        raise TryAgain("an answer without Meta's JSON")

    with pytest.raises(TryAgain):
        templates_sync.bring_home(account, broken(), now=noon + timedelta(days=1))

    assert Template.objects.get().is_approved


def test_another_accounts_templates_are_left_alone(account: Account, noon: datetime) -> None:
    other = Account.objects.create(portfolio=account.portfolio, waba_id="200000000000002")
    templates_sync.bring_home(other, [LISTED], now=noon)

    templates_sync.bring_home(account, [], now=noon)

    assert Template.objects.get(account=other).is_approved


def test_the_whole_list_is_fetched_over_the_wire(
    account: Account, sandbox: SandboxProcess, noon: datetime
) -> None:
    graph = Graph(base_url=sandbox.base_url, version="v25.0", token=TOKEN)

    count = templates_sync.bring_home(account, graph.templates(WABA_ID), now=noon)

    assert count == Template.objects.count() > 50
    starters = Template.objects.filter(name__startswith="appointment_", status="APPROVED")
    catalog = Catalog(account)
    assert {t.language for t in starters} >= {"en", "es", "pt_BR", "fr", "ar", "hi"}
    assert [t.name for t in starters if not isinstance(catalog.usable(t), Approved)] == []


def test_a_wrong_token_is_a_no_that_changes_nothing(
    account: Account, sandbox: SandboxProcess, noon: datetime
) -> None:
    graph = Graph(base_url=sandbox.base_url, version="v25.0", token="another")

    with pytest.raises(Refused):
        templates_sync.bring_home(account, graph.templates(WABA_ID), now=noon)

    assert not Template.objects.exists()
