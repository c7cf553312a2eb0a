"""The audit's book after years, as long as it would be: its lines tell, their hashes do not."""

from typing import TYPE_CHECKING

from tests.bench.planner import sql

if TYPE_CHECKING:
    from healthmsg.clinic.models import Clinic, Patient, StaffUser

_WRITE = """
INSERT INTO clinic_auditline (number, note_id, sealed_at, at, kind, verb, by_id, done_by, address,
                              path, clinic_id, model, row_id, patient_id, is_removed, hash)
SELECT n, n, at, at, CASE WHEN n %% 4 = 0 THEN 'CHANGE' ELSE 'VIEW' END,
       CASE WHEN n %% 4 = 0 THEN 'UPDATE' ELSE '' END, %(by)s, '', '10.0.0.7',
       'admin:clinic_patient_change', %(clinic)s, 'clinic.patient',
       (%(patient)s + n %% %(people)s)::text, %(patient)s + n %% %(people)s, false,
       decode(md5(n::text) || md5(n::text), 'hex')
  FROM (SELECT n, now() - (%(lines)s - n) * interval '360 days' / %(lines)s AS at
          FROM generate_series(1, %(lines)s) n) line
"""
_END = """
INSERT INTO clinic_audithead (id, number, hash, vouched, sealed_at)
SELECT 1, number, hash, ''::bytea, sealed_at FROM clinic_auditline ORDER BY number DESC LIMIT 1
"""


def write(clinic: "Clinic", first: "Patient", people: int, *, by: "StaffUser") -> None:
    """Write as many lines as there are patients, over a year; each tells of one."""
    from django.db import connection

    told = {"by": by.pk, "clinic": clinic.pk, "patient": first.pk, "people": people}
    with connection.cursor() as cursor:
        cursor.execute(_WRITE, told | {"lines": people})
    sql(_END)
