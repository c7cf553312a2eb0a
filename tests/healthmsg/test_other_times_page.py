"""A visit's own page: confirmed, moved and cancelled by who has the link, and by nobody else."""

import html
import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core import signing
from django.test import Client
from django.utils import timezone

from healthmsg.clinic.models import (
    Answer,
    Appointment,
    Clinic,
    Patient,
    PhoneState,
    Saying,
    SlotHold,
    VisitStatus,
)
from healthmsg.desk.other_times import haste
from reminders import booking, links
from reminders.booking import Change
from reminders.models import EarlierWish
from tests import factories

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
_BUTTON = re.compile(r'name="tap" value="([^"]+)" class="[^"]*">([^<]+)<')
_LINK = re.compile(r'class="act[^"]*" href="([^"]+)">([^<]+)<')


@pytest.fixture
def visit(sunrise_clinic: Clinic, willing_patient: Patient) -> Appointment:
    """In three days at the full hour, where patients are seen from eight to six."""
    week = {str(n): [["08:00", "18:00"]] for n in range(7)}
    site = factories.make_site(sunrise_clinic, opening_hours=week)
    hour = timezone.now().replace(minute=0, second=0, microsecond=0)
    return factories.make_visit(
        willing_patient,
        starts_at=hour + 3 * DAY,
        site=site,
        kind=factories.make_kind(sunrise_clinic, length=HOUR),
        clinician=factories.make_clinician(sunrise_clinic),
    )


@pytest.fixture
def stranger() -> Client:
    """Whoever has the link: no account, no cookie, and nobody checks where a form came from."""
    return Client(enforce_csrf_checks=True)


def buttons_of(page: Any) -> dict[str, str]:
    return {html.unescape(t): html.unescape(v) for v, t in _BUTTON.findall(page.content.decode())}


def links_of(page: Any) -> dict[str, str]:
    return {html.unescape(t): html.unescape(v) for v, t in _LINK.findall(page.content.decode())}


def first_times(client: Client, visit: Appointment) -> Any:
    page = client.get(links.path(visit))
    day = next(link for link in links_of(page).values() if "show=b" in link)
    return client.get(links.path(visit) + day)


def test_looking_changes_nothing_and_tells_nothing(visit: Appointment, stranger: Client) -> None:
    page = stranger.get(links.path(visit))
    times = first_times(stranger, visit)

    assert page.status_code == times.status_code == 200
    visit.refresh_from_db()
    assert (visit.answer, visit.version) == (Answer.NONE, 1)
    assert not SlotHold.objects.exists()
    words = page.content.decode() + times.content.decode()
    assert visit.patient.given_name not in words
    assert visit.patient.family_name not in words
    assert visit.kind.name not in words
    assert not page.cookies
    assert page["Referrer-Policy"] == "no-referrer"
    assert "noindex" in page["X-Robots-Tag"]
    assert "no-store" in page["Cache-Control"]
    assert "unsafe" not in page["Content-Security-Policy"]
    assert "<script" not in words
    assert 'lang="es"' in words


def test_a_time_is_chosen_kept_confirmed_and_can_be_put_back(
    visit: Appointment, stranger: Client
) -> None:
    old = visit.starts_at
    title, tap = next(
        (t, v) for t, v in buttons_of(first_times(stranger, visit)).items() if ":" in t
    )

    kept = stranger.post(links.path(visit), {"tap": tap})

    assert kept.status_code == 200
    hold = SlotHold.objects.get()
    assert f"{hold.starts_at.astimezone(visit.site.zone):%-H:%M}" == title

    moved = stranger.post(links.path(visit), {"tap": buttons_of(kept)["Sí, moverla"]}, follow=True)

    visit.refresh_from_db()
    assert (visit.starts_at, visit.version) == (hold.starts_at, 2)
    assert "ahora" in moved.content.decode()
    assert not SlotHold.objects.exists()

    back = stranger.post(links.path(visit), {"tap": buttons_of(moved)["Deshacer"]}, follow=True)

    visit.refresh_from_db()
    assert (visit.starts_at, visit.version) == (old, 3)
    assert "vuelve a ser" in back.content.decode()


def test_a_person_may_be_asked_and_an_earlier_time_waited_for(
    visit: Appointment, stranger: Client
) -> None:
    page = stranger.get(links.path(visit))

    stranger.post(links.path(visit), {"tap": buttons_of(page)["Hablar con ustedes"]})

    visit.refresh_from_db()
    assert visit.answer == Answer.WANTS_ANOTHER_TIME
    said = stranger.post(links.path(visit), {"tap": buttons_of(page)["Antes si se puede"]})
    assert "Anotado" in said.content.decode()
    assert EarlierWish.objects.get().appointment == visit


def test_the_clinics_number_is_dialed_at_a_touch(visit: Appointment, stranger: Client) -> None:
    Clinic.objects.update(phone="+54 (11) 5555-0000")

    page = stranger.get(links.path(visit)).content.decode()

    assert '<a class="phone" dir="ltr" href="tel:+541155550000">+54 (11) 5555-0000</a>' in page


@pytest.mark.parametrize("address", ["/another-time/none/", "/alarm/none/"])
def test_a_link_that_is_none_says_so_in_the_language_of_who_looks(
    db: None, stranger: Client, address: str
) -> None:
    page = stranger.get(address, headers={"accept-language": "ar"}).content.decode()

    assert '<html lang="ar" dir="rtl"' in page


