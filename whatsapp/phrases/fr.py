"""Our answers in French; native check needed."""

PHRASES = {
    "not_read_at_once": (
        "Merci pour votre message. Il n'est pas lu tout de suite. Si vous avez besoin de nous"
        " rapidement, appelez {clinic_name} au {clinic_phone}. En cas d'urgence, appelez le"
        " {emergency_number}."
    ),
    "menu": (
        "Ceci est une réponse automatique de {clinic_name}. Choisissez ci-dessous ce que vous"
        " voulez savoir ou demander. Ce que vous avez écrit avec d'autres mots est lu par une"
        " personne, mais pas tout de suite : si vous avez besoin de nous bientôt, appelez le"
        " {clinic_phone}. En cas d'urgence appelez le {emergency_number}."
    ),
    "button_choose": "Choisir",
    "row_my_visit": "Mon prochain rendez-vous",
    "row_address": "Adresse et horaires",
    "row_change_visit": "Changer mon rendez-vous",
    "row_repeat": "Renouveler l'ordonnance",
    "row_talk": "Nous parler",
    "next_visits": (
        "Réservé chez {clinic_name} :\n{visits}\nSi quelque chose n'est pas juste, appelez le"
        " {clinic_phone}."
    ),
    "no_visits": (
        "Nous ne trouvons aucun rendez-vous à venir pour ce numéro. Pour en prendre un, ou si"
        " vous en attendiez un, appelez {clinic_name} au {clinic_phone}."
    ),
    "address_and_hours": "{sites}\nVous joignez {clinic_name} au {clinic_phone}.",
    "change_visit": (
        "Votre rendez-vous du {when} à {site_name} : que souhaitez-vous ? Vous pouvez aussi"
        " appeler {clinic_name} au {clinic_phone}."
    ),
    "change_which": (
        "Quel rendez-vous voulez-vous changer ? Vous pouvez aussi appeler le {clinic_phone}."
    ),
    "not_coming": (
        "Vous ne venez pas le {when} ? Touchez ce que vous souhaitez ; d'ici là le rendez-vous"
        " reste réservé. Vous pouvez aussi appeler le {clinic_phone}."
    ),
    "button_confirm": "Oui, je viens",
    "button_another_time": "Un autre horaire",
    "button_cancel": "Annuler",
    "repeat_noted": (
        "Merci. Une personne de {clinic_name} examine votre ordonnance et répond avant le"
        " {until}. Écrivez ici de quel médicament il s'agit. S'il vous la faut plus tôt,"
        " appelez le {clinic_phone} ; en cas d'urgence, le {emergency_number}."
    ),
    "repeat_known": (
        "Votre demande d'ordonnance est déjà notée ; une personne de {clinic_name} répond avant"
        " le {until}. S'il vous la faut plus tôt, appelez le {clinic_phone}."
    ),
    "talk_noted": (
        "Une personne de {clinic_name} lira vos messages ici, mais pas tout de suite. Si vous"
        " avez besoin de nous bientôt, appelez le {clinic_phone}. En cas d'urgence appelez le"
        " {emergency_number}."
    ),
    "which_question": (
        "Merci. Nous vous avons posé plus d'une question. À laquelle répondez-vous ? Vous"
        " pouvez aussi appeler {clinic_name} au {clinic_phone}."
    ),
    "row_visit_question": "Visite {day}, {name}",
    "row_invitation": "Invitation du {day}",
    "which_patient": "Pour qui ? Vous pouvez aussi appeler {clinic_name} au {clinic_phone}.",
    "which_visits": "Pour lequel ? Vous pouvez aussi appeler {clinic_name} au {clinic_phone}.",
    "row_everybody": "Pour tous",
    "stopped": (
        "{clinic_name} ne vous écrira plus. Si vous voulez encore des messages sur vos"
        " rendez-vous, touchez ci-dessous. Vous pouvez toujours nous appeler au {clinic_phone}."
    ),
    "stopped_with_visit": (
        "{clinic_name} ne vous écrira plus. Votre prochain rendez-vous reste réservé : {when}."
        " Si vous voulez encore des messages sur vos rendez-vous, touchez ci-dessous. Vous"
        " pouvez toujours nous appeler au {clinic_phone}."
    ),
    "stopped_family": (
        "{clinic_name} n'écrira plus à ce numéro au sujet de {names}. Est-ce pour tous ? Si"
        " c'était pour une seule personne, ou si vous voulez encore les messages sur les"
        " rendez-vous, choisissez ci-dessous. Vous pouvez toujours appeler le {clinic_phone}."
    ),
    "row_stop_one": "Seulement {name}",
    "stopped_for_one": (
        "{clinic_name} ne vous écrit plus au sujet de {name} ; pour les autres, comme avant."
        " Pour arrêter cela aussi, écrivez STOP. Vous pouvez toujours appeler le"
        " {clinic_phone}."
    ),
    "stopped_again": (
        "C'est noté : {clinic_name} ne vous écrit plus. Si vous voulez encore des messages sur"
        " vos rendez-vous, touchez ci-dessous. Vous pouvez toujours nous appeler au"
        " {clinic_phone}."
    ),
    "kept": (
        "Merci. {clinic_name} vous écrira au sujet de vos rendez-vous, et de rien d'autre. Pour"
        " arrêter cela aussi, écrivez STOP. Vous pouvez aussi appeler le {clinic_phone}."
    ),
    "button_keep": "Mes rendez-vous",
    "button_stop_all": "Tout arrêter",
    "wrong_person_noted": (
        "Merci de nous l'avoir dit, et pardon pour le dérangement. {clinic_name} n'écrit plus à"
        " ce numéro. S'il est tout de même le vôtre, appelez le {clinic_phone}."
    ),
    "confirmed": (
        "Merci. Votre rendez-vous du {when} à {site_name} est confirmé. Vous pouvez aussi"
        " appeler le {clinic_phone}."
    ),
    "another_time_noted": (
        "Merci. {clinic_name} vous contactera pour trouver un autre moment. D'ici là, votre"
        " rendez-vous du {when} reste réservé. Vous pouvez aussi appeler le {clinic_phone}."
    ),
    "cancelled_with_undo": (
        "Votre rendez-vous du {when} est annulé. Si c'était une erreur, touchez ci-dessous."
        " Pour un nouveau rendez-vous, appelez le {clinic_phone}."
    ),
    "button_undo": "Rétablir",
    "cancel_asks_a_person": (
        "Merci. {clinic_name} vous contactera pour annuler votre rendez-vous du {when}. D'ici"
        " là, il reste réservé. Vous pouvez aussi appeler le {clinic_phone}."
    ),
    "undone": (
        "Votre rendez-vous du {when} à {site_name} est de nouveau réservé. Nous vous attendons."
        " Vous pouvez aussi appeler le {clinic_phone}."
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
    "which_visit": "De quel rendez-vous parlez-vous ? Vous pouvez aussi appeler le {clinic_phone}.",
    "interested_noted": (
        "Merci. {clinic_name} vous contactera pour trouver un rendez-vous. Vous pouvez aussi"
        " appeler le {clinic_phone}."
    ),
    "already_done_noted": (
        "Merci de nous l'avoir dit. {clinic_name} l'a noté. Vous pouvez aussi appeler le"
        " {clinic_phone}."
    ),
    "not_this_noted": (
        "C'est noté. {clinic_name} ne vous écrira plus à ce sujet. Vous pouvez aussi appeler le"
        " {clinic_phone}."
    ),
    "not_yours": (
        "Ce bouton vient d'un message pour un autre numéro, rien n'a donc été changé. Pour"
        " toute question, appelez {clinic_name} au {clinic_phone}."
    ),
    "offered_slots": (
        "Ces horaires sont libres. Tant que vous n'en choisissez pas un, votre rendez-vous du"
        " {when} reste réservé. Vous pouvez aussi appeler le {clinic_phone}."
    ),
    "offered_days": (
        "Quel jour vous convient ? Tant que vous ne choisissez pas un horaire, votre rendez-vous"
        " du {when} reste réservé. Vous pouvez aussi appeler le {clinic_phone}."
    ),
    "offered_times": (
        "À quelle heure le {day} ? Tant que vous ne choisissez pas, votre rendez-vous du {when}"
        " reste réservé. Vous pouvez aussi appeler le {clinic_phone}."
    ),
    "offered_others": (
        "Nous sommes désolés, cet horaire vient d'être pris. Ceux-ci sont libres maintenant."
        " Votre rendez-vous du {when} reste réservé. Vous pouvez aussi appeler le {clinic_phone}."
    ),
    "time_kept": (
        "Nous gardons {new_when} à {site_name} pour vous pendant {minutes} minutes."
        " Déplaçons-nous votre rendez-vous ? Vous pouvez aussi appeler le {clinic_phone}."
    ),
    "time_moved": (
        "C'est fait : votre rendez-vous est maintenant le {when} à {site_name}, et non plus le"
        " {old_when}. Vous pouvez aussi appeler le {clinic_phone}."
    ),
    "time_put_back": (
        "Votre rendez-vous est de nouveau le {when} à {site_name}. Vous pouvez aussi appeler le"
        " {clinic_phone}."
    ),
    "old_time_gone": (
        "Nous sommes désolés, votre ancien horaire a été donné à quelqu'un d'autre. Votre"
        " rendez-vous reste le {when}. Vous pouvez aussi appeler le {clinic_phone}."
    ),
    "earlier_noted": (
        "C'est noté. Quand un horaire plus tôt se libère, {clinic_name} vous le demandera. D'ici"
        " là, votre rendez-vous du {when} reste réservé. Vous pouvez aussi appeler le"
        " {clinic_phone}."
    ),
    "earlier_gone": (
        "Merci d'avoir répondu. Quelqu'un d'autre a été plus rapide cette fois. Votre rendez-vous"
        " du {when} reste réservé, et nous vous redemanderons. Vous pouvez aussi appeler le"
        " {clinic_phone}."
    ),
    "earlier_kept": (
        "Merci. Votre rendez-vous reste le {when}. Vous pouvez aussi appeler le {clinic_phone}."
    ),
    "earlier_ended": (
        "Compris : nous ne vous proposerons plus d'horaires plus tôt. Votre rendez-vous reste le"
        " {when}. Vous pouvez aussi appeler le {clinic_phone}."
    ),
    "button_take_time": "Oui, déplacer",
    "button_later_days": "Jours suivants",
    "button_later_times": "Plus tard",
    "button_other_days": "Autres jours",
    "button_talk_to_us": "Nous parler",
    "button_earlier": "Plus tôt si possible",
    "nothing_free": (
        "Pour le moment, aucun autre horaire n'est libre. Votre rendez-vous du {when} reste"
        " réservé. Vous pouvez aussi appeler le {clinic_phone}."
    ),
    "row_new_visit": "Prendre rendez-vous",
    "button_book": "Oui, réserver",
    "new_which_kind": (
        "Pour quoi souhaitez-vous venir ? Vous pouvez aussi appeler {clinic_name} au"
        " {clinic_phone}."
    ),
    "new_which_site": "Où souhaitez-vous venir ? Vous pouvez aussi appeler le {clinic_phone}.",
    "new_days": (
        "Quel jour vous convient ? Rien n'est encore réservé. Vous pouvez aussi appeler le"
        " {clinic_phone}."
    ),
    "new_times": (
        "À quelle heure le {day} ? Rien n'est encore réservé. Vous pouvez aussi appeler le"
        " {clinic_phone}."
    ),
    "new_others": (
        "Désolé, cet horaire vient d'être pris. Ces jours ont encore des horaires libres ;"
        " rien n'est réservé. Vous pouvez aussi appeler le {clinic_phone}."
    ),
    "new_time_kept": (
        "{when} à {site_name} vous est gardé pendant {minutes} minutes. On réserve ? Vous"
        " pouvez aussi appeler le {clinic_phone}."
    ),
    "new_booked": (
        "C'est fait : votre rendez-vous est le {when} à {site_name}. Si vous ne pouvez pas"
        " venir, touchez ci-dessous ou appelez le {clinic_phone}."
    ),
    "new_known": (
        "Vous avez déjà un tel rendez-vous : {when} à {site_name}. Pour le changer, touchez"
        " ci-dessous ou appelez le {clinic_phone}."
    ),
    "new_noted": (
        "Merci. Une personne de {clinic_name} vous écrira ici pour trouver un rendez-vous,"
        " mais pas tout de suite ; rien n'est encore réservé. Vous pouvez aussi appeler le"
        " {clinic_phone}."
    ),
    "permission_noted": (
        "Merci. Noté le {day} : {clinic_name} peut vous écrire sur WhatsApp au sujet de"
        " {purposes}. Pour y mettre fin à tout moment, écrivez STOP. Vous pouvez aussi appeler le"
        " {clinic_phone}."
    ),
    "code_unknown": (
        "Nous ne connaissons pas ce code et rien n'a été changé. Demandez-en un nouveau à"
        " l'accueil de {clinic_name} ou appelez le {clinic_phone}."
    ),
    "code_run_out": (
        "Ce code n'est plus valable et rien n'a été changé. Demandez-en un nouveau à l'accueil de"
        " {clinic_name} ou appelez le {clinic_phone}."
    ),
    "code_used": (
        "Ce code a déjà servi ; chacun ne compte qu'une fois. Ce qui a été noté alors reste"
        " valable, sauf si on y a mis fin depuis. Vous pouvez aussi appeler {clinic_name} au"
        " {clinic_phone}."
    ),
    "code_of_another": (
        "Ce code est destiné à un autre numéro de téléphone et rien n'a été changé. Demandez à"
        " l'accueil de {clinic_name} de vérifier votre numéro ou appelez le {clinic_phone}."
    ),
    "code_too_often": (
        "Trop de codes sans valeur sont venus de ce numéro. Demandez à l'accueil de {clinic_name}"
        " ou appelez le {clinic_phone}. Vous pourrez réessayer dans une heure."
    ),
}
