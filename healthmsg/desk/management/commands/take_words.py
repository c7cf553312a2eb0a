"""
`manage.py take_words`: brings the catalogs of the screens' words up to date, and compiles them.

New words are added to `healthmsg/locale/*/LC_MESSAGES/django.po`, to be translated there; run it
again after that. It needs the gettext tools (xgettext, msgmerge); with `--compile` it needs none.
"""

from io import BytesIO
from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from django.conf import settings
from django.core.management.base import CommandParser
from django.core.management.commands import makemessages

LANGUAGES = ("ar", "es")
SPOKEN = ("campaigns/", "healthmsg/", "reminders/", "whatsapp/")
# Who tries it out reads English: the demo is spoken to at a terminal.
UNSPOKEN = ("healthmsg/desk/demo/",)


class Command(makemessages.Command):
    help = __doc__ or ""

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--compile", action="store_true", dest="only_compile")

    def handle(self, *args: Any, **options: Any) -> None:
        only_compile = options.pop("only_compile")
        if not only_compile:
            options |= {"locale": list(LANGUAGES), "no_location": True, "no_wrap": True}
            super().handle(*args, **options)
        for catalog in catalogs():
            catalog.with_suffix(".mo").write_bytes(compiled(catalog))

    def find_files(self, root: str) -> list[Any]:
        return [one for one in super().find_files(root) if _is_spoken(one.path)]


def catalogs() -> list[Path]:
    return sorted(Path(settings.LOCALE_PATHS[0]).glob("*/LC_MESSAGES/django.po"))


def compiled(catalog: Path) -> bytes:
    """Return the catalog as programs read it, without what is fuzzy or not translated."""
    written = BytesIO()
    with catalog.open("rb") as words:
        write_mo(written, read_po(words, locale=catalog.parts[-3]))
    return written.getvalue()


def _is_spoken(path: str) -> bool:
    name = str(Path(path))
    return name.startswith(SPOKEN) and not name.startswith(UNSPOKEN)
