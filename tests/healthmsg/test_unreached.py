"""Whom WhatsApp does not reach: why, as a file, and what reached them instead."""

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from healthmsg.clinic import consent
from healthmsg.clinic.models import (
    AuditNote,
    Clinic,
    Contact,
    GivenHow,
    Patient,
    PatientState,
    Phone,
    PhoneState,
    Purpose,
    Site,
    StaffUser,
    VisitStatus,
)
from healthmsg.cockpit import again
from healthmsg.desk import timeline
from healthmsg.desk.unreached import asking, keys, listing
from healthmsg.desk.unreached.listing import Asked, Reason
from healthmsg.desk.unreached.models import UnreachedOutcome
from tests import factories
from tests.healthmsg.test_overview import signed_in

PAGE, DAY = "/desk/unreached/", timedelta(days=1)


@pytest.fixture
def site(sunrise_clinic: Clinic) -> Site:
    return factories.make_site(sunrise_clinic, name="Centro")


@pytest.fixture
def reception(client: Client, sunrise_clinic: Clinic) -> Client:
    return signed_in(client, sunrise_clinic, "Reception")


def visiting(site: Site, *, days: int = 2, phone: PhoneState | None = None, **of: Any) -> Patient:
    """A patient with a visit, never asked for anything unless said otherwise."""
    of = {"consents": ()} | of
    visit = {"status": of.pop("status", VisitStatus.BOOKED)}
    patient = factories.make_patient(site.clinic, **of)
    if phone:
        Phone.objects.filter(contacts__patient=patient).update(state=phone)
    at = timezone.now() + days * DAY
    factories.make_visit(patient, starts_at=at, site=site, **visit)
    return patient


def reasons(client: Client, query: str = "") -> dict[int, str]:
    page = client.get(PAGE + query)
    return {line.patient_id: line.reason for line in page.context["lines"]}


def cells(answer: Any) -> list[list[str]]:
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))


def written(client: Client, how: str = "LETTER", **form: Any) -> None:
    page = client.get(PAGE)
    today = timezone.now().astimezone(page.context["asked"].clinic.zone).date()
    known = {"batch": page.context["batch"], "how": how, "happened_on": today.isoformat()}
    client.post(f"{PAGE}write-down/?days=7", known | form)


@pytest.mark.parametrize("days", [7, 0], ids=["of-a-week", "of-a-year"])
def test_everybody_is_there_with_the_first_reason(reception: Client, site: Site, days: int) -> None:
    seen: dict[str, Any] = {} if days else {"days": -2, "status": VisitStatus.SEEN}
    asked = {"consents": (Purpose.APPOINTMENTS,), **seen}
    numberless, not_told, ran_out = (visiting(site, **asked) for _n in range(3))
    Contact.objects.filter(patient=numberless).update(phone=None)
    Contact.objects.filter(patient=not_told).update(may_be_told="NEVER")
    wrong = visiting(site, **asked, phone=PhoneState.WRONG_PERSON)
    failing = visiting(site, **asked, phone=PhoneState.FAILING)
    stopped, never = visiting(site, **asked, phone=PhoneState.STOPPED), visiting(site, **seen)
    visiting(site, **asked)
    gone = visiting(site, **seen)
    Patient.objects.filter(pk=gone.pk).update(state=PatientState.GONE)
    consent.grant(
        ran_out,
        factories.phone_of(ran_out),
        (Purpose.APPOINTMENTS,),
        evidence=consent.Evidence(GivenHow.AT_DESK),
        at=timezone.now() - 2 * DAY,
        expires_at=timezone.now() - DAY,
    )

    expected = {
        numberless.pk: Reason.NO_NUMBER,
        not_told.pk: Reason.NOT_BY_MESSAGE,
        wrong.pk: Reason.WRONG_NUMBER,
        stopped.pk: Reason.STOPPED,
        failing.pk: Reason.FAILING,
        ran_out.pk: Reason.RAN_OUT,
        never.pk: Reason.NEVER_ASKED,
    }
    found = reasons(reception, f"?days={days}")
    assert found == {key: str(why.label) for key, why in expected.items()}
    for key, why in expected.items():
        assert reasons(reception, f"?days={days}&reason={why}") == {key: found[key]}


def test_a_withdrawal_is_a_stop_though_the_number_works(reception: Client, site: Site) -> None:
    patient = visiting(site, consents=(Purpose.APPOINTMENTS,))
    consent.withdraw(
        patient,
        factories.phone_of(patient),
        (Purpose.APPOINTMENTS,),
        evidence=consent.Evidence(GivenHow.AT_DESK),
        at=timezone.now(),
    )

    assert reasons(reception) == {patient.pk: "asked us to stop, or said no"}


