"""Counts days again for the trends: `manage.py count_days --from 2026-01-01 --until 2026-03-31`."""

from datetime import date, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from healthmsg import clock
from healthmsg.clinic.models import Clinic
from healthmsg.desk.daily import counting


class Command(BaseCommand):
    help = "Count days again from the rows themselves; what was counted before is written over."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--from", dest="first", type=date.fromisoformat, required=True)
        parser.add_argument("--until", dest="last", type=date.fromisoformat, required=True)
        parser.add_argument("--clinic", type=int, help="its number; without, all clinics")

    def handle(self, *_args: Any, **options: Any) -> None:
        first, last = options["first"], options["last"]
        if last < first:
            raise CommandError("The last day is before the first.")
        clinics = Clinic.objects.order_by("pk")
        if options["clinic"]:
            clinics = clinics.filter(pk=options["clinic"])
        days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
        settled = 0
        for clinic in clinics:
            for day in days:
                settled += not counting.count(clinic, day, now=clock.now())
        self.stdout.write(f"{len(days)} days of {len(clinics)} clinics are counted.")
        if settled:
            self.stdout.write(
                f"{settled} of them stay as they were counted: their visits may be removed by now."
            )
