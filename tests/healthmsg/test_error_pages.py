"""What cannot be shown says so in the clinic's words, in its language, and leads on."""

import pytest
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import translation
from django.views import defaults

from healthmsg.clinic.models import StaffUser
from tests.healthmsg.entering import nobody_has_tried_yet, person, signed_in

__all__ = ["nobody_has_tried_yet", "person", "signed_in"]

OVERVIEW = 'href="/desk/overview/"'


def test_no_page_and_no_right_lead_to_the_overview(signed_in: Client) -> None:
    nowhere = signed_in.get("/desk/nothing/")
    closed = signed_in.get(reverse("kept"))

    assert (nowhere.status_code, closed.status_code) == (404, 403)
    for page, words in ((nowhere, "There is no such page"), (closed, "Your roles do not open")):
        assert words in page.content.decode()
        assert OVERVIEW in page.content.decode()


def test_a_page_from_before_somebody_signed_in_says_what_to_do(
    signed_in: Client, person: StaffUser
) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = signed_in.cookies

    refused = strict.post(reverse("sign_in_again"), {"password": "x"})

    page = refused.content.decode()
    assert refused.status_code == 403
    assert "This page was too old to send" in page
    assert "CSRF" not in page
    assert "Forbidden" not in page


def test_more_than_anything_has_to_be_is_refused_in_words(signed_in: Client) -> None:
    refused = signed_in.post(reverse("sign_in_again"), {"password": "x" * 3_000_000})

    assert refused.status_code == 400
    assert "is larger than anything here has to be" in refused.content.decode()
    assert OVERVIEW in refused.content.decode()


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "The fault is ours"), ("es", "La falla es nuestra"), ("ar", "الخطأ من عندنا")],
)
def test_a_fault_is_owned_in_the_readers_language(language: str, words: str) -> None:
    with translation.override(language):
        page = defaults.server_error(RequestFactory().get("/")).content.decode()

    assert words in page
    assert f'lang="{language}" dir="{"rtl" if language == "ar" else "ltr"}"' in page
    assert OVERVIEW in page
