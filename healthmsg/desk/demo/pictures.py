"""Pictures of the main pages, as the demo's day has left them; for the README."""

import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from django.db.models import Count, Model
from django.urls import reverse
from playwright.sync_api import Page, sync_playwright

from campaigns.models import Run
from healthmsg.clinic.models import Clinic, Patient, PatientState
from healthmsg.desk.demo import cards, house
from healthmsg.desk.demo.running import Running
from whatsapp.models import Thread

SIZE = (1200, 660)
# A picture that is larger makes the README slow to open.
LARGEST = 150_000


def take(running: Running, clinic: Clinic, directory: Path, *, now: datetime) -> list[Path]:
    """
    Take a picture of each main page, signed in as the demo's admin.

    :returns: the files written
    """
    # Beside a running browser the database may not be asked.
    pages = list(_pages(running, clinic, now))
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": SIZE[0], "height": SIZE[1]})
        _sign_in(page, running.desk)
        files = [_picture(page, address, directory / f"{name}.png") for name, address in pages]
        browser.close()
    return files


def _pages(running: Running, clinic: Clinic, now: datetime) -> Iterator[tuple[str, str]]:
    desk = running.desk.rstrip("/")
    tomorrow = (now.astimezone(clinic.zone) + timedelta(days=1)).date()
    yield "overview", desk + reverse("overview")
    yield "agenda", f"{desk}{reverse('agenda')}?day={tomorrow}"
    yield "to-call", desk + reverse("to_call")
    rows: dict[str, Model | None] = {
        "patient": _most_written_to(clinic),
        "inbox": _last_thread(clinic),
        "campaign": Run.objects.filter(campaign__clinic=clinic).order_by("-pk").first(),
    }
    for name, row in rows.items():
        if row is not None:
            yield name, f"{desk}/{cards.page_of(row)}"


def _most_written_to(clinic: Clinic) -> Patient | None:
    patients = clinic.patients.filter(state=PatientState.ACTIVE)
    return patients.annotate(many=Count("messages")).order_by("-many", "pk").first()


def _last_thread(clinic: Clinic) -> Thread | None:
    return Thread.objects.filter(clinic=clinic).order_by("-last_written_at", "-pk").first()


def _sign_in(page: Page, desk: str) -> None:
    page.goto(desk + reverse("admin:login").lstrip("/"))
    page.get_by_label("Username").fill("admin")
    page.get_by_label("Password").fill(house.PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url("**/admin/")


def _picture(page: Page, address: str, file: Path) -> Path:
    page.goto(address)
    page.wait_for_load_state("networkidle")
    page.screenshot(path=file)
    return file
