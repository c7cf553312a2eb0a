"""What was kept long enough goes once somebody has looked at the count; counts and holds stay."""

from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from healthmsg.clinic import consent, erasure
from healthmsg.clinic.models import Clinic, ConsentEvidence, GivenHow, Patient, Purpose, StaffUser
from healthmsg.desk import timeline
from healthmsg.desk.privacy import retention, rules
from healthmsg.desk.privacy.models import Kept, RetentionRule, RetentionRun, RunState
from tests import factories
from whatsapp.models import AlsoAbout, Message, Reply, Sender
from whatsapp.status import Status

pytestmark = pytest.mark.django_db

YEAR = timedelta(days=365)
LEFT = {"send_after": None, "status": Status.READ, "body": "Hola Ana"}


def old_message(sender: Sender, patient: Patient, now: datetime, **fields: object) -> Message:
    return factories.make_message(
        sender, patient, **{**LEFT, "created_at": now - 2 * YEAR, **fields}
    )


def begin(clinic: Clinic, kind: Kept, now: datetime) -> RetentionRun:
    rules.keep_for(clinic, kind, days=YEAR.days)
    before = now - YEAR
    expected = retention.check(clinic, kind, before=before)
    return retention.begin(clinic, kind, before=before, expected=expected, by=None, now=now)


def test_words_of_old_messages_go_and_what_became_of_them_stays(
    sender: Sender, willing_patient: Patient, noon: datetime
) -> None:
    old = old_message(sender, willing_patient, noon, read_at=noon - 2 * YEAR)
    young = factories.make_message(sender, willing_patient, **LEFT)

    run = begin(sender.clinic, Kept.MESSAGES, noon)
    assert retention.go_on(now=noon, seconds=5) == 1

    old.refresh_from_db()
    young.refresh_from_db()
    run.refresh_from_db()
    assert (old.body, old.payload, old.status) == ("", {}, Status.READ)
    assert old.read_at is not None
    assert young.body == "Hola Ana"
    assert (run.state, run.removed, run.expected) == (RunState.DONE, 1, 1)
    said = [
        entry.said for entry in timeline.of_patient(willing_patient, factories.sees_all()).entries
    ]
    assert any("removed by policy on" in words for words in said)


def test_a_check_removes_nothing(sender: Sender, willing_patient: Patient, noon: datetime) -> None:
    old_message(sender, willing_patient, noon)

    assert retention.check(sender.clinic, Kept.MESSAGES, before=noon - YEAR) == 1

    assert Message.objects.get().body == "Hola Ana"


def test_a_count_that_has_changed_since_it_was_shown_removes_nothing(
    sender: Sender, willing_patient: Patient, noon: datetime
) -> None:
    old_message(sender, willing_patient, noon)
    before = noon - YEAR

    with pytest.raises(retention.Disagrees):
        retention.begin(sender.clinic, Kept.MESSAGES, before=before, expected=2, by=None, now=noon)

    assert retention.go_on(now=noon, seconds=5) == 0


def test_what_is_young_is_not_removed_whatever_is_asked(sender: Sender, noon: datetime) -> None:
    with pytest.raises(retention.Disagrees):
        retention.begin(sender.clinic, Kept.MESSAGES, before=noon, expected=0, by=None, now=noon)
    with pytest.raises(ValueError, match="short"):
        rules.keep_for(sender.clinic, Kept.MESSAGES, days=29)


def test_more_than_was_checked_is_never_removed(
    sender: Sender, willing_patient: Patient, noon: datetime
) -> None:
    old_message(sender, willing_patient, noon)
    run = begin(sender.clinic, Kept.MESSAGES, noon)
    old_message(sender, willing_patient, noon)

    retention.go_on(now=noon, seconds=5)

    run.refresh_from_db()
    assert (run.state, run.removed) == (RunState.DONE, 1)
    assert Message.objects.filter(words_removed_at=None).count() == 1


