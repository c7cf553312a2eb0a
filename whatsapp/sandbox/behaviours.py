"""How patients and their phones behave, by the last four digits of the number or on command."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from typing import Any

from phonenumbers import NumberParseException, parse, region_code_for_number

from whatsapp.sandbox.shapes import Json

CONFIRM, ANOTHER_TIME, CANCEL = (
    0,
    -2,
    -1,
)  # positions among the quick replies; negative: from the end


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What one number does with a message. The control API uses the same field names."""

    # The phone.
    fails: int = 0  # code of a `failed` instead of everything else
    fails_marketing: int = 0  # the same, for marketing templates only
    fails_after_sent: int = 0  # code of a late `failed`, after `sent`
    delivered: bool = True
    read: bool = True
    skips_delivered: bool = False  # `read` comes without `delivered`
    multi_device: bool = False  # `delivered` and `failed` for one message
    slowness: float = 1.0
    off_for: float = 0.0  # hours of the sandbox's clock until the phone is switched on
    rewrites_wa_id: bool = False
    identity: str = ""  # the hash of who holds the number now; "" is not checked
    username_only: bool = False  # webhooks carry a user id and no number
    window_open: bool | None = None  # None: whether the patient wrote within 24 hours
    # The patient.
    tap: int | None = None  # position of the quick reply of a template
    tap_from: int = 3  # taps only under templates with at least so many quick replies
    then_tap: int | None = None  # a second thought
    taps_twice: bool = False
    reply_tap: int | None = None  # position of a reply button or list row of an interactive message
    writes: str = ""  # a text, or "question", "stop", "start" in the language of the template
    language: str = ""  # of those words; "" is the template's
    sends: str = ""  # an "image", "audio", "location", "unsupported" or "contacts"
    reaction: str = ""
    preference: str = ""  # "stop" or "resume" of marketing messages, by WhatsApp's own switch
    changes_number: bool = False
    times: int = 1  # how often the patient writes, sends, reacts or switches, at most

    def changed(self, wishes: Mapping[str, Any]) -> "Behaviour":
        """
        Return this behaviour with some fields changed.

        :raises ValueError: an unknown field
        """
        known = {one.name for one in fields(self)}
        unknown = set(wishes) - known
        if unknown:
            raise ValueError(f"no such behaviour: {', '.join(sorted(unknown))}")
        return replace(self, **wishes)


ORDINARY = Behaviour()

# Last four digits of the number. All others are ordinary: delivered, read, silent.
BY_SUFFIX: dict[str, tuple[str, Behaviour]] = {
    "7000": ("reads", ORDINARY),
    # A message about several patients asks back for whom; the first row is "all of them".
    "7001": ("confirms", Behaviour(tap=CONFIRM, reply_tap=0)),
    "7002": ("another_time", Behaviour(tap=ANOTHER_TIME)),
    "7003": ("cancels", Behaviour(tap=CANCEL)),
    "7004": ("cancels_and_undoes", Behaviour(tap=CANCEL, reply_tap=0)),
    "7005": ("asks", Behaviour(writes="question")),
    "7006": ("stops", Behaviour(writes="stop")),
    "7007": ("stops_but_keeps_visits", Behaviour(writes="stop", reply_tap=0)),
    "7008": ("stops_all", Behaviour(writes="stop", reply_tap=1)),
    "7009": ("no_read_receipts", Behaviour(read=False)),
    "7010": ("confirms_without_read_receipts", Behaviour(read=False, tap=CONFIRM)),
    "7011": ("slow", Behaviour(slowness=20.0)),
    "7012": ("off", Behaviour(delivered=False)),
    "7013": ("not_on_whatsapp", Behaviour(fails=131026)),
    "7014": ("blocked_us", Behaviour(delivered=False)),
    "7015": ("stopped_marketing", Behaviour(fails_marketing=131050)),
    "7016": ("capped", Behaviour(fails_marketing=131049)),
    "7017": ("multi_device", Behaviour(multi_device=True)),
    "7018": ("wa_id_rewritten", Behaviour(rewrites_wa_id=True)),
    "7019": ("read_without_delivered", Behaviour(skips_delivered=True)),
    "7020": ("fails_late", Behaviour(fails_after_sent=131026)),
    "7021": ("confirms_twice", Behaviour(tap=CONFIRM, taps_twice=True)),
    "7022": ("confirms_then_cancels", Behaviour(tap=CONFIRM, then_tap=CANCEL)),
    "7023": ("thumbs_up", Behaviour(reaction="\N{THUMBS UP SIGN}")),
    "7024": ("experiment", Behaviour(fails_marketing=130472)),
    "7025": ("sends_unsupported", Behaviour(sends="unsupported")),
    "7026": ("sends_photo", Behaviour(sends="image")),
    "7027": ("sends_voice", Behaviour(sends="audio")),
    "7028": ("stops_marketing_now", Behaviour(preference="stop")),
    "7029": ("username_only", Behaviour(username_only=True, tap=CONFIRM)),
    "7030": ("confirms_from_rewritten_wa_id", Behaviour(rewrites_wa_id=True, tap=CONFIRM)),
    "7031": ("changes_number", Behaviour(changes_number=True)),
    "7032": ("off_for_a_day", Behaviour(off_for=24.0)),
}
SUFFIX_OF = {name: suffix for suffix, (name, _) in BY_SUFFIX.items()}

