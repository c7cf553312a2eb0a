"""Places on top of templates, in the admin: shown as cards, warned of where a site has none."""

import pytest
from django.test import Client
from django.urls import reverse

from reminders import rules
from reminders.models import ReminderRule
from tests import factories
from tests.healthmsg.test_admin_templates import admin_of_clinic, form_of, template_page
from tests.whatsapp.maps import put_on_a_map
from whatsapp.models import Sender

__all__ = ["admin_of_clinic"]

pytestmark = pytest.mark.django_db


def test_a_place_on_top_is_shown_as_a_card_and_warned_of(
    admin_of_clinic: Client, sender: Sender
) -> None:
    factories.make_site(sender.clinic, name="Centro Sur", address="Calle 2")
    look = reverse("admin:whatsapp_templatedraft_look")

    page = admin_of_clinic.post(look, form_of(sender, header_format="LOCATION")).content.decode()

    assert "<strong>Centro Sur</strong>" in page
    assert "Calle 2" in page
    assert "not sent for visits at Centro Sur" in page
    assert "keeps every rule" in page


def test_a_site_off_the_map_says_which_templates_need_it_there(
    admin_of_clinic: Client, sender: Sender
) -> None:
    site = factories.make_site(sender.clinic, name="Centro Sur")
    address = reverse("admin:clinic_site_change", args=[site.pk])
    assert "show the place on a map" not in admin_of_clinic.get(address).content.decode()
    template = put_on_a_map(factories.make_template(sender.account, name="with_map"))

    warned = admin_of_clinic.get(address).content.decode()
    named = admin_of_clinic.get(template_page("change", template)).content.decode()

    assert "no message with them" in warned
    assert "with_map" in warned
    assert "not sent for visits at Centro Sur" in named
    assert "<strong>Centro Sur</strong>" in named


def test_a_site_is_put_on_the_map(admin_of_clinic: Client, sender: Sender) -> None:
    site = factories.make_site(sender.clinic)
    address = reverse("admin:clinic_site_change", args=[site.pk])
    form = {
        "clinic": str(site.clinic_id),
        "name": site.name,
        "address": site.address,
        "latitude": "-34.603722",
        "closing_days-TOTAL_FORMS": "0",
        "closing_days-INITIAL_FORMS": "0",
    }

    half = admin_of_clinic.post(address, form).content.decode()
    beyond = admin_of_clinic.post(address, form | {"longitude": "-581"}).content.decode()
    whole = admin_of_clinic.post(address, form | {"longitude": "-58.381592"})

    assert "has a latitude and a longitude" in half
    assert "greater than or equal to -180" in beyond
    assert whole.status_code == 302
    site.refresh_from_db()
    assert (str(site.latitude), str(site.longitude)) == ("-34.603722", "-58.381592")


def test_a_rule_is_told_which_sites_its_map_leaves_out(
    admin_of_clinic: Client, sender: Sender
) -> None:
    factories.make_site(sender.clinic, name="Centro Sur")
    rules.install(sender.clinic)
    rule = ReminderRule.objects.order_by("pk").first()
    assert rule is not None
    put_on_a_map(factories.make_template(sender.account, name=rule.template_name))

    address = reverse("admin:reminders_reminderrule_change", args=[rule.pk])

    assert "not sent for visits at Centro Sur" in admin_of_clinic.get(address).content.decode()


def test_a_clinics_country_is_chosen_by_its_name(admin_of_clinic: Client, sender: Sender) -> None:
    address = reverse("admin:clinic_clinic_change", args=[sender.clinic_id])

    page = admin_of_clinic.get(address, headers={"accept-language": "es"}).content.decode()
    listed = admin_of_clinic.get(reverse("admin:clinic_clinic_changelist")).content.decode()

    assert '<option value="AR" selected>Argentina</option>' in page
    assert '<option value="ES">España</option>' in page
    assert "Argentina" in listed
