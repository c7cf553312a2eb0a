"""What each automatic text is used as: its gaps, and how long it may be (pure)."""

from collections.abc import Iterable
from string import Formatter

from whatsapp.phrases import en

# Source: WhatsApp Cloud API, interactive messages and texts, read 2026-11: titles of buttons and of
# rows of a list, a body with buttons, a body without.
LONGEST_BUTTON = 20
LONGEST_ROW = 24
LONGEST_WITH_BUTTONS = 1024
LONGEST_ALONE = 4096

# Said with buttons or rows under them.
_WITH_BUTTONS = frozenset(
    {
        "stopped",
        "stopped_with_visit",
        "stopped_again",
        "stopped_family",
        "cancelled_with_undo",
        "which_visit",
        "which_visits",
        "which_patient",
        "which_question",
        "not_coming",
        "menu",
        "change_visit",
        "change_which",
        "offered_slots",
        "offered_days",
        "offered_times",
        "offered_others",
        "nothing_free",
        "time_kept",
        "time_moved",
        "new_which_kind",
        "new_which_site",
        "new_days",
        "new_times",
        "new_others",
        "new_time_kept",
        "new_booked",
        "new_known",
    }
)
# What a person at the clinic is reached by. Every answer of a machine has to offer one.
PERSON = "clinic_phone"
# Examples at their longest: what is filled in must not push a text over the edge.
EXAMPLES = {
    "when": "Wednesday 30 September, 10:30, or another long way to say a day and an hour",
    "new_when": "Wednesday 30 September, 10:30, or another long way to say a day and an hour",
    "old_when": "Wednesday 30 September, 10:30, or another long way to say a day and an hour",
    "minutes": "10",
    "until": "Wednesday 30 September, 10:30",
    "site_name": "Centro Médico Aurora Norte",
    "visits": "Wednesday 30 September, 10:30, Centro Médico Aurora Norte: Maximiliana\n" * 4,
    "sites": "Centro Médico Aurora Norte, Avenida Siempreviva 742, 1er piso\nMo–Fr 8:00–18:00\n"
    * 4,
    "name": "Maximiliana",
    "names": "Maximiliana, Leopoldo, Inés",
    "day": "30 September",
    "purposes": "appointments, vaccinations and check-ups, questions about a visit and offers",
}


def is_label(key: str) -> bool:
    """True for titles of buttons and of rows."""
    return key.startswith(("button_", "row_"))


def limit(key: str) -> int:
    """Return how many letters a text may have once it is filled."""
    if key.startswith("button_"):
        return LONGEST_BUTTON
    if key.startswith("row_"):
        return LONGEST_ROW
    return LONGEST_WITH_BUTTONS if key in _WITH_BUTTONS else LONGEST_ALONE


def gaps_of(key: str) -> frozenset[str]:
    """Return the gaps a text may have: those of the shipped one, and what is said of the clinic."""
    told = {"clinic_name", "clinic_phone", "emergency_number"}
    return frozenset(set(gaps_in(en.PHRASES[key])) | (set() if is_label(key) else told))


def gaps_in(words: str) -> tuple[str, ...]:
    """
    Return the gaps of some words, in their order.

    :raises ValueError: a brace stands alone, or a gap asks for more than a name
    """
    found = []
    for _text, name, spec, conversion in Formatter().parse(words):
        if name is None:
            continue
        if spec or conversion or not name.isidentifier():
            raise ValueError("a gap is a name alone")
        found.append(name)
    return tuple(found)


def must_have(key: str) -> frozenset[str]:
    """Return the gaps a text cannot do without: what was asked for, and a way to a person."""
    if is_label(key):
        return frozenset(gaps_in(en.PHRASES[key]))
    asked = {"visits", "sites", "when", "new_when", "until", "purposes"}
    return frozenset({PERSON} | (asked & set(gaps_in(en.PHRASES[key]))))


def keys() -> Iterable[str]:
    """Return every automatic text, in the order they are shown."""
    return en.PHRASES.keys()
