"""Words that change what may be answered: a stranger's, and those that need haste (pure)."""

from collections.abc import Iterable

from whatsapp.stop_words import fold

# Native check needed: all of them.
_WRONG_PERSON = {
    "en": "wrong number|wrong person|not my number you want|i am not this person"
    "|i am not that person|i do not know this person|i don t know this person"
    "|nobody s patient|not the patient",
    "es": "numero equivocado|persona equivocada|equivocado de numero|se equivoco de numero"
    "|se equivocaron de numero|no soy esa persona|no soy esta persona|no conozco a esa persona"
    "|no conozco a esta persona|no soy paciente",
    "pt": "numero errado|pessoa errada|nao sou essa pessoa|nao sou esta pessoa"
    "|nao conheco essa pessoa",
    "fr": "mauvais numero|faux numero|erreur de numero|trompez de numero|mauvaise personne"
    "|je ne suis pas cette personne|je ne connais pas cette personne",
    "ar": "رقم خطأ|رقم خاطئ|الرقم خطأ|الرقم خاطئ|رقم غلط|الرقم غلط|لست هذا الشخص",
    "hi": "गलत नंबर|ग़लत नंबर|गलत व्यक्ति|galat number",
}
# No list of diseases: whatever sounds as if it could not wait gets no menu, and a person reads it.
_HASTE = {
    "en": "emergency|urgent|urgently|help|ambulance|pain|hurts|bleeding|blood|chest|breathe"
    "|breathing|breath|unconscious|fainted|suicide|kill myself|overdose|seizure|stroke"
    "|heart attack|allergic|poisoned|accident|fever|pregnant|dying",
    "es": "emergencia|urgente|urgencia|ayuda|auxilio|ambulancia|dolor|duele|duelen|sangre|sangrando"
    "|sangra|pecho|respirar|respira|inconsciente|desmayo|desmaye|suicidio|matarme|sobredosis"
    "|convulsion|infarto|alergia|alergica|intoxicado|accidente|fiebre|embarazada|muriendo",
    "pt": "emergencia|urgente|socorro|ajuda|ambulancia|dor|doendo|doi|sangue|sangrando|peito"
    "|respirar|inconsciente|desmaiei|suicidio|me matar|overdose|convulsao|infarto|acidente|febre"
    "|gravida",
    "fr": "urgence|urgent|aide|secours|ambulance|douleur|mal|saigne|sang|poitrine|respirer"
    "|inconscient|evanoui|suicide|me tuer|overdose|convulsion|infarctus|accident|fievre|enceinte",
    "ar": "طوارئ|طارئ|عاجل|مساعدة|النجدة|إسعاف|ألم|يؤلمني|نزيف|دم|صدري|أتنفس|التنفس|إغماء|انتحار"
    "|حادث|حمى",
    "hi": "आपातकाल|इमरजेंसी|तुरंत|मदद|एम्बुलेंस|दर्द|खून|छाती|सांस|साँस|बेहोश|आत्महत्या|दुर्घटना|बुखार",
}
# The whole message: nothing in it waits for an answer.
_GREETINGS = {
    "en": "hi|hello|hey|good morning|good afternoon|good evening|menu|help menu|start",
    "es": "hola|buenas|buenos dias|buen dia|buenas tardes|buenas noches|menu|hola buenos dias"
    "|hola buen dia|hola buenas tardes|hola buenas|inicio",
    "pt": "oi|ola|bom dia|boa tarde|boa noite|menu|oi bom dia|ola bom dia",
    "fr": "bonjour|bonsoir|salut|menu",
    "ar": "مرحبا|السلام عليكم|صباح الخير|مساء الخير|القائمة",
    "hi": "नमस्ते|नमस्कार|namaste|मेनू",
}
_COURTESY = (
    "thanks|thank you|thank you very much|many thanks|bye|gracias|muchas gracias|mil gracias|chau"
    "|adios|obrigado|obrigada|muito obrigado|muito obrigada|tchau|merci|merci beaucoup|danke|شكرا"
    "|شكرا جزيلا|धन्यवाद|शुक्रिया|dhanyavad"
)
# Who would like to come, in few words; those around it may greet and thank.
_WISHES = {
    "en": "i want an appointment|i would like an appointment|i need an appointment"
    "|book an appointment|make an appointment|get an appointment|want to book|need to book"
    "|new appointment",
    "es": "quiero un turno|quiero una cita|quiero turno|quiero cita|necesito un turno"
    "|necesito una cita|necesito turno|necesito cita|quisiera un turno|quisiera una cita"
    "|sacar un turno|sacar turno|pedir un turno|pedir turno|pedir una cita|pedir cita"
    "|reservar un turno|reservar una cita|agendar una cita|agendar cita|nuevo turno|nueva cita",
    "pt": "quero uma consulta|quero marcar|preciso de uma consulta|preciso marcar"
    "|gostaria de marcar|marcar uma consulta|marcar consulta|agendar uma consulta"
    "|agendar consulta|nova consulta",
    "fr": "je voudrais un rendez vous|je veux un rendez vous|j ai besoin d un rendez vous"
    "|prendre un rendez vous|prendre rendez vous|nouveau rendez vous",
    "ar": "أريد موعدا|أريد موعد|أحتاج موعدا|أحتاج موعد|حجز موعد|أحجز موعدا|موعد جديد",
    "hi": "अपॉइंटमेंट चाहिए|अपॉइंटमेंट बुक|समय चाहिए|appointment chahiye|appointment book",
}
_AROUND_A_WISH = frozenset(
    (
        *("hi", "hello", "hey", "good", "morning", "afternoon", "evening", "please", "thanks"),
        *("thank", "you", "i", "a", "to", "would", "like", "want", "need", "hola", "buenas"),
        *("buenos", "buen", "dia", "dias", "tardes", "noches", "por", "favor", "gracias", "muchas"),
        *("quiero", "quisiera", "necesito", "me", "gustaria", "oi", "ola", "bom", "boa", "tarde"),
        *("noite", "obrigado", "obrigada", "bonjour", "bonsoir", "merci", "s", "il", "vous"),
        *("plait", "je", "voudrais"),
    )
)
_LONGEST_WISH = 80
# A long letter is read whole before anything follows from two of its words.
_LONGEST_OF_A_STRANGER = 160


