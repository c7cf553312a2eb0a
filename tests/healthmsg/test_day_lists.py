"""The list for the day on which everything is down."""

import os
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.html import escape
from django.utils.translation import gettext

from healthmsg.clinic.models import (
    Appointment,
    Need,
    Patient,
    Phone,
    PhoneState,
    Site,
    StaffUser,
    VisitStatus,
)
from healthmsg.clinic.phone import spoken
from healthmsg.desk.day_lists import keeping
from tests import factories

KEPT, HOUR = timedelta(days=3), timedelta(hours=1)
# 05:59 and 06:00 in Buenos Aires.
EARLY = datetime(2026, 3, 10, 8, 59, tzinfo=UTC)
SIX = EARLY + timedelta(minutes=1)


def visited(patient: Patient, site: Site, starts_at: datetime) -> None:
    factories.make_visit(patient, starts_at=starts_at, site=site)


def made(directory: Path, now: datetime) -> list[str]:
    keeping.make_due(directory, now=now, kept=KEPT)
    return sorted(str(path.relative_to(directory)) for path in directory.rglob("*.html"))


def test_at_six_the_days_list_lies_there_and_says_all_that_is_needed(
    tmp_path: Path, willing_patient: Patient
) -> None:
    Patient.objects.update(needs=[Need.NO_PHONE_CALLS])
    site = factories.make_site(willing_patient.clinic)
    visited(willing_patient, site, SIX + 5 * HOUR)
    assert made(tmp_path, EARLY) == []

    assert made(tmp_path, SIX) == [f"2026-03-10/site-{site.pk}.html"]

    path = keeping.path_of(tmp_path, site, SIX.date())
    page = path.read_text()
    assert all(words in page for words in (willing_patient.family_name, "11:00", "+54"))
    assert "<strong>" in page
    assert "http" not in page
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)


def test_who_has_been_here_stays_on_the_paper_and_a_strangers_number_does_not(
    tmp_path: Path, willing_patient: Patient
) -> None:
    site = factories.make_site(willing_patient.clinic)
    statuses = [VisitStatus.ARRIVED, VisitStatus.SEEN, VisitStatus.CANCELLED_BY_CLINIC]
    for hours, status in enumerate(statuses, start=1):
        visited(willing_patient, site, SIX + hours * HOUR)
        last = Appointment.objects.latest("pk")
        Appointment.objects.filter(pk=last.pk).update(
            status=status, status_changed_at=SIX + hours * HOUR
        )
    stranger = factories.make_patient(willing_patient.clinic)
    Phone.objects.filter(contacts__patient=stranger).update(state=PhoneState.WRONG_PERSON)
    visited(stranger, site, SIX + 6 * HOUR)
    number = spoken(Phone.objects.get(contacts__patient=stranger).number)

    made(tmp_path, SIX + 5 * HOUR)

    page = keeping.path_of(tmp_path, site, SIX.date()).read_text()
    with translation.override("es"):
        assert gettext("here since %s") % "07:00" in page
        assert escape(gettext("wrong number: somebody else's")) in page
    assert page.count("<tr>") == 4
    assert number not in page


def test_it_is_written_anew_after_an_hour_and_in_the_evening_for_tomorrow(
    tmp_path: Path, willing_patient: Patient
) -> None:
    site = factories.make_site(willing_patient.clinic)
    made(tmp_path, SIX)
    path = keeping.path_of(tmp_path, site, SIX.date())
    os.utime(path, (SIX.timestamp(), SIX.timestamp()))

    assert keeping.make_due(tmp_path, now=SIX + HOUR / 2, kept=KEPT) == 0
    visited(willing_patient, site, SIX + 5 * HOUR)
    assert keeping.make_due(tmp_path, now=SIX + HOUR, kept=KEPT) == 1
    assert willing_patient.family_name in path.read_text()
    os.utime(path, (SIX.timestamp(), (SIX + 12 * HOUR).timestamp()))
    assert keeping.make_due(tmp_path, now=SIX + 12 * HOUR, kept=KEPT) == 1
    assert keeping.path_of(tmp_path, site, (SIX + 24 * HOUR).date()).exists()


def test_what_fails_at_one_site_leaves_the_lists_of_the_others_and_is_said(
    tmp_path: Path, willing_patient: Patient, caplog: pytest.LogCaptureFixture
) -> None:
    broken, sound = (factories.make_site(willing_patient.clinic) for _n in range(2))
    keeping.path_of(tmp_path, broken, SIX.date()).with_suffix(".part").mkdir(parents=True)

    with pytest.raises(keeping.NotAllWritten):
        keeping.make_due(tmp_path, now=SIX, kept=KEPT)

    assert keeping.path_of(tmp_path, sound, SIX.date()).exists()
    said = [f"the day list of site {broken.pk} could not be written"]
    assert [record.getMessage() for record in caplog.records] == said


def test_on_a_phone_each_column_has_the_name_of_its_head(
    tmp_path: Path, willing_patient: Patient
) -> None:
    site = factories.make_site(willing_patient.clinic)
    visited(willing_patient, site, SIX + 5 * HOUR)
    made(tmp_path, SIX)

    page = keeping.path_of(tmp_path, site, SIX.date()).read_text()

    heads = re.findall(r'<th scope="col"[^>]*>([^<]+)<', page)
    assert re.findall('data-label="([^"]+)"', page) == heads[1:]


def test_after_some_days_it_is_deleted(tmp_path: Path, willing_patient: Patient) -> None:
    factories.make_site(willing_patient.clinic)
    made(tmp_path, SIX)

    names = made(tmp_path, SIX + timedelta(days=4))

    assert [name.split("/")[0] for name in names] == ["2026-03-14"]


def test_the_page_shows_one_site_and_only_to_who_may_see_names(
    client: Client, willing_patient: Patient
) -> None:
    clinic = willing_patient.clinic
    here, there = (factories.make_site(clinic, name=name) for name in ("A", "B"))
    today = timezone.now()
    visited(willing_patient, here, today)
    user = StaffUser.objects.create(username="r", is_staff=True)
    user.clinics.add(clinic)
    client.force_login(user)
    assert client.get(reverse("day_list")).status_code == 403
    user.groups.add(Group.objects.get(name="Reception"))

    page = client.get(reverse("day_list"))

    assert [one.who.split(",")[0] for one in page.context["visits"]] == [
        willing_patient.family_name
    ]
    assert client.get(reverse("day_list"), {"site": there.pk}).context["visits"] == []
    assert client.get(reverse("day_list"), {"day": "nonsense"}).status_code == 200
