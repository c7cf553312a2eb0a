"""The second factor: six digits of a telephone, or a word kept for the day it is lost."""

import logging
import secrets
from datetime import datetime

from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import F
from django.utils.crypto import salted_hmac

from healthmsg.clinic import strongbox
from healthmsg.clinic.models import Clinic, RecoveryCode, StaffUser, Telephone
from healthmsg.clinic.models.staff import whose_digits

logger = logging.getLogger(__name__)

WORDS = 8
# Without what is easily misread; ten of these are 49 bits.
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
_LENGTH = 10
# RFC 4226: 160 bits are recommended.
_SECRET_BYTES = 20


def is_asked_of(user: StaffUser) -> bool:
    """True where somebody signs in with it, or a clinic asks it of one of their roles."""
    if user.has_second_factor:
        return True
    if user.is_superuser:
        return Clinic.objects.exclude(second_factor_for=[]).exists()
    roles = list(Group.objects.filter(user=user).values_list("name", flat=True))
    return user.clinics.filter(second_factor_for__overlap=roles).exists()


def begin(user: StaffUser) -> Telephone:
    """Return the key that a telephone is to learn; it opens nothing before `confirm`."""
    telephone: Telephone = Telephone.objects.get_or_create(
        user=user,
        confirmed=False,
        defaults={"name": "app", "key": _sealed(secrets.token_bytes(_SECRET_BYTES), user.pk)},
    )[0]
    return telephone


@transaction.atomic
def confirm(user: StaffUser, typed: str) -> list[str]:
    """Take the telephone that shows these digits; return recovery words, nothing if it does not."""
    device = _locked(user, confirmed=False)
    if device is None or not device.verify_token(_bare(typed)):
        return []
    Telephone.objects.filter(user=user, confirmed=True).delete()
    device.confirmed = True
    device.save(update_fields=["confirmed"])
    StaffUser.objects.filter(pk=user.pk).update(has_second_factor=True)
    return new_words(user)


@transaction.atomic
def check(user: StaffUser, typed: str, *, now: datetime) -> Telephone | None:
    """
    Return the telephone if these are its digits, or an unused recovery word of the person's.

    Each opens once. After a wrong one the next is looked at only after a while that doubles.
    """
    device = _locked(user, confirmed=True)
    if device is None or not device.verify_is_allowed()[0]:
        return None
    bare = _bare(typed)
    if bare.isdecimal():
        return device if _shows(device, bare) else None
    unused = RecoveryCode.objects.filter(user=user, digest=_digest(user, bare), used_at=None)
    if unused.update(used_at=now):
        device.throttle_reset()
        return device
    device.throttle_increment()
    return None


def _shows(device: Telephone, digits: str) -> bool:
    try:
        return bool(device.verify_token(digits))
    except strongbox.WrongKeys:
        # Recovery words still open, and a colleague can reset it.
        logger.exception("a telephone cannot be read", extra={"telephone_id": device.pk})
        return False


@transaction.atomic
def new_words(user: StaffUser) -> list[str]:
    """Return new recovery words, which are kept nowhere; the ones before open nothing any more."""
    RecoveryCode.objects.filter(user=user).delete()
    words = ["".join(secrets.choice(_LETTERS) for _ in range(_LENGTH)) for _ in range(WORDS)]
    RecoveryCode.objects.bulk_create(
        RecoveryCode(user=user, digest=_digest(user, word)) for word in words
    )
    return [f"{word[:5]}-{word[5:]}" for word in words]


def words_left(user: StaffUser) -> int:
    return RecoveryCode.objects.filter(user=user, used_at=None).count()


@transaction.atomic
def reset(user: StaffUser) -> None:
    """Forget somebody's telephone and words, and end their sessions: they have lost both."""
    Telephone.objects.filter(user=user).delete()
    RecoveryCode.objects.filter(user=user).delete()
    StaffUser.objects.filter(pk=user.pk).update(has_second_factor=False)
    end_sessions(user)


def end_sessions(user: StaffUser) -> None:
    """Sign somebody out everywhere, with their next request."""
    StaffUser.objects.filter(pk=user.pk).update(powers_version=F("powers_version") + 1)


@transaction.atomic
def seal_clear() -> int:
    """Seal what telephones share with us where the release before wrote it in clear."""
    rows = Telephone.objects.exclude(key__startswith=strongbox.MARK).select_for_update()
    return sum(_seal_anew(row) for row in rows.order_by("pk"))


@transaction.atomic
def seal_anew() -> int:
    """
    Keep what telephones share with us under the newest of the house's keys; return how many.

    :raises WrongKeys: one lies under a key that AUDIT_KEYS does not name
    """
    # Locked, as signing in does: it writes the whole row back.
    return sum(_seal_anew(row) for row in Telephone.objects.select_for_update().order_by("pk"))


def _seal_anew(telephone: Telephone) -> int:
    key = _sealed(telephone.bin_key, telephone.user_id)
    return int(Telephone.objects.filter(pk=telephone.pk).update(key=key))


def _sealed(secret: bytes, user_id: int) -> str:
    return strongbox.seal_text(secret, of=whose_digits(user_id))


def _locked(user: StaffUser, *, confirmed: bool) -> Telephone | None:
    # Two requests with the same digits must not both find them unused.
    devices = Telephone.objects.select_for_update().order_by("-pk")
    found: Telephone | None = devices.filter(user=user, confirmed=confirmed).first()
    return found


def _bare(typed: str) -> str:
    return "".join(letter for letter in typed.lower() if letter.isalnum())


def _digest(user: StaffUser, word: str) -> str:
    return salted_hmac("recovery word", f"{user.pk}:{word}", algorithm="sha256").hexdigest()
