"""Lists of patients, campaigns, their runs, and who was reached by each."""

from campaigns.models.audiences import Audience, Doses, NextVisit
from campaigns.models.campaigns import LEAVE_OUT, Campaign, Notice, RatePer, WhenLate
from campaigns.models.deputies import Deputy
from campaigns.models.limits import DayCount, FreeSlots, PriorityGroup
from campaigns.models.lists import ListEntry, PatientList
from campaigns.models.runs import Recipient, Run, RunStatus

__all__ = [
    "LEAVE_OUT",
    "Audience",
    "Campaign",
    "DayCount",
    "Deputy",
    "Doses",
    "FreeSlots",
    "ListEntry",
    "NextVisit",
    "Notice",
    "PatientList",
    "PriorityGroup",
    "RatePer",
    "Recipient",
    "Run",
    "RunStatus",
    "WhenLate",
]
