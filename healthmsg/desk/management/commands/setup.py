"""`manage.py setup`: the first clinic of an installation, its admin and its WhatsApp number."""

import getpass
import os
from argparse import ArgumentParser
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError, call_command

from healthmsg import clock
from healthmsg.desk import setting_up
from healthmsg.desk.setting_up import House, NotPossible, Wishes
from reminders import rules
from whatsapp.errors import SendError
from whatsapp.graph import Graph


@dataclass(frozen=True)
class Question:
    """One thing to ask for; the flag's name is the field's."""

    field: str
    words: str
    usual: str | None = None  # None: it must be answered

    @property
    def flag(self) -> str:
        return f"--{self.field.replace('_', '-')}"


QUESTIONS = (
    Question("name", "Name of the clinic, as patients know it"),
    Question("country", "Country, two letters such as AR"),
    Question("time_zone", "Time zone, such as America/Argentina/Buenos_Aires"),
    Question(
        "languages",
        "Languages of your templates by name or code, such as Spanish,pt_BR; first the spare",
    ),
    Question("phone", "Phone for patients"),
    Question("emergency_number", "Emergency number"),
    Question("site", "Name of the first site"),
    Question("address", "Its address"),
    Question("admin", "Name to sign in with", "admin"),
    Question("waba_id", "WhatsApp Business Account id (empty: later)", ""),
    Question("phone_number_id", "Phone number id (empty: later)", ""),
)


class Command(BaseCommand):
    """Asks for what no flag gave; run again, it makes only what is missing."""

    help = __doc__ or ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        for question in QUESTIONS:
            parser.add_argument(question.flag, help=question.words)
        parser.add_argument(
            "--no-input",
            "--noinput",
            action="store_false",
            dest="interactive",
            help="Ask nothing; the admin's password is DJANGO_SUPERUSER_PASSWORD",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        call_command("migrate", verbosity=0)
        try:
            house = setting_up.furnish(self._wishes(options))
        except NotPossible as error:
            raise CommandError(f"Nothing was changed. {error}") from error
        self.stdout.write(f"{house.clinic} is set up, in practice: nothing reaches patients yet.")
        self._bring_home(house)
        self._say_what_is_next(house)

    def _wishes(self, options: Mapping[str, Any]) -> Wishes:
        answers = {q.field: options[q.field] for q in QUESTIONS}
        if options["interactive"]:
            answers |= {q.field: _ask(q) for q in QUESTIONS if answers[q.field] is None}
        answers |= {q.field: q.usual for q in QUESTIONS if answers[q.field] in (None, "")}
        lacking = [q.flag for q in QUESTIONS if answers[q.field] is None]
        if lacking:
            raise CommandError(f"Nothing was changed. Needed: {', '.join(lacking)}")
        languages = [code.strip() for code in answers.pop("languages").split(",")]
        return Wishes(
            **answers,
            languages=tuple(filter(None, languages)),
            password=_password(interactive=options["interactive"]),
        )

    def _bring_home(self, house: House) -> None:
        if house.sender is None:
            return
        meta = Graph(
            base_url=settings.WHATSAPP_BASE_URL or settings.SANDBOX_URL,
            version=settings.WHATSAPP_GRAPH_VERSION,
            token=settings.WHATSAPP_TOKEN,
        )
        try:
            count = setting_up.bring_home(house.sender, meta, now=clock.now())
        except SendError as error:
            self.stderr.write(f"WhatsApp was asked for templates, without success: {error}.")
            self.stderr.write("Correct it and run this again; beat asks every 15 minutes too.")
        else:
            self.stdout.write(f"{count} templates were fetched.")

    def _say_what_is_next(self, house: House) -> None:
        host = next(iter(settings.ALLOWED_HOSTS), "localhost")
        self.stdout.write("\nWhat to do next:")
        self._step(f"Start the processes of the Procfile and sign in as {house.admin}.")
        if settings.USES_SANDBOX:
            self._step("Set WHATSAPP_BASE_URL; until then messages go to the sandbox.")
        self._step(f"At Meta, enter https://{host}/webhooks/whatsapp and WHATSAPP_VERIFY_TOKEN.")
        if house.sender is None:
            self._step("Run this again with --waba-id and --phone-number-id.")
        else:
            in_use = rules.in_use(house.clinic)
            missing = setting_up.templates_missing(house.clinic, house.sender.account, in_use)
            for name, languages in missing.items():
                self._step(f"Get {name} approved in {', '.join(languages)}.")
        self._step("Mark your own phone as a test phone, book a visit, read; then go live.")

    def _step(self, words: str) -> None:
        self.stdout.write(f"  - {words}")


def _ask(question: Question) -> str:
    usual = f" [{question.usual}]" if question.usual else ""
    return input(f"{question.words}{usual}: ").strip()


def _password(*, interactive: bool) -> str:
    given = os.environ.get("DJANGO_SUPERUSER_PASSWORD", "")
    if given or not interactive:
        return given
    password = getpass.getpass("Password (unused where this person exists): ")
    if password != getpass.getpass("Password again: "):
        raise CommandError("Nothing was changed. The two passwords differ.")
    return password
