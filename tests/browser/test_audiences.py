"""An audience is put together while its count follows."""

from datetime import date

from campaigns.models import Audience
from healthmsg.clinic.models import Clinic, Patient, Purpose, Tag, Vaccine
from tests import factories
from tests.browser.conftest import Desk
from whatsapp.models import Sender


def test_the_count_follows_what_is_filled_in(desk: Desk, clinic: Clinic) -> None:
    asthma = Tag.objects.create(clinic=clinic, name="Asthma programme", is_sensitive=True)
    Vaccine.objects.create(clinic=clinic, code="flu", name="Flu")
    for n in range(5):
        patient = factories.make_patient(clinic, given_name=f"Ana{n}", birth_date=date(1950, 1, 1))
        patient.tags.add(asthma)
    factories.make_patient(clinic, birth_date=date(2020, 1, 1))
    factories.make_list(clinic, *Patient.objects.all()[:2], name="Moved away")
    desk.sign_in("Clinic admin")
    page = desk.page

    desk.open("/admin/campaigns/audience/add/")
    desk.says("6 patients fit")
    page.locator("#id_name").fill("Flu 65+")
    page.locator("#id_age_from_months").fill("780")
    desk.says("5 patients fit")
    page.get_by_label("Moved away").last.check()
    desk.says("3 patients fit")
    page.locator("#id_age_below_months").fill("700")
    desk.says("has to be more than")
    desk.picture("audience-refused")
    page.locator("#id_age_below_months").fill("")
    desk.says("3 patients fit")
    desk.is_accessible()
    desk.picture("audience")
    page.get_by_role("button", name="Save", exact=True).click()

    page.wait_for_url("**/audience/")
    audience = Audience.objects.get()
    assert (audience.name, audience.age_from_months) == ("Flu 65+", 780)
    desk.open(f"/admin/campaigns/audience/{audience.pk}/change/")
    desk.says("3 patients fit")


def test_a_patient_carries_tags_and_doses(desk: Desk, clinic: Clinic) -> None:
    Tag.objects.create(clinic=clinic, name="Asthma programme")
    Vaccine.objects.create(clinic=clinic, code="flu", name="Flu")
    patient = factories.make_patient(clinic)
    desk.sign_in("Reception")
    page = desk.page

    desk.open(f"/desk/patients/{patient.pk}/")
    desk.follow(page.get_by_role("link", name="Change", exact=True))
    page.get_by_label("Asthma programme").check()
    page.get_by_label("Sex").select_option("FEMALE")
    desk.is_accessible()
    desk.picture("patient-form")
    page.get_by_role("button", name="Save", exact=True).click()
    desk.says("was changed successfully")
    assert page.url == desk.address(f"/desk/patients/{patient.pk}/")
    desk.says("Asthma programme")
    desk.is_accessible()

    patient.refresh_from_db()
    assert patient.sex == "FEMALE"
    assert [tag.name for tag in patient.tags.all()] == ["Asthma programme"]


def test_a_campaign_is_planned_and_looked_at(
    desk: Desk, clinic: Clinic, clinic_sender: Sender
) -> None:
    factories.make_template(
        clinic_sender.account, name="flu", body="Hola {{contact_name}}, su mamografía"
    )
    patients = [factories.make_patient(clinic, consents=(Purpose.PREVENTION,)) for _ in range(3)]
    patients[0].contacts.update(language="hi")
    campaign = factories.make_campaign(
        clinic, audience=factories.make_audience(clinic, *patients), template_name="flu"
    )
    desk.sign_in("Clinic admin")
    page = desk.page
    here = f"/admin/campaigns/campaign/{campaign.pk}"

    desk.open(f"{here}/plan/")
    page.locator("#id_how").select_option("WEEKLY")
    page.get_by_label("Monday").check()
    page.locator("#id_owner").select_option(label="somebody")
    desk.is_accessible()
    desk.picture("plan")
    page.get_by_role("button", name="Keep").click()
    desk.says("It is sent on Monday")
    desk.says("Is sent next on Monday")
    desk.is_accessible()
    desk.picture("campaign")

    desk.open(f"{here}/start/")
    desk.says("2 of 3 would get it")
    desk.says("may tell others why you write")
    desk.says("No approved template in: Hindi")
    desk.is_accessible()
    desk.picture("start")
