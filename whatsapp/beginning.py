"""What every process does before it works: it looks whether its keys open what is sealed here."""

from healthmsg import start
from healthmsg.clinic import going_live
from whatsapp import sealing


def look() -> None:
    """
    Stop a process that could not read the newest of what a live clinic has sealed.

    :raises LiveWithoutSettings: messages would wait for their key, and answers be heard by nobody
    """
    if going_live.is_any_live() and (locked := sealing.locked()):
        raise going_live.wrong_keys(", ".join(locked))


start.also(look)
