"""How a run goes, and who would get it, in words and numbers that add up."""

from collections import Counter
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy

from campaigns import forecast, progress, wording
from campaigns.languages import Words
from campaigns.models import Campaign, Run, RunStatus
from campaigns.wording import Flag, Kind
from healthmsg.clinic.languages import LANGUAGES
from healthmsg.cockpit import Tone, mark
from whatsapp.status import Reason, Status

_FLAGS = {
    Kind.TELLS: gettext_lazy("%(language)s: “%(word)s” may tell others why you write."),
    Kind.NO_CLINIC: gettext_lazy("%(language)s: it does not say which clinic writes."),
    Kind.NO_WAY_OUT: gettext_lazy("%(language)s: it does not say how to get no more of these."),
    Kind.UNREAD: gettext_lazy("%(language)s: we know no telling words in it; please read it."),
}
_TONES = {
    RunStatus.EXPANDING: Tone.WAITING,
    RunStatus.POURING: Tone.WAITING,
    RunStatus.PAUSED: Tone.ASKS,
    RunStatus.DONE: Tone.GOOD,
    RunStatus.CANCELLED: Tone.QUIET,
}


def audience_in_words(look: Counter[str]) -> dict[str, Any]:
    """Return who would get it, and why the others would not, most first."""
    return {
        "reached": look[""],
        "total": sum(look.values()),
        "not_sent": reasons_in_words(Counter({reason: n for reason, n in look.items() if reason})),
    }


def flags_in_words(campaign: Campaign) -> list[str]:
    """Return what a person has to look at in the words before they go to many."""
    name = campaign.clinic.name
    found = [f for one in Words(campaign).approved for f in wording.flags(one, clinic_name=name)]
    return [_flag(flag) for flag in found]


def _flag(flag: Flag) -> str:
    language = LANGUAGES.get(flag.language, flag.language)
    return str(_FLAGS[flag.kind]) % {"language": language, "word": flag.word}


def run_in_words(run: Run, *, now: datetime) -> dict[str, Any]:
    """Return how far a run has come, and when it will be done."""
    shown = progress.of(run)
    is_going = run.status in {RunStatus.EXPANDING, RunStatus.POURING}
    done = shown.audience - shown.waiting
    return {
        "run": run,
        "mark": mark(run.get_status_display(), _TONES[RunStatus(run.status)]),
        "is_held": run.stream.held_at is not None,
        "done_at": forecast.of_run(run, now=now) if is_going and shown.waiting else None,
        "is_sending": is_going and shown.waiting,
        "is_going": run.status not in {RunStatus.DONE, RunStatus.CANCELLED},
        "progress": shown,
        "percent": round(100 * done / shown.audience) if shown.audience else 0,
        "by_status": [
            (str(Status(status).label), n) for status, n in shown.by_status.most_common()
        ],
        "not_sent": reasons_in_words(shown.not_sent),
    }


def reasons_in_words(counts: Counter[str]) -> list[tuple[str, int]]:
    """Return reasons and how many, most first."""
    return [(str(Reason(reason).label), n) for reason, n in counts.most_common()]
