"""How a run goes, and who would get it, in words and numbers that add up."""

from collections import Counter
from datetime import datetime
from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns import results, trial, wording
from campaigns.admin import charts
from campaigns.answers import Answers
from campaigns.languages import Words
from campaigns.models import Campaign, Run, RunStatus
from campaigns.progress import Progress
from campaigns.results import Results
from campaigns.wording import Flag, Kind
from healthmsg.clinic.languages import LANGUAGES
from healthmsg.cockpit import Tone, mark
from whatsapp.models import ReplyOutcome
from whatsapp.status import Reason, Status

_FLAGS = {
    Kind.TELLS: gettext_lazy("%(language)s: “%(word)s” may tell others why you write."),
    Kind.REPROACHES: gettext_lazy(
        "%(language)s: “%(word)s” says that something was missed. Our records may be incomplete:"
        " invite, and ask to check with you."
    ),
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
# What WhatsApp has taken, whatever became of it; of an unknown call nobody can say so.
_WITH_WHATSAPP = (Status.ACCEPTED, Status.SENT, Status.DELIVERED, Status.READ)


def audience_in_words(look: Counter[str]) -> dict[str, Any]:
    """Return who would get it, and why the others would not, most first."""
    return {
        "reached": look[""],
        "total": sum(look.values()),
        "not_sent": reasons_in_words(Counter({reason: n for reason, n in look.items() if reason})),
    }


def flags_in_words(campaign: Campaign, words: Words) -> list[str]:
    """Return what a person has to look at in the words before they go to many."""
    name = campaign.clinic.name
    found = [f for one in words.approved for f in wording.flags(one, clinic_name=name)]
    return [_flag(flag) for flag in found]


def _flag(flag: Flag) -> str:
    language = LANGUAGES.get(flag.language, flag.language)
    return str(_FLAGS[flag.kind]) % {"language": language, "word": flag.word}


def run_in_words(run: Run, *, now: datetime) -> dict[str, Any]:
    """Return how far a run has come, in one line, and when it will be done."""
    found = results.seen(run, now=now)
    is_going = run.status in {RunStatus.EXPANDING, RunStatus.POURING}
    return {
        "run": run,
        "mark": mark_of(run),
        "results": found,
        "progress": found.progress,
        "has_no_place": is_going and found.progress.waiting and found.done_at is None,
        "may_be_ended": run.finished_at is None and run.status != RunStatus.CANCELLED,
        "may_be_tried_again": run.status in {RunStatus.DONE, RunStatus.POURING}
        and found.progress.audience > 0,
        "is_held": run.stream.held_at is not None and run.status != RunStatus.CANCELLED,
    }


def told_in_full(run: Run, *, now: datetime) -> dict[str, Any]:
    """Return everything a run's own page tells, from planned to answered."""
    told = run_in_words(run, now=now)
    found: Results = told["results"]
    counted, answers = found.progress, found.answers
    return told | {
        "steps": _steps(counted, answers),
        "not_sent": reasons_in_words(counted.not_sent),
        "failed": reasons_in_words(counted.failed),
        "answers": [
            (str(ReplyOutcome(kind).label), n) for kind, n in answers.by_kind.most_common()
        ],
        "trial": trial.result(run) if run.campaign.trial_size else None,
        "charts": charts.of_run(counted, answers, zone=run.campaign.clinic.zone),
    }


def mark_of(run: Run) -> SafeString:
    return mark(run.get_status_display(), _TONES[RunStatus(run.status)])


def _steps(counted: Progress, answers: Answers) -> list[tuple[str, int, str]]:
    """Return each step with its count, and what a person has to know of it."""
    sent = sum(counted.by_status[status] for status in _WITH_WHATSAPP)
    read = counted.by_status[Status.READ]
    unknown = counted.by_status[Status.UNCERTAIN]
    return [
        (_("planned"), counted.audience, ""),
        (_("not sent"), counted.not_sent.total(), ""),
        (_("waiting"), counted.waiting, ""),
        (_("taken by WhatsApp"), sent, ""),
        (_("arrived"), counted.arrived, ""),
        (_("read"), read, _("Only of those who let others see that they have read.")),
        (_("answered"), answers.answered, ""),
        (_("could not be delivered"), counted.by_status[Status.FAILED], ""),
        (_("WhatsApp has not told us"), unknown, _("Whether it arrived; receipts may follow.")),
        (_("asked us to stop"), answers.stopped, ""),
    ]


def reasons_in_words(counts: Counter[str]) -> list[tuple[str, int]]:
    """Return reasons and how many, most first."""
    none = _("no reason was given")
    return [(str(Reason(r).label) if r else none, n) for r, n in counts.most_common()]
