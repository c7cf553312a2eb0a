"""Plain functions that make rows; each takes what the test is about and invents the rest."""

import itertools
import uuid
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from campaigns.models import Audience, Campaign, ListEntry, PatientList, Rate
from healthmsg.clinic import consent
from healthmsg.clinic.models import (
    Appointment,
    Clinic,
    Clinician,
    Contact,
    GivenHow,
    Patient,
    Phone,
    Purpose,
    Site,
    StaffUser,
    VisitKind,
)
from tests import said
from whatsapp import sealed_notices, sealed_replies
from whatsapp.models import (
    Account,
    Binding,
    Delivery,
    DraftButton,
    Message,
    Portfolio,
    Reply,
    Sender,
    Template,
    TemplateDraft,
    TemplateVersion,
)

_number = itertools.count(1)
NOON = datetime(2026, 3, 10, 15, 0, tzinfo=UTC)  # a Tuesday; noon in Buenos Aires
PHONE_NUMBER_ID = "100000000000001"
WABA_ID = "200000000000001"


def make_clinic(**fields: object) -> Clinic:
    n = next(_number)
    defaults: dict[str, object] = {
        "name": f"Clinica Aurora {n}",
        "phone": "+54 11 5555 0000",
        "emergency_number": "107",
        "country": "AR",
        "time_zone": "America/Argentina/Buenos_Aires",
        "languages": ["es", "en"],
    }
    return Clinic.objects.create(**(defaults | fields))


def make_site(clinic: Clinic, **fields: object) -> Site:
    defaults: dict[str, object] = {
        "name": f"Centro {next(_number)}",
        "address": "Av. Siempreviva 1",
    }
    return Site.objects.create(clinic=clinic, **(defaults | fields))


def make_clinician(clinic: Clinic, **fields: object) -> Clinician:
    return Clinician.objects.create(clinic=clinic, **({"name": "Dr. Paz"} | fields))


def make_kind(clinic: Clinic, **fields: object) -> VisitKind:
    defaults: dict[str, object] = {
        "name": f"Consulta {next(_number)}",
        "length": timedelta(minutes=20),
    }
    return VisitKind.objects.create(clinic=clinic, **(defaults | fields))


def make_phone(clinic: Clinic, number: str = "", **fields: object) -> Phone:
    return Phone.objects.create(
        clinic=clinic, number=number or f"+54911555{next(_number):05d}", **fields
    )


def make_patient(
    clinic: Clinic,
    *,
    phone: Phone | None = None,
    consents: tuple[Purpose, ...] = (Purpose.APPOINTMENTS,),
    language: str = "es",
    consented_at: datetime = NOON - timedelta(days=30),
    **fields: object,
) -> Patient:
    """A patient who is their own contact, on a number of their own, having allowed `consents`."""
    n = next(_number)
    defaults: dict[str, object] = {
        "given_name": f"Ana{n}",
        "family_name": f"Paz{n}",
        "birth_date": date(1980, 1, 1),
    }
    patient = Patient.objects.create(clinic=clinic, **(defaults | fields))
    phone = phone or make_phone(clinic)
    Contact.objects.create(patient=patient, name=patient.given_name, language=language, phone=phone)
    consent.grant(
        patient, phone, consents, evidence=consent.Evidence(GivenHow.AT_DESK), at=consented_at
    )
    return patient


def phone_of(patient: Patient) -> Phone:
    phone = patient.contacts.select_related("phone").get().phone
    assert phone is not None
    return phone


def make_visit(patient: Patient, *, starts_at: datetime, **fields: object) -> Appointment:
    """A bare row, planned for by nobody; bookings are made by reminders.booking."""
    clinic = patient.clinic
    kind = fields.pop("kind", None) or make_kind(clinic)
    assert isinstance(kind, VisitKind)
    defaults: dict[str, object] = {
        "contact": patient.contacts.first(),
        "site": fields.pop("site", None) or make_site(clinic),
        "ends_at": starts_at + kind.length,
        "status_changed_at": NOON,
        "booked_at": NOON,
    }
    return Appointment.objects.create(
        clinic=clinic, patient=patient, kind=kind, starts_at=starts_at, **(defaults | fields)
    )


def make_sender(
    clinic: Clinic, *, phone_number_id: str = PHONE_NUMBER_ID, waba_id: str = WABA_ID
) -> Sender:
    portfolio, _ = Portfolio.objects.get_or_create(name="Portfolio")
    account, _ = Account.objects.get_or_create(waba_id=waba_id, defaults={"portfolio": portfolio})
    return Sender.objects.create(clinic=clinic, account=account, phone_number_id=phone_number_id)


