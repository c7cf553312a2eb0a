"""Sets one scenario's stage, says what to try, and with `--exit` plays and judges it."""

import time
from contextlib import suppress
from datetime import timedelta

from django.utils.translation import gettext as _
from rich.console import Console

from healthmsg import clock
from healthmsg.desk.demo import house, tally
from healthmsg.desk.demo.cards import Card
from healthmsg.desk.demo.phones import SandboxSaysNo
from healthmsg.desk.demo.running import HURRIED, NeverSo, Running
from healthmsg.desk.demo.scenarios.scenario import Entry, Finding, Scenario

# Ten seconds before the reminders of the day are due.
BEGINS = timedelta(hours=9, minutes=59, seconds=50)
SETTLING_SECONDS = 15.0
_CLINICIANS = 4
# What follows on an act comes within seconds, so that nobody waits before a phone.
HURRIED_TOO = (*HURRIED, "plan again what was withheld", "tend offers of times", "watch")


def run(entry: Entry, running: Running, console: Console, *, exits: bool) -> bool:
    """
    Show a scenario until Ctrl-C, or play it; True where nothing was wrong.

    :raises NotUp: it could not be shown
    """
    began = time.monotonic()
    running.say(
        _("Starting everything, and setting the stage: %(about)s …") % {"about": entry.about}
    )
    home = running.open(clinicians=_CLINICIANS, hurried=HURRIED_TOO)
    scenario = entry.stage(home, now=clock.now())
    running.wait_for_everybody()
    cards = scenario.cards()
    address = running.phones.show([card.as_json() for card in cards], desk=running.desk)
    scenario.begin(running)
    if exits:
        is_right = _played(scenario, home, running, console)
        running.say(_("%(seconds).0f seconds in all.") % {"seconds": time.monotonic() - began})
        return is_right
    running.say(in_words(cards, address=address, desk=running.desk))
    with suppress(KeyboardInterrupt):
        running.serve()
    return True


def in_words(cards: tuple[Card, ...], *, address: str, desk: str) -> str:
    """Return what to open, who to sign in as, and what to do."""
    lines = [
        "",
        _("Desk, phone and cards  %(address)s") % {"address": address},
        _("The clinic's pages     %(desk)s") % {"desk": desk},
        _("Sign in as admin or reception, password %(password)s. Ctrl-C ends everything.")
        % {"password": house.PASSWORD},
    ]
    for card in cards:
        lines += ["", card.title]
        lines += [f"  {n}. {step}" for n, step in enumerate(card.steps, start=1)]
    return "\n".join(lines)


def _played(scenario: Scenario, home: house.House, running: Running, console: Console) -> bool:
    late = []
    try:
        scenario.play(running)
        # An answer may have come due in this moment; what a campaign still has to send may not end.
        with suppress(NeverSo):
            running.until(running.is_quiet, what="", seconds=SETTLING_SECONDS)
        running.until(
            lambda: tally.is_heard() and running.phones.are_quiet(),
            what=_("all that came back is taken up"),
            seconds=SETTLING_SECONDS,
        )
    except (NeverSo, SandboxSaysNo) as error:
        # The judge still says what is so, which is what somebody will want to know.
        late = [Finding(str(error), is_so=False)]
    taken = running.phones.taken()
    now = clock.now()
    checked = tally.check(home.clinic, [one.callback for one in taken], now=now)
    findings = [
        *late,
        *scenario.judge(taken, now=now),
        Finding(
            _("nothing lost, nothing twice, of %(count)d messages that the sandbox took")
            % {"count": len(taken)},
            is_so=not checked.lost and not checked.duplicates,
        ),
        *(Finding(problem, is_so=False) for problem in checked.problems[:5]),
    ]
    for finding in findings:
        mark = "[green]✓[/]" if finding.is_so else "[red]✗[/]"
        console.print(mark, finding.says, highlight=False)
    return all(finding.is_so for finding in findings)
