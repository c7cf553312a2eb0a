"""
What WhatsApp asks of the buttons under a template (pure).

Source: WhatsApp Cloud API, template components, read 2025-11; copy codes since 2025-12.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from whatsapp.link_buttons import beginning_of
from whatsapp.template_faults import Fault, Part

MOST_BUTTONS = 10
LONGEST_LABEL = 25
LONGEST_LINK = 2000
LONGEST_PHONE = 20
# More are hidden behind "See all options", and not shown on a computer at all.
MOST_IN_VIEW = 3
QUICK_REPLY, URL, PHONE_NUMBER = "QUICK_REPLY", "URL", "PHONE_NUMBER"
_MOST = {URL: 2, PHONE_NUMBER: 1}


@dataclass(frozen=True)
class Button:
    """One button: what it does, what stands on it, and where it leads."""

    kind: str
    text: str
    value: str = ""


def faults(buttons: Sequence[Button]) -> Iterator[Fault]:
    """Yield what is wrong with the row of buttons."""
    kinds = [button.kind for button in buttons]
    if len(buttons) > MOST_BUTTONS:
        yield _fault(_("A template has at most 10 buttons."))
    counted = Counter(kinds)
    if counted[URL] > _MOST[URL]:
        yield _fault(_("A template has at most two buttons that open a page."))
    if counted[PHONE_NUMBER] > _MOST[PHONE_NUMBER]:
        yield _fault(_("A template has at most one button that calls."))
    if _runs(kinds) > 1:
        yield _fault(_("Buttons that answer stand together, without another one in between."))
    for button in buttons:
        yield from _one(button)
    yield from _advice(kinds)


def _one(button: Button) -> Iterator[Fault]:
    if button.kind not in (QUICK_REPLY, URL, PHONE_NUMBER):
        yield _fault(_("We cannot send this kind of button."))
    if not button.text.strip():
        yield _fault(_("A button needs words."))
    if len(button.text) > LONGEST_LABEL:
        yield _fault(_("The words of a button have at most 25 letters: “%s”.") % button.text)
    if "{{" in button.text:
        yield _fault(_("The words of a button have no gaps."))
    if button.kind == URL:
        yield from _link(button.value)
    if button.kind == PHONE_NUMBER and not button.value.strip():
        yield _fault(_("Which number does the button call?"))
    if button.kind == PHONE_NUMBER and len(button.value) > LONGEST_PHONE:
        yield _fault(_("The number of a button has at most 20 signs."))


def _link(address: str) -> Iterator[Fault]:
    if not address.startswith("https://"):
        yield _fault(_("The address of a page begins with https://."))
    if len(address) > LONGEST_LINK:
        yield _fault(_("The address of a page has at most 2,000 letters."))
    if "{{" in address and not beginning_of(address):
        yield _fault(_("The address of a page has one gap at most, at its very end."))


def _advice(kinds: Sequence[str]) -> Iterator[Fault]:
    if len(kinds) > MOST_IN_VIEW:
        yield _fault(
            _("Patients see two buttons and “See all options”; on a computer they see no message."),
            is_advice=True,
        )
    elif QUICK_REPLY in kinds and len(set(kinds)) > 1:
        yield _fault(
            _("Buttons that answer, together with others, are not shown on a computer."),
            is_advice=True,
        )


def _runs(kinds: Sequence[str]) -> int:
    """Count the rows of quick replies that something else parts."""
    before = ["", *kinds]
    pairs = zip(before, kinds, strict=False)
    return sum(kind == QUICK_REPLY != last for last, kind in pairs)


def _fault(sentence: object, *, is_advice: bool = False) -> Fault:
    return Fault(Part.BUTTONS, str(sentence), is_advice)
