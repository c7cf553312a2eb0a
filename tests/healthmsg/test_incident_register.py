"""What went wrong with patients' data: entered, decided, told and closed, by a clock in sight."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from healthmsg.clinic.models import AuditNote, Clinic, Patient, StaffUser
from healthmsg.desk import tasks
from healthmsg.desk.admin.register import authority_mark
from healthmsg.desk.alarms import asked, watching, words
from healthmsg.desk.alarms.kinds import Found, Kind
from healthmsg.desk.alarms.moment import Moment
from healthmsg.desk.models import Alarm, Incident, IncidentLine
from healthmsg.desk.register import entering
from healthmsg.desk.register.models import Risk, Step, What
from tests import factories
from tests.healthmsg.test_breakers import signed_in
from whatsapp import wrong_numbers
from whatsapp.models import IncidentCause, NumberIncident, Sender

HOUR = timedelta(hours=1)


@pytest.fixture
def now(db: None) -> datetime:
    return timezone.now()


@pytest.fixture
def admin(client: Client, sunrise_clinic: Clinic) -> Client:
    return signed_in(client, sunrise_clinic, "Clinic admin")


@pytest.fixture
def robin(db: None) -> StaffUser:
    return factories.make_person("robin")


@pytest.fixture
def lost(sunrise_clinic: Clinic, now: datetime) -> Incident:
    return Incident.objects.create(
        clinic=sunrise_clinic, what=What.LOST, known_at=now - 2 * HOUR, entered_at=now
    )


def wrong_number(
    sender: Sender, patient: Patient, now: datetime, cause: IncidentCause | None = None
) -> NumberIncident:
    factories.make_message(sender, patient, status="READ", send_after=None, accepted_at=now)
    phone = factories.phone_of(patient)
    wrong_numbers.mark(phone, now=now, cause=cause or IncidentCause.SAID_BY_BUTTON)
    return NumberIncident.objects.get(phone=phone)


def act(client: Client, name: str, row: Incident, **values: Any) -> str:
    page = reverse(f"admin:desk_incident_{name}", args=[row.pk])
    return client.post(page, values, follow=True).content.decode()


def moment(clinic: Clinic, name: str, at: datetime) -> dict[str, str]:
    """A moment as it is typed, by the clinic's clock."""
    local = timezone.localtime(at, clinic.zone)
    return {f"{name}_0": f"{local:%Y-%m-%d}", f"{name}_1": f"{local:%H:%M}"}


def steps(row: Incident) -> list[str]:
    return [line.step for line in row.lines.order_by("at", "pk")]


def test_a_number_of_somebody_else_is_entered_by_itself_once(
    sender: Sender, willing_patient: Patient, now: datetime
) -> None:
    number = wrong_number(sender, willing_patient, now)

    assert tasks.enter_incidents() == 1
    assert tasks.enter_incidents() == 0

    entry = Incident.objects.get()
    assert (entry.number, entry.what, entry.known_at) == (number, What.NUMBER, number.at)
    assert [one.patient for one in entry.concerned.all()] == [willing_patient]
    assert (entry.affected, entry.risk, entry.closed_at) == (1, "", None)


@pytest.mark.parametrize(
    ("cause", "is_sent"),
    [
        pytest.param(IncidentCause.NOT_REACHED, True, id="nothing-arrived"),
        pytest.param(IncidentCause.SAID_BY_BUTTON, False, id="nothing-had-gone-there"),
    ],
)
def test_a_number_that_nobody_read_on_is_no_entry(
    sender: Sender, willing_patient: Patient, now: datetime, cause: IncidentCause, is_sent: bool
) -> None:
    number = wrong_number(sender, willing_patient, now, cause)
    if not is_sent:
        NumberIncident.objects.filter(pk=number.pk).update(told_in_all=0)

    assert entering.take_in(now=now) == 0


