"""Brings an account's templates home: status, words and versions, and binds gaps named plainly."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from whatsapp import holds
from whatsapp.catalog import VERBS, gaps_of, quick_replies_of
from whatsapp.fill_ins import REGISTRY
from whatsapp.models import (
    Account,
    Binding,
    Template,
    TemplateDraft,
    TemplateStatus,
    TemplateVersion,
)
from whatsapp.template_components import written_in

# What the buttons of our starter templates ask for, in their order.
_STARTER_BUTTONS = {
    "appointment_confirmation": ("another_time", "cancel", "wrong_person"),
    "appointment_reminder_days": ("confirm", "another_time", "cancel"),
    "appointment_reminder_tomorrow": ("confirm", "another_time", "cancel"),
    "appointment_moved": ("confirm", "another_time", "cancel"),
    "appointments_several": ("confirm", "another_time", "cancel"),
    "list_cancelled": ("seen",),
    "list_moved": ("seen", "another_time"),
    "earlier_slot_offer": ("take_earlier", "keep_mine", "no_earlier"),
    "vaccination_invitation": ("want_appointment", "already_done", "not_this"),
}
# As it was handed in before "wrong person" stood under it.
_SHORTER = {"appointment_confirmation": 2}


# Not what refusals do to it meanwhile: whether it is stopped, and how often it was refused.
_LISTED = [
    *("status_changed_at", "meta_id", "status", "category", "quality", "rejected_reason"),
    *("seen_at", "quality_told_at", "category_told_at", "current", "category_coming"),
]


@transaction.atomic
def bring_home(account: Account, listed: Iterable[Mapping[str, Any]], *, now: datetime) -> int:
    """
    Write down a complete listing of an account's templates; those no longer listed are deleted.

    :param now: when the listing was begun: what was handed in since may not stand in it
    :returns: how many were listed
    """
    Account.objects.select_for_update().get(pk=account.pk)
    seen = [_write(account, raw, now) for raw in listed]
    Template.objects.filter(account=account, seen_at__lte=now).exclude(pk__in=seen).exclude(
        status=TemplateStatus.DELETED
    ).update(status=TemplateStatus.DELETED, status_changed_at=now)
    _adopt(account)
    Account.objects.filter(pk=account.pk).update(templates_synced_at=now)
    return len(seen)


@transaction.atomic
def write_one(account: Account, raw: Mapping[str, Any], *, now: datetime) -> Template:
    """Write down one template as WhatsApp has it, such as one that was just handed in."""
    Account.objects.select_for_update().get(pk=account.pk)
    return Template.objects.get(pk=_write(account, raw, now))


def _write(account: Account, raw: Mapping[str, Any], now: datetime) -> int:
    language = str(raw["language"]).replace("-", "_")
    template, _ = Template.objects.get_or_create(
        account=account,
        name=raw["name"],
        language=language,
        defaults={"status": "", "category": "", "seen_at": now},
    )
    if template.status != raw.get("status"):
        template.status_changed_at = now
    template.meta_id = str(raw.get("id", ""))
    template.status = str(raw.get("status", ""))[:30]
    template.category = str(raw.get("category", ""))[:20]
    template.quality = str((raw.get("quality_score") or {}).get("score", ""))[:10]
    rejected = str(raw.get("rejected_reason") or "")
    template.category_coming = str(raw.get("correct_category") or "")[:20]
    template.rejected_reason = "" if rejected == "NONE" else rejected[:200]
    template.seen_at = template.quality_told_at = template.category_told_at = now
    current = template.current
    template.current = _version(template, raw, now)
    template.save(update_fields=_LISTED)
    if current != template.current:
        # It was stopped for the words it had, or for what they were filled with.
        holds.start_template(template.pk)
    _bind(account, template.name, template.current)
    return template.pk


def _adopt(account: Account) -> None:
    """Let a draft go that WhatsApp took without our hearing of it: the same words stand there."""
    for draft in TemplateDraft.objects.filter(account=account).exclude(refusal=""):
        rows = Template.objects.filter(account=account, name=draft.name, language=draft.language)
        there = rows.filter(category_asked="").exclude(status=TemplateStatus.DELETED)
        template = there.select_related("current").first()
        if template is None or template.current is None:
            continue
        if written_in(template.current.components)["body"] != draft.body:
            continue
        rows.update(
            category_asked=draft.category,
            ttl_seconds=draft.ttl_seconds,
            file=draft.file,
            uses_preparation=draft.uses_preparation,
        )
        Binding.objects.bulk_create(
            [
                Binding(
                    account=account,
                    template_name=draft.name,
                    variable=f"button.{place}",
                    fill_in=button.meaning,
                )
                for place, button in enumerate(draft.buttons.order_by("pk"))
                if button.meaning
            ],
            ignore_conflicts=True,
        )
        draft.delete()


def _version(template: Template, raw: Mapping[str, Any], now: datetime) -> TemplateVersion:
    components = list(raw.get("components") or ())
    form = str(raw.get("parameter_format") or "POSITIONAL")[:12]
    current = template.current
    if current and current.components == components and current.parameter_format == form:
        return current
    return TemplateVersion.objects.create(
        template=template,
        number=template.versions.count() + 1,
        components=components,
        parameter_format=form,
        first_seen_at=now,
    )


def _bind(account: Account, name: str, version: TemplateVersion) -> None:
    """Bind gaps that bear a fill-in's name, and our starters' buttons; a person's choice stays."""
    wanted = {
        gap: gap for gap in gaps_of(version.components, version.parameter_format) if gap in REGISTRY
    }
    places = quick_replies_of(version.components)
    verbs = _STARTER_BUTTONS.get(name, ())
    if len(places) in {len(verbs), _SHORTER.get(name)}:
        wanted |= {f"button.{place}": verb for place, verb in zip(places, verbs, strict=False)}
    Binding.objects.bulk_create(
        [
            Binding(account=account, template_name=name, variable=variable, fill_in=fill_in)
            for variable, fill_in in wanted.items()
            if fill_in in REGISTRY or fill_in in VERBS
        ],
        ignore_conflicts=True,
    )
