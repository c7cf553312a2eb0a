"""What a template gives away, and what it lacks."""

import json
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns import guarding, launching, refusing, wording
from campaigns.languages import Words
from campaigns.models import Campaign, Run
from campaigns.wording import Flag, Kind
from healthmsg.clinic.models import Purpose, Tag, Vaccine
from tests import factories
from tests.campaigns.invitees import invite
from tests.whatsapp.maps import put_on_a_map
from whatsapp.catalog import Approved
from whatsapp.models import Category, Template, TemplateVersion

pytestmark = pytest.mark.django_db

SANDBOX = Path(__file__).parents[2] / "whatsapp" / "sandbox"
INCOMPLETE = {
    "en": "Our records may be incomplete",
    "es": "Nuestros registros pueden estar incompletos",
    "pt_BR": "Nossos registros podem estar incompletos",
    "fr": "Nos dossiers sont peut-être incomplets",
    "ar": "قد تكون سجلاتنا غير مكتملة",
    "hi": "हमारे रिकॉर्ड अधूरे हो सकते हैं",
}


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
    }
    assert {flag.word for flag in found if flag.kind == Kind.REPROACHES} == {"atrasadas"}
    assert {flag.kind for flag in found} == {Kind.TELLS, Kind.REPROACHES}


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "your vaccination is overdue"),
        ("en", "You have missed your dose"),
        ("es", "su vacuna está vencida"),
        ("pt_BR", "sua vacina está em atraso"),
        ("fr", "votre vaccin est en retard"),
        ("hi", "आपका टीका बकाया है"),
        ("ar", "تطعيمك متأخر"),
    ],
)
def test_a_reproach_is_flagged_and_no_invitation_to_a_dose_leaves_with_it(
    campaign: Campaign, noon: datetime, language: str, words: str
) -> None:
    found = flags_of(campaign, f"{{{{clinic_name}}}}: {words}. STOP", language=language)
    assert Kind.REPROACHES in {flag.kind for flag in found}
    assert not wording.invites(found)

    campaign.vaccine = Vaccine.objects.create(clinic=campaign.clinic, code="flu", name="Flu")
    campaign.save()

    with pytest.raises(refusing.NotAllowed, match="something was missed"):
        launching.start(campaign, by=None, now=noon)


def test_the_invitations_that_come_with_the_house_invite() -> None:
    listed = json.loads((SANDBOX / "templates.json").read_text())
    invitations = [t for t in listed if t["name"] == "vaccination_invitation"]
    assert len(invitations) == 6

    for one in invitations:
        body = next(part["text"] for part in one["components"] if part["type"] == "BODY")
        assert INCOMPLETE[one["language"]] in body
        assert not [w for w in wording.REPROACHING[one["language"][:2]] if w in body.casefold()]


def test_a_word_within_another_is_innocent(campaign: Campaign) -> None:
    body = "{{clinic_name}}: secretos y considerado. Responda BAJA."

    assert flags_of(campaign, body) == set()


@pytest.mark.parametrize(
    ("language", "body"),
    [
        ("pt_BR", "Traga isto à clínica. Venha depressa, na distância de um quarteirão."),
        ("fr", "Le registre existe toujours: c'est un artiste, à Istres."),
        ("es", "Estas y esas etapas: considere la etsiana Betsy."),
        ("en", "An aidseed, hivelike stdout and a chivalrous candidate's aisle."),
    ],
)
def test_words_that_only_begin_like_an_abbreviation_are_innocent(language: str, body: str) -> None:
    assert found_in(body, language) == set()


@pytest.mark.parametrize(
    ("language", "body", "words"),
    [
        ("pt_BR", "Teste de IST, e outras ISTs.", {"ist", "ists"}),
        ("fr", "Dépistage des IST: venez.", {"ist"}),
        ("es", "Prueba de VIH-1 (sida).", {"vih", "sida"}),
        ("en", "STD, HIV and diabetes: your depression.", {"std", "hiv", "diabetes", "depression"}),
        ("de", "Das ist ein HIV-Test.", set()),
    ],
)
def test_words_are_those_of_the_language_and_stand_on_their_borders(
    language: str, body: str, words: set[str]
) -> None:
    assert found_in(body, language) == words


@given(
    language=st.sampled_from(sorted(wording.TELLING)),
    before=st.text("abcdefgãéñ", min_size=1, max_size=3),
    after=st.text("bcfgãéñ", min_size=1, max_size=3),
    data=st.data(),
)
def test_an_abbreviation_within_letters_is_never_found_and_alone_always(
    language: str, before: str, after: str, data: st.DataObject
) -> None:
    short = data.draw(st.sampled_from([w for w in wording.TELLING[language] if w.isupper()]))

    alone = found_in(f"({short})", language)

    assert alone == {short.casefold()}
    for within in (before + short, short + after):
        assert short.casefold() not in found_in(within, language)


def found_in(body: str, language: str) -> set[str]:
    version = TemplateVersion(components=[{"type": "BODY", "text": body}])
    approved = Approved("any", language, "UTILITY", version, (), {}, ())
    found = wording.flags(approved, clinic_name="Sunrise")
    return {flag.word for flag in found if flag.kind == Kind.TELLS}


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

    with pytest.raises(refusing.NotAllowed, match="neutral words"):
        launching.start(campaign, by=None, now=noon)

    campaign.template_name = "vaccination_invitation"
    campaign.save()
    launching.start(campaign, by=None, now=noon)


def test_an_invitation_is_about_no_visit_and_shows_no_place(
    campaign: Campaign, noon: datetime
) -> None:
    invite(campaign)
    put_on_a_map(Template.objects.get(name=campaign.template_name))

    with pytest.raises(refusing.NotAllowed, match="about no visit"):
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
