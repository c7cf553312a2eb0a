"""An address that is only sent to, opened all the same: a bookmark, a reload, or the way back."""

import re
from typing import Any

import pytest
from django.db import transaction
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from tests.house import addresses, who_may_open
from tests.house.test_admin_pages import rows
from tests.house.test_interrupted_forms import HTML
from tests.house.test_wrong_input import _let_go, everybody

__all__ = ["everybody", "rows"]

_LINK = re.compile(r'class="act main" href="([^"]+)"')


def _opened(client: Client, address: str, **headers: Any) -> Any:
    with transaction.atomic():
        answer = client.get(address, **headers)
        _let_go(answer)
        transaction.set_rollback(True)
    return answer


@pytest.fixture
def sent_only(everybody: Client, rows: dict[str, Model]) -> dict[str, str]:
    """Each address that takes nothing but what is sent to it, by its pattern."""
    filled = {one: addresses.filled(one, rows) for one in who_may_open.table()}
    return {one: to for one, to in filled.items() if _opened(everybody, to).status_code == 405}


def test_what_is_only_sent_leads_whoever_opens_it_to_a_page(
    sent_only: dict[str, str], everybody: Client
) -> None:
    faults = {}
    for pattern, address in sent_only.items():
        answer = _opened(everybody, address, **HTML)
        link = _LINK.search(answer.content.decode())
        assert link, pattern
        onward = _opened(everybody, link[1], **HTML).status_code
        # Of some kinds there is no row here: "1" stands for it, and its page would be gone.
        leads_on = onward in {200, 302} or (onward == 404 and link[1].endswith("/1/"))
        if (answer.status_code, "POST" in answer["Allow"], leads_on) != (405, True, True):
            faults[pattern] = (answer.status_code, answer["Allow"], link[1], onward)
        assert "There is nothing to open here" in answer.content.decode()

    assert len(sent_only) > 15
    assert faults == {}


def test_it_leads_to_what_the_address_stands_under(
    everybody: Client, rows: dict[str, Model]
) -> None:
    visit = rows["clinic.Appointment"].pk
    thread = rows["whatsapp.Thread"].pk
    led = {
        f"/desk/to-call/{visit}/log/": reverse("to_call"),
        f"/desk/agenda/visits/{visit}/send-now/": f"/desk/agenda/visits/{visit}/",
        f"/admin/whatsapp/thread/{thread}/take/": f"/admin/whatsapp/thread/{thread}/",
        "/sign-in/change-user/": reverse("overview"),
    }

    for address, page in led.items():
        answer = _opened(everybody, address, **HTML)
        assert f'class="act main" href="{page}"' in answer.content.decode(), address


def test_programs_and_parts_of_pages_get_the_bare_answer(
    sent_only: dict[str, str], everybody: Client
) -> None:
    address = next(iter(sent_only.values()))

    for headers in ({"HTTP_ACCEPT": "*/*"}, HTML | {"HTTP_HX_REQUEST": "true"}):
        answer = _opened(everybody, address, **headers)
        assert (answer.status_code, answer.content) == (405, b"")


def test_it_is_said_in_the_readers_language(everybody: Client) -> None:
    words = everybody.get(reverse("change_user"), **HTML, HTTP_ACCEPT_LANGUAGE="es")

    assert "Aquí no hay nada que abrir" in words.content.decode()
    assert words.status_code == 405
