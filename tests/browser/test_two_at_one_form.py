"""Two people have the same page open; the second sees what the first one changed."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from healthmsg.clinic.models import Clinic, Site
from tests import factories
from tests.browser.conftest import Desk

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_who_saves_second_sees_what_changed_and_loses_nothing(desk: Desk, clinic: Clinic) -> None:
    site = factories.make_site(clinic, name="North", address="Calle 1")
    desk.sign_in("Clinic admin")
    desk.open(reverse("admin:clinic_site_change", args=[site.pk]))
    page = desk.page
    Site.objects.filter(pk=site.pk).update(name="North gate", address="Calle 2")

    page.locator("#id_name").fill("Northern house")
    page.get_by_role("button", name="Save", exact=True).click()

    expect(page.get_by_text("Changed meanwhile to: North gate")).to_be_visible()
    expect(page.locator("#id_name")).to_have_value("Northern house")
    expect(page.locator("#id_address")).to_have_value("Calle 2")
    desk.is_accessible()
    desk.picture("two-at-one-form")
    page.get_by_role("button", name="Save", exact=True).click()

    expect(page.get_by_text("was changed successfully")).to_be_visible()
    site.refresh_from_db()
    assert (site.name, site.address) == ("Northern house", "Calle 2")
