"""What a stranger tries between browser and pages, under the settings of a real installation."""

from typing import Any

import pytest
from django.conf import LazySettings
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from healthmsg.clinic.models import StaffUser
from tests.healthmsg.test_settings import PRODUCTION, read
from tests.house import addresses, who_may_open
from tests.house.test_admin_pages import rows

__all__ = ["read", "rows"]

HOST = PRODUCTION["ALLOWED_HOSTS"]
OURS = f"https://{HOST}"
PASSWORD = "correct horse 9"
_OF_THE_WEB = ("SECURE_", "SESSION_COOKIE_", "CSRF_", "ALLOWED_HOSTS", "X_FRAME_OPTIONS")


@pytest.fixture
def production(read: Any, settings: LazySettings, db: None) -> dict[str, Any]:
    """The web's settings, as a process of its own reads them from a real installation's."""
    found: dict[str, Any] = {
        name: tuple(value) if name == "SECURE_PROXY_SSL_HEADER" else value
        for name, value in read(**PRODUCTION).items()
        if name.startswith(_OF_THE_WEB)
    }
    for name, value in found.items():
        setattr(settings, name, value)
    return found


@pytest.fixture
def browser(production: dict[str, Any]) -> Client:
    """Whoever comes through the proxy that speaks HTTPS."""
    return Client(HTTP_HOST=HOST, HTTP_X_FORWARDED_PROTO="https", enforce_csrf_checks=True)


def token_of(browser: Client) -> str:
    browser.get("/admin/login/")
    return str(browser.cookies["csrftoken"].value)


def sign_in(browser: Client, **headers: Any) -> Any:
    StaffUser.objects.create_user("robin", password=PASSWORD, is_staff=True)
    form = {"username": "robin", "password": PASSWORD, "csrfmiddlewaretoken": token_of(browser)}
    return browser.post("/admin/login/", form, **headers)


def test_attack_nothing_is_answered_without_https(
    production: dict[str, Any], rows: dict[str, Model]
) -> None:
    plain = Client(HTTP_HOST=HOST)

    for pattern in addresses.patterns():
        address = addresses.filled(pattern, rows)
        answer = plain.get(address)
        assert answer.status_code == 301, address
        assert answer["Location"].startswith(f"{OURS}/"), address


def test_attack_a_browser_comes_back_by_https_alone(browser: Client) -> None:
    promised = browser.get("/admin/login/")["Strict-Transport-Security"]

    assert promised == "max-age=31536000; includeSubDomains; preload"


def test_attack_no_cookie_travels_in_clear_or_with_a_foreign_page(browser: Client) -> None:
    answer = sign_in(browser, HTTP_ORIGIN=OURS)

    assert answer.status_code == 302
    assert {"sessionid", "csrftoken"} <= set(browser.cookies)
    for name, cookie in browser.cookies.items():
        assert cookie["secure"], name
        assert cookie["samesite"] == "Lax", name
        assert not cookie["domain"], name
    assert browser.cookies["sessionid"]["httponly"]


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"HTTP_ORIGIN": "https://evil.example"}, id="another-origin"),
        pytest.param({"HTTP_ORIGIN": f"https://{HOST}.evil.example"}, id="begins-alike"),
        pytest.param({"HTTP_ORIGIN": f"http://{HOST}"}, id="without-https"),
        pytest.param({"HTTP_ORIGIN": "null"}, id="hidden-origin"),
        pytest.param({"HTTP_REFERER": "https://evil.example/"}, id="another-page"),
        pytest.param({}, id="no-origin-and-no-page"),
    ],
)
def test_attack_a_form_of_another_origin_is_refused_with_a_right_token(
    browser: Client, headers: dict[str, str]
) -> None:
    assert sign_in(browser, **headers).status_code == 403
    assert "sessionid" not in browser.cookies


@pytest.mark.parametrize(
    "host",
    ["evil.example", f"{HOST}.evil.example", f"evil.{HOST}", f"{HOST}@evil.example", "", "a b"],
)
@pytest.mark.parametrize("page", ["/", "/admin/login/", "/another-time/none/", "/alarm/none/"])
def test_attack_another_host_is_answered_by_no_page(browser: Client, host: str, page: str) -> None:
    answer = browser.get(page, HTTP_HOST=host)

    assert answer.status_code == 400
    assert "evil" not in answer.content.decode()


def test_attack_a_forwarded_host_is_not_believed(browser: Client) -> None:
    answer = browser.get("/", HTTP_X_FORWARDED_HOST="evil.example")

    assert "evil" not in answer.get("Location", "")
    assert "evil" not in answer.content.decode()


@pytest.mark.parametrize("page", ["//evil.example/", "/%2f%2fevil.example", "/\\evil.example/.."])
def test_attack_an_address_that_is_completed_leads_to_us(browser: Client, page: str) -> None:
    for client in (browser, Client(HTTP_HOST=HOST)):
        onward = client.get(page).get("Location", f"{OURS}/")
        assert onward.startswith((f"{OURS}/", "/")), onward
        assert not onward.startswith("//"), onward


def test_attack_every_page_for_strangers_is_closed_to_frames_sniffing_and_foreign_scripts(
    browser: Client, rows: dict[str, Model]
) -> None:
    table = who_may_open.table()
    public = [one for one, columns in table.items() if columns == who_may_open.PUBLIC]
    assert public

    for pattern in public:
        answer = browser.get(addresses.filled(pattern, rows))
        assert answer["X-Frame-Options"] == "DENY", pattern
        assert answer["X-Content-Type-Options"] == "nosniff", pattern
        assert answer["Referrer-Policy"] in {"same-origin", "no-referrer"}, pattern
        assert "frame-ancestors 'none'" in answer["Content-Security-Policy"], pattern
        assert answer["Cross-Origin-Opener-Policy"] == "same-origin", pattern


def test_attack_a_page_with_a_name_is_kept_by_no_cache(browser: Client) -> None:
    user = StaffUser.objects.create(username="root", is_staff=True, is_superuser=True)
    browser.force_login(user)

    for page in (reverse("overview"), reverse("admin:clinic_patient_changelist")):
        kept = browser.get(page)["Cache-Control"]
        assert "no-cache" in kept or "no-store" in kept, page
        assert "private" in kept, page