def test_a_number_that_is_theirs_after_all_closes_its_entry_as_none(
    sender: Sender, willing_patient: Patient, now: datetime, robin: StaffUser
) -> None:
    wrong_number(sender, willing_patient, now)
    entering.take_in(now=now)

    wrong_numbers.clear(factories.phone_of(willing_patient), now=now, by=robin)
    assert entering.take_in(now=now) == 1
    assert entering.take_in(now=now) == 0

    entry = Incident.objects.get()
    assert (entry.risk, entry.closed_by) == (Risk.NONE, robin)
    assert steps(entry) == [Step.CLOSED]


def test_what_somebody_has_decided_is_not_closed_by_itself(
    sender: Sender, willing_patient: Patient, now: datetime, robin: StaffUser
) -> None:
    wrong_number(sender, willing_patient, now)
    entering.take_in(now=now)
    entering.decide(Incident.objects.get(), Risk.HIGH, "", by=robin, now=now)

    wrong_numbers.clear(factories.phone_of(willing_patient), now=now, by=robin)

    assert entering.take_in(now=now) == 0
    assert Incident.objects.get().closed_at is None


@pytest.mark.parametrize(
    ("risk", "told", "missing"),
    [
        pytest.param("", (), "Decide first", id="not-decided"),
        pytest.param(Risk.POSSIBLE, (), "authority has not", id="authority-not-told"),
        pytest.param(Risk.HIGH, ("authority",), "patients have not", id="patients-not-told"),
        pytest.param(Risk.HIGH, ("authority", "patients"), "", id="all-told"),
        pytest.param(Risk.POSSIBLE, ("authority",), "", id="authority-told"),
        pytest.param(Risk.UNLIKELY, (), "", id="unlikely"),
        pytest.param(Risk.NONE, (), "", id="none"),
    ],
)
def test_an_entry_closes_when_everybody_knows_who_is_to(
    lost: Incident,
    robin: StaffUser,
    now: datetime,
    risk: str,
    told: tuple[str, ...],
    missing: str,
) -> None:
    if risk:
        entering.decide(lost, Risk(risk), "because", by=robin, now=now)
    if "authority" in told:
        entering.tell_authority(lost, "AZ 1", "", at=now, by=robin, now=now)
    if "patients" in told:
        entering.tell_patients(lost, "by letter", at=now, by=robin, now=now)

    if missing:
        with pytest.raises(entering.NotYet) as refused:
            entering.close(lost, "", by=robin, now=now)
        assert missing in str(refused.value.why)
    else:
        assert entering.close(lost, "drawer is locked now", by=robin, now=now)
        assert not entering.close(lost, "again", by=robin, now=now), "twice is once"
    lost.refresh_from_db()
    assert (lost.closed_by == robin) is not bool(missing)


def test_a_closed_entry_changes_no_more_until_it_is_opened_again(
    lost: Incident, robin: StaffUser, now: datetime
) -> None:
    entering.decide(lost, Risk.UNLIKELY, "", by=robin, now=now)
    entering.close(lost, "", by=robin, now=now)

    assert not entering.note(lost, "late", by=robin, now=now)
    assert not entering.decide(lost, Risk.HIGH, "", by=robin, now=now)
    assert entering.open_again(lost, "more was lost", by=robin, now=now)
    assert not entering.open_again(lost, "", by=robin, now=now)
    assert entering.note(lost, "the case too", by=robin, now=now)

    assert steps(lost) == [Step.DECIDED, Step.CLOSED, Step.REOPENED, Step.NOTED]


def test_after_72_hours_the_authority_is_told_why_so_late(lost: Incident, robin: StaffUser) -> None:
    late = lost.known_at + 73 * HOUR

    with pytest.raises(entering.NotYet):
        entering.tell_authority(lost, "", "", at=late, by=robin, now=late)
    assert entering.tell_authority(lost, "", "over Easter", at=late, by=robin, now=late)

    lost.refresh_from_db()
    assert "mark-bad" in authority_mark(lost, now=late)
    assert "told after 73 hours" in authority_mark(lost, now=late)


