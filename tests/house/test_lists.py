"""Every list of the side bar: it is called what the side bar calls it, and never empty of words."""

from html import unescape
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.admin.options import ModelAdmin
from django.test import Client
from django.urls import reverse
from django.utils.text import capfirst

from healthmsg.cockpit import ClinicAdmin
from healthmsg.desk.navigation import GROUPS
from tests import factories
from tests.house.test_role_table import person

LISTS = {label: words for _title, entries in GROUPS for words, _icon, label, _query in entries}
# Pages of cards, one for each switch or text; and the staff, of whom whoever looks is one.
NEVER_EMPTY = {"whatsapp.switch", "whatsapp.clinicwords", "clinic.staffuser"}


def of(label: str) -> ModelAdmin[Any]:
    return admin.site._registry[apps.get_model(label)]


@pytest.mark.parametrize("label", LISTS)
def test_a_list_is_called_what_led_to_it(label: str) -> None:
    page = of(label)
    title = getattr(page, "list_title", "") or capfirst(page.opts.verbose_name_plural)

    assert str(title) == str(LISTS[label])


@pytest.mark.django_db
@pytest.mark.parametrize("label", sorted(set(LISTS) - NEVER_EMPTY))
def test_an_empty_list_says_what_will_stand_here_or_how_it_begins(
    client: Client, label: str
) -> None:
    client.force_login(person(factories.make_clinic(), "Clinic admin"))
    page = of(label)
    assert isinstance(page, ClinicAdmin)

    address = reverse(f"admin:{page.opts.app_label}_{page.opts.model_name}_changelist")
    answer = client.get(address)
    shown = unescape(answer.content.decode())

    if answer.context["cl"].result_count == 0:
        assert str(page.list_empty or "Add the first") in shown, page.list_empty
