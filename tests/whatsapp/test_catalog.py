"""A template with a part that we cannot fill is never used: WhatsApp would refuse every send."""

from typing import Any

import pytest
from pytest_django import Settings

from tests import factories
from whatsapp.catalog import VERBS, Approved, Catalog
from whatsapp.link_buttons import LinkButton
from whatsapp.models import Binding, Sender, Template
from whatsapp.status import Reason

pytestmark = pytest.mark.django_db


def with_part(sender: Sender, part: dict[str, Any], *, form: str = "NAMED") -> Template:
    template = factories.make_template(sender.account, name="flu", body="Hola {{contact_name}}")
    assert template.current is not None
    template.current.components.append(part)
    template.current.parameter_format = form
    template.current.save()
    return template


def button(**fields: str) -> dict[str, Any]:
    return {"type": "BUTTONS", "buttons": [{"text": "x", **fields}]}


@pytest.mark.parametrize(
    "part",
    [
        pytest.param({"type": "HEADER", "format": "IMAGE"}, id="picture"),
        pytest.param({"type": "HEADER", "format": "VIDEO"}, id="video"),
        pytest.param({"type": "HEADER", "format": "DOCUMENT"}, id="document"),
        pytest.param(button(type="URL", url="https://clinic.example/{{1}}"), id="changing-address"),
        pytest.param(button(type="COPY_CODE"), id="code-to-copy"),
        pytest.param(button(type="FLOW"), id="flow"),
        pytest.param(button(type="CATALOG"), id="catalog"),
        pytest.param(button(type="OTP"), id="one-time-code"),
        pytest.param({"type": "CAROUSEL", "cards": []}, id="cards"),
        pytest.param({"type": "HEADER", "format": "TEXT", "text": "{{Day}}"}, id="unknown-gap"),
    ],
)
def test_a_part_that_nobody_fills_makes_a_template_unusable(
    sender: Sender, part: dict[str, Any]
) -> None:
    template = with_part(sender, part)

    assert Catalog(sender.account).usable(template) == Reason.TEMPLATE_UNBOUND


@pytest.mark.parametrize(
    "part",
    [
        pytest.param({"type": "HEADER", "format": "TEXT", "text": "{{clinic_name}}"}, id="words"),
        pytest.param(button(type="URL", url="https://clinic.example/"), id="fixed-address"),
        pytest.param(button(type="PHONE_NUMBER", phone_number="+54115555"), id="number"),
        pytest.param({"type": "FOOTER", "text": "Aurora"}, id="footer"),
        pytest.param({"type": "HEADER", "format": "LOCATION"}, id="place-of-the-visit"),
    ],
)
def test_parts_that_are_filled_or_fixed_do_no_harm(sender: Sender, part: dict[str, Any]) -> None:
    template = with_part(sender, part)
    Binding.objects.create(
        account=sender.account,
        template_name="flu",
        variable="clinic_name",
        fill_in="clinic_name",
    )

    assert isinstance(Catalog(sender.account).usable(template), Approved)


def test_a_button_may_open_the_page_of_other_times_and_no_other(
    sender: Sender, settings: Settings
) -> None:
    settings.PUBLIC_URL = "https://clinic.example"
    template = with_part(
        sender, button(type="URL", url="https://clinic.example/another-time/{{1}}")
    )

    usable = Catalog(sender.account).usable(template)

    assert isinstance(usable, Approved)
    assert usable.links == (LinkButton(0, "https://clinic.example/another-time/"),)

    settings.PUBLIC_URL = "https://elsewhere.example"
    assert Catalog(sender.account).usable(template) == Reason.TEMPLATE_UNBOUND


def test_numbered_gaps_of_heading_and_body_are_bound_apart(sender: Sender) -> None:
    template = factories.make_template(sender.account, name="flu", body="Hola {{1}}")
    assert template.current is not None
    template.current.components.insert(0, {"type": "HEADER", "format": "TEXT", "text": "{{1}}"})
    template.current.parameter_format = "POSITIONAL"
    template.current.save()
    Binding.objects.filter(template_name="flu").update(fill_in="contact_name")
    assert Catalog(sender.account).usable(template) == Reason.TEMPLATE_UNBOUND

    Binding.objects.create(
        account=sender.account, template_name="flu", variable="header.1", fill_in="clinic_name"
    )

    usable = Catalog(sender.account).usable(template)
    assert isinstance(usable, Approved)
    assert usable.gaps == ("header.1", "1")


def test_a_button_may_say_that_the_number_is_somebody_elses_and_no_row_of_our_menu() -> None:
    assert "wrong_person" in VERBS
    assert not {"talk", "repeat", "stop_one"} & set(VERBS)
