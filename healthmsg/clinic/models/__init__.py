"""The rows of the ground floor, one module per noun."""

from healthmsg.clinic.models.audit import (
    AuditHead,
    AuditKind,
    AuditLine,
    AuditNote,
    AuditVerb,
    PatientKey,
)
from healthmsg.clinic.models.availability import Leave, SlotHold, WorkingHours
from healthmsg.clinic.models.clinic import Clinic, ClinicModeChange, ClosingDay, Mode, Site
from healthmsg.clinic.models.holds import LegalHold
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
    Basis,
    Change,
    Channel,
    ConsentEvidence,
    ConsentRecord,
    GivenHow,
    LegalBasis,
    Purpose,
    Wording,
)
from healthmsg.clinic.models.reach import Obstacle, Reach, obstacle
from healthmsg.clinic.models.remembered import RememberedStop, StopKind, UnkeptStop
from healthmsg.clinic.models.staff import OfferedPermission, RecoveryCode, StaffUser, Telephone
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
    "AuditHead",
    "AuditKind",
    "AuditLine",
    "AuditNote",
    "AuditVerb",
    "Basis",
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
    "Leave",
    "LegalBasis",
    "LegalHold",
    "Mode",
    "Need",
    "Obstacle",
    "OfferedPermission",
    "Patient",
    "PatientKey",
    "PatientState",
    "PatientTag",
    "Phone",
    "PhoneState",
    "Purpose",
    "Reach",
    "RecoveryCode",
    "Relationship",
    "RememberedStop",
    "Saying",
    "Sex",
    "Site",
    "SlotHold",
    "StaffUser",
    "StopKind",
    "Tag",
    "Telephone",
    "UnkeptStop",
    "Vaccine",
    "VisitKind",
    "VisitPreparation",
    "VisitStatus",
    "Wording",
    "WorkingHours",
    "obstacle",
]
