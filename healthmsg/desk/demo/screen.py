"""What the demo shows while it runs: a live view in a terminal, plain lines elsewhere."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Protocol

from django.utils.translation import gettext as _
from rich.console import Console, Group
from rich.live import Live
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from healthmsg.clinic.models import Clinic
from healthmsg.desk.demo.tally import Checked, Numbers
from reminders.adding_up import Tally
from whatsapp.status import Reason


class Shows(Protocol):
    def __call__(self, numbers: Numbers, *, now: datetime, per_second: float) -> None: ...


@contextmanager
def watching(console: Console, clinic: Clinic) -> Iterator[Shows]:
    """Yield what shows the numbers: in place in a terminal, elsewhere a line now and then."""
    if not console.is_terminal:
        yield _Lines(console, clinic)
        return
    with Live(console=console, refresh_per_second=8) as live:

        def show(numbers: Numbers, *, now: datetime, per_second: float) -> None:
            live.update(_panel(clinic, numbers, now, per_second))

        yield show


class _Lines:
    """One line for every hour of the clinic's day."""

    def __init__(self, console: Console, clinic: Clinic) -> None:
        self._console = console
        self._clinic = clinic
        self._hour = -1

    def __call__(self, numbers: Numbers, *, now: datetime, per_second: float) -> None:
        local = now.astimezone(self._clinic.zone)
        if local.hour == self._hour:
            return
        self._hour = local.hour
        self._console.print(
            f"{local:%H:%M}  planned {numbers.planned}, queued {numbers.queued}, accepted"
            f" {numbers.accepted}, delivered {numbers.delivered}, read {numbers.read}, confirmed"
            f" {numbers.confirmed}, cancelled {numbers.cancelled}, stopped {numbers.opted_out}",
            highlight=False,
        )


def _panel(clinic: Clinic, numbers: Numbers, now: datetime, per_second: float) -> Panel:
    local = now.astimezone(clinic.zone)
    clock = Text(f"{local:%A %H:%M}", style="bold")
    clock.append(f"  {clinic.time_zone}, {_('practice: nothing leaves this machine')}", style="dim")
    clock.append(f"   {per_second:.0f} {_('messages a second')}", style="cyan")
    return Panel(
        Group(clock, Text(), _stages(numbers), Text(), _answers(numbers)),
        title=clinic.name,
        border_style="green",
    )


def _stages(numbers: Numbers) -> Table:
    table = Table.grid(padding=(0, 2))
    stages = (
        (_("planned"), numbers.planned),
        (_("written"), numbers.queued),
        (_("taken by WhatsApp"), numbers.accepted),
        (_("sent"), numbers.sent),
        (_("arrived"), numbers.delivered),
        (_("read"), numbers.read),
    )
    most = max(1, *(n for _label, n in stages))
    for label, n in stages:
        table.add_row(
            label, Text(f"{n}", justify="right"), ProgressBar(total=most, completed=n, width=40)
        )
    return table


def _answers(numbers: Numbers) -> Table:
    table = Table.grid(padding=(0, 3))
    table.add_row(
        f"{_('confirmed')} [green]{numbers.confirmed}[/]",
        f"{_('another time')} [yellow]{numbers.another_time}[/]",
        f"{_('cancelled')} [yellow]{numbers.cancelled}[/]",
        f"{_('asked us to stop')} [red]{numbers.opted_out}[/]",
        f"{_('for a person to read')} {numbers.for_a_person}",
    )
    table.add_row(
        f"{_('could not be delivered')} {numbers.failed}",
        f"{_('not sent')} {sum(numbers.withheld.values())}",
        f"{_('waiting')} {numbers.waiting}",
    )
    return table


def summary(console: Console, numbers: Numbers, checked: Checked, tally: Tally) -> None:
    """Print what became of everything, and whether the ledger agrees."""
    table = Table(title=_("Not sent, and why"), show_header=False)
    for reason, n in numbers.withheld.items():
        table.add_row(str(Reason(reason).label), str(n))
    console.print(table)
    good = "green" if not (checked.lost or checked.duplicates) else "red"
    console.print(
        f"[{good}]lost {checked.lost}, duplicates {checked.duplicates}[/]"
        f" ({checked.ledger} messages in the sandbox's ledger)",
        highlight=False,
    )
    if checked.sent_again:
        console.print(f"sent again after an unknown outcome: {checked.sent_again}", highlight=False)
    for problem in checked.problems[:10]:
        console.print(f"  {problem}", highlight=False)
    console.print(
        f"[bold]{_('Tomorrow')}: {tally.sentence}[/]",
        highlight=False,
    )
