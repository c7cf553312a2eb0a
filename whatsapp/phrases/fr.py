"""Our answers in French; native check needed."""

PHRASES = {
    "not_read_at_once": (
        "Merci pour votre message. Il n'est pas lu tout de suite. Si vous avez besoin de nous"
        " rapidement, appelez {clinic_name} au {clinic_phone}. En cas d'urgence, appelez le"
        " {emergency_number}."
    ),
    "stopped": (
        "{clinic_name} ne vous écrira plus. Si vous voulez encore des messages sur vos"
        " rendez-vous, touchez ci-dessous. Vous pouvez toujours nous appeler au {clinic_phone}."
    ),
    "stopped_with_visit": (
        "{clinic_name} ne vous écrira plus. Votre prochain rendez-vous reste réservé : {when}. Si"
        " vous voulez encore des messages sur vos rendez-vous, touchez ci-dessous. Vous pouvez"
        " toujours nous appeler au {clinic_phone}."
    ),
    "stopped_again": (
        "C'est noté : {clinic_name} ne vous écrit plus. Si vous voulez encore des messages sur vos"
        " rendez-vous, touchez ci-dessous. Vous pouvez toujours nous appeler au {clinic_phone}."
    ),
    "kept": (
        "Merci. {clinic_name} vous écrira au sujet de vos rendez-vous, et de rien d'autre. Pour"
        " arrêter cela aussi, écrivez STOP."
    ),
    "button_keep": "Mes rendez-vous",
    "button_stop_all": "Tout arrêter",
    "confirmed": "Merci. Votre rendez-vous du {when} à {site_name} est confirmé.",
    "another_time_noted": (
        "Merci. {clinic_name} vous contactera pour trouver un autre moment. D'ici là, votre"
        " rendez-vous du {when} reste réservé."
    ),
    "cancelled_with_undo": (
        "Votre rendez-vous du {when} est annulé. Si c'était une erreur, touchez ci-dessous. Pour"
        " un nouveau rendez-vous, appelez le {clinic_phone}."
    ),
    "button_undo": "Rétablir",
    "button_choose": "Choisir",
    "cancel_asks_a_person": (
        "Merci. {clinic_name} vous contactera pour annuler votre rendez-vous du {when}. D'ici là,"
        " il reste réservé. Vous pouvez aussi appeler le {clinic_phone}."
    ),
    "undone": (
        "Votre rendez-vous du {when} à {site_name} est de nouveau réservé. Nous vous attendons."
    ),
    "slot_gone": (
        "Désolé, l'heure du {when} a été donnée à quelqu'un d'autre. Appelez le {clinic_phone}"
        " pour un nouveau rendez-vous."
    ),
    "out_of_date": (
        "Ce message n'est plus à jour, rien n'a donc été changé. Pour toute question, appelez"
        " {clinic_name} au {clinic_phone}."
    ),
    "already_answered": (
        "Merci, nous avons déjà votre réponse. Pour la changer, appelez {clinic_name} au"
        " {clinic_phone}."
    ),
    "which_visit": "De quel rendez-vous parlez-vous ?",
    "interested_noted": "Merci. {clinic_name} vous contactera pour trouver un rendez-vous.",
    "already_done_noted": "Merci de nous l'avoir dit. {clinic_name} l'a noté.",
    "not_this_noted": "C'est noté. {clinic_name} ne vous écrira plus à ce sujet.",
    "not_yours": (
        "Ce bouton vient d'un message pour un autre numéro, rien n'a donc été changé. Pour toute"
        " question, appelez {clinic_name} au {clinic_phone}."
    ),
}
