"""The templates of an account that can be used now, and why the others cannot."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from whatsapp.buttons import Verb
from whatsapp.fill_ins import REGISTRY
from whatsapp.models import Account, Binding, Template, TemplateVersion
from whatsapp.status import Reason

_GAP = re.compile(r"\{\{\s*([a-z0-9_]+)\s*\}\}")
VERBS = {verb.name.lower(): verb for verb in Verb}


@dataclass(frozen=True)
class Approved:
    """A template in one language, its gaps bound and its buttons understood."""

    name: str
    language: str
    category: str
    version: TemplateVersion
    gaps: tuple[str, ...]
    bindings: Mapping[str, str]
    taps: tuple[tuple[int, Verb], ...]


class Catalog:
    """A snapshot of an account's templates; make a new one for each turn of work."""

    def __init__(self, account: Account) -> None:
        self._bindings: dict[str, dict[str, str]] = defaultdict(dict)
        for binding in Binding.objects.filter(account=account):
            self._bindings[binding.template_name][binding.variable] = binding.fill_in
        self._templates: dict[str, dict[str, Template]] = defaultdict(dict)
        for template in Template.objects.filter(account=account).select_related("current"):
            self._templates[template.name][template.language] = template

    def find(self, names: Iterable[str], languages: Iterable[str]) -> Approved | Reason:
        """
        Return the first usable template, names before languages, or why there is none.

        A language's relatives count: es_AR is served by es, and the other way round.
        """
        languages = tuple(languages)
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
        bindings = self._bindings[template.name]
        gaps = gaps_of(template.current.components)
        taps = tuple(
            (index, VERBS.get(bindings.get(f"button.{index}", "")))
            for index in quick_replies_of(template.current.components)
        )
        if any(bindings.get(gap) not in REGISTRY for gap in gaps):
            return Reason.TEMPLATE_UNBOUND
        bound = tuple((index, verb) for index, verb in taps if verb is not None)
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


def gaps_of(components: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """Return the gaps of header and body, each once, as they first appear."""
    texts = [c.get("text", "") for c in components if c["type"].upper() in {"HEADER", "BODY"}]
    return tuple(dict.fromkeys(gap for text in texts for gap in _GAP.findall(text)))


def quick_replies_of(components: Iterable[Mapping[str, Any]]) -> tuple[int, ...]:
    """Return the places, counted over all buttons from zero, of the quick replies."""
    return tuple(
        index
        for component in components
        if component["type"].upper() == "BUTTONS"
        for index, button in enumerate(component.get("buttons", ()))
        if button.get("type") == "QUICK_REPLY"
    )
