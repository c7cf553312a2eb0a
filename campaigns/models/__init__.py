"""Lists of patients, campaigns, their runs, who was reached by each, and what it costs."""

from campaigns.models.audiences import Audience, Doses, NextVisit
from campaigns.models.campaigns import LEAVE_OUT, Campaign, WhenLate
from campaigns.models.deputies import Deputy
from campaigns.models.lists import ListEntry, PatientList
from campaigns.models.rates import Rate
from campaigns.models.runs import Recipient, Run, RunStatus

__all__ = [
    "LEAVE_OUT",
    "Audience",
    "Campaign",
    "Deputy",
    "Doses",
    "ListEntry",
    "NextVisit",
    "PatientList",
    "Rate",
    "Recipient",
    "Run",
    "RunStatus",
    "WhenLate",
]
