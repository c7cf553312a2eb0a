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
    Sex,
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
from healthmsg.clinic.models.reach import Reach
from healthmsg.clinic.models.staff import OfferedPermission, StaffUser
from healthmsg.clinic.models.tags import PatientTag, Tag
from healthmsg.clinic.models.vaccination import DoseSource, Immunisation, Vaccine
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
    "DoseSource",
    "GivenHow",
    "Immunisation",
    "Mode",
    "Need",
    "OfferedPermission",
    "Patient",
    "PatientState",
    "PatientTag",
    "Phone",
    "PhoneState",
    "Purpose",
    "Reach",
    "Relationship",
    "Saying",
    "Sex",
    "Site",
    "StaffUser",
    "Tag",
    "Vaccine",
    "VisitKind",
    "VisitPreparation",
    "VisitStatus",
    "Wording",
]
