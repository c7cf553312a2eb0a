"""Shows a code at the desk, and takes it from the phone it was made for."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from healthmsg.clinic import consent, number_lines
from healthmsg.clinic.models import (
    Contact,
    GivenHow,
    Phone,
    PhoneState,
    Purpose,
    StaffUser,
    Wording,
)
from healthmsg.desk.agenda.models import AskLater
from healthmsg.desk.proof import words
from healthmsg.desk.proof.models import PermissionCode
from reminders import patients
from whatsapp import answers, desk_codes, stops
from whatsapp.fill_ins import day_in_words
from whatsapp.models import Reply, ReplyOutcome

GOOD_FOR = timedelta(minutes=15)
# So many codes that do not count are looked up for one number within an hour.
_GUESSES = 5
_GUESSES_WITHIN = timedelta(hours=1)


def show(
    contact: Contact,
    purposes: Iterable[Purpose],
    wording: Wording,
    *,
    by: StaffUser,
    now: datetime,
) -> PermissionCode:
    """
    Make a code for the contact's number; what was shown before for the patient counts no more.

    :raises ValueError: the contact has no number, or it is known to be somebody else's
    """
    phone = contact.phone
    if phone is None or phone.state == PhoneState.WRONG_PERSON:
        raise ValueError("a code is made for a number that is the contact's")
    patient = contact.patient
    # Those of this moment would not be after their own beginning.
    earlier = PermissionCode.objects.filter(patient=patient, used_at=None, expires_at__gt=now)
    earlier.filter(made_at__lt=now).update(expires_at=now)
    while True:
        code = PermissionCode(
            clinic_id=phone.clinic_id,
            patient=patient,
            contact=contact,
            phone=phone,
            purposes=[Purpose(purpose).value for purpose in purposes],
            wording=wording,
            code=desk_codes.make(),
            made_by=by,
            made_at=now,
            expires_at=now + GOOD_FOR,
        )
        try:
            with transaction.atomic():
                code.save()
        except IntegrityError:  # a code of long ago, by a chance of one in many millions
            continue
        return code


def take(reply: Reply, phone: Phone, typed: str, *, now: datetime) -> ReplyOutcome:
    """
    Take a code that a phone sent: the permission is given, or the phone is told why not.

    A code that is somebody's second try says the same as the first: nothing of whose it was.
    """
    if _guesses(phone, now) >= _GUESSES:
        answers.send(reply, phone, "code_too_often", now=now, once=_once_an_hour(phone, now))
        return ReplyOutcome.CODE_REFUSED
    # Whoever comes second with the same code waits here, and then finds it used.
    shown = PermissionCode.objects.select_related("patient", "wording", "made_by", "contact")
    locked = shown.select_for_update(of=("self",), no_key=True)
    code = locked.filter(clinic_id=reply.clinic_id, code=typed).first()
    refusal = _refusal(code, reply, phone)
    if not refusal and stops.has_stopped_since(reply, phone):
        answers.send(reply, phone, "out_of_date", now=now)
        return ReplyOutcome.OUT_OF_DATE
    if refusal or code is None:
        if code is not None and refusal == "code_of_another":
            PermissionCode.objects.filter(pk=code.pk).update(elsewhere_at=now)
        answers.send(reply, phone, refusal, now=now)
        return ReplyOutcome.CODE_REFUSED
    PermissionCode.objects.filter(pk=code.pk).update(used_at=now, reply=reply)
    _give(code, reply, phone, now)
    language = answers.language_of(reply, phone)
    answers.send(
        reply,
        phone,
        "permission_noted",
        now=now,
        day=day_in_words(now, zone=reply.clinic.zone, language=language),
        purposes=words.purposes(code.purposes, clinic=reply.clinic, language=language),
    )
    return ReplyOutcome.PERMITTED


def _refusal(code: PermissionCode | None, reply: Reply, phone: Phone) -> str:
    """Return which answer says why a code does not count, or nothing."""
    if code is None or code.patient.erased_at is not None:
        return "code_unknown"
    if code.phone_id != phone.pk:
        return "code_of_another" if code.used_at is None else "code_unknown"
    if code.used_at is not None:
        return "code_used"
    # By when it was written: what we read late was not written late.
    return "code_run_out" if reply.written_at >= code.expires_at else ""


def _give(code: PermissionCode, reply: Reply, phone: Phone, now: datetime) -> None:
    """Write the yes into the ledger; it ends the number's own stop of these purposes."""
    purposes = [Purpose(purpose) for purpose in code.purposes]
    evidence = consent.Evidence(
        GivenHow.BY_MESSAGE,
        given_by=code.contact.relationship if code.contact else "",
        recorded_by=code.made_by,
        wording=code.wording,
        text=f"code {code.code} shown at the desk, sent back in message #{reply.pk}",
    )
    is_stopped = bool(number_lines.withdrawn(phone).keys() & set(purposes))
    if is_stopped:
        # Visits are locked before the phone changes, as everywhere.
        patients.replan_future(code.patient, now=now)
    verb = consent.grant_again if is_stopped else consent.grant
    verb(code.patient, phone, purposes, evidence=evidence, at=now)
    AskLater.objects.filter(patient=code.patient).delete()
    patients.replan_future(code.patient, now=now)


def _guesses(phone: Phone, now: datetime) -> int:
    refused = Reply.objects.filter(phone=phone, outcome=ReplyOutcome.CODE_REFUSED)
    return refused.filter(handled_at__gt=now - _GUESSES_WITHIN).count()


def _once_an_hour(phone: Phone, now: datetime) -> str:
    return f"codes:{phone.pk}:{now:%Y%m%d%H}"