def make_template(
    account: Account,
    *,
    name: str = "appointment_reminder_tomorrow",
    language: str = "es",
    body: str = "Hola {{contact_name}}, te esperamos el {{when}} en {{site_name}}. Gracias.",
    buttons: tuple[str, ...] = (),
    verbs: tuple[str, ...] = (),
    **fields: object,
) -> Template:
    """An approved template, its gaps bound to the fill-ins they are named after."""
    components: list[dict[str, object]] = [{"type": "BODY", "text": body}]
    if buttons:
        components.append(
            {
                "type": "BUTTONS",
                "buttons": [{"type": "QUICK_REPLY", "text": label} for label in buttons],
            }
        )
    defaults: dict[str, object] = {
        "status": "APPROVED",
        "category": "UTILITY",
        "seen_at": NOON,
        "meta_id": str(300000000000000 + next(_number)),
    }
    template = Template.objects.create(
        account=account, name=name, language=language, **(defaults | fields)
    )
    template.current = TemplateVersion.objects.create(
        template=template,
        number=1,
        components=components,
        parameter_format="NAMED",
        first_seen_at=NOON,
    )
    template.save(update_fields=["current"])
    for gap in (part.split("}}")[0] for part in body.split("{{")[1:]):
        Binding.objects.get_or_create(
            account=account, template_name=name, variable=gap, defaults={"fill_in": gap}
        )
    for index, verb in enumerate(verbs):
        Binding.objects.get_or_create(
            account=account,
            template_name=name,
            variable=f"button.{index}",
            defaults={"fill_in": verb},
        )
    return template


def make_message(sender: Sender, patient: Patient, **fields: object) -> Message:
    """A queued reminder to the patient's own number, due at noon."""
    phone = phone_of(patient)
    defaults: dict[str, object] = {
        "lane": 1,
        "purpose": Purpose.APPOINTMENTS,
        "dedupe_key": f"test:{next(_number)}",
        "send_after": NOON,
        "expires_at": NOON + timedelta(hours=4),
        "created_at": NOON,
        "payload": said.PLEASE_CALL,
    }
    if "template_version" not in fields:
        defaults["template_version"] = make_contact_us(sender.account).current
    given: dict[str, Any] = defaults | fields
    callback = given.pop("callback", None) or uuid.uuid4()
    kept = said.words(given.pop("body", ""), given.pop("payload"), callback)
    return Message.objects.create(
        clinic=sender.clinic, sender=sender, phone=phone, patient=patient, **(kept | given)
    )


def make_contact_us(account: Account) -> Template:
    """The template that `make_message` posts, which the sandbox knows too."""
    known = Template.objects.filter(account=account, name="please_contact_us", language="en")
    return known.first() or make_template(
        account,
        name="please_contact_us",
        language="en",
        body="Hello {{contact_name}}, {{clinic_name}} asks you to call {{clinic_phone}} please.",
    )


def make_list(clinic: Clinic, *patients: Patient, name: str = "Due for flu") -> PatientList:
    made = PatientList.objects.create(clinic=clinic, name=name)
    ListEntry.objects.bulk_create(ListEntry(patient_list=made, patient=p) for p in patients)
    return made


def make_audience(clinic: Clinic, *patients: Patient, name: str = "Due for flu") -> Audience:
    """These patients, on a list of their own, and nobody else."""
    audience = Audience.objects.create(clinic=clinic, name=name, lists_alone=True)
    audience.lists.add(make_list(clinic, *patients, name=name))
    return audience


def make_campaign(clinic: Clinic, **fields: object) -> Campaign:
    defaults: dict[str, object] = {
        "name": f"Campaign {next(_number)}",
        "purpose": Purpose.PREVENTION,
        "template_name": "vaccination_invitation",
    }
    if "audience" not in fields:
        defaults["audience"] = make_audience(clinic, name=f"All {next(_number)}")
    return Campaign.objects.create(clinic=clinic, **(defaults | fields))


def make_rate(clinic: Clinic, **fields: object) -> Rate:
    """What a message to Argentina costs, in numbers that are easy to add."""
    defaults: dict[str, object] = {
        "country": "AR",
        "category": "MARKETING",
        "price": Decimal("0.05"),
        "currency": "USD",
        "valid_from": date(2026, 1, 1),
    }
    return Rate.objects.create(clinic=clinic, **(defaults | fields))


def make_person(username: str) -> StaffUser:
    return StaffUser.objects.create(username=username, is_staff=True)


def sees_all() -> StaffUser:
    """Somebody whom nothing is hidden from; no row of it is kept."""
    return StaffUser(username="all", is_superuser=True)


def make_draft(
    account: Account, *, meanings: tuple[str, ...] = (), **fields: object
) -> TemplateDraft:
    """A draft that breaks no rule; `meanings` give it answering buttons."""
    defaults: dict[str, object] = {
        "name": f"visit_booked_{(n := next(_number))}",
        "language": "en",
        "category": "UTILITY",
        "body": f"Hello {{{{contact_name}}}}, we expect you {{{{when}}}}. Text {n}.",
        "ttl_seconds": 43_200,
        "changed_at": NOON,
    }
    draft = TemplateDraft.objects.create(account=account, **(defaults | fields))
    for meaning in meanings:
        DraftButton.objects.create(draft=draft, text=meaning[:25], meaning=meaning)
    return draft


def make_reply(**fields: Any) -> Reply:
    """Keep what a patient says as the digest does; `text` and `content` are sealed."""
    text, content = fields.pop("text", ""), fields.pop("content", {})
    sealed = sealed_replies.seal(text, content, wamid=fields["wamid"])
    return Reply.objects.create(sealed=sealed, **fields)


def keep_notice(body: bytes, **fields: object) -> Delivery:
    """Keep a notice as the door does."""
    defaults: dict[str, Any] = {"clear_body": b"", "named": sealed_notices.named(body)}
    notice = Delivery.objects.create(**(defaults | fields))
    notice.sealed = sealed_notices.seal(body, notice=notice.pk)
    notice.save(update_fields=["sealed"])
    return notice
