"""Schedules and seasons, lists of patients, campaigns, their runs, and who was reached by each."""

from campaigns.models.audiences import Audience, Doses, NextVisit
from campaigns.models.campaigns import LEAVE_OUT, Campaign, WhenLate
from campaigns.models.deputies import Deputy
from campaigns.models.lists import ListEntry, Making, PatientList
from campaigns.models.runs import Recipient, Run, RunStatus
from campaigns.models.schedules import Schedule, ScheduleDose, Season
from campaigns.models.topics import DeclinedTopic

__all__ = [
    "LEAVE_OUT",
    "Audience",
    "Campaign",
    "DeclinedTopic",
    "Deputy",
    "Doses",
    "ListEntry",
    "Making",
    "NextVisit",
    "PatientList",
    "Recipient",
    "Run",
    "RunStatus",
    "Schedule",
    "ScheduleDose",
    "Season",
    "WhenLate",
]
