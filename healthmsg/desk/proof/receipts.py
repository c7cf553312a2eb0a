"""The receipt of a permission: what was allowed, in which words, and how to end it."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import F
from django.template.loader import render_to_string
from django.utils import timezone, translation

from healthmsg.clinic import consent
from healthmsg.clinic.models import (
    Basis,
    Change,
    ConsentRecord,
    Contact,
    LegalBasis,
    Phone,
    Purpose,
)
from healthmsg.clinic.phone import spoken
from healthmsg.desk.proof import words
from whatsapp import answers, outbox, phrases
from whatsapp.draft import Draft, FreeText, FromTemplate, Subject
from whatsapp.fill_ins import day_in_words
from whatsapp.models import Conversation
from whatsapp.status import Lane

# Of the starter library; for numbers that have not just written.
TEMPLATE = "permission_noted"
# Longer than a weekend on which nobody is written to.
_USEFUL = timedelta(days=3)


def of_one_act(line: ConsentRecord, *, now: datetime) -> list[ConsentRecord]:
    """
    Return the yeses that were written down with this one, in the order of the ledger.

    How each stands now is its `standing`, "GRANTED" unless it was taken back since.
    """
    together = ConsentRecord.objects.filter(
        patient=line.patient_id,
        phone=line.phone_id,
        change=Change.GRANTED,
        given_at=line.given_at,
        given_how=line.given_how,
    )
    order = [purpose.value for purpose in consent.LEDGER_PURPOSES]
    how = consent.standing_expression(
        patient=F("patient_id"), phone=F("phone_id"), purpose=F("purpose"), at=now
    )
    found = (
        together.annotate(standing=how)
        .select_related("clinic", "patient", "phone", "wording", "recorded_by")
        .prefetch_related("patient__contacts")
    )
    return sorted(found, key=lambda one: order.index(one.purpose))


def as_page(lines: Sequence[ConsentRecord]) -> str:
    """Return the receipt to print, in the language of whoever gave the permission."""
    first = lines[0]
    bases = dict(LegalBasis.objects.filter(clinic=first.clinic).values_list("purpose", "basis"))
    with translation.override(tongue(language_of(first))), timezone.override(first.clinic.zone):
        for line in lines:
            basis = bases.get(line.purpose)
            line.legal_basis = Basis(basis).label if basis else ""  # type: ignore[attr-defined]
        context = {
            "lines": lines,
            "first": first,
            "clinic": first.clinic,
            "number": spoken(first.phone.number),
            "language": translation.get_language(),
            "direction": "rtl" if translation.get_language_bidi() else "ltr",
        }
        return render_to_string("proof/receipt_paper.html", context)


def open_conversation(phone: Phone, *, now: datetime) -> Conversation | None:
    """Return the conversation in which something may be written to the number now."""
    talks = Conversation.objects.filter(phone=phone, last_inbound_at__gt=now - answers.WINDOW)
    return talks.select_related("sender").order_by("-last_inbound_at").first()


def way(
    lines: Sequence[ConsentRecord], *, now: datetime
) -> tuple[Draft, FreeText | FromTemplate] | None:
    """
    Return how the receipt may be sent now; None where it can only be printed.

    What was taken back since is not told of as if it still counted.

    :param lines: as `of_one_act` returns them
    """
    key = f"receipt:{lines[0].pk}"
    standing = [one for one in lines if one.standing == Change.GRANTED]  # type: ignore[attr-defined]
    if not standing:
        return None
    talk = open_conversation(lines[0].phone, now=now)
    return _as_answer(key, standing, talk) if talk else _by_template(key, standing, now)


def send(lines: Sequence[ConsentRecord], *, now: datetime) -> bool:
    """Send the receipt, once; False where it can only be printed."""
    found = way(lines, now=now)
    if found is None:
        return False
    outbox.queue(*found, now=now)
    return True


def _as_answer(
    key: str, lines: Sequence[ConsentRecord], talk: Conversation
) -> tuple[Draft, FreeText]:
    first, language = lines[0], language_of(lines[0])
    told = _told(lines, language)
    body = phrases.say(
        language,
        "permission_noted",
        clinic=first.clinic,
        day=told["noted_on"],
        purposes=told["purposes"],
    )
    draft = Draft(
        dedupe_key=key,
        clinic=first.clinic,
        phone=first.phone,
        lane=int(Lane.REPLY),
        purpose=Purpose.REPLY,
        expires_at=talk.last_inbound_at + answers.WINDOW,
        language=language,
        sender=talk.sender,
    )
    return draft, FreeText(body)


def _by_template(
    key: str, lines: Sequence[ConsentRecord], now: datetime
) -> tuple[Draft, FromTemplate] | None:
    """Outside the window: on one of the permissions it tells of, asked again when it is sent."""
    first = lines[0]
    if first.patient is None:
        return None
    # In turn, so that what is filled in has the language of the words around it.
    for language in dict.fromkeys((language_of(first), first.clinic.languages[0])):
        draft = Draft(
            dedupe_key=key,
            clinic=first.clinic,
            phone=first.phone,
            lane=int(Lane.REMINDER),
            purpose=Purpose(first.purpose),
            expires_at=now + _USEFUL,
            subjects=(Subject(first.patient, _reached(first)),),
            language=language,
            spare_language="",
        )
        words_of_it = FromTemplate((TEMPLATE,), _told(lines, language))
        if outbox.preview(draft, words_of_it, now=now).reason is None:
            return draft, words_of_it
    return None


def _told(lines: Sequence[ConsentRecord], language: str) -> dict[str, str]:
    first = lines[0]
    return {
        "noted_on": day_in_words(first.given_at, zone=first.clinic.zone, language=language),
        "purposes": words.purposes(
            (one.purpose for one in lines), clinic=first.clinic, language=language
        ),
    }


def language_of(line: ConsentRecord) -> str:
    """Return the language of the words agreed to, else of whoever is reached on the number."""
    if line.wording is not None:
        return line.wording.language
    reached = _reached(line)
    return reached.language if reached else line.clinic.languages[0]


def _reached(line: ConsentRecord) -> Contact | None:
    contacts = line.patient.contacts.all() if line.patient else ()
    return next((one for one in contacts if one.phone_id == line.phone_id), None)


def tongue(language: str) -> str:
    """Return the language in which our pages speak, English where they do not speak this one."""
    root = phrases.root_of(language)
    return root if root in dict(settings.LANGUAGES) else "en"
