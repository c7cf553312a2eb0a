"""Words of the permission to begin with: who, what for, Meta's part, the locked screen, how to end.

Native check needed, and a lawyer's: the clinic answers for what it asks in its own country.
"""

from healthmsg.clinic.models import Clinic, Wording

_TEXTS = {
    "en": (
        "{clinic} (telephone {phone}) would like to write to you on WhatsApp about what you choose"
        " at the desk: appointments, vaccinations and check-ups, health information, questions"
        " about a visit, offers.\n\n"
        "WhatsApp is run by Meta. Meta handles your number and our messages by its own rules, also"
        " in other countries.\n\n"
        "Messages may show on the locked screen of your phone, and whoever uses it can read them."
        " We name no illness in them.\n\n"
        "You decide freely: your care is the same without it. You can end it at any time: answer"
        " STOP to any message, tell us at the desk, or call {phone}. In an emergency call"
        " {emergency}; nobody reads WhatsApp at once."
    ),
    "es": (
        "{clinic} (teléfono {phone}) quisiera escribirle por WhatsApp sobre lo que usted elija en"
        " recepción: citas, vacunas y controles, información de salud, preguntas sobre una visita,"
        " ofertas.\n\n"
        "WhatsApp es de Meta. Meta trata su número y nuestros mensajes según sus propias reglas,"
        " también en otros países.\n\n"
        "Los mensajes pueden verse en la pantalla bloqueada de su teléfono, y quien lo use puede"
        " leerlos. No nombramos enfermedades en ellos.\n\n"
        "Usted decide libremente: su atención es la misma sin esto. Puede terminarlo cuando quiera:"
        " responda BAJA a cualquier mensaje, dígalo en recepción o llame al {phone}. En una"
        " emergencia llame al {emergency}; nadie lee WhatsApp de inmediato."
    ),
    "pt": (
        "{clinic} (telefone {phone}) gostaria de escrever pelo WhatsApp sobre o que você escolher"
        " na recepção: consultas, vacinas e check-ups, informações de saúde, perguntas sobre uma"
        " consulta, ofertas.\n\n"
        "O WhatsApp é da Meta. A Meta trata o seu número e as nossas mensagens pelas próprias"
        " regras, também em outros países.\n\n"
        "As mensagens podem aparecer na tela bloqueada do seu telefone, e quem o usar pode lê-las."
        " Não dizemos nelas nenhuma doença.\n\n"
        "A decisão é livre: o atendimento é o mesmo sem isto. Pode terminar quando quiser: responda"
        " SAIR a qualquer mensagem, diga na recepção ou ligue para {phone}. Em uma emergência ligue"
        " para {emergency}; ninguém lê o WhatsApp na hora."
    ),
    "fr": (
        "{clinic} (téléphone {phone}) souhaite vous écrire sur WhatsApp au sujet de ce que vous"
        " choisissez à l'accueil : rendez-vous, vaccins et bilans, informations de santé, questions"
        " sur une visite, offres.\n\n"
        "WhatsApp appartient à Meta. Meta traite votre numéro et nos messages selon ses propres"
        " règles, aussi dans d'autres pays.\n\n"
        "Les messages peuvent s'afficher sur l'écran verrouillé de votre téléphone, et qui"
        " l'utilise peut les lire. Nous n'y nommons aucune maladie.\n\n"
        "Vous décidez librement : vos soins restent les mêmes sans cela. Vous pouvez y mettre fin à"
        " tout moment : répondez STOP à un message, dites-le à l'accueil ou appelez le {phone}. En"
        " cas d'urgence appelez le {emergency} ; personne ne lit WhatsApp aussitôt."
    ),
    "ar": (
        "تود {clinic} (هاتف {phone}) أن تكتب إليكم على واتساب بشأن ما تختارونه في الاستقبال:"
        " المواعيد، التطعيمات والفحوص، معلومات صحية، أسئلة عن زيارة، عروض.\n\n"
        "واتساب تابع لشركة ميتا. تعالج ميتا رقمكم ورسائلنا وفق قواعدها، وفي بلدان أخرى أيضًا.\n\n"
        "قد تظهر الرسائل على شاشة هاتفكم المقفلة، ويمكن لمن يستعمله أن يقرأها. لا نذكر فيها أي"
        " مرض.\n\n"
        "القرار لكم بحرية: رعايتكم هي نفسها من دونه. يمكنكم إنهاؤه في أي وقت: أجيبوا عن أي رسالة"
        " بكلمة إيقاف، أو أخبرونا في الاستقبال، أو اتصلوا على {phone}. في الطوارئ اتصلوا على"
        " {emergency}؛ لا أحد يقرأ واتساب فورًا."
    ),
    "hi": (
        "{clinic} (फ़ोन {phone}) आपको WhatsApp पर उन बातों के बारे में लिखना चाहता है जो आप काउंटर पर"
        " चुनें: अपॉइंटमेंट, टीके और जाँच, स्वास्थ्य जानकारी, मुलाक़ात के बारे में सवाल, ऑफ़र।\n\n"
        "WhatsApp Meta का है। Meta आपका नंबर और हमारे संदेश अपने नियमों से, दूसरे देशों में भी,"
        " संभालता है।\n\n"
        "संदेश आपके फ़ोन की बंद स्क्रीन पर दिख सकते हैं और जो उसे इस्तेमाल करे वह पढ़ सकता है। हम उनमें"
        " किसी बीमारी का नाम नहीं लेते।\n\n"
        "आप स्वतंत्र रूप से तय करते हैं: इसके बिना भी आपकी देखभाल वही रहती है। आप कभी भी बंद कर सकते"
        " हैं: किसी भी संदेश के जवाब में STOP लिखें, काउंटर पर बताएँ या {phone} पर कॉल करें। आपात"
        " स्थिति में {emergency} पर कॉल करें; WhatsApp तुरंत कोई नहीं पढ़ता।"
    ),
}


def starter(clinic: Clinic, language: str) -> str:
    """Return words to begin with, filled with who the clinic is; "" in languages we do not know."""
    text = _TEXTS.get(language.replace("-", "_").split("_")[0], "")
    return text.format(clinic=clinic.name, phone=clinic.phone, emergency=clinic.emergency_number)


def next_of(clinic: Clinic) -> dict[str, object]:
    """Return the language that has no words yet, else the first one, and the version to come."""
    known = dict[str, int]()
    for language, version in Wording.objects.filter(clinic=clinic).values_list(
        "language", "version"
    ):
        known[language] = max(version, known.get(language, 0))
    language = next((one for one in clinic.languages if one not in known), clinic.languages[0])
    newest = max(known.values(), default=1)
    return {"language": language, "version": known[language] + 1 if language in known else newest}
