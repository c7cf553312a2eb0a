"""What a template gives away, and what it lacks."""

from datetime import datetime

import pytest

from campaigns import guarding, launching, wording
from campaigns.languages import Words
from campaigns.models import Campaign, Run
from campaigns.wording import Flag, Kind
from healthmsg.clinic.models import Purpose, Tag
from tests import factories
from tests.campaigns.invitees import invite
from whatsapp.models import Category, Template

pytestmark = pytest.mark.django_db


def flags_of(campaign: Campaign, body: str, language: str = "es") -> set[Flag]:
    name = f"words_{Template.objects.count()}"
    account = campaign.clinic.senders.get().account
    factories.make_template(account, name=name, body=body, language=language)
    campaign.template_name = name
    invite(campaign).contacts.update(language=language)
    (approved,) = Words(campaign).approved
    return set(wording.flags(approved, clinic_name=campaign.clinic.name))


def test_words_about_illness_are_flagged_in_their_language(campaign: Campaign) -> None:
    body = "Hola, {{clinic_name}}: su mamografía y prueba de VIH están atrasadas. BAJA para no más."

    found = flags_of(campaign, body)

    assert {flag.word for flag in found if flag.kind == Kind.TELLS} == {
        "vih",
        "mamografía",
        "atrasadas",
    }
    assert {flag.kind for flag in found} == {Kind.TELLS}


def test_a_word_within_another_is_innocent(campaign: Campaign) -> None:
    body = "{{clinic_name}}: secretos y considerado. Responda BAJA."

    assert flags_of(campaign, body) == set()


def test_a_wording_without_clinic_and_way_out_says_so(campaign: Campaign) -> None:
    assert {flag.kind for flag in flags_of(campaign, "Hola {{contact_name}}")} == {
        Kind.NO_CLINIC,
        Kind.NO_WAY_OUT,
    }


def test_the_clinics_name_in_the_text_is_a_name(campaign: Campaign) -> None:
    body = f"Hola de {campaign.clinic.name}. Responda BAJA."

    assert flags_of(campaign, body) == set()


def test_a_language_we_cannot_read_is_left_to_a_person(campaign: Campaign) -> None:
    found = flags_of(campaign, "{{clinic_name}} STOP", language="hi")

    assert found == {Flag(Kind.UNREAD, "hi")}
    assert not wording.is_neutral(found)


@pytest.mark.parametrize(
    ("purpose", "category", "fits"),
    [
        (Purpose.MARKETING, Category.UTILITY, False),
        (Purpose.MARKETING, Category.MARKETING, True),
        (Purpose.PREVENTION, Category.UTILITY, True),
        (Purpose.PREVENTION, Category.MARKETING, True),
        (Purpose.APPOINTMENTS, Category.MARKETING, False),
    ],
)
def test_a_purpose_and_what_whatsapp_counts_it_as_have_to_fit(
    purpose: Purpose, category: Category, fits: bool
) -> None:
    assert wording.fits(purpose, category) == fits


def test_who_is_chosen_by_a_sensitive_tag_is_told_in_neutral_words_only(
    campaign: Campaign, noon: datetime
) -> None:
    account = campaign.clinic.senders.get().account
    factories.make_template(account, name="telling", body="{{clinic_name}}: mamografía. BAJA.")
    invite(campaign)
    tag = Tag.objects.create(clinic=campaign.clinic, name="cancer", is_sensitive=True)
    for patient in campaign.clinic.patients.all():
        patient.tags.add(tag)
    campaign.audience.tags.add(tag)
    campaign.template_name = "telling"
    campaign.save()

    with pytest.raises(launching.NotAllowed, match="neutral words"):
        launching.start(campaign, by=None, now=noon)

    campaign.template_name = "vaccination_invitation"
    campaign.save()
    launching.start(campaign, by=None, now=noon)


def test_a_template_that_becomes_something_else_pauses_the_run(
    campaign: Campaign, noon: datetime
) -> None:
    Template.objects.update(category=Category.UTILITY)
    invite(campaign)
    run = launching.start(campaign, by=None, now=noon)
    assert guarding.guard(now=noon) == 0

    Template.objects.update(category=Category.MARKETING)

    assert guarding.guard(now=noon) == 1
    run.refresh_from_db()
    assert "now counts its template as" in run.status_reason
    launching.resume(Run.objects.get(pk=run.pk), now=noon)
    assert guarding.guard(now=noon) == 0