@pytest.mark.parametrize(
    ("after", "risk", "said"),
    [
        pytest.param(HOUR, "", "71 hours left", id="at-once"),
        pytest.param(71 * HOUR, Risk.HIGH, "1 hour left", id="nearly"),
        pytest.param(75 * HOUR, "", "3 hours late", id="late"),
        pytest.param(75 * HOUR, Risk.UNLIKELY, "not to be told", id="unlikely"),
    ],
)
def test_the_clock_runs_from_knowing_until_somebody_decides_otherwise(
    lost: Incident, after: timedelta, risk: str, said: str
) -> None:
    lost.risk = risk

    assert said in authority_mark(lost, now=lost.known_at + after)


def untold(at: datetime) -> list[Found]:
    return list(asked.untold(Moment(at, at)))


def test_the_end_of_the_72_hours_is_an_alarm_before_and_when_it_comes(
    lost: Incident, now: datetime
) -> None:
    ends = entering.until(lost)

    assert untold(ends - 25 * HOUR) == []
    stages = [untold(ends - left)[0].stage for left in (24 * HOUR, 6 * HOUR, 0 * HOUR)]

    assert stages == [1, 2, 3]
    found = untold(ends + 9 * HOUR)[0]
    alarm = Alarm(kind=found.kind, subject=found.subject, facts=found.facts)
    assert found.clinic_id == lost.clinic_id
    assert f"{timezone.localtime(ends):%H:%M}" in words.headline(alarm)
    assert words.what_to_do(alarm)
    assert words.page_of(alarm) == reverse("admin:desk_incident_change", args=[lost.pk])


def test_who_has_seen_the_alarm_hears_again_when_less_time_is_left(
    lost: Incident, now: datetime
) -> None:
    ends = entering.until(lost)
    looks = tuple(one for one in watching.LOOKS if Kind.INCIDENT_UNTOLD in one.kinds)
    watching.watch(Moment(now, ends - 20 * HOUR), looks)
    Alarm.objects.update(acknowledged_at=now)

    watching.watch(Moment(now, ends - 19 * HOUR), looks)
    assert Alarm.objects.get().acknowledged_at is not None
    watching.watch(Moment(now, ends - 5 * HOUR), looks)

    assert Alarm.objects.get().acknowledged_at is None


@pytest.mark.parametrize("said", ["told", "harmless"])
def test_the_alarm_is_over_once_somebody_has_noted_it(
    lost: Incident, robin: StaffUser, now: datetime, said: str
) -> None:
    late = entering.until(lost) + HOUR
    entering.decide(lost, Risk.HIGH, "names on it", by=robin, now=now)
    assert len(untold(late)) == 1

    if said == "told":
        entering.tell_authority(lost, "77", "", at=now, by=robin, now=now)
    else:
        entering.decide(lost, Risk.UNLIKELY, "was locked", by=robin, now=now)

    assert untold(late) == []


def test_reception_writes_an_incident_down_and_reads_no_others(
    client: Client, sunrise_clinic: Clinic, lost: Incident, now: datetime
) -> None:
    reception = signed_in(client, sunrise_clinic, "Reception")
    written = {
        "clinic": sunrise_clinic.pk,
        "what": What.SENT_WRONG,
        "story": "A letter in the wrong envelope",
        **moment(sunrise_clinic, "known_at", now),
        "risk": Risk.NONE,
        "closed_at_0": "2026-01-01",
    }
    add = reverse("admin:desk_incident_add")

    assert "Report an incident" in reception.get(reverse("admin:index")).content.decode()
    # Nothing leads to the list they may not open.
    register = reverse("admin:desk_incident_changelist")
    assert f'href="{register}"' not in reception.get(add).content.decode()
    reception.post(add, written)

    entry = Incident.objects.exclude(pk=lost.pk).get()
    assert (entry.story, entry.risk, entry.closed_at) == (written["story"], "", None)
    assert entry.entered_by is not None
    assert entry.entered_by.username == "Reception"
    assert reception.get(register).status_code == 403
    assert reception.post(add, written | {"known_at_0": "2999-01-01"}).status_code == 200


