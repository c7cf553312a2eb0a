"""How often one link may be asked: a person choosing needs few pages, a program wants many."""

from healthmsg.cockpit import visitors

MOST = 60
SECONDS = 600
# Links that are none of ours, from one address: whoever guesses has not got far by then.
MOST_WRONG = 30


def is_too_much(visit_id: int) -> bool:
    """Count one request."""
    return visitors.count("another-time", str(visit_id), seconds=SECONDS) > MOST


def is_guessing(address: str) -> bool:
    """Count one link that is none of ours."""
    return visitors.count("wrong-link", address, seconds=SECONDS) > MOST_WRONG
