"""One patient, registered twice, is made one at the desk."""

from datetime import timedelta

import pytest
from django.utils import timezone

from healthmsg.clinic.models import Clinic, Patient, PatientState
from healthmsg.desk.merging import suspecting
from tests import factories
from tests.browser.conftest import Desk, find_faults


@pytest.fixture
def twins(clinic: Clinic) -> tuple[Patient, Patient]:
    one, other = (
        factories.make_patient(
            clinic,
            given_name="Ana",
            family_name="Ruiz",
            consented_at=timezone.now(),
            external_id=identifier,
        )
        for identifier in ("H-12", "")
    )
    factories.make_visit(
        other,
        starts_at=timezone.now() + timedelta(days=2),
        kind=clinic.visit_kinds.get(),
        site=clinic.sites.get(),
    )
    suspecting.look(now=timezone.now())
    return one, other


def test_two_records_become_one_and_two_again(desk: Desk, twins: tuple[Patient, Patient]) -> None:
    one, other = twins
    desk.sign_in("Reception lead")
    desk.open("/desk/duplicates/")
    desk.is_accessible()
    desk.picture("duplicates")
    desk.page.get_by_role("link", name="Compare: Ana Ruiz").press("Enter")
    desk.says("Which record is kept")
    desk.is_accessible()
    desk.picture("compare")

    proof = desk.page.get_by_label("To be sure")
    proof.fill("1999-09-09")
    desk.page.get_by_role("button", name="Make them one record").press("Enter")
    desk.says("This is not the birth date")
    desk.is_accessible()
    desk.page.emulate_media(color_scheme="dark")
    assert not find_faults(desk.page)
    desk.picture("compare-dark")
    desk.page.emulate_media(color_scheme="light")
    desk.page.get_by_label("To be sure").fill("1980-01-01")
    desk.page.get_by_role("button", name="Make them one record").press("Enter")

    desk.says("They are one record now.")
    other.refresh_from_db()
    assert (other.state, one.appointments.count()) == (PatientState.GONE, 1)

    desk.open("/desk/duplicates/")
    desk.picture("merged-lately")
    desk.page.get_by_role("button", name="Undo: Ana Ruiz").press("Enter")
    desk.says("They are two records again.")
    assert (one.appointments.count(), other.appointments.count()) == (0, 1)


def test_the_other_record_is_looked_for(desk: Desk, twins: tuple[Patient, Patient]) -> None:
    desk.sign_in("Clinic admin")
    desk.open(f"/desk/patients/{twins[0].pk}/")
    desk.page.locator("summary", has_text="More").click()
    desk.follow(desk.page.get_by_role("link", name="Registered twice", exact=True))
    desk.is_accessible()
    desk.page.get_by_label("Name or its beginning").fill("ruiz")
    desk.page.get_by_role("button", name="Search").press("Enter")

    desk.page.get_by_role("link", name="Ana Ruiz").click()

    desk.says("Which record is kept")


def test_where_nothing_could_prove_it_the_way_leads_to_a_record(
    desk: Desk, twins: tuple[Patient, Patient]
) -> None:
    one, other = twins
    Patient.objects.update(birth_date=None, external_id="")
    desk.sign_in("Reception lead")
    desk.open(f"/desk/duplicates/compare/?one={one.pk}&other={other.pk}")
    desk.says("Neither record has a birth date or an identifier: enter one first.")
    desk.is_accessible()
    assert not find_faults(desk.page)
    desk.picture("compare-unproven")

    desk.page.get_by_role("link", name=f"Open Ana Ruiz, patient #{other.pk}").press("Enter")
    desk.page.get_by_label("Identifier").fill("H-13")
    desk.page.get_by_role("button", name="Save", exact=True).click()

    other.refresh_from_db()
    assert other.external_id == "H-13"
