"""What stands outside the desk: a patient's own page, the link of an alarm, signing in, errors."""

from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.utils import timezone
from playwright.sync_api import Page

from healthmsg.clinic.models import Appointment, Clinic, Contact, Site
from healthmsg.desk.alarms import links as alarm_links
from healthmsg.desk.alarms.kinds import Kind, Severity
from healthmsg.desk.models import Alarm, Watcher
from reminders import links
from tests import factories
from tests.browser.conftest import Desk, faults_in_the_dark, find_faults, overhang
from tests.browser.test_narrow import cut
from tests.browser.test_signing_in import PASSWORD, digits_of, person

WIDTHS = (1280, 768, 320)
LANGUAGES = ("es", "ar")
# The widths are the test's own.
ONE = pytest.mark.parametrize("page", [1280], indirect=True, ids=["desktop"])


@pytest.fixture
def visit(clinic: Clinic) -> Appointment:
    week = {str(n): [["08:00", "18:00"]] for n in range(7)}
    Site.objects.update(opening_hours=week, name="Centro de Especialidades Médicas del Norte")
    patient = factories.make_patient(clinic, consented_at=timezone.now())
    hour = timezone.now().replace(minute=0, second=0, microsecond=0)
    return factories.make_visit(
        patient,
        starts_at=hour + timedelta(days=4),
        site=clinic.sites.get(),
        kind=clinic.visit_kinds.get(),
        clinician=clinic.clinicians.get(),
    )


def looks(desk: Desk, language: str, name: str) -> None:
    """Find nothing cut off or unreadable at any width, in light and in dark."""
    page, faults = desk.page, list[object]()
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        for scheme in ("dark", "light"):
            page.emulate_media(color_scheme=scheme)
            desk.picture(f"public-{name}-{language}-{width}-{scheme}")
        faults += [(width, "too wide")] if overhang(page) > 0 else []
        faults += [(width, one) for one in cut(page)[:2]]
    faults += [*find_faults(page), *faults_in_the_dark(page)]
    assert faults == [], name
    words = page.locator("html").get_attribute("lang"), page.locator("html").get_attribute("dir")
    assert words == (language, "rtl" if language == "ar" else "ltr"), name


@pytest.fixture(params=LANGUAGES)
def language(request: pytest.FixtureRequest, page: Page) -> str:
    page.set_extra_http_headers({"Accept-Language": request.param})
    return str(request.param)


def tap(desk: Desk, number: int = 0) -> None:
    """Press what a page offers, the first or another of it."""
    desk.follow(desk.page.locator("main .act").nth(number))


@ONE
def test_a_patients_own_page_is_good_at_every_width(
    desk: Desk, visit: Appointment, language: str
) -> None:
    Contact.objects.update(language=language)
    desk.open(links.path(visit))
    looks(desk, language, "visit")
    desk.follow(desk.page.locator("[aria-labelledby=times] a.act").nth(1))
    looks(desk, language, "times")
    tap(desk)
    looks(desk, language, "time-kept")
    tap(desk)
    looks(desk, language, "moved")
    visit.refresh_from_db()
    desk.open(links.path(visit))
    tap(desk)
    looks(desk, language, "confirmed")
    tap(desk)
    looks(desk, language, "cancel")
    tap(desk)
    looks(desk, language, "cancelled")
    Appointment.objects.update(version=9)
    desk.open(links.path(visit))
    looks(desk, language, "out-of-date")
    desk.open("/another-time/nonsense/")
    looks(desk, language, "no-link")


@ONE
def test_the_link_of_an_alarm_is_good_at_every_width(
    desk: Desk, clinic: Clinic, language: str
) -> None:
    watcher = Watcher.objects.create(
        clinic=clinic, name="Ana", email="ana@example.org", language=language
    )
    now = timezone.now()
    alarm = Alarm.objects.create(
        kind=Kind.NUMBER_STOPPED,
        subject="sender:1",
        clinic=clinic,
        severity=Severity.SEVERE,
        facts={"name": "+54 11 5555 0000"},
        opened_at=now,
        last_seen_at=now,
    )
    desk.page.goto(desk.address(urlsplit(alarm_links.to_acknowledge(alarm.pk, watcher.pk)).path))
    looks(desk, language, "alarm")
    tap(desk)
    looks(desk, language, "alarm-seen")
    desk.open("/alarm/nonsense/")
    looks(desk, language, "alarm-no-link")


@ONE
def test_signing_in_is_good_at_every_width(desk: Desk, clinic: Clinic, language: str) -> None:
    person(clinic, "robin")
    clinic.second_factor_for = ["Reception"]
    clinic.save()
    desk.open("/admin/")
    looks(desk, language, "sign-in")
    _signs_in(desk)
    looks(desk, language, "second-factor")
    _goes_on(desk, digits_of("robin", confirmed=False))
    looks(desk, language, "recovery-codes")
    desk.open("/desk/nothing/")
    looks(desk, language, "nowhere")
    desk.open("/admin/kept/")
    looks(desk, language, "not-with-this-role")
    desk.open("/sign-in/again/")
    looks(desk, language, "password-again")
    desk.open("/sign-in/recovery-codes/")
    looks(desk, language, "recovery")
    desk.page.context.clear_cookies()
    _signs_in(desk)
    _goes_on(desk, "aaaaa")
    looks(desk, language, "wrong-code")


def _signs_in(desk: Desk) -> None:
    desk.open("/admin/")
    desk.page.locator("#id_username").fill("robin")
    _goes_on(desk, PASSWORD, "#id_password")


def _goes_on(desk: Desk, typed: str, field: str = "#id_code") -> None:
    desk.page.locator(field).fill(typed)
    with desk.page.expect_navigation():
        desk.page.keyboard.press("Enter")
