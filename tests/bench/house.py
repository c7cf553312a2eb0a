"""A house of the bench's own: servers in a temporary directory, migrated, and a sandbox."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.request import urlopen

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")

PORT = 18085


def open_house() -> None:
    """Start servers and Django; call first."""
    import django
    from django.conf import settings
    from django.core.management import call_command

    from healthmsg import embedded

    django.setup()
    embedded.ensure(settings.EMBEDDED)
    call_command("migrate", verbosity=0)


@contextmanager
def sandbox(*flags: str) -> Iterator[str]:
    """A sandbox process; yields its base address."""
    command = [sys.executable, "-m", "whatsapp.sandbox", "--port", str(PORT), *flags]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    base = f"http://127.0.0.1:{PORT}"
    try:
        for _ in range(100):
            try:
                urlopen(f"{base}/_sandbox/stats")
                break
            except OSError:
                time.sleep(0.05)
        yield base
    finally:
        process.terminate()
        process.wait(10)


def stats(base: str) -> dict[str, object]:
    with urlopen(f"{base}/_sandbox/stats") as answer:
        return dict(json.load(answer))