WORDS: dict[str, dict[str, str]] = {
    "question": {
        "en": "Can my daughter come with me?",
        "es": "¿Puede venir mi hija conmigo?",
        "pt": "Minha filha pode ir comigo?",
        "fr": "Ma fille peut-elle venir avec moi ?",
        "ar": "هل يمكن أن تأتي ابنتي معي؟",
        "hi": "क्या मेरी बेटी मेरे साथ आ सकती है?",
    },
    "stop": {"en": "STOP", "es": "BAJA", "pt": "SAIR", "fr": "STOP", "ar": "إيقاف", "hi": "बंद"},
    "start": {
        "en": "START",
        "es": "ALTA",
        "pt": "VOLTAR",
        "fr": "REPRENDRE",
        "ar": "ابدأ",
        "hi": "शुरू",
    },
}


def words(writes: str, language: str) -> str:
    """Return what the patient writes: one of the known phrases in her language, or just that."""
    phrases = WORDS.get(writes)
    if phrases is None:
        return writes
    return phrases.get(language.replace("-", "_").partition("_")[0], phrases["en"])


class Behaviours:
    """Which number behaves how."""

    def __init__(self) -> None:
        self._chosen: dict[str, Behaviour] = {}

    def of(self, wa_id: str) -> Behaviour:
        chosen = self._chosen.get(wa_id)
        if chosen is not None:
            return chosen
        return BY_SUFFIX.get(wa_id[-4:], ("reads", ORDINARY))[1]

    def choose(self, wishes: Mapping[str, Json | str | None]) -> None:
        """
        Choose behaviours by number: a name of the table, fields to change, or None for the table's.

        :raises ValueError: an unknown name or field; nothing was chosen
        """
        chosen = {wa_id.lstrip("+"): self._wished(wa_id, wish) for wa_id, wish in wishes.items()}
        for wa_id, behaviour in chosen.items():
            if behaviour is None:
                self._chosen.pop(wa_id, None)
            else:
                self._chosen[wa_id] = behaviour

    def clear(self) -> None:
        self._chosen.clear()

    def _wished(self, wa_id: str, wish: Json | str | None) -> Behaviour | None:
        if wish is None:
            return None
        if isinstance(wish, str):
            if wish not in SUFFIX_OF:
                raise ValueError(f"no such behaviour: {wish}")
            return BY_SUFFIX[SUFFIX_OF[wish]][1]
        return BY_SUFFIX.get(wa_id[-4:], ("reads", ORDINARY))[1].changed(wish)


@lru_cache(10_000)
def is_in_the_us(wa_id: str) -> bool:
    """
    Say whether a number has an area code of the United States: no marketing arrives there.

    Source: WhatsApp Cloud API, per-user marketing limits, read 2026-06. Canada and the Caribbean
    share the country code.
    """
    try:
        return region_code_for_number(parse(f"+{wa_id}")) == "US"
    except NumberParseException:
        return False


def identity_of(behaviour: Behaviour, wa_id: str) -> str:
    """Return the hash of who holds a number now: the chosen one, or one made of the number."""
    return behaviour.identity or hashlib.sha256(wa_id.encode()).hexdigest()[:12]


def rewritten(wa_id: str) -> str:
    """
    Return the wa_id that WhatsApp knows a dialled number by, where it differs.

    Source: reports of clients on Brazil's ninth digit, Mexico's 1 and Argentina's 9.
    """
    if wa_id.startswith("55") and len(wa_id) == 13 and wa_id[4] == "9":
        return wa_id[:4] + wa_id[5:]
    for country, digit, length in (("52", "1", 12), ("54", "9", 12)):
        if wa_id.startswith(country + digit):
            return country + wa_id[3:]
        if wa_id.startswith(country) and len(wa_id) == length:
            return country + digit + wa_id[2:]
    return wa_id
