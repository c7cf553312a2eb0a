"""What beat does before it rings: it looks back at how long it was silent, and says it lives."""

from healthmsg.desk.alarms import signs, silences


def sign() -> None:
    """Notice a long silence before the sign that ends it."""
    silences.notice(now=signs.real_now())
    signs.give(signs.BEAT)
