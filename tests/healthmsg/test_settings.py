"""The environment as settings read it, each case in a process of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.house.source import ROOT

_SHOW = """
import json
from healthmsg import settings as s
print(json.dumps({name: getattr(s, name) for name in dir(s)
                  if name.isupper() and name not in ("LANGUAGES", "UNFOLD")}, default=repr))
"""
PRODUCTION = {
    "SECRET_KEY": "k9" * 40 + "-abcdefgh",
    "DATABASE_URL": "postgresql://clinic:word@db.example.org:5433/messages?sslmode=require",
    "REDIS_URL": "rediss://:word@redis.example.org:6380/1",
    "WHATSAPP_BASE_URL": "https://graph.facebook.com",
    "AUDIT_KEYS": "q7" * 20,
    "WHATSAPP_TOKEN": "token",
    "WHATSAPP_APP_SECRETS": "new,old",
    "WHATSAPP_VERIFY_TOKEN": "words",
    "HTTPS": "on",
    "ALLOWED_HOSTS": "messages.example.org",
    "CSRF_TRUSTED_ORIGINS": "https://messages.example.org",
    "EMAIL_URL": "smtp+tls://clinic:word@mail.example.org:587",
    "DEAD_MAN_URL": "https://outside.example.org/ping",
    "TRUSTED_PROXIES": "127.0.0.1",
}


def run(
    arguments: list[str], directory: Path, variables: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    """Run Python with these variables alone; no .env of the checkout can reach it."""
    if (ROOT / ".env").exists():
        pytest.skip("this checkout has a .env, which would be read")
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)} | variables
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=directory,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def read(tmp_path: Path) -> Any:
    def settings(**variables: str) -> dict[str, Any]:
        shown = run(["-c", _SHOW], tmp_path, variables)
        assert shown.returncode == 0, shown.stderr
        found: dict[str, Any] = json.loads(shown.stdout)
        return found

    return settings


def check(directory: Path, **variables: str) -> str:
    """What `manage.py check --deploy` says; it may start no server."""
    said = run(
        [str(ROOT / "manage.py"), "check", "--deploy", "--fail-level", "WARNING"],
        directory,
        variables | {"HEALTHMSG_VAR": str(directory / "var")},
    )
    assert not (directory / "var").exists()
    return said.stdout + said.stderr


def test_with_nothing_set_everything_is_here_and_nothing_leaves(read: Any) -> None:
    settings = read()

    assert settings["DATABASES"]["default"]["HOST"].startswith("/")
    assert settings["REDIS_URL"].startswith("unix://")
    assert settings["CELERY_BROKER_URL"].startswith("redis+socket://")
    assert settings["USES_SANDBOX"] is True
    assert settings["DEBUG"] is False
    assert settings["MISSING_FOR_LIVE"] == [
        "DATABASE_URL",
        "REDIS_URL",
        "SECRET_KEY",
        "AUDIT_KEYS",
        "WHATSAPP_BASE_URL",
        "WHATSAPP_TOKEN",
        "WHATSAPP_APP_SECRETS",
        "WHATSAPP_VERIFY_TOKEN",
    ]


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        pytest.param("WHATSAPP_APP_SECRETS", "sandbox-app-secret", id="secret-known-to-all"),
        pytest.param("WHATSAPP_BASE_URL", "http://127.0.0.1:8085", id="sandbox-by-another-name"),
        pytest.param("WHATSAPP_TOKEN", "", id="no-token"),
    ],
)
def test_what_reaches_nobody_or_shuts_nobody_out_is_missing_for_a_live_clinic(
    read: Any, variable: str, value: str
) -> None:
    settings = read(**PRODUCTION | {variable: value})

    assert settings["MISSING_FOR_LIVE"] == [variable]


def test_a_real_installation_uses_what_it_names(read: Any) -> None:
    settings = read(**PRODUCTION)

    database = settings["DATABASES"]["default"]
    assert (database["HOST"], database["PORT"]) == ("db.example.org", 5433)
    assert settings["CELERY_BROKER_URL"] == PRODUCTION["REDIS_URL"]
    assert settings["WHATSAPP_APP_SECRETS"] == ["new", "old"]
    assert settings["USES_SANDBOX"] is False
    assert settings["MISSING_FOR_LIVE"] == []


def test_a_pool_keeps_what_the_address_asks_for(read: Any) -> None:
    options = read(**PRODUCTION, DATABASE_POOL="on")["DATABASES"]["default"]["OPTIONS"]

    assert options["sslmode"] == "require"
    assert options["pool"]["max_size"] >= 4


def test_behind_https_cookies_and_pages_are_for_https_alone(read: Any) -> None:
    with_https, without = read(**PRODUCTION), read()

    names = ("SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SECURE_SSL_REDIRECT")
    assert [with_https[name] for name in names] == [True, True, True]
    assert [without[name] for name in names] == [False, False, False]
    assert with_https["SECURE_HSTS_SECONDS"] > 0


def test_only_the_demo_may_show_pages_in_a_frame(read: Any) -> None:
    by = {"HEALTHMSG_FRAMED_BY": "http://127.0.0.1:8085"}
    demo, usual, live = read(**by), read(), read(**PRODUCTION, **by)
    older = "django.middleware.clickjacking.XFrameOptionsMiddleware"

    def ancestors(settings: dict[str, Any]) -> Any:
        return settings["CONTENT_SECURITY_POLICY"]["DIRECTIVES"]["frame-ancestors"]

    assert ancestors(demo) == ["http://127.0.0.1:8085"]
    assert older not in demo["MIDDLEWARE"]
    for settings in (usual, live):
        assert ancestors(settings) == ["'none'"]
        assert older in settings["MIDDLEWARE"]


def test_a_secret_may_come_from_a_file(read: Any, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("from a file")

    assert read(WHATSAPP_TOKEN_FILE=str(tmp_path / "token"))["WHATSAPP_TOKEN"] == "from a file"


def test_a_real_installation_without_a_key_does_not_start(tmp_path: Path) -> None:
    without = {name: value for name, value in PRODUCTION.items() if name != "SECRET_KEY"}

    ended = run(["-c", _SHOW], tmp_path, without)

    assert ended.returncode != 0
    assert "SECRET_KEY is not set" in ended.stderr


def test_a_complete_installation_has_nothing_to_complain_of(tmp_path: Path) -> None:
    assert "no issues" in check(tmp_path, **PRODUCTION)


def test_mails_leave_through_the_server_that_is_named(read: Any) -> None:
    settings = read(**PRODUCTION)

    assert (settings["EMAIL_HOST"], settings["EMAIL_PORT"]) == ("mail.example.org", 587)
    assert settings["EMAIL_USE_TLS"] is True
    assert settings["EMAIL_TIMEOUT"] <= 10


@pytest.mark.parametrize("name", ["EMAIL_URL", "DEAD_MAN_URL"])
def test_a_deployment_that_tells_nobody_is_warned(name: str, tmp_path: Path) -> None:
    without = {key: value for key, value in PRODUCTION.items() if key != name}

    assert f"{name} is not set" in check(tmp_path, **without)


@pytest.mark.parametrize("name", ["DATABASE_URL", "REDIS_URL", "WHATSAPP_BASE_URL"])
def test_what_is_half_configured_is_named(name: str, tmp_path: Path) -> None:
    without = {key: value for key, value in PRODUCTION.items() if key != name}

    assert f"{name} is not set, though other variables" in check(tmp_path, **without)


@pytest.mark.parametrize(
    "name", ["WHATSAPP_TOKEN", "WHATSAPP_APP_SECRETS", "WHATSAPP_VERIFY_TOKEN"]
)
def test_the_sandboxs_secrets_are_not_for_a_real_installation(name: str, tmp_path: Path) -> None:
    without = {key: value for key, value in PRODUCTION.items() if key != name}

    assert f"{name} is not set, or is the sandbox's" in check(tmp_path, **without)


def test_a_deployment_on_the_sandbox_is_told_that_it_reaches_nobody(tmp_path: Path) -> None:
    assert "reach nobody" in check(tmp_path)


def test_a_deployment_whose_pages_may_be_framed_is_warned(tmp_path: Path) -> None:
    framed = PRODUCTION | {"HEALTHMSG_FRAMED_BY": "http://127.0.0.1:8085"}

    assert "HEALTHMSG_FRAMED_BY is set" in check(tmp_path, **framed)
