"""A lost .env must not turn every tick blue while no patient receives anything."""

from pathlib import Path

import pytest
from django.conf import LazySettings

from healthmsg import embedded, start


@pytest.fixture
def checkout(settings: LazySettings, tmp_path: Path) -> Path:
    settings.EMBEDDED = embedded.Location(tmp_path, durable=False)
    settings.MISSING_FOR_LIVE = ()
    return tmp_path


def test_where_a_clinic_was_live_nothing_starts_without_the_settings(
    checkout: Path, settings: LazySettings
) -> None:
    start.remember(is_live=True)
    settings.MISSING_FOR_LIVE = ("DATABASE_URL", "WHATSAPP_BASE_URL")

    with pytest.raises(SystemExit, match="DATABASE_URL, WHATSAPP_BASE_URL is not set"):
        start.servers()

    assert [path.name for path in checkout.iterdir()] == [start.MARK]


def test_the_mark_goes_with_the_last_live_clinic(checkout: Path) -> None:
    start.remember(is_live=True)
    start.remember(is_live=True)

    start.remember(is_live=False)
    start.remember(is_live=False)

    assert list(checkout.iterdir()) == []


def test_a_process_that_lacks_settings_forgets_nothing(
    checkout: Path, settings: LazySettings
) -> None:
    start.remember(is_live=True)
    settings.MISSING_FOR_LIVE = ("DATABASE_URL",)

    start.remember(is_live=False)

    assert (checkout / start.MARK).exists()
