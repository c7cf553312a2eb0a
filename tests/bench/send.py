"""The real pump, rows in PostgreSQL, the sandbox with 100 ms latency."""

import asyncio
import os
import sys
import time

from tests.bench import house

MESSAGES = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000


def main() -> None:
    house.open_house()
    from tests import factories
    from whatsapp import pacing, turns

    clinic = factories.make_clinic()
    sender = factories.make_sender(clinic)
    for rate in (0, 80, 1000):
        with house.sandbox(
            "--webhooks",
            "off",
            "--no-pair-limits",
            "--latency",
            "0.1",
            "--throughput",
            str(rate),
            "--number",
            f"{sender.phone_number_id}=+541155550000",
        ) as base:
            count = MESSAGES if rate != 80 else 1600
            fill(sender, count)
            sender.rate_per_second = rate or 1_000_000
            around = turns.Surroundings(
                redis_url=os.environ.get("REDIS_URL") or settings_redis(),
                base_url=base,
                graph_version="v25.0",
                token="sandbox-token",
                uses_sandbox=True,
                seconds=300,
                now=lambda: factories.NOON,
                stopped=lambda: False,
            )
            draw = pacing.unpaced if rate == 0 else None
            began, cpu = time.perf_counter(), time.process_time()
            asyncio.run(turns.take([sender], around, draw=draw))
            seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
            print(
                f"rate {rate or 'uncapped'}: {count / seconds:,.0f}/s,"
                f" {cpu / count * 1000:.3f} ms CPU a message, sandbox {house.stats(base)}"
            )
            report()


def settings_redis() -> str:
    from django.conf import settings

    return str(settings.REDIS_URL)


def fill(sender: object, count: int) -> None:
    from healthmsg.clinic.models import ConsentRecord, Contact, Patient, Phone
    from tests import factories
    from whatsapp.models import Message, Sender, Template

    assert isinstance(sender, Sender)
    Message.objects.all().delete()
    template = Template.objects.first() or factories.make_template(
        sender.account,
        name="please_contact_us",
        language="en",
        body="Hello {{contact_name}}, {{clinic_name}} asks you to call {{clinic_phone}} please.",
    )
    if Phone.objects.count() < count:
        phones = Phone.objects.bulk_create(
            Phone(clinic=sender.clinic, number=f"+5491140{n:06d}") for n in range(count)
        )
        patients = Patient.objects.bulk_create(
            Patient(clinic=sender.clinic, given_name="A", family_name="B") for _ in range(count)
        )
        Contact.objects.bulk_create(
            Contact(patient=patient, name="A", language="en", phone=phone)
            for patient, phone in zip(patients, phones, strict=True)
        )
        ConsentRecord.objects.bulk_create(
            ConsentRecord(
                clinic=sender.clinic,
                patient=patient,
                phone=phone,
                purpose="APPOINTMENTS",
                change="GRANTED",
                given_how="AT_DESK",
                given_at=factories.NOON,
            )
            for patient, phone in zip(patients, phones, strict=True)
        )
    parameters = [("contact_name", "Ana"), ("clinic_name", "Aurora"), ("clinic_phone", "107")]
    payload = {
        "type": "template",
        "template": {
            "name": "please_contact_us",
            "language": {"policy": "deterministic", "code": "en"},
            "components": [
                {
                    "type": "body",
                    "parameters": [
                        {"type": "text", "parameter_name": k, "text": v} for k, v in parameters
                    ],
                }
            ],
        },
    }
    Message.objects.bulk_create(
        (
            Message(
                clinic=sender.clinic,
                sender=sender,
                phone=phone,
                patient=patient,
                lane=1,
                purpose="APPOINTMENTS",
                dedupe_key=f"bench:{phone.pk}",
                send_after=factories.NOON,
                expires_at=factories.NOON.replace(hour=20),
                created_at=factories.NOON,
                payload=payload,
                template_version=template.current,
            )
            for phone, patient in zip(
                Phone.objects.order_by("pk")[:count],
                Patient.objects.order_by("pk")[:count],
                strict=True,
            )
        ),
        batch_size=2000,
    )


def report() -> None:
    from collections import Counter

    from whatsapp.models import Message

    print("   ", dict(Counter(Message.objects.values_list("status", "reason"))))


if __name__ == "__main__":
    main()
