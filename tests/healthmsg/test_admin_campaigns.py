"""Campaigns and lists in the admin: put together, approved, started, stopped."""

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from campaigns.models import Audience, Campaign, PatientList, PriorityGroup, RunStatus
from healthmsg.clinic.models import Clinic, Purpose, StaffUser
from reminders import rules
from tests import factories
from whatsapp.models import Sender


@pytest.fixture
def admin_of_clinic(client: Client, sunrise_clinic: Clinic) -> Client:
    user = StaffUser.objects.create(username="admin", is_staff=True)
    user.clinics.add(sunrise_clinic)
    user.groups.add(Group.objects.get(name="Clinic admin"))
    client.force_login(user)
    return client


def test_a_campaign_starts_pauses_and_ends(
    admin_of_clinic: Client, sunrise_clinic: Clinic, sender: Sender
) -> None:
    patient = factories.make_patient(sunrise_clinic, consents=(Purpose.PREVENTION,))
    audience = factories.make_audience(sunrise_clinic, patient)
    factories.make_template(sender.account, name="flu", body="Hola {{contact_name}}")
    form = {
        "clinic": sunrise_clinic.pk,
        "name": "Flu",
        "purpose": "PREVENTION",
        "template_name": "flu",
        "audience": audience.pk,
        "sender": "",
        "trial_percent": "80",
        "trial_hours": "4",
    }
    assert admin_of_clinic.post(reverse("admin:campaigns_campaign_add"), form).status_code == 302
    campaign = Campaign.objects.get()
    start = reverse("admin:campaigns_campaign_start", args=[campaign.pk])
    assert "1 of 1 would get it" in admin_of_clinic.get(start).content.decode()

    admin_of_clinic.post(start)
    run = campaign.runs.get()
    pause = reverse("admin:campaigns_campaign_pause", args=[campaign.pk])
    admin_of_clinic.post(f"{pause}?run={run.pk}", {"reason": "wait"})
    run.stream.refresh_from_db()
    assert run.stream.held_reason == "wait"

    cancel = reverse("admin:campaigns_campaign_cancel", args=[campaign.pk])
    admin_of_clinic.post(f"{cancel}?run={run.pk}", {"reason": "no vaccine"})
    run.refresh_from_db()
    assert run.status == RunStatus.CANCELLED


def test_patients_are_put_on_a_list_by_identifier_all_or_none(
    admin_of_clinic: Client, sunrise_clinic: Clinic
) -> None:
    factories.make_patient(sunrise_clinic, external_id="H1")
    factories.make_patient(factories.make_clinic(), external_id="H2")
    patient_list = PatientList.objects.create(clinic=sunrise_clinic, name="Flu")
    address = reverse("admin:campaigns_patientlist_add_patients", args=[patient_list.pk])

    refused = admin_of_clinic.post(address, {"identifiers": "H1\nH2", "due_on": ""})
    assert "Nobody is known by: H2" in refused.content.decode()
    assert not patient_list.entries.exists()

    admin_of_clinic.post(address, {"identifiers": "H1\n", "due_on": ""})
    assert patient_list.entries.count() == 1


def test_a_campaign_is_approved_by_somebody_else(
    admin_of_clinic: Client, sunrise_clinic: Clinic
) -> None:
    campaign = Campaign.objects.create(
        clinic=sunrise_clinic,
        name="Flu",
        purpose=Purpose.PREVENTION,
        template_name="flu",
        audience=factories.make_audience(sunrise_clinic),
        created_by=StaffUser.objects.get(username="admin"),
    )
    address = reverse("admin:campaigns_campaign_approve", args=[campaign.pk])

    page = admin_of_clinic.post(address, looked_at(admin_of_clinic, address)).content.decode()
    campaign.refresh_from_db()
    assert "Somebody other than its author" in page
    assert campaign.approved_at is None

    Campaign.objects.update(created_by=StaffUser.objects.create(username="author"))
    admin_of_clinic.post(address, looked_at(admin_of_clinic, address))
    campaign.refresh_from_db()
    assert campaign.approved_by is not None


def looked_at(client: Client, address: str) -> dict[str, str]:
    """Return what the page sends along when its button is pressed."""
    return {"seen": client.get(address).context["form"]["seen"].value()}


@pytest.fixture
def two_clinics(admin_of_clinic: Client, sunrise_clinic: Clinic) -> Clinic:
    """The other clinic of somebody who works at both."""
    elsewhere = factories.make_clinic()
    StaffUser.objects.get(username="admin").clinics.add(elsewhere)
    return elsewhere


