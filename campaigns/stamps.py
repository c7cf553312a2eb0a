"""What an approval was given to, part by part: each a word that differs where the part does."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from hashlib import sha256
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, Model, OuterRef, QuerySet
from django.db.models.functions import JSONObject
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from campaigns.at_hand import AtHand
from campaigns.models import Campaign, FreeSlots, PriorityGroup
from campaigns.naming import named_by
from healthmsg.clinic.models import Clinic
from whatsapp.models import Binding, HeaderFile, Sender, Template

# By model, what changes without anybody changing what is sent, or to whom; all else counts, so that
# a field that is added tomorrow takes approvals back unless somebody writes it down here.
ASIDE: dict[str, set[str]] = {
    "campaigns.Campaign": {"name", "next_run_at", "not_started_because"}
    | {"approved_by", "approved_at", "approved_parts", "changed_by"},
    "campaigns.Audience": {"name"},
    # What WhatsApp says of a template beside its words, and what is asked anew at each start.
    "whatsapp.Template": {"meta_id", "status", "rejected_reason", "category", "category_asked"}
    | {"category_coming", "quality", "seen_at", "status_changed_at", "quality_told_at"}
    | {"category_told_at", "held_at", "held_reason", "held_code", "strikes", "strike_code"}
    | {"struck_at", "ttl_seconds"},
}
# What a fill-in says of the clinic; what others say is of the patient, or of a visit, and campaigns
# are about none.
OF_THE_CLINIC = {"clinic_name": "name", "site_name": "name", "clinic_phone": "phone"}


class Part(StrEnum):
    """Something that is looked at before a campaign is approved."""

    TERMS = "terms"  # with all that the campaign's own row says
    AUDIENCE = "audience"
    WORDS = "words"
    FILL_INS = "fill_ins"
    CLINIC = "clinic"


# What a patient reads.
SAID = (Part.WORDS, Part.FILL_INS, Part.CLINIC)
IN_WORDS: dict[Part, Promise] = {
    Part.TERMS: _("what the campaign itself says: its template, how and when it is sent"),
    Part.AUDIENCE: _("whom it goes to"),
    Part.WORDS: _("the words of its template"),
    Part.FILL_INS: _("what fills the gaps of its template, or what its buttons mean"),
    Part.CLINIC: _("the clinic's name or phone, which patients read in it"),
}


def of(campaign: Campaign, at_hand: AtHand | None = None) -> dict[str, str]:
    """Return each part's word; of the campaign's own row as it was read."""
    at_hand = at_hand or AtHand(campaign)
    terms = [_values(campaign), *_rows(_free_slots(campaign))]
    said = _said(at_hand)
    return _hashed({Part.TERMS: terms, Part.AUDIENCE: _whom(at_hand), **said})


def with_free_slots(rows: "QuerySet[Campaign]") -> "QuerySet[Any]":
    """Read campaigns together with the free times that limit them, and whether some go first."""
    limits = FreeSlots.objects.filter(campaign=OuterRef("pk")).order_by("pk")
    columns = {field.attname: field.attname for field in FreeSlots._meta.concrete_fields}
    return rows.annotate(
        its_free_slots=ArraySubquery(limits.values(json=JSONObject(**columns))),
        has_groups=Exists(PriorityGroup.objects.filter(campaign=OuterRef("pk"))),
    )


def _free_slots(campaign: Campaign) -> Iterable[FreeSlots]:
    known: list[dict[str, Any]] | None = getattr(campaign, "its_free_slots", None)
    if known is None:
        return campaign.free_slots.order_by("pk")
    return [FreeSlots(**columns) for columns in known]


def changed(campaign: Campaign) -> list[Part]:
    """Return what is not any more as it was approved; nothing where that was never written down."""
    before = campaign.approved_parts
    now = of(campaign) if before else {}
    return [part for part in Part if now.get(part) != before.get(part)]


def says_otherwise(campaign: Campaign) -> bool:
    """True where patients read something else than was approved; false as `changed` says."""
    before = campaign.approved_parts
    now = _hashed(_said(AtHand(campaign))) if before else {}
    return any(now.get(part) != before.get(part) for part in SAID)


def _hashed(parts: Mapping[Part, object]) -> dict[str, str]:
    return {part: sha256(repr(values).encode()).hexdigest()[:24] for part, values in parts.items()}


def _said(at_hand: AtHand) -> dict[Part, object]:
    campaign, sender = at_hand.campaign, at_hand.sender
    which = [campaign.template_name, campaign.spare_language, campaign.sender_id]
    if sender is None:
        return {Part.WORDS: which}
    gaps = _gaps(at_hand, sender)
    return {
        Part.WORDS: [*which, *_words(at_hand, sender)],
        Part.FILL_INS: gaps,
        Part.CLINIC: _of_the_clinic(sender.clinic, {fill_in for _gap, fill_in in gaps}),
    }


def counted(model: type[Model]) -> set[str]:
    """Return the fields of a model that count."""
    aside = ASIDE.get(model._meta.label, set())
    fields = (*model._meta.concrete_fields, *model._meta.many_to_many)
    return {field.name for field in fields} - aside


def _values(row: Model, named: Mapping[str, list[int]] | None = None) -> list[Any]:
    counts = counted(type(row))
    many = [keys for name, keys in (named or named_by(row)).items() if name in counts]
    columns = [field for field in row._meta.concrete_fields if field.name in counts]
    # As text: a choice that was just set is no other than the same one read.
    return [*(field.value_to_string(row) for field in columns), *many]


def _rows(rows: Iterable[Model]) -> list[Any]:
    return [_values(row) for row in rows]


def _whom(at_hand: AtHand) -> list[Any]:
    groups = sorted(at_hand.groups, key=lambda one: one.pk)
    # Not who is on their lists: whoever puts somebody on one takes approvals back by that, and what
    # is made has a clinician's of its own.
    whole = _values(at_hand.campaign.audience, at_hand.named)
    return [whole, *_rows(group.audience for group in groups), *_rows(groups)]


def _words(at_hand: AtHand, sender: Sender) -> list[Any]:
    """Return which words WhatsApp has approved, and which file stands on top of them."""
    name = at_hand.campaign.template_name
    rows = at_hand.templates or Template.objects.filter(account=sender.account, name=name)
    known = sorted(rows, key=lambda one: one.language)
    files = {one.file_id for one in known if one.file_id is not None}
    changed_at = HeaderFile.objects.in_bulk(files) if files else {}
    return [*_rows(known), *(one.changed_at for _key, one in sorted(changed_at.items()))]


def _gaps(at_hand: AtHand, sender: Sender) -> list[tuple[str, str]]:
    name = at_hand.campaign.template_name
    if at_hand.templates:
        return sorted(at_hand.words.bindings.items())
    gaps = Binding.objects.filter(account=sender.account, template_name=name)
    return sorted(gaps.values_list("variable", "fill_in"))


def _of_the_clinic(clinic: Clinic, fill_ins: set[str]) -> list[Any]:
    # Not of the row that the campaign was read with: that may be older than a change.
    said = sorted({field for fill_in, field in OF_THE_CLINIC.items() if fill_in in fill_ins})
    return [getattr(clinic, field) for field in said]
