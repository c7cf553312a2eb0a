"""The pages of cancelled lists: seen before, decided once, by who may."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from healthmsg.clinic.models import Appointment, Clinic, Clinician, Need, StaffUser, VisitStatus
from healthmsg.desk.cancelled_lists import looking, working
from healthmsg.desk.models import CancelledList
from tests import factories
from whatsapp.models import Sender

HTMX = {"HX-Request": "true"}


@pytest.fixture
def sign_in(sunrise_clinic: Clinic) -> Callable[..., Client]:
    def make(role: str = "Reception lead", clinic: Clinic | None = None) -> Client:
        user = StaffUser.objects.create(username=role, is_staff=True)
        user.clinics.add(clinic or sunrise_clinic)
        user.groups.add(Group.objects.get(name=role))
        client = Client()
        client.force_login(user)
        return client

    return make


@pytest.fixture
def paz(sunrise_clinic: Clinic, sender: Sender) -> Clinician:
    return factories.make_clinician(sunrise_clinic)


def visits(paz: Clinician, count: int) -> list[Appointment]:
    begins = timezone.now() + timedelta(days=1)
    kind, site = factories.make_kind(paz.clinic), factories.make_site(paz.clinic)
    return [
        factories.make_visit(
            factories.make_patient(paz.clinic),
            starts_at=begins + n * timedelta(minutes=20),
            clinician=paz,
            kind=kind,
            site=site,
        )
        for n in range(count)
    ]


def one_more(visit: Appointment, count: int) -> None:
    """Add visits of one minute each, beside those that are there."""
    begins = timezone.now() + timedelta(days=2)
    begins += timedelta(minutes=Appointment.objects.count())
    minute = timedelta(minutes=1)
    Appointment.objects.bulk_create(
        Appointment(
            clinic=visit.clinic,
            patient=visit.patient,
            contact=visit.contact,
            clinician=visit.clinician,
            site=visit.site,
            kind=visit.kind,
            starts_at=begins + n * minute,
            ends_at=begins + (n + 1) * minute,
            status_changed_at=visit.booked_at,
            booked_at=visit.booked_at,
        )
        for n in range(count)
    )


def asked(paz: Clinician, **more: str) -> dict[str, str]:
    today = timezone.localdate()
    return {
        "clinician": str(paz.pk),
        "first_day": today.isoformat(),
        "last_day": (today + timedelta(days=3)).isoformat(),
        "first_hour": "00:00",
        "last_hour": "23:59",
        "act": "CANCEL",
        **more,
    }


def look(client: Client, paz: Clinician, **more: str) -> Any:
    page = client.get(reverse("cancel_list"), asked(paz, **more))
    assert page.status_code == 200
    return page


def let_it_happen(client: Client, page: Any, reason: str = "the clinician is ill") -> Any:
    sent = {"key": str(page.context["key"]), "stamp": page.context["stamp"], "reason": reason}
    return client.post(reverse("cancel_list") + f"?{page.context['query']}", sent)


def test_what_would_happen_is_seen_and_then_happens_once(
    sign_in: Callable[..., Client], paz: Clinician
) -> None:
    rows, client = visits(paz, 2), sign_in()
    page = look(client, paz)
    assert [one["visit"] for one in page.context["affected"]] == rows
    assert Appointment.objects.filter(status=VisitStatus.BOOKED).count() == 2

    first, second = (let_it_happen(client, page) for _ in range(2))

    assert first["Location"] == second["Location"]
    assert CancelledList.objects.count() == 1
    assert not Appointment.objects.filter(status=VisitStatus.BOOKED).exists()
    progress = client.get(first["Location"])
    assert (progress.context["total"], progress.context["know"]) == (2, 0)
    assert len(progress.context["not_rebooked"]) == 2
    part = client.get(first["Location"], headers=HTMX).content.decode()
    assert "<html" not in part


def test_the_page_gets_only_what_changed_and_asks_until_it_is_through(
    sign_in: Callable[..., Client], paz: Clinician
) -> None:
    (visit,), client = visits(paz, 1), sign_in()
    address = let_it_happen(client, look(client, paz))["Location"]
    stamp = {"stamp": client.get(address).context["stamp"]}
    assert client.get(address, stamp, headers=HTMX).status_code == 204
    assert client.get(address, stamp).status_code == 200

    CancelledList.objects.update(ended_at=None)
    under_way = client.get(address, stamp, headers=HTMX).content.decode()
    CancelledList.objects.update(ended_at=timezone.now())
    factories.make_visit(visit.patient, starts_at=visit.starts_at, booked_at=timezone.now())
    through = client.get(address, stamp, headers=HTMX).content.decode()

    assert ("every 10s" in under_way, "every 10s" in through) == (True, False)
    assert ("list-open" in under_way, "list-open" in through) == (True, False)


def test_what_changed_meanwhile_is_shown_again(
    sign_in: Callable[..., Client], paz: Clinician
) -> None:
    client = sign_in()
    visits(paz, 1)
    page = look(client, paz)
    Appointment.objects.update(version=2)

    answer = let_it_happen(client, page)

    assert "Something has changed meanwhile" in answer.content.decode()
    assert not CancelledList.objects.exists()


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"clinician": ""}, "clinician"),
        ({"last_day": "2020-01-01"}, "last_day"),
        ({"act": "OTHER_DAY"}, "to_day"),
        ({"act": "LATER"}, "minutes"),
        ({"act": "HAND_OVER"}, "to_clinician"),
        ({"act": "BURN"}, "act"),
    ],
)
def test_what_is_missing_is_said_beside_its_field(
    sign_in: Callable[..., Client], paz: Clinician, typed: dict[str, str], field: str
) -> None:
    page = look(sign_in(), paz, **typed)

    assert list(page.context["form"].errors) == [field]
    assert "affected" not in page.context


def test_reception_alone_may_not_and_another_clinic_sees_nothing(
    sign_in: Callable[..., Client], paz: Clinician
) -> None:
    visits(paz, 1)
    done = let_it_happen(sign_in(), look(sign_in("Clinic admin"), paz))
    stranger = StaffUser.objects.create(username="stranger", is_staff=True)
    stranger.clinics.add(factories.make_clinic())
    stranger.groups.add(Group.objects.get(name="Reception lead"))
    client = Client()
    client.force_login(stranger)

    assert client.get(done["Location"]).status_code == 404
    assert client.post(done["Location"] + "stop/").status_code == 404
    assert list(look(client, paz).context["form"].errors) == ["clinician"]
    reception = sign_in("Reception")
    assert reception.get(reverse("cancel_list")).status_code == 403
    assert reception.get(done["Location"]).status_code == 403


def test_it_is_stopped_and_goes_on(sign_in: Callable[..., Client], paz: Clinician) -> None:
    visits(paz, 1)
    client = sign_in()
    address = let_it_happen(client, look(client, paz))["Location"]

    client.post(address + "stop/")
    assert client.get(address).context["is_stopped"]
    client.post(address + "go-on/")
    assert not client.get(address).context["is_stopped"]


def test_the_look_shows_what_is_read_and_whether_it_can_be_tapped(
    sign_in: Callable[..., Client], paz: Clinician, sender: Sender
) -> None:
    client = sign_in()
    visits(paz, 2)

    without = look(client, paz)
    factories.make_template(
        sender.account, name="appointment_cancelled", body="Cancelado: {{when}}"
    )
    single = look(client, paz)
    factories.make_template(
        sender.account,
        name="list_cancelled",
        body="Lo lamentamos: {{when}}",
        buttons=("Lo he visto",),
        verbs=("seen",),
    )
    whole = look(client, paz)

    counts = ("by_message", "by_call", "without_tap", "without_text")
    assert [tuple(page.context[one] for one in counts) for page in (without, single, whole)] == [
        *((0, 2, 0, 2), (2, 0, 2, 0), (2, 0, 0, 0))
    ]
    assert "has approved no message about cancelled lists" in without.content.decode()
    assert "Cancelado: " in single.content.decode()
    assert "not that they know" in single.content.decode()
    (text,) = whole.context["texts"]
    assert (text["language"], text["count"], text["buttons"]) == ("Spanish", 2, ("Lo he visto",))
    assert text["body"].startswith("Lo lamentamos: ")
    # What was seen no longer holds.
    sent = {"key": str(single.context["key"]), "stamp": without.context["stamp"]}
    again = client.post(reverse("cancel_list") + f"?{single.context['query']}", sent)
    assert "Something has changed meanwhile" in again.content.decode()


def test_the_look_says_whom_no_call_reaches_and_what_is_left_out(
    sign_in: Callable[..., Client], paz: Clinician
) -> None:
    first, _second = visits(paz, 2)
    first.patient.needs = [Need.SIGN_LANGUAGE]
    first.patient.save(update_fields=["needs"])
    client = sign_in()

    one_more(first, looking.AT_MOST - 2)
    whole = look(client, paz).content.decode()
    one_more(first, 1)
    cut = look(client, paz).content.decode()

    assert "Speaks in signs" in whole
    assert "later in this span" not in whole
    assert "1 more visit is later in this span" in cut


def test_long_lists_are_asked_about_as_often_as_short_ones(
    sign_in: Callable[..., Client], paz: Clinician
) -> None:
    client = sign_in()

    def asks(count: int) -> int:
        visits(paz, count)
        address = let_it_happen(client, look(client, paz))["Location"]
        working.go_on_all(now=timezone.now(), seconds=60)
        with CaptureQueriesContext(connection) as queries:
            client.get(address)
            client.get(reverse("to_call"))
        return len(queries)

    few = asks(2)
    assert asks(12) == few


def test_attack_who_is_limited_to_a_site_touches_no_visit_of_another(
    sign_in: Callable[..., Client], paz: Clinician
) -> None:
    here, elsewhere = visits(paz, 2)
    elsewhere.site = factories.make_site(paz.clinic)
    elsewhere.save()
    whole = sign_in()
    both = let_it_happen(whole, look(whole, paz))
    Appointment.objects.update(status=VisitStatus.BOOKED)
    limited = sign_in("Clinic admin")
    StaffUser.objects.get(username="Clinic admin").sites.add(here.site)

    assert "site" in look(limited, paz, site=str(elsewhere.site_id)).context["form"].errors
    seen = limited.get(both["Location"]).content.decode()
    assert reverse("admin:clinic_appointment_change", args=[elsewhere.pk]) not in seen
    assert limited.post(f"{both['Location']}stop/").status_code == 403
    let_it_happen(limited, look(limited, paz))

    stands = {v.pk: v.status for v in Appointment.objects.all()}
    assert stands[here.pk] == VisitStatus.CANCELLED_BY_CLINIC
    assert stands[elsewhere.pk] == VisitStatus.BOOKED
    own = CancelledList.objects.latest("pk")
    assert limited.get(reverse("cancelled_list", args=[own.pk])).status_code == 200
