"""The words that files use for a few known things, in the languages of clinics (pure)."""

from healthmsg.clinic.models import Purpose, Relationship, Sex

# By words without accents, in small letters: see `cells.bare`.
LANGUAGE = {
    **dict.fromkeys(("ar", "ara", "arabic", "arabe", "العربية"), "ar"),
    **dict.fromkeys(("en", "eng", "english", "ingles", "anglais"), "en"),
    **dict.fromkeys(
        ("es", "spa", "spanish", "espanol", "castellano", "espagnol", "espanhol"), "es"
    ),
    **dict.fromkeys(("fr", "fra", "fre", "french", "frances", "francais"), "fr"),
    **dict.fromkeys(("hi", "hin", "hindi", "हिन्दी"), "hi"),
    **dict.fromkeys(("pt", "pt br", "por", "portuguese", "portugues", "portugais"), "pt_BR"),
}
SEX = {
    **dict.fromkeys(
        ("f", "female", "woman", "femenino", "feminino", "feminin", "mujer", "mulher", "femme"),
        Sex.FEMALE.value,
    ),
    **dict.fromkeys(
        ("m", "male", "man", "masculino", "masculin", "hombre", "varon", "homem", "homme"),
        Sex.MALE.value,
    ),
    **dict.fromkeys(("o", "x", "other", "otro", "outro", "autre", "diverse"), Sex.OTHER.value),
    **dict.fromkeys(
        ("u", "unknown", "not known", "desconocido", "desconhecido", "inconnu"), Sex.UNKNOWN.value
    ),
}
RELATIONSHIP = {
    **dict.fromkeys(
        ("self", "patient", "the patient", "paciente", "propio", "proprio", "lui meme"),
        Relationship.SELF.value,
    ),
    **dict.fromkeys(
        ("parent", "mother", "father", "madre", "padre", "mae", "pai", "mere", "pere"),
        Relationship.PARENT.value,
    ),
    **dict.fromkeys(("guardian", "tutor", "tutora", "tuteur"), Relationship.GUARDIAN.value),
    **dict.fromkeys(
        ("partner", "husband", "wife", "pareja", "esposo", "esposa", "conjoint", "parceiro"),
        Relationship.PARTNER.value,
    ),
    **dict.fromkeys(
        ("child", "son", "daughter", "son or daughter", "hijo", "hija", "filho", "filha", "enfant"),
        Relationship.CHILD.value,
    ),
    **dict.fromkeys(("carer", "cuidador", "cuidadora", "aidant"), Relationship.CARER.value),
    **dict.fromkeys(("other", "otro", "otra", "outro", "autre"), Relationship.OTHER.value),
}
YES, NO, STOP = "YES", "NO", "STOP"
PERMISSION = {
    **dict.fromkeys(
        ("yes", "y", "si", "s", "sim", "oui", "o", "true", "verdadero", "verdadeiro", "vrai", "1"),
        YES,
    ),
    **dict.fromkeys(("granted", "opt in", "accepted", "acepta", "aceita", "accepte"), YES),
    **dict.fromkeys(("no", "n", "nao", "non", "false", "falso", "faux", "0", "declined"), NO),
    **dict.fromkeys(("stop", "stopped", "opt out", "unsubscribed", "withdrawn", "baja"), STOP),
}
ALL = "ALL"
PURPOSE = {
    **dict.fromkeys(
        ("appointments", "appointment", "reminders", "turnos", "citas", "consultas", "rendez vous"),
        Purpose.APPOINTMENTS.value,
    ),
    **dict.fromkeys(
        ("prevention", "vaccinations", "vaccinations and check ups", "vacunas", "vacinas"),
        Purpose.PREVENTION.value,
    ),
    **dict.fromkeys(
        ("information", "health information", "informacion", "informacao"),
        Purpose.INFORMATION.value,
    ),
    **dict.fromkeys(
        ("feedback", "questions about a visit", "encuestas", "pesquisas"), Purpose.FEEDBACK.value
    ),
    **dict.fromkeys(("marketing", "offers", "ofertas", "offres"), Purpose.MARKETING.value),
    **dict.fromkeys(("all", "everything", "todo", "todos", "tudo", "tout"), ALL),
}
BOOKED, CANCELLED, BY_PATIENT, OVER = "BOOKED", "CANCELLED", "BY_PATIENT", "OVER"
STATUS = {
    **dict.fromkeys(
        ("booked", "confirmed", "scheduled", "pending", "active", "reservado", "confirmado"), BOOKED
    ),
    **dict.fromkeys(("agendado", "programado", "pendiente", "pendente", "arrived"), BOOKED),
    **dict.fromkeys(
        ("cancelled", "canceled", "cancelado", "cancelada", "annule", "deleted"),
        CANCELLED,
    ),
    **dict.fromkeys(
        (
            "cancelled by the patient",
            "cancelled by patient",
            "canceled by patient",
            "cancelado por el paciente",
            "cancelado pelo paciente",
            "annule par le patient",
        ),
        BY_PATIENT,
    ),
    **dict.fromkeys(
        ("seen", "fulfilled", "completed", "attended", "atendido", "missed", "noshow", "no show"),
        OVER,
    ),
    **dict.fromkeys(("ausente", "faltou", "left"), OVER),
}