def test_a_campaign_takes_list_and_number_of_its_own_clinic(
    admin_of_clinic: Client, sunrise_clinic: Clinic, sender: Sender, two_clinics: Clinic
) -> None:
    theirs = factories.make_sender(two_clinics, phone_number_id="100000000000002")
    their_audience = factories.make_audience(two_clinics)
    our_audience = factories.make_audience(sunrise_clinic)
    factories.make_template(sender.account, name="flu", body="Hola {{contact_name}}")
    form = {
        "clinic": sunrise_clinic.pk,
        "name": "Flu",
        "purpose": "PREVENTION",
        "template_name": "flu",
        "audience": their_audience.pk,
        "sender": theirs.pk,
        "trial_percent": "80",
        "trial_hours": "4",
    }
    add = reverse("admin:campaigns_campaign_add")

    refused = admin_of_clinic.post(add, form)

    assert set(refused.context["adminform"].form.errors) == {"audience", "sender"}
    admin_of_clinic.post(add, form | {"audience": our_audience.pk, "sender": sender.pk})
    campaign = Campaign.objects.get()
    page = admin_of_clinic.get(reverse("admin:campaigns_campaign_change", args=[campaign.pk]))
    offered = page.context["adminform"].form.fields
    assert set(offered["sender"].queryset) == {sender}
    assert set(offered["audience"].queryset) == {our_audience}


def test_further_groups_of_a_campaign_ask_nothing_more(
    admin_of_clinic: Client, sunrise_clinic: Clinic, two_clinics: Clinic
) -> None:
    theirs = factories.make_audience(two_clinics)
    groups = [Audience.objects.create(clinic=sunrise_clinic, name=name) for name in "abc"]
    campaign = Campaign.objects.create(
        clinic=sunrise_clinic, name="Flu", purpose=Purpose.PREVENTION, audience=groups[0]
    )
    page = reverse("admin:campaigns_campaign_change", args=[campaign.pk])
    counts = []
    for place, audience in enumerate(groups, start=1):
        PriorityGroup.objects.create(campaign=campaign, audience=audience, place=place)
        admin_of_clinic.get(page)
        with CaptureQueriesContext(connection) as asked:
            shown = admin_of_clinic.get(page)
        counts.append(len(asked))

    assert len(set(counts)) == 1
    formset = shown.context["inline_admin_formsets"][0].formset
    offered = {key for key, _ in formset.forms[0].fields["audience"].choices}
    assert offered == {"", *(audience.pk for audience in groups)}
    assert theirs.pk not in offered
    chosen = [form["audience"].value() for form in formset.initial_forms]
    assert chosen == [audience.pk for audience in groups]


def test_a_rule_takes_kinds_of_its_own_clinic(
    admin_of_clinic: Client, sunrise_clinic: Clinic, two_clinics: Clinic
) -> None:
    ours, theirs = factories.make_kind(sunrise_clinic), factories.make_kind(two_clinics)
    rule = rules.install(sunrise_clinic)[0]
    address = reverse("admin:reminders_reminderrule_change", args=[rule.pk])

    form = admin_of_clinic.get(address).context["adminform"].form
    refused = admin_of_clinic.post(address, {"kinds": [theirs.pk]})

    assert set(form.fields["kinds"].queryset) == {ours}
    assert "kinds" in refused.context["adminform"].form.errors
    added = admin_of_clinic.post(
        reverse("admin:reminders_reminderrule_add"),
        {"clinic": sunrise_clinic.pk, "kinds": [ours.pk, theirs.pk]},
    )
    assert "another clinic" in str(added.context["adminform"].form.errors["kinds"])


def test_booking_offers_the_patients_clinic_alone(
    admin_of_clinic: Client, sunrise_clinic: Clinic, two_clinics: Clinic
) -> None:
    patient = factories.make_patient(sunrise_clinic)
    parts = [
        (make(sunrise_clinic), make(two_clinics))
        for make in (factories.make_kind, factories.make_site, factories.make_clinician)
    ]

    page = admin_of_clinic.get(f"{reverse('admin:clinic_appointment_add')}?patient={patient.pk}")

    fields = page.context["form"].fields
    for name, (ours, _theirs) in zip(("kind", "site", "clinician"), parts, strict=True):
        assert {key for key, _words in fields[name].choices if key} == {ours.pk}
