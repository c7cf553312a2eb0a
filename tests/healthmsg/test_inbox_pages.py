"""The inbox in the admin: haste on top, answers that lose no word, files given safely."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.contrib.auth.models import Group, Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from healthmsg.clinic.models import Clinic, Patient, StaffUser
from healthmsg.desk.alarms import telling, watching, words
from healthmsg.desk.alarms.kinds import Kind
from healthmsg.desk.alarms.moment import Moment
from healthmsg.desk.models import Alarm, Telling, Watcher
from tests import factories
from tests.sandbox_process import SandboxProcess
from whatsapp import arriving, kept_files, threads
from whatsapp.models import (
    Conversation,
    FileState,
    InboundFile,
    Message,
    Reply,
    SavedAnswer,
    Sender,
    Thread,
)

LIST = reverse("admin:whatsapp_thread_changelist")
Writes = Callable[..., Thread]


@pytest.fixture
def writes(sender: Sender) -> Writes:
    """Let a patient's message wait for a person."""

    def write(patient: Patient, text: str, *, ago: timedelta = timedelta(), **kind: str) -> Thread:
        at, phone = timezone.now() - ago, factories.phone_of(patient)
        reply = factories.make_reply(
            clinic=sender.clinic,
            sender=sender,
            phone=phone,
            wamid=f"wamid.{at.timestamp()}",
            written_at=at,
            handled_at=at,
            needs_person_at=at,
            text=text,
            outcome="FOR_A_PERSON",
            **({"kind": "text"} | kind),
        )
        Conversation.objects.update_or_create(
            sender=sender, phone=phone, defaults={"last_inbound_at": at}
        )
        arriving.gather(now=at, limit=10)
        reply.refresh_from_db()
        assert reply.thread is not None
        return reply.thread

    return write


def person(clinic: Clinic, name: str, role: str = "Reception") -> StaffUser:
    user = StaffUser.objects.create(username=name, first_name=name.capitalize(), is_staff=True)
    user.clinics.add(clinic)
    user.groups.add(Group.objects.get(name=role))
    return user


@pytest.fixture
def maria(sunrise_clinic: Clinic) -> StaffUser:
    return person(sunrise_clinic, "maria")


@pytest.fixture
def reception(client: Client, maria: StaffUser) -> Client:
    client.force_login(maria)
    return client


def page_of(thread: Thread, act: str = "change") -> str:
    return reverse(f"admin:whatsapp_thread_{act}", args=[thread.pk])


def shown(client: Client, query: str = "") -> list[Thread]:
    return list(client.get(LIST + query).context["cl"].result_list)


def test_what_needs_haste_stands_first_then_who_has_waited_longest(
    reception: Client, writes: Writes, sunrise_clinic: Clinic
) -> None:
    one, two, three = (factories.make_patient(sunrise_clinic) for _ in range(3))
    late = writes(one, "¿Hola?", ago=timedelta(hours=1))
    earlier = writes(two, "¿Hola?", ago=timedelta(hours=3))
    urgent = writes(three, "Tengo un sangrado")

    assert shown(reception) == [urgent, earlier, late]
    page = reception.get(LIST).content.decode()
    assert "needs haste: sangrado" in page
    assert one.full_name in page


def test_tabs_tell_apart_what_waits_mine_and_done(
    reception: Client, writes: Writes, sunrise_clinic: Clinic, maria: StaffUser
) -> None:
    free, mine, theirs, over = (
        writes(factories.make_patient(sunrise_clinic), "¿Hola?", ago=timedelta(minutes=n))
        for n in range(4)
    )
    now = timezone.now()
    threads.take(mine, by=maria, now=now)
    threads.take(theirs, by=person(sunrise_clinic, "jose"), now=now)
    threads.finish(over, by=maria, seen=threads.last_seen(over), now=now)

    assert shown(reception) == [free]
    assert shown(reception, "?which=mine") == [mine]
    assert set(shown(reception, "?which=all")) == {free, mine, theirs}
    assert shown(reception, "?which=done") == [over]
    tabs = reception.get(LIST).context["tabs"]
    assert [tab["count"] for tab in tabs] == ["1", "1", "3", ""]


