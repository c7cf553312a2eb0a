"""The templates of an account that can be used now, and why the others cannot."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, QuerySet
from django.db.models.functions import Extract, JSONObject

from whatsapp import patient_pages
from whatsapp.buttons import NOT_ON_TEMPLATES, Verb
from whatsapp.fill_ins import REGISTRY
from whatsapp.link_buttons import LinkButton, beginning_of
from whatsapp.models import Account, Binding, Conversation, Sender, Template, TemplateVersion
from whatsapp.status import Reason

GAP = re.compile(r"\{\{\s*([a-z0-9_]+)\s*\}\}")
# What a button may be bound to.
VERBS = {verb.name.lower(): verb for verb in Verb if verb not in NOT_ON_TEMPLATES}
NAMED = "NAMED"
_TEXTS = ("HEADER", "BODY")
_FILES = ("IMAGE", "DOCUMENT")
# Sent along with each message; a place is that of the visit's site.
_TOPS = (*_FILES, "LOCATION")
# Sent as they were approved, with nothing to fill.
_PLAIN_BUTTONS = {"QUICK_REPLY", "PHONE_NUMBER"}


# Equal to itself alone, so that what was worked out of it can be looked up quickly.
@dataclass(frozen=True, eq=False)
class Approved:
    """A template in one language, its gaps bound and its buttons understood."""

    name: str
    language: str
    category: str
    version: TemplateVersion
    gaps: tuple[str, ...]
    bindings: Mapping[str, str]
    taps: tuple[tuple[int, Verb], ...]
    # What stands on top: IMAGE, DOCUMENT, LOCATION, or "" where it is words or nothing.
    top: str = ""
    file_id: int | None = None
    # Instead of the file, the preparation for the visit's own kind.
    uses_preparation: bool = False
    # Buttons that open the visit's page of other times.
    links: tuple[LinkButton, ...] = ()


class Catalog:
    """A snapshot of an account's templates; make a new one for each turn of work."""

    def __init__(self, account: Account) -> None:
        self._bindings: dict[str, dict[str, str]] = {}
        self._templates: dict[str, dict[str, Template]] = defaultdict(dict)
        for template in _with_bindings(Template.objects.filter(account=account)):
            self._templates[template.name][template.language] = template
            fills = {one["gap"]: one["fill_in"] for one in template.its_bindings}
            self._bindings[template.name] = fills
        self._found: dict[tuple[tuple[str, ...], tuple[str, ...]], Approved | Reason] = {}

    def in_languages(self, name: str) -> list[Template]:
        """Return a template's languages, in order, whether they can be used or not."""
        return [one for _language, one in sorted(self._templates.get(name, {}).items())]

    def approved_as(self, category: str) -> list[str]:
        """Return the names, in order, of what WhatsApp approved so in some language."""
        return sorted(
            name
            for name, known in self._templates.items()
            if any(one.is_approved and one.category == category for one in known.values())
        )

    def bindings_of(self, name: str) -> Mapping[str, str]:
        """Return what fills each gap of a template."""
        return self._bindings.get(name, {})

    def find(self, names: Iterable[str], languages: Iterable[str]) -> Approved | Reason:
        """
        Return the first usable template, names before languages, or why there is none.

        A language's relatives count: es_AR is served by es, and the other way round.
        """
        asked = (tuple(names), tuple(languages))
        if asked not in self._found:
            self._found[asked] = self._find(*asked)
        return self._found[asked]

    def _find(self, names: tuple[str, ...], languages: tuple[str, ...]) -> Approved | Reason:
        worst = Reason.TEMPLATE_MISSING
        for name in names:
            for template in self._in_order(name, languages):
                usable = self.usable(template)
                if isinstance(usable, Approved):
                    return usable
                worst = usable
        return worst

    def usable(self, template: Template) -> Approved | Reason:
        """Return the template ready to fill, or why it cannot be used."""
        if not template.is_approved or template.current is None:
            return Reason.TEMPLATE_NOT_APPROVED
        bindings = self._bindings.get(template.name, {})
        top = _top_of(template.current)
        has_file = template.file_id is not None or template.uses_preparation
        parts = template.current.components
        if (top in _FILES and not has_file) or not all(_can_be_filled(part) for part in parts):
            return Reason.TEMPLATE_UNBOUND
        gaps = gaps_of(template.current.components, template.current.parameter_format)
        taps = tuple(
            (index, VERBS.get(bindings.get(f"button.{index}", "")))
            for index in quick_replies_of(template.current.components)
        )
        if any(bindings.get(gap) not in REGISTRY for gap in gaps):
            return Reason.TEMPLATE_UNBOUND
        bound = tuple((index, verb) for index, verb in taps if verb is not None)
        links = link_buttons_of(template.current.components)
        # A token goes to our own page alone, wherever else an approved address may lead.
        if any(one.beginning != patient_pages.other_times() for one in links):
            return Reason.TEMPLATE_UNBOUND
        if len(bound) < len(taps):
            return Reason.TEMPLATE_UNBOUND
        return Approved(
            template.name,
            template.language,
            template.category,
            template.current,
            gaps,
            bindings,
            bound,
            top,
            template.file_id,
            template.uses_preparation,
            links,
        )

    def _in_order(self, name: str, languages: tuple[str, ...]) -> Iterable[Template]:
        known = self._templates.get(name, {})
        for language in languages:
            if language in known:
                yield known[language]
            root = language.split("_")[0]
            yield from (
                t for code, t in known.items() if code != language and code.split("_")[0] == root
            )


