"""Templates are written: begun, copied to another language, and checked against every rule."""

import dataclasses
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from whatsapp import patient_pages, places, starting_set, template_rules
from whatsapp.catalog import VERBS
from whatsapp.fill_ins import REGISTRY
from whatsapp.link_buttons import GAP, beginning_of
from whatsapp.models import (
    Account,
    AskedCategory,
    Binding,
    DraftButton,
    Template,
    TemplateDraft,
    TemplateStatus,
)
from whatsapp.places import LOCATION
from whatsapp.starting_set import Starter
from whatsapp.template_buttons import QUICK_REPLY, URL, Button
from whatsapp.template_components import written_in
from whatsapp.template_faults import Fault, Part
from whatsapp.template_languages import isolated
from whatsapp.template_rules import NAMED, Words

# What is the same in every language of a template.
_SHARED = ("category", "header_format", "ttl_seconds", "uses_preparation", "parameter_format")


@transaction.atomic
def change(template: Template, *, now: datetime) -> TemplateDraft:
    """Return the draft in which a template is changed, begun with its present words."""
    known = TemplateDraft.objects.filter(
        account=template.account_id, name=template.name, language=template.language
    ).first()
    return known or _begin_from(template, template.language, now)


@transaction.atomic
def copy(source: Template | TemplateDraft, language: str, *, now: datetime) -> TemplateDraft:
    """
    Begin the same template in another language, with the words to translate in it.

    :raises ValidationError: it is there already
    """
    if language == source.language or _is_there(source, language):
        raise ValidationError(_("It is there already in this language."))
    if isinstance(source, Template):
        return _begin_from(source, language, now, is_foreign=True)
    made = _begin(
        source.account,
        source.name,
        language,
        {key: getattr(source, key) for key in _SHARED}
        | {"header_text": source.header_text, "body": source.body, "footer": source.footer},
        now,
        is_foreign=True,
    )
    _put_buttons(made, source.buttons.order_by("pk"))
    return made


@transaction.atomic
def take(account: Account, starter: Starter, language: str, *, now: datetime) -> TemplateDraft:
    """
    Begin a draft with a template of the library.

    :raises ValidationError: it is there already
    """
    if starter.name in names_in(account, language):
        raise ValidationError(_("It is there already in this language."))
    words = starting_set.words(starter, language, page=page_address())
    made = _begin(
        account,
        starter.name,
        language,
        {
            "category": words.category,
            "ttl_seconds": words.ttl_seconds,
            "body": words.body,
            "footer": words.footer,
        },
        now,
        is_foreign=language not in starting_set.CHECKED,
    )
    _put_buttons(
        made,
        [
            DraftButton(kind=one.kind, text=one.text, value=one.value, meaning=meaning)
            for one, meaning in zip(words.buttons, starter.meanings, strict=True)
        ],
    )
    return made


def names_in(account: Account, language: str) -> set[str]:
    """Return the names that have a draft or a template in a language."""
    there = Template.objects.filter(account=account, language=language)
    drafts = TemplateDraft.objects.filter(account=account, language=language)
    known = there.exclude(status=TemplateStatus.DELETED).values_list("name", flat=True)
    return {*known, *drafts.values_list("name", flat=True)}


def with_examples(starter: Starter, language: str, samples: Mapping[str, str]) -> Words:
    """Return a template of the library with its gaps filled by their names."""
    shown = set_apart(samples, language)
    return dataclasses.replace(starting_set.words(starter, language), examples=shown)


def set_apart(samples: Mapping[str, str], language: str) -> dict[str, str]:
    """Return samples as they will stand in a message of the language."""
    return {key: isolated(value, language) for key, value in samples.items()}


def words_of(
    draft: TemplateDraft, buttons: Iterable[DraftButton], samples: Mapping[str, str]
) -> Words:
    """Return what a draft says, saved or not, its gaps filled with samples by their names."""
    bound = _bound(draft)
    gaps = template_rules.gaps_in(f"{draft.header_text} {draft.body}")
    shown = set_apart(samples, draft.language)
    filled = {gap: shown.get(_fill_in_of(gap, bound), "") for gap in gaps}
    return Words(
        name=draft.name,
        language=draft.language,
        category=draft.category,
        header_format=draft.header_format,
        header_text=draft.header_text,
        has_file=draft.file_id is not None,
        body=draft.body.replace("\r\n", "\n"),
        footer=draft.footer,
        buttons=tuple(Button(one.kind, one.text, one.value) for one in buttons),
        ttl_seconds=draft.ttl_seconds,
        parameter_format=draft.parameter_format,
        examples={gap: value for gap, value in filled.items() if value},
        sites_off_the_map=_off_the_map(draft),
        others=_others(draft),
    )


