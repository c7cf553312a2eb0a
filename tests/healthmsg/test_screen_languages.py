"""A page is in a language that it says it is in: one of those the screens have words for."""

import pytest
from django.test import Client
from django.urls import reverse


@pytest.mark.parametrize(
    ("asked", "spoken"),
    [
        pytest.param("fr", "en", id="none-of-ours"),
        pytest.param("pt-BR,pt;q=0.9,es;q=0.5", "es", id="the-second-is-ours"),
        ("hi", "en"),
        ("es-AR", "es"),
        ("ar", "ar"),
    ],
)
@pytest.mark.django_db
def test_a_browser_gets_a_language_that_the_screens_speak(
    client: Client, asked: str, spoken: str
) -> None:
    page = client.get(reverse("admin:login"), headers={"Accept-Language": asked})

    assert f'<html lang="{spoken}"' in page.content.decode().replace("\n", " ")
