"""A place on top of a template: chosen, shown as a card, and put on the map where it is missing."""

from healthmsg.clinic.models import Clinic, Site
from tests import factories
from tests.browser.conftest import Desk
from tests.whatsapp.maps import put_on_a_map
from whatsapp.models import Sender

GOOD = "Hello {{contact_name}}, we expect you on {{when}} at {{site_name}}.\n\nPlease answer."


def test_a_place_stands_on_top_and_a_site_is_put_on_the_map(
    desk: Desk, clinic: Clinic, clinic_sender: Sender
) -> None:
    site = Site.objects.get(clinic=clinic)
    Site.objects.update(name="Centro Sur", address="Calle 2, Buenos Aires")
    draft = factories.make_draft(clinic_sender.account, name="visit_near", body=GOOD)
    put_on_a_map(factories.make_template(clinic_sender.account, name="visit_map"))
    desk.sign_in("Clinic admin")
    page = desk.page

    desk.open(f"/admin/whatsapp/templatedraft/{draft.pk}/change/")
    page.locator("#id_header_format").select_option("LOCATION")
    desk.says("Calle 2, Buenos Aires")
    desk.says("not sent for visits at")
    desk.is_accessible()
    desk.picture("composer-place")

    desk.open(f"/admin/clinic/site/{site.pk}/change/")
    desk.says("show the place on a map")
    desk.is_accessible()
    desk.fits()
    desk.picture("site-off-the-map")
    page.locator("#id_latitude").fill("-34.603722")
    page.locator("#id_longitude").fill("-58.381592")
    page.get_by_role("button", name="Save", exact=True).click()

    page.wait_for_url("**/clinic/site/")
    assert Site.objects.get(pk=site.pk).is_on_the_map
    desk.picture("sites")


def test_a_number_within_arabic_keeps_its_order(
    desk: Desk, clinic: Clinic, clinic_sender: Sender
) -> None:
    Clinic.objects.update(phone="+541155550000")
    words = "مرحبًا {{contact_name}}، اتصل بنا على {{clinic_phone}} إذا تغير شيء."
    draft = factories.make_draft(
        clinic_sender.account, language="ar", body=words, header_format="LOCATION"
    )
    Site.objects.update(name="مركز الشمال", address="12 Station Road")
    desk.sign_in("Clinic admin")

    desk.open(f"/admin/whatsapp/templatedraft/{draft.pk}/change/")

    desk.says("+54 11 5555-0000")
    desk.is_accessible()
    desk.picture("composer-arabic-number")