def test_days_ahead_or_the_last_year(reception: Client, site: Site) -> None:
    soon, later = visiting(site, days=3), visiting(site, days=20)
    lately = visiting(site, days=-300, status=VisitStatus.SEEN)
    visiting(site, days=-400, status=VisitStatus.SEEN)
    visiting(site, days=-3, status=VisitStatus.CANCELLED_BY_PATIENT)
    visiting(site, days=3, status=VisitStatus.CANCELLED_BY_CLINIC)

    assert set(reasons(reception)) == {soon.pk}
    assert list(reasons(reception, "?days=30")) == [soon.pk, later.pk]
    assert set(reasons(reception, "?days=0")) == {lately.pk}
    assert set(reasons(reception, "?days=99&reason=x&site=x&clinic=x")) == {soon.pk}


def test_counts_are_by_language_and_before_the_filter_by_reason(
    reception: Client, site: Site
) -> None:
    visiting(site, language="ar")
    visiting(site, language="es", phone=PhoneState.FAILING)
    spanish = visiting(site, language="es")

    page = reception.get(PAGE, {"language": "es", "reason": "NEVER_ASKED"})

    assert dict(page.context["counts"].by_reason) == {"FAILING": 1, "NEVER_ASKED": 1}
    assert [line.patient_id for line in page.context["lines"]] == [spanish.pk]
    assert page.context["languages"] == [("ar", "Arabic"), ("es", "Spanish")]


def test_sites_and_clinics_are_kept_apart(reception: Client, site: Site) -> None:
    here, there = visiting(site), visiting(factories.make_site(site.clinic, name="Sur"))
    visiting(factories.make_site(factories.make_clinic(name="Other")))

    assert set(reasons(reception)) == {here.pk, there.pk}
    assert set(reasons(reception, f"?site={site.pk}")) == {here.pk}
    StaffUser.objects.get().sites.add(site)
    assert set(reasons(reception)) == {here.pk}
    assert set(reasons(reception, "?days=0")) == set()
    assert len(cells(reception.get(f"{PAGE}file/"))) == 2


def test_the_file_has_no_formula_and_no_number_that_is_not_to_be_used(
    reception: Client, site: Site
) -> None:
    never = visiting(site, days=2, given_name="=cmd", external_id="+7", needs=["LOW_VISION"])
    visiting(site, days=3, phone=PhoneState.WRONG_PERSON)
    visiting(site, days=4, phone=PhoneState.STOPPED)

    page = reception.get(PAGE).content.decode()
    answer = reception.get(f"{PAGE}file/")
    head, *rows = cells(answer)

    assert "<small>sees little</small>" in page
    assert head[0] == "name"
    number = factories.phone_of(never).number
    visit = never.appointments.get().starts_at.astimezone(site.zone)
    today = timezone.localdate(timezone=site.zone)
    assert rows[0] == [
        *(f"'{never.full_name}", number.removeprefix("+"), "es", "never asked"),
        *(f"{visit:%Y-%m-%d %H:%M}", "'+7", "sees little", "Centro", "visit"),
        *(f"{today:%Y%m%d}", keys.key_of(site.clinic_id, never.pk), ""),
    ]
    assert [row[1] for row in rows[1:]] == ["", ""]
    note = AuditNote.objects.get(kind="EXPORT")
    assert note.rows == 3
    assert note.after is not None
    assert len(note.after["patients"]) == 3
    assert len(cells(reception.get(f"{PAGE}file/?reason=STOPPED"))) == 2


def test_a_large_file_asks_for_the_password_again(reception: Client, site: Site) -> None:
    kind = factories.make_kind(site.clinic)
    made = Patient.objects.bulk_create(
        Patient(clinic=site.clinic, given_name="A", family_name=str(n)) for n in range(501)
    )
    at = timezone.now() + DAY
    for patient in made[:500]:
        factories.make_visit(patient, starts_at=at, site=site, kind=kind)
    assert reception.get(f"{PAGE}file/").status_code == 200

    factories.make_visit(made[500], starts_at=at, site=site, kind=kind)

    session = reception.session
    session[again.KEY] = 0
    session.save()
    answer = reception.get(f"{PAGE}file/?days=14")
    assert answer.status_code == 302
    assert "days%3D14" in answer.headers["Location"]
    page = reception.get(PAGE)
    assert (len(page.context["lines"]), page.context["counts"].total) == (200, 501)
    assert "The first 200 are shown" in page.content.decode()