def test_sites_are_counted_and_chosen(
    reception: Client, writes: Writes, sunrise_clinic: Clinic
) -> None:
    north, south = (factories.make_site(sunrise_clinic, name=name) for name in ("North", "South"))
    for site in (north, north, south):
        patient = factories.make_patient(sunrise_clinic)
        starts_at = timezone.now() + timedelta(days=2)
        factories.make_visit(patient, starts_at=starts_at, site=site)
        writes(patient, "¿Hola?")

    context = reception.get(LIST).context
    assert [(one["words"], one.get("count")) for one in context["sites"]][1:] == [
        ("North", "2"),
        ("South", "1"),
    ]
    assert {thread.site for thread in shown(reception, f"?site={north.pk}")} == {north}


def test_a_search_finds_names_and_digits_wherever_they_stand(
    reception: Client, writes: Writes, sunrise_clinic: Clinic, maria: StaffUser
) -> None:
    patient = factories.make_patient(sunrise_clinic, family_name="Quiroga")
    thread = writes(patient, "¿Hola?")
    writes(factories.make_patient(sunrise_clinic), "¿Hola?")
    threads.finish(thread, by=maria, seen=threads.last_seen(thread), now=timezone.now())
    digits = factories.phone_of(patient).number[-6:]

    for typed in ("quiro", digits):
        found = reception.post(LIST, {"typed": typed}, follow=True)
        assert list(found.context["cl"].result_list) == [thread]
        assert typed not in found.redirect_chain[0][0]


def test_who_is_slower_is_told_who_took_it(
    reception: Client, writes: Writes, willing_patient: Patient, sunrise_clinic: Clinic
) -> None:
    thread = writes(willing_patient, "¿Hola?")
    threads.take(thread, by=person(sunrise_clinic, "jose"), now=timezone.now())

    page = reception.post(page_of(thread, "take"), follow=True).content.decode()

    assert "Jose has taken it." in page


def test_an_answer_is_written_and_shown_with_its_name(
    reception: Client, writes: Writes, willing_patient: Patient
) -> None:
    thread = writes(willing_patient, "¿Puedo ir antes?")
    form = {"text": "Claro, venga a las 9.", "once": "7" * 32}

    page = reception.post(page_of(thread, "answer"), form, follow=True).content.decode()
    reception.post(page_of(thread, "answer"), form)

    assert "Your answer is on its way." in page
    assert "Claro, venga a las 9." in page
    assert "Maria" in page
    assert "waiting to be sent" in page
    assert Message.objects.filter(purpose="REPLY").count() == 1


def test_no_word_is_lost_where_the_window_has_ended(
    reception: Client, writes: Writes, willing_patient: Patient
) -> None:
    thread = writes(willing_patient, "¿Puedo ir antes?", ago=timedelta(hours=25))

    answer = reception.post(page_of(thread, "answer"), {"text": "Claro, a las <9>."})

    page = answer.content.decode()
    assert answer.status_code == 200
    assert "The 24 hours are over" in page
    assert "Claro, a las &lt;9&gt;.</textarea>" in page
    assert "Write with an approved template" in page
    assert not Message.objects.exists()


def test_what_was_offered_to_choose_from_stands_under_our_answer(
    reception: Client, sender: Sender, willing_patient: Patient, writes: Writes
) -> None:
    thread = writes(willing_patient, "Hola")
    rows = [{"id": "1", "title": "Mi próxima cita"}, {"id": "2", "title": "Hablar con alguien"}]
    action = {"button": "Elegir", "sections": [{"rows": rows}]}
    factories.make_message(
        sender,
        willing_patient,
        body="Elija abajo.",
        payload={"type": "interactive", "interactive": {"type": "list", "action": action}},
    )

    page = reception.get(page_of(thread)).content.decode()

    assert '<li dir="auto">Mi próxima cita</li><li dir="auto">Hablar con alguien</li>' in page


def test_a_saved_answer_is_put_below_what_was_typed(
    reception: Client, writes: Writes, willing_patient: Patient, sunrise_clinic: Clinic
) -> None:
    thread = writes(willing_patient, "¿Hola?")
    saved = SavedAnswer.objects.create(
        clinic=sunrise_clinic, language="es", name="Hours", text="Hola {contact_name}: 8 a 18 h."
    )
    form = {"text": "Buenos días.", "saved": str(saved.pk), "insert": "1"}

    page = reception.post(page_of(thread, "answer"), form).content.decode()

    assert f"Buenos días.\n\nHola {willing_patient.given_name}: 8 a 18 h.</textarea>" in page
    assert not Message.objects.exists()


