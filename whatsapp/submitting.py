"""Templates are handed in to WhatsApp, once, and come back with what it made of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from healthmsg.clinic.models import StaffUser
from whatsapp import drafting, template_refusals, templates_sync
from whatsapp.errors import SendError
from whatsapp.graph import Graph
from whatsapp.models import (
    Binding,
    DraftButton,
    Template,
    TemplateDraft,
    TemplateStatus,
    TemplateSubmission,
)
from whatsapp.template_components import MEDIA, Json, components_of
from whatsapp.template_rules import Words

# Longer than WhatsApp is waited for; whoever handed it in is gone after it.
_HANDING_IN = timedelta(minutes=3)
# Source: WhatsApp Cloud API, template management, read 2025-11: edits of an approved template.
_EDITABLE = (TemplateStatus.APPROVED, TemplateStatus.REJECTED, TemplateStatus.PAUSED)
_ONE_EDIT_IN = timedelta(hours=24)
_EDITS_IN_A_MONTH = 10
_A_MONTH = timedelta(days=30)


@dataclass(frozen=True)
class Handing:
    """Who hands in, when, by which way, and with which samples for the reviewers."""

    graph: Graph
    by: StaffUser | None
    now: datetime
    samples: Mapping[str, str]
    # The Meta app that samples of pictures and documents are uploaded to.
    app_id: str = ""


def submit(draft: TemplateDraft, handing: Handing) -> Template:
    """
    Hand a draft in; WhatsApp has it from then on, and the draft is gone.

    :raises ValidationError: a rule is broken, it is being handed in already, or WhatsApp said no
    """
    buttons = list(draft.buttons.order_by("pk"))
    words = drafting.words_of(draft, buttons, handing.samples)
    there = existing(draft)
    problems = why_not(draft, words, buttons, there, now=handing.now)
    if problems:
        raise ValidationError(problems)
    if not _claim(draft, handing.now):
        raise ValidationError(_("Somebody is handing it in at this moment."))
    try:
        raw = _hand_in(draft, words, there, handing)
    except SendError as error:
        refusal = template_refusals.sentence(error)
        TemplateDraft.objects.filter(pk=draft.pk).update(
            refusal=refusal[:500], handed_in_until=None
        )
        raise ValidationError(refusal) from None
    return _keep(draft, buttons, raw, there, handing)


def why_not(
    draft: TemplateDraft,
    words: Words,
    buttons: list[DraftButton],
    there: Template | None,
    *,
    now: datetime,
) -> list[str]:
    """Return what has to change before a draft can be handed in."""
    found = [str(one.sentence) for one in drafting.faults(words, buttons) if not one.is_advice]
    if draft.native_check_needed:
        found.append(_("Somebody who speaks the language has to read it first."))
    return found + (why_not_now(there, draft.category, now=now) if there else [])


def existing(draft: TemplateDraft) -> Template | None:
    """Return the template that a draft changes, None where it is new."""
    rows = Template.objects.filter(
        account=draft.account_id, name=draft.name, language=draft.language
    )
    return rows.exclude(status=TemplateStatus.DELETED).exclude(meta_id="").first()


def why_not_now(template: Template, category: str, *, now: datetime) -> list[str]:
    """Return what WhatsApp would not change about a template at this moment."""
    if template.status == TemplateStatus.PENDING_DELETION:
        return [_("It is being deleted at WhatsApp: choose another name.")]
    if template.status not in _EDITABLE:
        return [_("WhatsApp takes no changes while it is in this state.")]
    if template.status != TemplateStatus.APPROVED:
        return []
    found = []
    if category not in (template.category, template.category_asked):
        found.append(_("The category of an approved template cannot be changed."))
    edits = TemplateSubmission.objects.filter(template=template, is_edit=True, was_approved=True)
    if edits.filter(at__gt=now - _ONE_EDIT_IN).exists():
        found.append(_("An approved template is changed once in 24 hours: wait until tomorrow."))
    elif edits.filter(at__gt=now - _A_MONTH).count() >= _EDITS_IN_A_MONTH:
        found.append(
            _("An approved template is changed 10 times in 30 days: wait, or make another.")
        )
    return found


def delete(template: Template, graph: Graph, *, now: datetime) -> None:
    """
    Delete a template in one language at WhatsApp; here it stays, as messages were written with it.

    :raises ValidationError: WhatsApp deletes no disabled ones, or said no
    """
    if template.status == TemplateStatus.DISABLED:
        raise ValidationError(_("WhatsApp deletes no template that it has disabled."))
    try:
        graph.delete_template(
            template.account.waba_id, name=template.name, meta_id=template.meta_id
        )
    except SendError as error:
        raise ValidationError(template_refusals.sentence(error)) from None
    Template.objects.filter(pk=template.pk).update(
        status=_after_deletion(template, graph), status_changed_at=now
    )


def _after_deletion(template: Template, graph: Graph) -> str:
    """Return what is left of it: WhatsApp keeps it while messages written with it are waiting."""
    try:
        left = graph.template(template.meta_id)
    except SendError:
        return TemplateStatus.DELETED
    return str(left.get("status") or TemplateStatus.DELETED)[:30]


def _claim(draft: TemplateDraft, now: datetime) -> bool:
    """Say whether it is ours to hand in: two at once would create it twice."""
    free = Q(handed_in_until=None) | Q(handed_in_until__lte=now)
    rows = TemplateDraft.objects.filter(free, pk=draft.pk)
    return rows.update(handed_in_until=now + _HANDING_IN) == 1


def _hand_in(draft: TemplateDraft, words: Words, there: Template | None, handing: Handing) -> Json:
    """Return the template as WhatsApp now has it."""
    graph, account = handing.graph, draft.account
    asked: Json = {
        "category": draft.category,
        "components": components_of(words, header_handle=_handle(draft, handing)),
    }
    if draft.ttl_seconds is not None:
        asked["message_send_ttl_seconds"] = draft.ttl_seconds
    if there is None:
        asked |= {"name": draft.name, "language": draft.language}
        asked["parameter_format"] = draft.parameter_format
        answer = graph.create_template(account.waba_id, asked)
        meta_id = str(answer.get("id", ""))
    else:
        if there.status == TemplateStatus.APPROVED:
            del asked["category"]
        graph.edit_template(there.meta_id, asked)
        answer, meta_id = {}, there.meta_id
    told = {"status": TemplateStatus.PENDING, "category": draft.category, **answer}
    mine = {"name": draft.name, "language": draft.language, "id": meta_id}
    mine |= {"parameter_format": draft.parameter_format, "components": asked["components"]}
    try:
        # What stands there now, category included.
        return told | mine | graph.template(meta_id)
    except SendError:
        return told | mine


def _handle(draft: TemplateDraft, handing: Handing) -> str:
    if draft.header_format not in MEDIA:
        return ""
    file = draft.file
    if file is None:
        raise AssertionError("a rule asks for the file before it is handed in")
    return handing.graph.upload_sample(
        handing.app_id, name=file.name, mime_type=file.mime_type, content=bytes(file.content)
    )


@transaction.atomic
def _keep(
    draft: TemplateDraft,
    buttons: list[DraftButton],
    raw: Json,
    there: Template | None,
    handing: Handing,
) -> Template:
    _bind_buttons(draft, buttons)
    template = templates_sync.write_one(draft.account, raw, now=handing.now)
    was_approved = there is not None and there.status == TemplateStatus.APPROVED
    template.category_asked = draft.category
    template.category_coming = ""
    template.ttl_seconds, template.file = draft.ttl_seconds, draft.file
    template.uses_preparation = draft.uses_preparation
    template.save(
        update_fields=[
            *("category_asked", "category_coming", "ttl_seconds", "file", "uses_preparation")
        ]
    )
    TemplateSubmission.objects.create(
        template=template,
        at=handing.now,
        by=handing.by,
        is_edit=there is not None,
        was_approved=was_approved,
        category=draft.category,
    )
    draft.delete()
    return template


def _bind_buttons(draft: TemplateDraft, buttons: list[DraftButton]) -> None:
    """Keep what a tap means, for all languages of the template."""
    for place, one in enumerate(buttons):
        if one.meaning:
            Binding.objects.update_or_create(
                account=draft.account,
                template_name=draft.name,
                variable=f"button.{place}",
                defaults={"fill_in": one.meaning},
            )