def is_of_a_stranger(text: str, languages: Iterable[str]) -> bool:
    """True where somebody says that they are not the one we write to."""
    return len(text) <= _LONGEST_OF_A_STRANGER and _holds(text, _STRANGERS, languages)


def needs_haste(text: str, languages: Iterable[str]) -> bool:
    """True where a message may not be able to wait; no list of choices goes to that."""
    return _holds(text, _HASTY, languages)


def wants_a_visit(text: str, languages: Iterable[str]) -> bool:
    """True where somebody would like an appointment, and writes little more than that."""
    return len(text) <= _LONGEST_WISH and _holds(text, _WISHED, languages)


def is_only_a_wish(text: str, languages: Iterable[str]) -> bool:
    """True where nothing stands beside the wish for an appointment that a person would miss."""
    said = f" {fold(text)} "
    rests = (
        said.replace(words, " ").split()
        for root in _roots(languages)
        for words in _WISHED.get(root, ())
        if words in said
    )
    return any(_AROUND_A_WISH.issuperset(rest) for rest in rests)


def is_greeting(text: str, languages: Iterable[str]) -> bool:
    """True where the whole message is a greeting, or asks for the menu."""
    said = fold(text)
    return any(said in _GREETED.get(root, ()) for root in _roots(languages))


def is_courtesy(text: str) -> bool:
    """True where the whole message thanks us, or is a sign alone: it asks for nothing."""
    said = fold(text)
    return not said or said in _COURTEOUS


def _holds(text: str, lists: dict[str, tuple[str, ...]], languages: Iterable[str]) -> bool:
    said = f" {fold(text)} "
    return any(words in said for root in _roots(languages) for words in lists.get(root, ()))


def _roots(languages: Iterable[str]) -> set[str]:
    return {"en", *(language.replace("-", "_").split("_")[0] for language in languages)}


def _folded(lists: dict[str, str]) -> dict[str, frozenset[str]]:
    return {root: frozenset(map(fold, words.split("|"))) for root, words in lists.items()}


_COURTEOUS = frozenset(map(fold, _COURTESY.split("|")))
_GREETED = _folded(_GREETINGS)
_STRANGERS, _HASTY, _WISHED = (
    {root: tuple(f" {words} " for words in sorted(found)) for root, found in lists.items()}
    for lists in map(_folded, (_WRONG_PERSON, _HASTE, _WISHES))
)