def faults(words: Words, buttons: Iterable[DraftButton]) -> tuple[Fault, ...]:
    """Return WhatsApp's rules that are broken and ours, the grave ones first."""
    text = words.header_text if words.header_format == "TEXT" else ""
    open_gaps = [
        gap for gap in template_rules.gaps_in(f"{text} {words.body}") if gap not in words.examples
    ]
    ours = [
        Fault(Part.BODY, _("Nobody fills the gap “%s”: choose one from the list.") % gap)
        for gap in open_gaps
    ]
    ours += [
        Fault(Part.BUTTONS, _("Say what a tap on “%s” means.") % one.text)
        for one in buttons
        if one.kind == QUICK_REPLY and one.meaning not in VERBS
    ]
    ours += [_elsewhere() for one in words.buttons if _leads_elsewhere(one)]
    if words.header_format == LOCATION and words.sites_off_the_map:
        ours.append(Fault(Part.HEADER, off_the_map(words.sites_off_the_map), is_advice=True))
    if _speaks_of_a_time(words) and words.ttl_seconds is None:
        sentence = _("It tells a time, and has no lifetime: it may arrive after the visit.")
        ours.append(Fault(Part.LIFE, sentence, is_advice=True))
    found = [*template_rules.faults(words), *ours]
    return tuple(sorted(found, key=lambda fault: fault.is_advice))


def off_the_map(sites: Iterable[str]) -> str:
    """Return what comes of a template with a place on top at sites that have none."""
    return _("It is not sent for visits at %(sites)s: put them on the map, on their own pages.") % {
        "sites": ", ".join(sites)
    }


def page_address() -> str:
    """Return what a button leads to that opens the page of other times, "" while there is none."""
    page = patient_pages.other_times()
    return f"{page}{GAP}" if page else ""


def _leads_elsewhere(button: Button) -> bool:
    beginning = beginning_of(button.value) if button.kind == URL else ""
    return bool(beginning) and beginning != patient_pages.other_times()


def _elsewhere() -> Fault:
    if not (address := page_address()):
        sentence = _("An address with a gap needs a page that patients reach: set PUBLIC_URL.")
        return Fault(Part.BUTTONS, sentence)
    sentence = _("An address with a gap leads to our page of the visit, and nowhere else: %s")
    return Fault(Part.BUTTONS, sentence % address)


def _speaks_of_a_time(words: Words) -> bool:
    times = {"when", "date", "time", "day", "visits"}
    gaps = template_rules.gaps_in(words.body)
    return words.category == template_rules.UTILITY and not times.isdisjoint(gaps)


def _begin_from(
    template: Template, language: str, now: datetime, *, is_foreign: bool = False
) -> TemplateDraft:
    version = template.current
    written = written_in(version.components if version else ())
    buttons = written.pop("buttons")
    category = template.category_asked or template.category
    known = category in AskedCategory.values
    made = _begin(
        template.account,
        template.name,
        language,
        {
            **written,
            "category": category if known else AskedCategory.UTILITY,
            "ttl_seconds": template.ttl_seconds,
            "file": None if is_foreign else template.file,
            "uses_preparation": template.uses_preparation,
            "parameter_format": version.parameter_format if version else NAMED,
        },
        now,
        is_foreign=is_foreign,
    )
    meanings = _bound(made)
    _put_buttons(
        made,
        [
            DraftButton(
                kind=one.kind,
                text=one.text,
                value=one.value,
                meaning=meanings.get(f"button.{place}", ""),
            )
            for place, one in enumerate(buttons)
        ],
    )
    return made


def _begin(
    account: Account,
    name: str,
    language: str,
    fields: Mapping[str, Any],
    now: datetime,
    *,
    is_foreign: bool,
) -> TemplateDraft:
    return TemplateDraft.objects.create(
        account=account,
        name=name,
        language=language,
        # Words of another language stand in it: they have to be translated, and read.
        native_check_needed=is_foreign,
        changed_at=now,
        **fields,
    )


def _put_buttons(draft: TemplateDraft, buttons: Iterable[DraftButton]) -> None:
    DraftButton.objects.bulk_create(
        DraftButton(draft=draft, kind=one.kind, text=one.text, value=one.value, meaning=one.meaning)
        for one in buttons
    )


def _is_there(source: Template | TemplateDraft, language: str) -> bool:
    same = {"account": source.account_id, "name": source.name, "language": language}
    there = Template.objects.filter(**same).exclude(status=TemplateStatus.DELETED)
    return there.exists() or TemplateDraft.objects.filter(**same).exists()


def _bound(draft: TemplateDraft) -> dict[str, str]:
    rows = Binding.objects.filter(account=draft.account_id, template_name=draft.name)
    return dict(rows.values_list("variable", "fill_in"))


def _fill_in_of(gap: str, bound: Mapping[str, str]) -> str:
    """Return what fills a gap: what a person chose, else what it is named after."""
    return bound.get(gap) or (gap if gap in REGISTRY else "")


def _off_the_map(draft: TemplateDraft) -> tuple[str, ...]:
    return places.lacking(draft.account) if draft.header_format == LOCATION else ()


def _others(draft: TemplateDraft) -> frozenset[tuple[str, str]]:
    """Return what the account's other templates in this language say: WhatsApp wants no twins."""
    rows = Template.objects.filter(account=draft.account_id, language=draft.language)
    rows = rows.exclude(name=draft.name).exclude(status=TemplateStatus.DELETED)
    written = [
        written_in(one.current.components) for one in rows.select_related("current") if one.current
    ]
    return frozenset((one["body"].strip(), one["footer"].strip()) for one in written)
