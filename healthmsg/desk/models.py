"""The roof's own rows: alarms, the people who are told of them, and imports."""

from healthmsg.desk.alarms.models import Alarm, MorningMail, ReceiverGap, Silence, Telling, Watcher
from healthmsg.desk.imports.models import Finding, FolderFile, Import, ImportPiece, ImportRow

__all__ = [
    "Alarm",
    "Finding",
    "FolderFile",
    "Import",
    "ImportPiece",
    "ImportRow",
    "MorningMail",
    "ReceiverGap",
    "Silence",
    "Telling",
    "Watcher",
]