def test_a_document_goes_along(
    reception: Client,
    writes: Writes,
    willing_patient: Patient,
    sandbox: SandboxProcess,
    settings: LazySettings,
) -> None:
    settings.SANDBOX_URL = sandbox.base_url
    thread = writes(willing_patient, "¿El plan?")
    file = SimpleUploadedFile("plan.pdf", b"%PDF-1.7 of a test")

    reception.post(page_of(thread, "answer"), {"text": "Aquí está.", "file": file})

    assert Message.objects.get().payload["document"]["filename"] == "plan.pdf"


def test_templates_are_offered_with_their_words_and_sent(
    reception: Client, writes: Writes, willing_patient: Patient, sender: Sender
) -> None:
    factories.make_contact_us(sender.account)
    willing_patient.contacts.update(language="en")
    thread = writes(willing_patient, "¿Hola?", ago=timedelta(days=2))

    page = reception.get(page_of(thread, "template")).content.decode()
    assert "asks you to call" in page
    reception.post(page_of(thread, "template"), {"name": "please_contact_us", "once": "1"})

    assert Message.objects.get().purpose == "APPOINTMENTS"


def test_notes_stay_among_staff_and_it_is_handed_over(
    reception: Client, writes: Writes, willing_patient: Patient, sunrise_clinic: Clinic
) -> None:
    thread, jose = writes(willing_patient, "¿Hola?"), person(sunrise_clinic, "jose")
    person(sunrise_clinic, "author", "Campaign author")

    reception.post(page_of(thread, "note"), {"text": "Ask Dr. Paz first"})
    choices = reception.get(page_of(thread, "hand")).content.decode()
    reception.post(page_of(thread, "hand"), {"to": str(jose.pk), "holder": ""})

    thread.refresh_from_db()
    assert thread.taken_by == jose
    assert "Jose" in choices
    assert "Author" not in choices
    page = reception.get(page_of(thread)).content.decode()
    assert "Ask Dr. Paz first" in page
    assert "Maria handed it to Jose" in page
    assert not Message.objects.exists()


def test_done_closes_only_what_was_seen(
    reception: Client, writes: Writes, willing_patient: Patient
) -> None:
    thread = writes(willing_patient, "¿Hola?", ago=timedelta(minutes=5))
    seen = threads.last_seen(thread)
    writes(willing_patient, "Tengo fiebre")

    page = reception.post(page_of(thread, "done"), {"seen": seen}, follow=True).content.decode()
    assert "Not closed" in page
    reception.post(page_of(thread, "done"), {"seen": threads.last_seen(thread)})

    thread.refresh_from_db()
    assert thread.opened_at is None


def test_words_and_answers_are_for_those_who_may_see_patients(
    client: Client, writes: Writes, willing_patient: Patient, maria: StaffUser
) -> None:
    thread = writes(willing_patient, "Tengo algo que contar")
    maria.groups.clear()
    for codename in ("view_thread", "change_thread"):
        maria.user_permissions.add(Permission.objects.get(codename=codename))
    client.force_login(maria)

    for address in (LIST, page_of(thread)):
        page = client.get(address).content.decode()
        assert "algo que contar" not in page
        assert willing_patient.family_name not in page
    assert client.post(page_of(thread, "answer"), {"text": "Hola"}).status_code == 403


