"""The receipt of a permission: what was allowed, in which words, and how to end it."""

from collections.abc import Sequence
from datetime import datetime

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
from whatsapp.draft import Draft, FreeText
from whatsapp.fill_ins import day_in_words
from whatsapp.models import Conversation
from whatsapp.status import Lane


def of_one_act(line: ConsentRecord) -> list[ConsentRecord]:
    """Return the yeses that were written down with this one, in the order of the ledger."""
    together = ConsentRecord.objects.filter(
        patient=line.patient_id,
        phone=line.phone_id,
        change=Change.GRANTED,
        given_at=line.given_at,
        given_how=line.given_how,
    )
    order = [purpose.value for purpose in consent.LEDGER_PURPOSES]
    found = together.select_related("clinic", "patient", "phone", "wording", "recorded_by")
    return sorted(found, key=lambda one: order.index(one.purpose))


def as_page(lines: Sequence[ConsentRecord]) -> str:
    """Return the receipt to print, in the language of whoever gave the permission."""
    first = lines[0]
    bases = dict(LegalBasis.objects.filter(clinic=first.clinic).values_list("purpose", "basis"))
    with translation.override(_spoken(language_of(first))), timezone.override(first.clinic.zone):
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


def send(lines: Sequence[ConsentRecord], *, now: datetime) -> bool:
    """Send the receipt inside the open window, once; False where there is none."""
    first = lines[0]
    talk = open_conversation(first.phone, now=now)
    if talk is None:
        return False
    clinic, language = first.clinic, language_of(first)
    body = phrases.say(
        language,
        "permission_noted",
        clinic=clinic,
        day=day_in_words(first.given_at, zone=clinic.zone, language=language),
        purposes=words.purposes((one.purpose for one in lines), clinic=clinic, language=language),
    )
    draft = Draft(
        dedupe_key=f"receipt:{first.pk}",
        clinic=clinic,
        phone=first.phone,
        lane=int(Lane.REPLY),
        purpose=Purpose.REPLY,
        expires_at=talk.last_inbound_at + answers.WINDOW,
        language=language,
        sender=talk.sender,
    )
    outbox.queue(draft, FreeText(body), now=now)
    return True


def language_of(line: ConsentRecord) -> str:
    """Return the language of the words agreed to, else of whoever is reached on the number."""
    if line.wording is not None:
        return line.wording.language
    theirs = Contact.objects.filter(patient=line.patient_id, phone=line.phone_id)
    return theirs.values_list("language", flat=True).first() or line.clinic.languages[0]


def _spoken(language: str) -> str:
    """Return the language in which our pages speak, English where they do not speak this one."""
    root = phrases.root_of(language)
    return root if translation.check_for_language(root) else "en"
