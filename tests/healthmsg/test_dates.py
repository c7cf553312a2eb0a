"""Dates and forms in the language of whoever reads them."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.conf import settings
from django.template import Context, Template
from django.test import Client
from django.urls import reverse
from django.utils.translation import override

from healthmsg import dates
from healthmsg.clinic.models import Clinic, StaffUser

AT = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
PATTERN = "D, j F, H:i"
# A date with a comma of its own, which would be Latin in every language.
_LATIN = re.compile(r"date_format\([^)]*['\"][DljNFYM ]*,")


@pytest.mark.parametrize(("language", "comma"), [("en", ","), ("es", ","), ("ar", "،")])
def test_a_date_has_the_comma_of_its_language(language: str, comma: str) -> None:
    with override(language):
        written = dates.written(AT, PATTERN)
        shown = Template("{{ at|date:'D, j F, H:i' }}").render(Context({"at": AT}))

    for words in (written, shown):
        assert words.count(comma) == 2
        assert set(words) & {",", "،"} == {comma}


def test_what_is_no_date_is_shown_as_ever() -> None:
    template = Template("{{ none|date:'j F' }}|{{ at|date }}|{{ words|date:'j F' }}")

    assert template.render(Context({"none": None, "at": AT, "words": "x"})) == "|10 March 2026|"


def test_no_code_writes_a_latin_comma_into_a_date() -> None:
    sources = [
        path
        for app in ("healthmsg", "whatsapp", "reminders", "campaigns")
        for path in (Path(settings.BASE_DIR) / app).rglob("*.py")
    ]

    assert [path.name for path in sources if _LATIN.search(path.read_text())] == []


@pytest.fixture
def admin(client: Client, sunrise_clinic: Clinic) -> Client:
    user = StaffUser.objects.create_superuser("admin")
    user.clinics.add(sunrise_clinic)
    client.force_login(user)
    return client


@pytest.mark.parametrize(
    ("language", "nothing", "unclear", "more"),
    [
        ("en", "none", "Select value", "Add another Time away"),
        ("es", "ninguno", "Elegir un valor", "Añadir: "),
        ("ar", "لا شيء", "اختر قيمة", "أضف: "),
    ],
)
def test_where_nothing_may_be_chosen_the_form_says_so(
    admin: Client, language: str, nothing: str, unclear: str, more: str
) -> None:
    admin.cookies.load({settings.LANGUAGE_COOKIE_NAME: language})

    page = admin.get(reverse("admin:clinic_clinician_add"))

    html = page.content.decode()
    words = [str(said) for _key, said in page.context["adminform"].form.fields["user"].choices]
    assert words[0] == nothing
    assert unclear not in html
    assert json.dumps(more)[1:-1] in html