def test_a_file_is_given_to_those_who_may_and_runs_nowhere(
    reception: Client,
    writes: Writes,
    willing_patient: Patient,
    settings: LazySettings,
    tmp_path: Path,
) -> None:
    settings.INBOUND_FILES_DIRECTORY = str(tmp_path)
    thread = writes(willing_patient, "", kind="document")
    file = InboundFile.objects.create(
        reply=Reply.objects.get(),
        media_id="1",
        said_name='in"voice.pdf.exe\r\n',
        mime_type="application/pdf",
        size=9,
        state=FileState.KEPT,
        fetch_after=None,
    )
    kept = kept_files.path_of(file, tmp_path)
    kept.parent.mkdir()
    kept.write_bytes(b"%PDF-1.7 ")
    address = f"{page_of(thread, 'file')}?of={file.pk}"

    answer = reception.get(address)

    assert answer.content == b"%PDF-1.7 "
    assert answer["Content-Disposition"].startswith("attachment; filename*=UTF-8''")
    assert answer["Content-Disposition"].endswith("in_voice.pdf.exe__.pdf")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert "no-store" in answer["Cache-Control"]
    assert f"?of={file.pk}" in reception.get(page_of(thread)).content.decode()

    other = Thread.objects.exclude(pk=thread.pk)
    assert not other.exists()
    assert reception.get(f"{page_of(thread, 'file')}?of=999").status_code == 404
    stranger = person(factories.make_clinic(), "stranger")
    reception.force_login(stranger)
    assert reception.get(address).status_code == 404


def test_attack_a_file_sent_to_another_number_is_not_reached_from_here(
    writes: Writes, reception: Client, willing_patient: Patient, sender: Sender
) -> None:
    """The other number may be another site's, whose conversations this person does not see."""
    thread = writes(willing_patient, "Hola")
    reply = Reply.objects.get()
    elsewhere = factories.make_sender(sender.clinic, phone_number_id="100000000000077")
    there = factories.make_reply(
        clinic=sender.clinic,
        sender=elsewhere,
        phone=reply.phone,
        wamid="wamid.elsewhere",
        kind="document",
        written_at=reply.written_at,
        outcome="FOR_A_PERSON",
    )
    file = InboundFile.objects.create(
        reply=there,
        media_id="2",
        mime_type="application/pdf",
        size=9,
        state=FileState.KEPT,
        fetch_after=None,
    )

    answer = reception.get(f"{page_of(thread, 'file')}?of={file.pk}")

    # With the file's own conversation, what is missing on the disk has a page that says so.
    assert answer.status_code == 404
    assert "whatsapp/file_unopened.html" not in [one.name for one in answer.templates]


def test_what_is_not_there_is_said_in_words(
    reception: Client, writes: Writes, willing_patient: Patient
) -> None:
    thread = writes(willing_patient, "", kind="image")
    file = InboundFile.objects.create(reply=Reply.objects.get(), media_id="1")
    said = {
        FileState.WAITS: "is being fetched",
        FileState.TOO_LARGE: "is larger than we take",
        FileState.WRONG_KIND: "was not what it was said to be",
        FileState.GONE: "does not have it anymore",
        FileState.DELETED: "was deleted after its time",
    }

    for state, words_ in said.items():
        InboundFile.objects.filter(pk=file.pk).update(state=state, fetch_after=None)
        assert words_ in reception.get(page_of(thread)).content.decode()


def test_haste_is_an_alarm_until_somebody_takes_it(
    reception: Client,
    writes: Writes,
    willing_patient: Patient,
    sunrise_clinic: Clinic,
    settings: LazySettings,
) -> None:
    settings.DISK_FREE_PERCENT = 0
    watcher = Watcher.objects.create(clinic=sunrise_clinic, name="Ana", email="ana@example.org")
    now = timezone.now()
    thread = writes(willing_patient, "No puedo respirar")

    watching.watch(Moment(now, now))
    alarm = Alarm.objects.get(kind=Kind.URGENT_MESSAGE)
    telling.acknowledge(alarm, by=None, name="Ana", now=now)
    later = now + timedelta(minutes=16)
    watching.watch(Moment(later, later))

    alarm.refresh_from_db()
    assert (alarm.stage, alarm.acknowledged_at) == (1, None)
    assert Telling.objects.get(watcher=watcher).next_at is not None
    assert words.page_of(alarm) == page_of(thread)
    assert willing_patient.family_name not in words.headline(alarm)
    reception.post(page_of(thread, "take"))
    watching.watch(Moment(later, later))
    alarm.refresh_from_db()
    assert alarm.closed_at is not None


def test_the_patients_page_leads_to_the_conversation(
    reception: Client, writes: Writes, willing_patient: Patient
) -> None:
    thread = writes(willing_patient, "¿Hola?")

    page = reception.get(reverse("patient", args=[willing_patient.pk]))

    assert page_of(thread) in page.content.decode()
