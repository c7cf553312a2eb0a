"""The rows of the ground floor, one module per noun."""

from healthmsg.clinic.models.clinic import Clinic, ClinicModeChange, ClosingDay, Mode, Site
from healthmsg.clinic.models.people import (
    Contact,
    Discretion,
    Need,
    Patient,
    PatientState,
    Phone,
    PhoneState,
    Relationship,
)
from healthmsg.clinic.models.permission import (
    Change,
    Channel,
    ConsentEvidence,
    ConsentRecord,
    GivenHow,
    Purpose,
    Wording,
)
from healthmsg.clinic.models.staff import StaffUser
from healthmsg.clinic.models.visits import (
    LIVE_VISIT,
    Answer,
    Appointment,
    Clinician,
    Saying,
    VisitKind,
    VisitPreparation,
    VisitStatus,
)

__all__ = [
    "LIVE_VISIT",
    "Answer",
    "Appointment",
    "Change",
    "Channel",
    "Clinic",
    "ClinicModeChange",
    "Clinician",
    "ClosingDay",
    "ConsentEvidence",
    "ConsentRecord",
    "Contact",
    "Discretion",
    "GivenHow",
    "Mode",
    "Need",
    "Patient",
    "PatientState",
    "Phone",
    "PhoneState",
    "Purpose",
    "Relationship",
    "Saying",
    "Site",
    "StaffUser",
    "VisitKind",
    "VisitPreparation",
    "VisitStatus",
    "Wording",
]
