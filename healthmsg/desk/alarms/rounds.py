"""One round of the watch, as beat asks for it or whoever stands in for beat."""

from healthmsg import clock
from healthmsg.desk.alarms import deadman, morning, signs, silences, telling, watching
from healthmsg.desk.alarms.moment import Moment


def look() -> None:
    """Look at everything that can be wrong; tell nobody yet."""
    moment = now()
    signs.give(signs.WATCH)
    silences.notice(now=moment.real)
    silences.take_up(now=moment.real)
    watching.watch(moment)


def tell() -> int:
    """
    Tell whom there is to tell; a slow mail server makes this slow, and nothing else.

    :returns: how many mails and posts that was
    """
    moment = now()
    deadman.ping(now=moment.real)
    told = telling.tell(now=signs.real_now)
    return told + morning.greet(real=moment.real, business=moment.business)


def now() -> Moment:
    real = signs.real_now()
    shared = clock.shared()
    stamp = real.timestamp()
    # A clock that stands, as tests have it, hurries nobody.
    is_hurried = shared is not None and (
        (shared.at(stamp + 1) - shared.at(stamp)).total_seconds() > 1.5
    )
    return Moment(real, clock.now(), is_hurried)
