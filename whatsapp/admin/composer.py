"""The composer's live part: what stands in the form, as a patient sees it, and what is wrong."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from healthmsg import clock
from healthmsg.clinic import languages
from healthmsg.clinic.models import Clinic
from healthmsg.cockpit import clinics_of
from healthmsg.cockpit.belonging import Person
from whatsapp import drafting, samples, template_rules
from whatsapp.fill_ins import REGISTRY
from whatsapp.models import (
    Account,
    DraftButton,
    HeaderFormat,
    Template,
    TemplateDraft,
    TemplateStatus,
)
from whatsapp.template_languages import direction_of, root_of


@dataclass(frozen=True)
class Bubble:
    """A draft as a patient sees it."""

    language: str
    direction: str
    top: str  # what stands for a picture, document or map
    place: tuple[str, ...]  # name and address beside a map
    heading: str
    body: str
    footer: str
    buttons: tuple[str, ...]
    letters: int


@dataclass(frozen=True)
class Tab:
    """One language of a template: where it stands, and whether it is the one shown."""

    language: str
    words: str
    draft_id: int | None
    template_id: int | None
    is_here: bool
    needs_native: bool


def looked_at(
    draft: TemplateDraft, buttons: Sequence[DraftButton], shown: Mapping[str, str]
) -> dict[str, Any]:
    """
    Return the bubble and the faults of what stands in the form, saved or not.

    :param shown: an example for each fill-in, in the draft's language
    """
    words = drafting.words_of(draft, buttons, shown)
    found = drafting.faults(words, buttons)
    return {
        "bubble": bubble(words, shown),
        "stops": [one for one in found if not one.is_advice],
        "advice": [one for one in found if one.is_advice],
        "longest": template_rules.LONGEST_BODY,
    }


def bubble(words: template_rules.Words, shown: Mapping[str, str]) -> Bubble:
    """
    Return a draft as a patient sees it.

    :param shown: samples for fill-ins; those of the site stand beside a map
    """
    tops = {"IMAGE": _("picture"), "DOCUMENT": _("document"), "LOCATION": _("map")}
    filled = {key: value for key, value in words.examples.items() if value}
    body = template_rules.filled(words.body, filled)
    return Bubble(
        language=root_of(words.language),
        direction=direction_of(words.language),
        top=tops.get(words.header_format, ""),
        place=place_in(shown) if words.header_format == HeaderFormat.LOCATION else (),
        heading=template_rules.filled(words.header_text, filled)
        if words.header_format == HeaderFormat.TEXT
        else "",
        body=body,
        footer=words.footer,
        buttons=tuple(one.text for one in words.buttons if one.text),
        letters=len(body),
    )


def place_in(shown: Mapping[str, str]) -> tuple[str, ...]:
    """Return the lines beside a map."""
    return tuple(filter(None, (shown.get("site_name"), shown.get("address"))))


def life_in_words(seconds: int | None) -> str:
    """Return how long WhatsApp tries to deliver."""
    if seconds is None or seconds < 0:
        return _("WhatsApp tries for 30 days to deliver it.")
    hours, rest = divmod(seconds, 60 * 60)
    if hours and not rest:
        span = ngettext("%d hour", "%d hours", hours) % hours
    else:
        span = ngettext("%d second", "%d seconds", seconds) % seconds
    return _("What is not delivered after %s never arrives.") % span


def clinic_of(person: Person, account: Account) -> Clinic | None:
    """Return the person's clinic that writes with the account: its facts fill the samples."""
    mine = clinics_of(person).filter(senders__account=account)
    return (
        mine.order_by("pk").first()
        or Clinic.objects.filter(senders__account=account).order_by("pk").first()
    )


def shown_to(clinic: Clinic | None, languages: Iterable[str]) -> dict[str, Mapping[str, str]]:
    """Return examples for gaps in each language, with the facts of a person's own clinic."""
    if clinic is None:
        return {language: {} for language in languages}
    site, now = samples.site_of(clinic), clock.now()
    return {language: samples.samples_at(site, clinic, language, now=now) for language in languages}


def tabs(
    account_id: int, name: str, language: str, *, at_whatsapp: Iterable[Template] | None = None
) -> list[Tab]:
    """
    Return the languages of a template, drafts and those at WhatsApp, in order.

    :param at_whatsapp: those of the name, where somebody has read them
    """
    same = Q(account=account_id, name=name)
    drafts = {one.language: one for one in TemplateDraft.objects.filter(same)}
    known = Template.objects.filter(same) if at_whatsapp is None else at_whatsapp
    there = {one.language: one for one in known if one.status != TemplateStatus.DELETED}
    return [
        Tab(
            language=code,
            words=languages.in_words(code),
            draft_id=drafts[code].pk if code in drafts else None,
            template_id=there[code].pk if code in there else None,
            is_here=code == language,
            needs_native=code in drafts and drafts[code].native_check_needed,
        )
        for code in sorted(drafts.keys() | there.keys())
    ]


def gap_choices(shown: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """Return what a gap may be filled with: its name, in words, and how it looks."""
    return [(key, str(one.label), shown.get(key, "")) for key, one in REGISTRY.items()]
