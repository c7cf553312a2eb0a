"""A clinic's languages are chosen by name, and stay in the order in which they were chosen."""

import pytest
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from django.utils import translation

from healthmsg.clinic.models import Clinic, StaffUser
from healthmsg.desk.admin import spoken
from tests.house.forms import Page
from whatsapp.template_languages import LANGUAGES


def sent(*codes: str) -> list[str]:
    """Return what a browser sends of a form with as many lists as there are, and three more."""
    return [*codes, "", "", ""]


@pytest.mark.parametrize("reader", ["en", "es", "ar"])
def test_every_language_of_whatsapp_has_one_name_for_each_reader(reader: str) -> None:
    with translation.override(reader):
        offered = spoken.field().choices

    assert {code for code, _name in offered} == LANGUAGES
    assert len({name for _code, name in offered}) == len(LANGUAGES)
    assert not {name for code, name in offered if name == code}


@pytest.mark.parametrize(
    ("reader", "name"), [("en", "German"), ("es", "Alemán"), ("ar", "الألمانية")]
)
def test_a_language_is_called_as_whoever_looks_calls_it(reader: str, name: str) -> None:
    with translation.override(reader):
        assert dict(spoken.field().choices)["de"] == name


def test_letters_with_accents_stand_among_those_without() -> None:
    with translation.override("es"):
        offered = [name for _code, name in spoken.field().choices]

    assert offered.index("Árabe") < offered.index("Bengalí")


def test_the_order_is_kept_each_is_kept_once_and_gaps_close() -> None:
    field = spoken.field(["es", "en"])

    assert field.clean(["pt_BR", "", "es", "pt_BR", "en"]) == ["pt_BR", "es", "en"]


@pytest.mark.parametrize(
    "typed",
    [
        pytest.param(["", "es"], id="no-first"),
        pytest.param([""] * 4, id="nothing"),
        pytest.param(["klingon"], id="no-language"),
        pytest.param(["es", "xx"], id="no-further-language"),
    ],
)
def test_what_cannot_be_is_refused(typed: list[str]) -> None:
    with pytest.raises(ValidationError):
        spoken.field().clean(typed)


@pytest.mark.parametrize(
    ("kept", "typed", "has_changed"),
    [
        pytest.param(["es", "en"], sent("es", "en"), False, id="untouched"),
        pytest.param(["es", "en"], sent("en", "es"), True, id="another-order"),
        pytest.param(["es", "en"], sent("es", "en", "fr"), True, id="one-more"),
        pytest.param(["es", "en"], sent("es"), True, id="one-less"),
    ],
)
def test_a_change_is_known(kept: list[str], typed: list[str], has_changed: bool) -> None:
    assert spoken.field(kept).has_changed(kept, typed) == has_changed


def test_there_is_always_room_for_more() -> None:
    many = sorted(LANGUAGES)[:30]

    assert len(spoken.field(many).widget.widgets) > len(many)


class Office:
    """A clinic's admin at the page of the clinic."""

    def __init__(self, client: Client, clinic: Clinic) -> None:
        self._client = client
        self.page = reverse("admin:clinic_clinic_change", args=[clinic.pk])

    def opens(self) -> dict[str, list[str]]:
        forms = Page(self._client.get(self.page).text).forms
        return next(one.sent() for one in forms if "languages_0" in one.sent())

    def sends(self, form: dict[str, list[str]], *codes: str) -> str:
        names = [name for name in form if name.startswith("languages_")]
        spread = dict(zip(names, [*codes, *[""] * len(names)], strict=False))
        return self._client.post(self.page, form | spread, follow=True).text


@pytest.fixture
def office(client: Client, sunrise_clinic: Clinic) -> Office:
    user = StaffUser.objects.create(username="admin", is_staff=True)
    user.clinics.add(sunrise_clinic)
    user.groups.add(Group.objects.get(name="Clinic admin"))
    client.force_login(user)
    # One of them is not among those of WhatsApp: it stood there before they were offered by name.
    Clinic.objects.update(languages=["es", "gn_PY", "en"])
    return Office(client, sunrise_clinic)


def test_what_is_kept_is_never_lost_though_it_is_not_offered(office: Office) -> None:
    office._client.post(office.page, office.opens() | {"name": ["Another"]})

    kept = Clinic.objects.values_list("name", "languages").get()
    assert kept == ("Another", ["es", "gn_PY", "en"])


def test_another_order_and_one_more_are_saved(office: Office) -> None:
    office.sends(office.opens(), "ar", "gn_PY", "es")

    assert Clinic.objects.get().languages == ["ar", "gn_PY", "es"]


def test_without_a_first_one_nothing_is_saved_and_the_rest_stays_typed(office: Office) -> None:
    said = office.sends(office.opens(), "", "fr")

    assert "Choose the first language." in said
    assert Clinic.objects.get().languages == ["es", "gn_PY", "en"]
    form = next(one.sent() for one in Page(said).forms if "languages_0" in one.sent())
    assert (form["languages_0"], form["languages_1"]) == ([""], ["fr"])


def test_two_who_order_them_anew_do_not_overwrite_each_other(office: Office) -> None:
    first, second = office.opens(), office.opens()
    office.sends(first, "en", "es", "gn_PY")

    said = office.sends(second, "gn_PY", "es", "en")

    assert Clinic.objects.get().languages == ["en", "es", "gn_PY"]
    assert "English, Spanish, gn_PY" in said.replace("Guarani (Paraguay)", "gn_PY")
