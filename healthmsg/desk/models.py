"""The roof's own rows: alarms and who is told, imports, days in numbers, incidents."""

from healthmsg.desk.agenda.models import AskLater
from healthmsg.desk.alarms.models import Alarm, MorningMail, ReceiverGap, Silence, Telling, Watcher
from healthmsg.desk.backups.models import Machine, Standstill
from healthmsg.desk.cancelled_lists.models import AffectedVisit, CancelledList
from healthmsg.desk.daily.models import CountedDay, DayCount
from healthmsg.desk.imports.models import Finding, FolderFile, Import, ImportPiece, ImportRow
from healthmsg.desk.merging.models import PatientMerge, SuspectedDuplicate
from healthmsg.desk.privacy.models import Removal, RetentionRule, RetentionRun
from healthmsg.desk.proof.models import PermissionCode
from healthmsg.desk.register.models import Incident, IncidentLine, IncidentPatient
from healthmsg.desk.unreached.models import UnreachedOutcome

__all__ = [
    "AffectedVisit",
    "Alarm",
    "AskLater",
    "CancelledList",
    "CountedDay",
    "DayCount",
    "Finding",
    "FolderFile",
    "Import",
    "ImportPiece",
    "ImportRow",
    "Incident",
    "IncidentLine",
    "IncidentPatient",
    "Machine",
    "MorningMail",
    "PatientMerge",
    "PermissionCode",
    "ReceiverGap",
    "Removal",
    "RetentionRule",
    "RetentionRun",
    "Silence",
    "Standstill",
    "SuspectedDuplicate",
    "Telling",
    "UnreachedOutcome",
    "Watcher",
]
