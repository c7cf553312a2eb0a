"""Duplicates at the desk."""

import itertools
from collections.abc import Callable
from datetime import date

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from healthmsg.clinic.models import Clinic, Patient, PatientState, StaffUser
from healthmsg.desk.merging import pages, suspecting
from healthmsg.desk.models import PatientMerge, SuspectedDuplicate
from tests import factories


@pytest.fixture
def sign_in(sunrise_clinic: Clinic) -> Callable[..., Client]:
    def make(role: str = "Reception lead", clinic: Clinic | None = None) -> Client:
        user = StaffUser.objects.create(username=f"{role} {clinic}", is_staff=True)
        user.clinics.add(clinic or sunrise_clinic)
        user.groups.add(Group.objects.get(name=role))
        client = Client()
        client.force_login(user)
        return client

    return make


def pair(clinic: Clinic, name: str = "Ruiz") -> tuple[Patient, Patient]:
    one, other = (
        factories.make_patient(
            clinic, given_name="Ana", family_name=name, consented_at=timezone.now()
        )
        for _ in range(2)
    )
    return one, other


def address(one: Patient, other: Patient) -> str:
    return reverse("compare_patients") + f"?one={one.pk}&other={other.pk}"


def test_a_pair_is_compared_put_together_and_parted(
    sign_in: Callable[..., Client], sunrise_clinic: Clinic
) -> None:
    one, other = pair(sunrise_clinic)
    suspecting.look(now=timezone.now())
    client = sign_in()
    page = client.get(reverse("duplicates"))
    assert [(p.one, p.other) for p in page.context["pairs"]] == [(one, other)]

    refused = client.post(address(one, other), {"keep": other.pk, "proof": "1999-01-01"})
    assert refused.context["problem"]
    assert refused.context["keep"] == other.pk
    done = client.post(address(one, other), {"keep": other.pk, "proof": "1980-01-01"})

    assert done["Location"] == reverse("patient", args=[other.pk])
    one.refresh_from_db()
    assert one.state == PatientState.GONE
    lately = client.get(reverse("duplicates")).context
    assert (lately["pairs"], len(lately["merges"])) == ([], 1)
    assert client.get(done["Location"]).status_code == 200

    client.post(reverse("undo_merge", args=[PatientMerge.objects.get().pk]))
    one.refresh_from_db()
    assert one.state == PatientState.ACTIVE


def test_what_is_asked_for_as_proof_cannot_be_read_on_the_way(
    sign_in: Callable[..., Client], sunrise_clinic: Clinic
) -> None:
    one, other = pair(sunrise_clinic)
    Patient.objects.update(birth_date=date(1971, 12, 3), site=factories.make_site(sunrise_clinic))
    Patient.objects.filter(pk=one.pk).update(external_id="H-7731")
    suspecting.look(now=timezone.now())
    client = sign_in()

    page = client.get(address(one, other))

    rows = {words: told for words, *told in page.context["rows"]}
    assert rows["birth date"] == ["the same in both", "the same in both", False]
    assert rows["identifier"] == ["only here", "", False]
    assert rows["given name"] == ["Ana", "Ana", False]
    found = client.post(address(other, other).partition("&")[0], {"typed": "Ana"})
    assert "1971" in found.content.decode()
    proofs = ("H-7731", "1971-12-03", "3, 1971")
    for answer in (page, client.get(reverse("duplicates")), found):
        assert not any(proof in answer.content.decode() for proof in proofs)


def test_the_other_record_is_found_by_what_is_typed(
    sign_in: Callable[..., Client], sunrise_clinic: Clinic
) -> None:
    one, other = pair(sunrise_clinic)
    find = reverse("compare_patients") + f"?one={one.pk}"
    client = sign_in()

    assert client.get(find).context["found"] == []
    assert client.post(find, {"typed": "ruiz"}).context["found"] == [other]


def test_where_more_fit_than_are_shown_it_is_said(
    sign_in: Callable[..., Client], sunrise_clinic: Clinic
) -> None:
    one, _other = pair(sunrise_clinic)
    client = sign_in()
    told = {}
    for count in (pages.FOUND_AT_MOST, 1):
        for _ in range(count):
            factories.make_patient(sunrise_clinic, family_name="García")
        answer = client.post(reverse("compare_patients") + f"?one={one.pk}", {"typed": "garcia"})
        told[len(answer.context["found"]), b"More fit what you typed" in answer.content] = count

    assert set(told) == {(pages.FOUND_AT_MOST, False), (pages.FOUND_AT_MOST, True)}