def test_an_outcome_stands_on_the_line_and_in_the_timeline_until_it_is_undone(
    reception: Client, site: Site
) -> None:
    ana, eva = visiting(site), visiting(site)

    written(reception, patient=[ana.pk])

    told = {o.patient_id: o.outcome for o in reception.get(PAGE).context["lines"]}
    assert told[ana.pk].startswith("reached by letter on")
    assert told[eva.pk] == ""
    assert set(reasons(reception, "?open=1")) == {eva.pk}
    assert any(
        "reached by letter" in str(one.what)
        for one in timeline.of_patient(ana, factories.sees_all()).entries
    )

    row = UnreachedOutcome.objects.get()
    for _twice in range(2):
        reception.post(f"{PAGE}{row.batch}/undo/")

    row.refresh_from_db()
    assert row.undone_by == row.written_by
    assert set(reasons(reception, "?open=1")) == {ana.pk, eva.pk}
    assert any(
        "Taken back" in str(one.what)
        for one in timeline.of_patient(ana, factories.sees_all()).entries
    )


def test_one_click_is_for_all_shown_and_writes_once(reception: Client, site: Site) -> None:
    ids = [visiting(site).pk for _n in range(3)]
    batch = reception.get(PAGE).context["batch"]

    for _twice in range(2):
        written(reception, "SMS", batch=batch, whom="shown", shown=ids)

    assert UnreachedOutcome.objects.count() == 3
    (one,) = reception.get(PAGE).context["batches"]
    assert (one["patients"], one["words"]) == (3, "reached by SMS")


def test_what_cannot_be_is_not_written(reception: Client, site: Site) -> None:
    ana = visiting(site)
    other = visiting(factories.make_site(factories.make_clinic(name="Other")))

    written(reception)
    written(reception, patient=[other.pk, "x"])
    written(reception, patient=[ana.pk], happened_on="2999-01-01")
    written(reception, patient=[ana.pk], happened_on="")
    written(reception, "PIGEON", patient=[ana.pk])
    written(reception, patient=[ana.pk], batch="x")

    assert not UnreachedOutcome.objects.exists()


@pytest.mark.parametrize("days", [30, 0], ids=["of-a-month", "of-a-year"])
@pytest.mark.parametrize("are_few", [True, False])
@pytest.mark.parametrize("size", [1, 2, 50])
def test_a_file_is_read_in_pieces_and_names_everybody_once(
    site: Site, days: int, size: int, are_few: bool
) -> None:
    seen: dict[str, Any] = {} if days else {"status": VisitStatus.SEEN}
    later, soon, together = (visiting(site, days=n if days else -n, **seen) for n in (9, 3, 3))
    for patient in (later, soon, together):
        at = timezone.now() + (12 if days else -12) * DAY
        factories.make_visit(patient, starts_at=at, site=site, status=seen.get("status", "BOOKED"))
    visiting(site, days=2 if days else -2, consents=(Purpose.APPOINTMENTS,), **seen)
    asked = Asked(site.clinic, days=days)

    pieces = list(listing.chunks(asked, now=timezone.now(), are_few=are_few, size=size))

    everybody = [soon, together, later] if days else [later, soon, together]
    assert [row.patient for piece in pieces for row in piece] == everybody
    keys = listing.keys(asked, now=timezone.now(), most=2, are_few=are_few)
    assert keys == [one.pk for one in everybody[:2]]


def test_another_clinic_undoes_nothing(reception: Client, site: Site) -> None:
    written(reception, patient=[visiting(site).pk])
    stranger = signed_in(Client(), factories.make_clinic(name="Other"), "Reception")

    stranger.post(f"{PAGE}{UnreachedOutcome.objects.get().batch}/undo/")

    assert UnreachedOutcome.objects.filter(undone_at=None).exists()


def test_who_only_looks_on_writes_nothing(client: Client, site: Site) -> None:
    patient = visiting(site)
    auditor = signed_in(client, site.clinic, "Auditor")

    assert set(reasons(auditor)) == {patient.pk}
    assert b"Write down" not in auditor.get(PAGE).content
    assert auditor.post(f"{PAGE}write-down/").status_code == 403


@pytest.mark.parametrize("days", asking.SPANS)
def test_questions_stay_as_few_with_many_patients(reception: Client, site: Site, days: int) -> None:
    def asked_with(count: int) -> int:
        for _n in range(count):
            seen: dict[str, Any] = {"days": -2, "status": VisitStatus.SEEN} if not days else {}
            written(reception, patient=[visiting(site, **seen).pk])
        with CaptureQueriesContext(connection) as asked:
            reception.get(PAGE, {"days": days})
        return len(asked)

    few = asked_with(2)
    assert asked_with(6) == few
    assert few <= 11