def test_in_pieces_and_stopped_between_them(
    sender: Sender, willing_patient: Patient, noon: datetime
) -> None:
    first, second = (old_message(sender, willing_patient, noon) for _ in range(2))
    run = begin(sender.clinic, Kept.MESSAGES, noon)
    RetentionRun.objects.filter(pk=run.pk).update(reached=first.pk, removed=1)

    assert retention.stop(run, by=None, now=noon)
    assert not retention.stop(run, by=None, now=noon)
    assert retention.go_on(now=noon, seconds=5) == 0
    second.refresh_from_db()
    assert second.body == "Hola Ana"

    RetentionRun.objects.filter(pk=run.pk).update(state=RunState.GOING, finished_at=None)
    assert retention.go_on(now=noon, seconds=5) == 1
    assert retention.go_on(now=noon, seconds=5) == 0


def test_no_piece_looks_at_more_rows_than_a_piece_has(
    sender: Sender, willing_patient: Patient, noon: datetime
) -> None:
    for _ in range(3):
        factories.make_message(sender, willing_patient, **LEFT)
    old = [old_message(sender, willing_patient, noon) for _ in range(4)]
    run = begin(sender.clinic, Kept.MESSAGES, noon)

    # The young ones come first: a piece without an old one is not the end.
    assert retention.go_on(now=noon, seconds=5, piece=2) == len(old)

    run.refresh_from_db()
    assert (run.state, run.reached) == (RunState.DONE, old[-1].pk)
    assert Message.objects.filter(words_removed_at=None).count() == 3


def test_rows_that_are_held_since_they_were_counted_stay_and_the_run_ends(
    sender: Sender, willing_patient: Patient, noon: datetime
) -> None:
    old_message(sender, willing_patient, noon)
    run = begin(sender.clinic, Kept.MESSAGES, noon)
    erasure.place_hold(willing_patient, reason="a court asks", by=None, now=noon)

    assert retention.go_on(now=noon, seconds=5) == 0

    run.refresh_from_db()
    assert (run.state, run.removed, run.expected) == (RunState.DONE, 0, 1)


def test_a_legal_hold_keeps_messages_also_those_shared_with_others(
    sender: Sender, noon: datetime
) -> None:
    held, other = (factories.make_patient(sender.clinic) for _ in range(2))
    erasure.place_hold(held, reason="a court asks", by=None, now=noon)
    old_message(sender, held, noon)
    shared = old_message(sender, other, noon, is_shared=True)
    AlsoAbout.objects.create(message=shared, patient=held)
    old_message(sender, other, noon)

    assert retention.check(sender.clinic, Kept.MESSAGES, before=noon - YEAR) == 1


def test_what_waits_or_is_not_read_is_not_old(
    sender: Sender, willing_patient: Patient, noon: datetime
) -> None:
    old_message(sender, willing_patient, noon, send_after=noon, status=Status.QUEUED)
    said = {"clinic": sender.clinic, "sender": sender, "kind": "text", "text": "hola"}
    said["written_at"] = noon - 2 * YEAR
    factories.make_reply(**said, wamid="w1", handled_at=noon, needs_person_at=noon)
    factories.make_reply(**said, wamid="w2")
    done = factories.make_reply(**said, wamid="w3", handled_at=noon)

    assert retention.check(sender.clinic, Kept.MESSAGES, before=noon - YEAR) == 0
    begin(sender.clinic, Kept.REPLIES, noon)
    retention.go_on(now=noon, seconds=5)

    done.refresh_from_db()
    assert done.text == ""
    assert [reply.text for reply in Reply.objects.all()].count("hola") == 2


def test_notes_beside_permissions_and_reasons_of_visits_go(sender: Sender, noon: datetime) -> None:
    patient = factories.make_patient(sender.clinic)
    paper = consent.Evidence(GivenHow.ON_PAPER, text="Form 12")
    phone = factories.phone_of(patient)
    consent.grant(patient, phone, [Purpose.FEEDBACK], evidence=paper, at=noon - 2 * YEAR)
    visit = factories.make_visit(patient, starts_at=noon - 2 * YEAR, cancel_reason="ill")

    for kind in (Kept.PERMISSIONS, Kept.VISITS):
        begin(sender.clinic, kind, noon)
    retention.go_on(now=noon, seconds=5)

    visit.refresh_from_db()
    assert (visit.cancel_reason, visit.starts_at) == ("", noon - 2 * YEAR)
    assert ConsentEvidence.objects.get().blanked_at == noon
    assert consent.standing(patient, phone, Purpose.FEEDBACK, at=noon) == "GRANTED"