def test_an_admin_looks_after_an_entry_to_its_end(
    admin: Client, lost: Incident, sunrise_clinic: Clinic, now: datetime
) -> None:
    ana = factories.make_patient(sunrise_clinic, given_name="Ana", external_id="A-7")
    ben = factories.make_patient(sunrise_clinic, given_name="Ben")
    page = reverse("admin:desk_incident_change", args=[lost.pk])

    assert "69 hours left" in admin.get(page).content.decode()
    act(admin, "note", lost, text="Asked the taxi company")
    act(admin, "concern", lost, who=f"A-7, #{ben.pk}", affected=2)
    act(admin, "decide", lost, risk=Risk.HIGH, text="Names and visits on paper")
    assert "authority has not" in act(admin, "close", lost, text="over")
    told = moment(sunrise_clinic, "at", now - HOUR / 2)
    act(admin, "authority", lost, **told, reference="AZ 12", text="")
    act(admin, "patients_told", lost, **told, text="By letter")
    shown = act(admin, "close", lost, text="No lists leave the house")

    for said in ("told after 1 hour", "AZ 12", "Ana", "Ben", "Asked the taxi", "2 patients"):
        assert said in shown
    assert {one.patient for one in lost.concerned.all()} == {ana, ben}
    assert steps(lost)[-1] == Step.CLOSED


def test_attack_patients_of_another_clinic_are_nobody_here(admin: Client, lost: Incident) -> None:
    elsewhere = factories.make_clinic(name="Elsewhere")
    theirs = factories.make_patient(elsewhere, external_id="THEIRS")

    for name in ("THEIRS", f"#{theirs.pk}", "#99999999999999999999"):
        assert "Nobody here is" in act(admin, "concern", lost, who=name, affected=1)

    assert not lost.concerned.exists()


def test_audit_notes_who_looked_at_whom_and_who_decided(
    admin: Client, lost: Incident, sunrise_clinic: Clinic
) -> None:
    ana = factories.make_patient(sunrise_clinic, external_id="A-7")
    act(admin, "concern", lost, who="A-7", affected=1)
    act(admin, "decide", lost, risk=Risk.UNLIKELY, text="A locked telephone")

    admin.get(reverse("admin:desk_incident_change", args=[lost.pk]))

    looks = AuditNote.objects.filter(kind="VIEW", path="admin:desk_incident_change")
    assert looks.order_by("-pk")[0].after == {"patients": [ana.pk]}
    changes = AuditNote.objects.filter(model="desk.incident", row_id=str(lost.pk), kind="CHANGE")
    assert changes.filter(after__risk="UNLIKELY").exists()


def test_the_register_asks_as_often_for_many_as_for_few(
    admin: Client, lost: Incident, sunrise_clinic: Clinic, robin: StaffUser, now: datetime
) -> None:
    def asked(address: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert admin.get(address).status_code == 200
        return len(queries)

    pages = [
        reverse("admin:desk_incident_changelist"),
        reverse("admin:desk_incident_change", args=[lost.pk]),
    ]
    entering.concern(lost, [factories.make_patient(sunrise_clinic)], affected=1, by=robin, now=now)
    few = [asked(page) for page in pages]
    for _n in range(20):
        Incident.objects.create(
            clinic=sunrise_clinic, what=What.OTHER, known_at=now, entered_at=now, entered_by=robin
        )
        patient = factories.make_patient(sunrise_clinic)
        entering.concern(lost, [patient], affected=1, by=robin, now=now)
        IncidentLine.objects.create(incident=lost, at=now, by=robin, step=Step.NOTED, text="x")

    assert [asked(page) for page in pages] == few