def test_where_more_pairs_are_than_are_shown_it_is_said(
    sign_in: Callable[..., Client], sunrise_clinic: Clinic
) -> None:
    client, now = sign_in(), timezone.now()
    people = [factories.make_patient(sunrise_clinic) for _ in range(11)]
    suspected = [
        SuspectedDuplicate(clinic=sunrise_clinic, one=one, other=other, why="NAME", found_at=now)
        for one, other in itertools.combinations(people, 2)
    ]
    told = []
    for rows in (suspected[:50], suspected[50:]):
        SuspectedDuplicate.objects.bulk_create(rows)
        page = client.get(reverse("duplicates"))
        told.append((len(page.context["pairs"]), b"Shown are the first 50 pairs" in page.content))

    assert told == [(50, False), (50, True)]


def test_two_people_are_not_asked_about_again(
    sign_in: Callable[..., Client], sunrise_clinic: Clinic
) -> None:
    pair(sunrise_clinic)
    suspecting.look(now=timezone.now())
    client = sign_in()

    client.post(reverse("dismiss_duplicate", args=[SuspectedDuplicate.objects.get().pk]))

    suspecting.look(now=timezone.now())
    assert client.get(reverse("duplicates")).context["pairs"] == []


def test_who_contradict_each_other_cannot_be_put_together(
    sign_in: Callable[..., Client], sunrise_clinic: Clinic
) -> None:
    one, other = pair(sunrise_clinic)
    Patient.objects.filter(pk=other.pk).update(birth_date=date(1999, 1, 1))

    page = sign_in().get(address(one, other))

    assert "The birth dates differ" in page.content.decode()
    assert b'name="proof"' not in page.content


@pytest.mark.parametrize(
    "known", [pytest.param({"birth_date": date(1980, 1, 1)}, id="born"), {"external_id": "H-7"}]
)
def test_where_nothing_could_prove_it_the_way_to_what_is_missing_is_shown(
    sign_in: Callable[..., Client], sunrise_clinic: Clinic, known: dict[str, object]
) -> None:
    one, other = pair(sunrise_clinic)
    Patient.objects.update(birth_date=None, external_id="")
    client = sign_in()

    page = client.get(address(one, other)).content.decode()
    assert "Neither record has a birth date or an identifier: enter one first." in page
    assert 'name="proof"' not in page
    for record in (one, other):
        link = reverse("admin:clinic_patient_change", args=[record.pk])
        assert f'class="act" href="{link}"' in page

    Patient.objects.filter(pk=other.pk).update(**known)
    assert b'name="proof"' in client.get(address(one, other)).content


def test_only_leads_of_the_clinic_may(
    sign_in: Callable[..., Client], sunrise_clinic: Clinic
) -> None:
    one, other = pair(sunrise_clinic)
    suspecting.look(now=timezone.now())
    suspicion = SuspectedDuplicate.objects.get()
    reception, stranger = sign_in("Reception"), sign_in(clinic=factories.make_clinic())

    assert reception.get(reverse("duplicates")).status_code == 403
    assert reception.post(address(one, other), {"proof": "1980-01-01"}).status_code == 403
    assert stranger.get(address(one, other)).status_code == 404
    assert stranger.get(reverse("duplicates")).context["pairs"] == []
    dismiss = reverse("dismiss_duplicate", args=[suspicion.pk])
    assert stranger.post(dismiss).status_code == 404


def test_many_pairs_are_asked_for_as_often_as_few(
    sign_in: Callable[..., Client], sunrise_clinic: Clinic
) -> None:
    client = sign_in("Clinic admin")

    def asks(count: int) -> int:
        for n in range(count):
            pair(sunrise_clinic, name=f"Ruiz {count} {n}")
        suspecting.look(now=timezone.now())
        with CaptureQueriesContext(connection) as queries:
            client.get(reverse("duplicates"))
        return len(queries)

    few = asks(2)
    assert asks(12) == few
    assert few < 15
