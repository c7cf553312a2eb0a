"""`manage.py machine`: whether the database knows this machine, and letting a further one send."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand

from healthmsg import clock
from healthmsg.desk.backups import machines
from healthmsg.desk.backups.models import Machine


class Command(BaseCommand):
    """Run it on a further machine before its processes start, else everything stands still."""

    help = __doc__ or ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--belongs", action="store_true", help="This machine works with those that are known."
        )

    def handle(self, *_args: Any, belongs: bool, **_options: Any) -> None:
        path = Path(settings.MACHINE_FILE)
        if belongs:
            machines.belongs(path, by=None, now=clock.now())
        is_known = Machine.objects.filter(pk=machines.mine(path)).exists()
        self.stdout.write("This machine is known." if is_known else "This machine is not known.")
