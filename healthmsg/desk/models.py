"""The roof's own rows: alarms, and the people who are told of them."""

from healthmsg.desk.alarms.models import Alarm, MorningMail, ReceiverGap, Silence, Telling, Watcher

__all__ = ["Alarm", "MorningMail", "ReceiverGap", "Silence", "Telling", "Watcher"]