@pytest.mark.parametrize("what", ["moved", "cancelled", "stranger", "foreign-tap", "no-tap"])
def test_what_is_out_of_date_or_not_theirs_changes_nothing(
    visit: Appointment, stranger: Client, what: str
) -> None:
    path = links.path(visit)
    tap = next(v for t, v in buttons_of(first_times(stranger, visit)).items() if ":" in t)
    now = timezone.now()
    if what == "moved":
        booking.move(visit, Change(now + 9 * DAY), by=None, now=now)
    if what == "cancelled":
        booking.cancel(visit, status=VisitStatus.CANCELLED_BY_CLINIC, now=now)
    if what == "stranger":
        phone = factories.phone_of(visit.patient)
        phone.state = PhoneState.WRONG_PERSON
        phone.save()
    if what == "foreign-tap":
        other = factories.make_visit(
            visit.patient, starts_at=now + 5 * DAY, site=visit.site, clinician=visit.clinician
        )
        path = links.path(other)
    if what == "no-tap":
        tap = "h.29560000"

    answer = stranger.post(path, {"tap": tap})

    assert answer.status_code == 410
    assert not SlotHold.objects.exists()


@pytest.mark.parametrize(
    "token", ["x", "WzEsMV0:1abcde:zzz", pytest.param(signing.dumps([1, 1]), id="another-salt")]
)
def test_what_is_not_our_link_is_no_page(db: None, stranger: Client, token: str) -> None:
    answer = stranger.get(f"/another-time/{token}/")

    assert answer.status_code == 404
    assert "too old" in answer.content.decode()


def test_nobody_asks_too_often(visit: Appointment, stranger: Client) -> None:
    answers = [stranger.get(links.path(visit)).status_code for _ in range(haste.MOST + 1)]

    assert answers[-2:] == [200, 429]


def test_an_old_time_nobody_signed_is_not_put_back(visit: Appointment, stranger: Client) -> None:
    page = stranger.get(links.path(visit) + "?was=29560000")

    assert "Deshacer" not in buttons_of(page)


def test_a_visit_is_confirmed_once_and_the_page_says_so(
    visit: Appointment, stranger: Client
) -> None:
    page = stranger.get(links.path(visit))
    tap = buttons_of(page)["Sí, voy"]

    said = [
        stranger.post(links.path(visit), {"tap": tap}, follow=True).content.decode()
        for _ in range(2)
    ]

    visit.refresh_from_db()
    assert (visit.answer, visit.version) == (Answer.CONFIRMED, 1)
    assert "confirmada" in said[0]
    assert "Sí, voy" not in buttons_of(stranger.get(links.path(visit)))
    assert "ya tenemos su respuesta" in said[1]


def test_cancelling_asks_first_and_can_be_taken_back(visit: Appointment, stranger: Client) -> None:
    page = stranger.get(links.path(visit))
    asked = stranger.get(links.path(visit) + links_of(page)["Cancelar"])
    visit.refresh_from_db()
    assert visit.status == VisitStatus.BOOKED
    assert "sigue reservad" in asked.content.decode()

    tap = buttons_of(asked)["Cancelar"]
    gone = stranger.post(links.path(visit) + "?cancel", {"tap": tap}, follow=True)

    visit.refresh_from_db()
    assert visit.status == VisitStatus.CANCELLED_BY_PATIENT
    assert "cancelada" in gone.content.decode()
    assert set(buttons_of(gone)) == {"Deshacer"}

    undo = {"tap": buttons_of(gone)["Deshacer"]}
    back = stranger.post(links.path(visit), undo, follow=True)

    visit.refresh_from_db()
    assert visit.status == VisitStatus.BOOKED
    assert "reservada de nuevo" in back.content.decode()


def test_a_kind_that_wants_it_so_leaves_cancelling_to_a_person(
    visit: Appointment, stranger: Client
) -> None:
    visit.kind.cancel = Saying.ASKS_A_PERSON
    visit.kind.save()
    asked = stranger.get(links.path(visit) + "?cancel")

    said = stranger.post(links.path(visit) + "?cancel", {"tap": buttons_of(asked)["Cancelar"]})

    visit.refresh_from_db()
    assert (visit.status, visit.answer) == (VisitStatus.BOOKED, Answer.WANTS_TO_CANCEL)
    assert visit.clinic.phone[-4:] in said.content.decode().replace(" ", "")


def test_a_cancelled_visit_is_not_moved_from_its_page(visit: Appointment, stranger: Client) -> None:
    tap = next(v for t, v in buttons_of(first_times(stranger, visit)).items() if ":" in t)
    booking.cancel(visit, status=VisitStatus.CANCELLED_BY_PATIENT, now=timezone.now())

    answer = stranger.post(links.path(visit), {"tap": tap})

    assert answer.status_code == 410
    assert not SlotHold.objects.exists()


def test_attack_a_link_ends_when_the_visit_begins_and_after_thirty_days_at_most(
    visit: Appointment, stranger: Client
) -> None:
    path = links.path(visit)
    with time_machine.travel(timezone.now() + 4 * DAY):
        assert stranger.get(path).status_code == 410
    with time_machine.travel(timezone.now() + links.GOOD_FOR + DAY):
        assert stranger.get(path).status_code == 404
