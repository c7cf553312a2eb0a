"""
WhatsApp's errors in our words: one table of codes, and a tree that says what to do next.

SendError
├── TryAgain          nothing was sent; put it back
│   ├── Throttled     the number is too fast: slow down, no failure is counted
│   ├── PairThrottled this phone gets too many: it waits, others flow
│   ├── Delayed       something beside the number is slow: later, no failure is counted
│   └── LeaseOver     our time for it ran out before the first byte left
├── Refused           WhatsApp said no; give this message up
└── OutcomeUnknown    it may have been sent; wait for a receipt
"""

from datetime import timedelta

from whatsapp.codes import NOT_REACHED, Action, Meaning, code_of, known_codes, meaning

__all__ = ["NOT_REACHED", "Action", "Meaning", "code_of", "known_codes", "meaning"]

LONGEST_PAUSE = timedelta(minutes=10)
# The pace of the number is what slows down; its messages need not wait for long.
LONGEST_SLOW = timedelta(minutes=1)
_UNREACHABLE_FILE = 131053


class SendError(Exception):
    """A message was not accepted; the code is Meta's, and 0 is one of them: None is no code."""

    def __init__(self, message: str, *, code: int | None = None, details: str = "") -> None:
        super().__init__(message)
        self.code = code
        # Meta's own sentence, in English: for the author of a template, never for a log.
        self.details = details


class TryAgain(SendError):
    """Surely nothing was sent."""


class Throttled(TryAgain):
    """The number sends too fast."""


class PairThrottled(TryAgain):
    """One phone got too many messages from this number."""


class Delayed(TryAgain):
    """Calls about templates, or one form, are too many; messages go on."""


class LeaseOver(TryAgain):
    """The lease ran out before the first byte left: nothing was sent."""


class Refused(SendError):
    """WhatsApp's own no."""


class OutcomeUnknown(SendError):
    """It may have been accepted: never a failure, never a reason to send again at once."""


_KINDS: dict[Action, type[SendError]] = {
    Action.TRY_LATER: TryAgain,
    Action.SLOW_DOWN: Throttled,
    Action.SLOW_ASIDE: Delayed,
    Action.WAIT_FOR_PHONE: PairThrottled,
}


def refusal(code: int | None, *, details: str = "") -> SendError:
    """Return Meta's own no as the error that says what to do next."""
    found = meaning(code)
    return _KINDS.get(found.action, Refused)(found.title, code=code, details=details)


def retries(error: SendError, *, payload: str = "") -> int | None:
    """
    Return how many tries more an error allows after the first, None for as many as time allows.

    Being too fast is no failure, and what never reached WhatsApp is none of its.

    :param payload: what was posted; a file named by its link may be there the next time
    """
    if not isinstance(error, TryAgain):
        return 0
    if error.code is None or isinstance(error, Throttled | PairThrottled | Delayed):
        return None
    if error.code == _UNREACHABLE_FILE and '"link"' not in payload:
        return 0
    return meaning(error.code).retries


def pause(code: int | None, *, failures: int) -> timedelta:
    """
    Return how long to wait after so many failures before this one.

    An unknown fault at WhatsApp is tried after 1, 3 and 9 minutes: within a quarter of an hour.
    Source: WhatsApp Cloud API, throughput: a message that came too fast goes again after 2^n s.
    """
    found = meaning(code)
    is_slow = found.action == Action.SLOW_DOWN
    wait = max(found.wait, timedelta(seconds=1))
    grown: int = (2 if is_slow else 3) ** min(max(failures, 0), 6)
    return min(wait * grown, max(wait, LONGEST_SLOW if is_slow else LONGEST_PAUSE))