class Catalogs:
    """Clinics' first numbers and accounts' templates, each looked up once for a batch of work."""

    def __init__(self) -> None:
        self._first: dict[int, Sender | None] = {}
        self._written_to: dict[int, Sender | None] = {}
        self._of_accounts: dict[int, Catalog] = {}

    def look_up(self, phones: Mapping[int, Collection[int]]) -> None:
        """
        Ask for the numbers of several clinics together, and which of them each phone wrote to.

        :param phones: primary keys of Phone, by those of their clinics
        """
        unknown = {phone for some in phones.values() for phone in some} - self._written_to.keys()
        if not unknown and not phones.keys() - self._first.keys():
            return
        self._first |= dict.fromkeys(phones.keys() - self._first.keys())
        self._written_to |= dict.fromkeys(unknown)
        newest: dict[int, float] = {}
        senders = _with_conversations(Sender.objects.filter(clinic__in=phones), unknown)
        for sender in senders.order_by("pk"):
            self._first[sender.clinic_id] = self._first[sender.clinic_id] or sender
            # None where no phones were asked about.
            for one in sender.its_conversations or ():
                phone, at = one["phone"], one["at"]
                if at >= newest.get(phone, at):
                    newest[phone], self._written_to[phone] = at, sender

    def first_sender(self, clinic_id: int) -> Sender | None:
        self.look_up({clinic_id: ()})
        return self._first[clinic_id]

    def written_to(self, phone_id: int) -> Sender | None:
        """Return the number that a phone, looked up before, wrote to last."""
        return self._written_to.get(phone_id)

    def of(self, sender: Sender) -> Catalog:
        if sender.account_id not in self._of_accounts:
            self._of_accounts[sender.account_id] = Catalog(sender.account)
        return self._of_accounts[sender.account_id]


def gaps_of(components: Iterable[Mapping[str, Any]], parameter_format: str) -> tuple[str, ...]:
    """Return the variables of header and body, each once, as they first appear."""
    texts = [(c["type"].upper(), c.get("text", "")) for c in components]
    return tuple(
        dict.fromkeys(
            variable_of(gap, part, parameter_format)
            for part, text in texts
            if part in _TEXTS
            for gap in GAP.findall(text)
        )
    )


def variable_of(gap: str, part: str, parameter_format: str) -> str:
    """
    Return the name under which a gap of a part is bound.

    Numbered gaps begin anew in each part: the header's {{1}} is not the body's.
    """
    is_shared = parameter_format == NAMED or part != "HEADER"
    return gap if is_shared else f"header.{gap}"


def quick_replies_of(components: Iterable[Mapping[str, Any]]) -> tuple[int, ...]:
    """Return the places, counted over all buttons from zero, of the quick replies."""
    return tuple(
        index
        for component in components
        if component["type"].upper() == "BUTTONS"
        for index, button in enumerate(component.get("buttons", ()))
        if button.get("type") == "QUICK_REPLY"
    )


def link_buttons_of(components: Iterable[Mapping[str, Any]]) -> tuple[LinkButton, ...]:
    """Return the buttons whose address ends with a gap."""
    return tuple(
        LinkButton(index, beginning)
        for component in components
        if component["type"].upper() == "BUTTONS"
        for index, button in enumerate(component.get("buttons", ()))
        if (beginning := beginning_of(_address_of(button)))
    )


def _with_bindings(templates: QuerySet[Template]) -> QuerySet[Any]:
    """Read templates and their words together with what fills their gaps."""
    bound = Binding.objects.filter(account=OuterRef("account"), template_name=OuterRef("name"))
    fills = bound.values(json=JSONObject(gap="variable", fill_in="fill_in"))
    return templates.select_related("current").annotate(its_bindings=ArraySubquery(fills))


def _with_conversations(senders: QuerySet[Sender], phones: Collection[int]) -> QuerySet[Any]:
    """Read numbers together with when each of these phones last wrote to them."""
    talked = Conversation.objects.filter(sender=OuterRef("pk"), phone__in=phones)
    at = Extract("last_inbound_at", "epoch")
    wrote = talked.values(json=JSONObject(phone="phone_id", at=at))
    return senders.select_related("account").annotate(its_conversations=ArraySubquery(wrote))


def _can_be_filled(part: Mapping[str, Any]) -> bool:
    """False for what every send would have to bring along and we cannot: WhatsApp would refuse."""
    kind, text = part["type"].upper(), str(part.get("text") or "")
    if kind == "BUTTONS":
        return all(_is_plain(button) for button in part.get("buttons", ()))
    if "{{" in GAP.sub("", text) or (kind == "FOOTER" and "{{" in text):
        return False
    if kind == "HEADER":
        return str(part.get("format") or "TEXT").upper() in ("TEXT", *_TOPS)
    return kind == "FOOTER" or (kind == "BODY" and bool(text))


def _top_of(version: TemplateVersion) -> str:
    """Return what stands on top and is sent along, "" where nothing does."""
    for part in version.components:
        top = str(part.get("format") or "").upper()
        if part["type"].upper() == "HEADER" and top in _TOPS:
            return top
    return ""


def _is_plain(button: Mapping[str, Any]) -> bool:
    kind = str(button.get("type") or "").upper()
    if kind == "URL":
        address = _address_of(button)
        return "{{" not in address or bool(beginning_of(address))
    return kind in _PLAIN_BUTTONS


def _address_of(button: Mapping[str, Any]) -> str:
    is_link = str(button.get("type") or "").upper() == "URL"
    return str(button.get("url") or "") if is_link else ""
