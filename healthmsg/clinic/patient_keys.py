"""Each patient's own key: made when first needed, kept under the house's keys, destroyed once."""

import base64
import hashlib
import hmac
from collections.abc import Collection
from datetime import datetime
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db import connection

from healthmsg.clinic.models import PatientKey

BITS = 256
# An import makes thousands at a time: Django's rows, and reading them back, would be most of it.
_MADE = """
INSERT INTO clinic_patientkey (patient_id, wrapped, made_at)
SELECT one.patient_id, one.wrapped, coalesce(%s::timestamptz, now())
  FROM unnest(%s::bigint[], %s::bytea[]) AS one(patient_id, wrapped)
    ON CONFLICT DO NOTHING
RETURNING patient_id
"""


def keys_of(patient_ids: Collection[int], *, now: datetime | None) -> dict[int, AESGCM | None]:
    """
    Return the key of each patient, new where there was none; None where it was destroyed.

    :param now: None for the database's clock
    """
    keys = known_keys(patient_ids)
    new = {one: AESGCM.generate_key(BITS) for one in sorted(set(patient_ids) - keys.keys())}
    if not new:
        return keys
    made = _keep(new, now)
    keys |= {one: AESGCM(new[one]) for one in made}
    return keys | known_keys(new.keys() - made)


def _keep(new: dict[int, bytes], now: datetime | None) -> set[int]:
    """Return whose keys stay: of two made at once the first one's does."""
    with connection.cursor() as cursor:
        cursor.execute(_MADE, [now, list(new), [_wrap(key) for key in new.values()]])
        return {patient for (patient,) in cursor.fetchall()}


def known_keys(patient_ids: Collection[int]) -> dict[int, AESGCM | None]:
    """Return the keys there are; None where one was destroyed."""
    rows = PatientKey.objects.filter(pk__in=patient_ids).values_list("pk", "wrapped")
    return {
        patient: AESGCM(_ring().decrypt(bytes(wrapped))) if wrapped else None
        for patient, wrapped in rows
    }


def destroy(patient_id: int, *, now: datetime) -> bool:
    """
    Destroy a patient's key, for ever; False where it was destroyed before.

    What the audit told of the patient in words cannot be read any more, and nothing is sealed in
    words after it; who did what, when and to which row stays.
    """
    PatientKey.objects.get_or_create(
        pk=patient_id, defaults={"wrapped": _wrap(AESGCM.generate_key(BITS)), "made_at": now}
    )
    standing = PatientKey.objects.filter(pk=patient_id, destroyed_at=None)
    return bool(standing.update(wrapped=None, destroyed_at=now))


def open_what_there_is() -> bool:
    """True where the house's keys open the newest of the patients' keys, or there is none."""
    kept = PatientKey.objects.filter(wrapped__isnull=False).order_by("-pk")
    newest = kept.values_list("wrapped", flat=True).first()
    if newest is None:
        return True
    try:
        _ring().decrypt(bytes(newest))
    except InvalidToken:
        return False
    return True


def wrap_anew(*, after: int, limit: int) -> int:
    """
    Keep the next keys under the newest of the house's keys.

    :param after: the patient where the last call ended, 0 at first
    :returns: the patient where this one ended, 0 when all are done
    """
    rows = list(
        PatientKey.objects.filter(pk__gt=after, wrapped__isnull=False)
        .select_for_update()
        .order_by("pk")[:limit]
    )
    for row in rows:
        row.wrapped = _ring().rotate(bytes(row.wrapped or b""))
    PatientKey.objects.bulk_update(rows, ["wrapped"])
    return int(rows[-1].pk) if len(rows) == limit else 0


def vouch(words: bytes) -> bytes:
    """Return what only somebody with the house's keys can say of these bytes."""
    return _mac(settings.AUDIT_KEYS[0], words)


def is_vouched(words: bytes, said: bytes) -> bool:
    """True where one of the house's keys, today's or an earlier one, vouched for these bytes."""
    return any(hmac.compare_digest(_mac(key, words), said) for key in settings.AUDIT_KEYS)


def _wrap(key: bytes) -> bytes:
    return _ring().encrypt(key)


def _ring() -> MultiFernet:
    return _ring_of(tuple(settings.AUDIT_KEYS))


@lru_cache(maxsize=4)
def _ring_of(keys: tuple[str, ...]) -> MultiFernet:
    digests = (hashlib.sha256(f"patient keys {key}".encode()).digest() for key in keys)
    return MultiFernet([Fernet(base64.urlsafe_b64encode(digest)) for digest in digests])


def _mac(key: str, words: bytes) -> bytes:
    return hmac.digest(f"end of the audit {key}".encode(), words, "sha256")