def test_another_clinics_words_stay(sender: Sender, noon: datetime) -> None:
    elsewhere = factories.make_clinic(name="Elsewhere")
    theirs = factories.make_sender(elsewhere, phone_number_id="900000000000001")
    old_message(theirs, factories.make_patient(elsewhere), noon)

    assert retention.check(sender.clinic, Kept.MESSAGES, before=noon - YEAR) == 0


@pytest.fixture
def admin_client(client: Client, sunrise_clinic: Clinic) -> Client:
    return signed_in(client, sunrise_clinic, "Clinic admin")


def signed_in(client: Client, clinic: Clinic, role: str) -> Client:
    user = StaffUser.objects.create(username=role, is_staff=True)
    user.clinics.add(clinic)
    user.groups.add(Group.objects.get(name=role))
    client.force_login(user)
    return client


def test_the_page_shows_counts_and_removes_after_a_tick(
    admin_client: Client, sender: Sender, willing_patient: Patient
) -> None:
    now = timezone.now()
    old_message(sender, willing_patient, now)
    page = reverse("kept")
    counted = admin_client.get(f"{page}?clinic={sender.clinic_id}&count=MESSAGES")
    assert "1 would be removed" in counted.content.decode()
    asked = {"act": "remove", "clinic": sender.clinic_id, "kind": "MESSAGES", "expected": 1}
    asked["before"] = (now - YEAR).isoformat()

    admin_client.post(page, asked)
    assert not RetentionRun.objects.exists(), "nobody has said that they looked"
    admin_client.post(page, {**asked, "sure": "yes", "expected": 7})
    assert not RetentionRun.objects.exists(), "another count than was shown"
    admin_client.post(page, {**asked, "sure": "yes"})

    assert RetentionRun.objects.get().decided_by == StaffUser.objects.get()
    assert "0 of 1" in admin_client.get(page).content.decode()


def test_each_clinic_says_how_long(admin_client: Client, sunrise_clinic: Clinic) -> None:
    page = reverse("kept")
    asked = {"act": "keep", "clinic": sunrise_clinic.pk, "kind": "REPLIES"}

    for wrong in ("3", "", "-1", "²", "9" * 15, "9" * 10_000):
        refused = admin_client.post(page, {**asked, "days": wrong}).content.decode()
        assert "From 30 to 36500 days." in refused, wrong[:20]
        assert f'value="{wrong}"' in refused, wrong[:20]
    assert not RetentionRule.objects.exists()
    admin_client.post(page, {**asked, "days": 90})

    kept = rules.days(sunrise_clinic)
    assert (kept[Kept.REPLIES], kept[Kept.MESSAGES]) == (90, 365)


def test_nothing_is_counted_before_somebody_asks_and_only_what_they_ask(
    admin_client: Client, sender: Sender
) -> None:
    page = reverse("kept")
    elsewhere = factories.make_clinic(name="Elsewhere")
    admin_client.get(page)

    shown, few = opened(admin_client, page)
    counted, more = opened(admin_client, f"{page}?clinic={sender.clinic_id}&count=VISITS")
    theirs, _statements = opened(admin_client, f"{page}?clinic={elsewhere.pk}&count=VISITS")

    assert "would be removed" not in shown + theirs
    assert counted.count("would be removed") == 1
    assert more == few + 1


def opened(client: Client, address: str) -> tuple[str, int]:
    """Return a page, and how many statements it took."""
    with CaptureQueriesContext(connection) as asked:
        page = client.get(address).content.decode()
    return page, len(asked)


def test_what_is_kept_is_decided_by_who_runs_the_clinic(
    client: Client, sunrise_clinic: Clinic
) -> None:
    page = reverse("kept")
    elsewhere = factories.make_clinic(name="Elsewhere")

    assert signed_in(client, sunrise_clinic, "Reception").get(page).status_code == 403
    asked = {"act": "keep", "clinic": elsewhere.pk, "kind": "REPLIES", "days": 90}
    assert signed_in(client, sunrise_clinic, "Clinic admin").post(page, asked).status_code == 404
