"""Schedules, seasons and lists, campaigns, their runs, whom each reached, and what it costs."""

from campaigns.models.audiences import Audience, Doses, NextVisit
from campaigns.models.campaigns import LEAVE_OUT, Campaign, Notice, RatePer, WhenLate
from campaigns.models.deputies import Deputy
from campaigns.models.limits import DayCount, FreeSlots, PriorityGroup
from campaigns.models.lists import ListEntry, Making, PatientList
from campaigns.models.rates import Rate
from campaigns.models.runs import Recipient, Run, RunStatus
from campaigns.models.schedules import Schedule, ScheduleDose, Season
from campaigns.models.topics import DeclinedTopic

__all__ = [
    "LEAVE_OUT",
    "Audience",
    "Campaign",
    "DayCount",
    "DeclinedTopic",
    "Deputy",
    "Doses",
    "FreeSlots",
    "ListEntry",
    "Making",
    "NextVisit",
    "Notice",
    "PatientList",
    "PriorityGroup",
    "Rate",
    "RatePer",
    "Recipient",
    "Run",
    "RunStatus",
    "Schedule",
    "ScheduleDose",
    "Season",
    "WhenLate",
]
