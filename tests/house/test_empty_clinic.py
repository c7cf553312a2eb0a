"""A clinic on its first morning: nothing is there yet, and every page says what to do."""

import re

import pytest
from django.test import Client

from tests import factories
from tests.house import who_may_open
from tests.house.test_role_table import person

_MAIN = re.compile(r"<main\b.*?</main>", re.DOTALL)
# What leads on: a field, a button, a link elsewhere, or words for a page without rows.
_LEADS_ON = re.compile(
    r'<(input|select|textarea|button)\b|<a\b[^>]*href="[^"#]|class="(?:nothing|card)\b'
)

# A page, a way to another one, and what is only posted to.
_FINE = {200, 302, 405}
# Without the two people it is about it is no page.
_ABOUT_SOMEBODY = {"desk/duplicates/compare/": 404}


def is_a_page(address: str, columns: str) -> bool:
    return "M" in columns and "<" not in address and address.startswith(("desk/", "admin/"))


@pytest.mark.django_db
def test_every_page_of_an_empty_clinic_opens_and_leads_on(client: Client) -> None:
    client.force_login(person(factories.make_clinic(), "Clinic admin"))

    ends, refused = {}, {}
    for address, columns in who_may_open.table().items():
        if not is_a_page(address, columns):
            continue
        answer = client.get(f"/{address}")
        if answer.status_code not in _FINE:
            refused[address] = answer.status_code
        elif answer.status_code == 200 and not answer.streaming:
            page = answer.content.decode()
            # What has no head is a part of a page.
            if "<html" in page:
                ends[address] = _MAIN.search(page) or re.search(r"<body.*", page, re.DOTALL)

    assert refused == _ABOUT_SOMEBODY
    dead = sorted(one for one, found in ends.items() if not (found and _LEADS_ON.search(found[0])))
    assert len(ends) > 90
    assert not dead
