"""Looks for patients who may be registered twice; hourly, so that pages only read the answer."""

from datetime import datetime

from django.db import connection

# A clinic that brings along thousands has a few hundred a day to look at.
AT_MOST = 5000
_NAMES = """
SELECT one.clinic_id, one.id, other.id, 'NAME'
  FROM clinic_patient one
  JOIN clinic_patient other
    ON other.clinic_id = one.clinic_id AND other.birth_date = one.birth_date
   AND lower(other.family_name) = lower(one.family_name)
   AND lower(other.given_name) = lower(one.given_name) AND other.id > one.id
 WHERE one.state NOT IN ('GONE', 'DECEASED') AND other.state NOT IN ('GONE', 'DECEASED')
"""
# Both are told themselves, and something else of them is the same too.
_ALIKE = """
mine.relationship = 'SELF' AND theirs.relationship = 'SELF'
   AND one.state NOT IN ('GONE', 'DECEASED') AND other.state NOT IN ('GONE', 'DECEASED')
   AND (lower(one.given_name) = lower(other.given_name) OR one.birth_date = other.birth_date)
"""
_NUMBERS = f"""
SELECT one.clinic_id, one.id, other.id, 'NUMBER'
  FROM clinic_contact mine
  JOIN clinic_contact theirs
    ON theirs.phone_id = mine.phone_id AND theirs.patient_id > mine.patient_id
  JOIN clinic_patient one ON one.id = mine.patient_id
  JOIN clinic_patient other ON other.id = theirs.patient_id
 WHERE {_ALIKE}
"""  # noqa: S608 - put together from our own words alone
# The shorter form of a number that has two, as `healthmsg.clinic.phone.same_number` knows them.
SHORTER = """
CASE WHEN length({number}) <> 14 THEN NULL
     WHEN {number} LIKE '+549%%' THEN '+54' || substr({number}, 5)
     WHEN {number} LIKE '+521%%' THEN '+52' || substr({number}, 5)
     WHEN {number} LIKE '+55__9%%' AND substr({number}, 7, 1) NOT IN ('2', '3', '4', '5')
     THEN left({number}, 5) || substr({number}, 7)
END
"""
# One line that was written down in both its forms, before they were known to be one.
_FORMS = f"""
SELECT one.clinic_id, least(one.id, other.id), greatest(one.id, other.id), 'NUMBER'
  FROM clinic_phone longer
  JOIN clinic_phone shorter ON shorter.clinic_id = longer.clinic_id
   AND shorter.number = {SHORTER.format(number="longer.number")}
  JOIN clinic_contact mine ON mine.phone_id = longer.id
  JOIN clinic_contact theirs
    ON theirs.phone_id = shorter.id AND theirs.patient_id <> mine.patient_id
  JOIN clinic_patient one ON one.id = mine.patient_id
  JOIN clinic_patient other ON other.id = theirs.patient_id
 WHERE {_ALIKE}
"""  # noqa: S608 - put together from our own words alone
_LOOK = f"""
INSERT INTO desk_suspectedduplicate (clinic_id, one_id, other_id, why, found_at)
SELECT found.*, %(now)s
  FROM ({_NAMES} UNION ALL {_NUMBERS} UNION ALL {_FORMS}) found(clinic_id, one_id, other_id, why)
 WHERE NOT EXISTS (SELECT 1 FROM desk_suspectedduplicate known
        WHERE known.one_id = found.one_id AND known.other_id = found.other_id)
 LIMIT {AT_MOST}
ON CONFLICT DO NOTHING
"""  # noqa: S608 - put together from our own words alone


def look(*, now: datetime) -> int:
    """Write down new suspicions; return how many."""
    with connection.cursor() as cursor:
        cursor.execute(_LOOK, {"now": now})
        return int(cursor.rowcount)
