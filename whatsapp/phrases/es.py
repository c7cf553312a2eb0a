"""Our answers in Spanish; native check needed."""

PHRASES = {
    "not_read_at_once": (
        "Gracias por su mensaje. No se lee de inmediato. Si nos necesita pronto, llame a"
        " {clinic_name} al {clinic_phone}. En una emergencia llame al {emergency_number}."
    ),
    "menu": (
        "Esta es una respuesta automática de {clinic_name}. Elija abajo qué quiere saber o pedir."
        " Lo que escribió con otras palabras lo lee una persona, pero no de inmediato: si nos"
        " necesita pronto, llame al {clinic_phone}. En una emergencia llame al"
        " {emergency_number}."
    ),
    "button_choose": "Elegir",
    "row_my_visit": "Mi próxima cita",
    "row_address": "Dirección y horarios",
    "row_change_visit": "Cambiar mi cita",
    "row_repeat": "Repetir receta",
    "row_talk": "Hablar con nosotros",
    "next_visits": (
        "Reservado en {clinic_name}:\n{visits}\nSi algo no es correcto, llame al {clinic_phone}."
    ),
    "no_visits": (
        "No encontramos ninguna cita próxima para este número. Para reservar una, o si esperaba"
        " encontrarla, llame a {clinic_name} al {clinic_phone}."
    ),
    "address_and_hours": "{sites}\n{clinic_name} atiende en el {clinic_phone}.",
    "change_visit": (
        "Su cita del {when} en {site_name}: ¿qué desea? También puede llamar a {clinic_name} al"
        " {clinic_phone}."
    ),
    "change_which": "¿Qué cita quiere cambiar? También puede llamar al {clinic_phone}.",
    "not_coming": (
        "¿No viene el {when}? Toque lo que desea; hasta entonces la cita sigue reservada. También"
        " puede llamar al {clinic_phone}."
    ),
    "button_confirm": "Sí, voy",
    "button_another_time": "Otro horario",
    "button_cancel": "Cancelar",
    "repeat_noted": (
        "Gracias. Una persona de {clinic_name} revisa su receta y responde antes del {until}."
        " Escriba aquí qué medicamento es. Si la necesita antes, llame al {clinic_phone}; en una"
        " emergencia, al {emergency_number}."
    ),
    "repeat_known": (
        "Su pedido de receta ya está anotado; una persona de {clinic_name} responde antes del"
        " {until}. Si la necesita antes, llame al {clinic_phone}."
    ),
    "talk_noted": (
        "Una persona de {clinic_name} leerá sus mensajes aquí, pero no de inmediato. Si nos"
        " necesita pronto, llame al {clinic_phone}. En una emergencia llame al"
        " {emergency_number}."
    ),
    "which_question": (
        "Gracias. Le preguntamos más de una cosa. ¿A cuál responde? También puede llamar a"
        " {clinic_name} al {clinic_phone}."
    ),
    "row_visit_question": "Cita {day}, {name}",
    "row_invitation": "Invitación del {day}",
    "which_patient": "¿Para quién? También puede llamar a {clinic_name} al {clinic_phone}.",
    "which_visits": "¿Para cuál de ellas? También puede llamar a {clinic_name} al {clinic_phone}.",
    "row_everybody": "Para todos",
    "stopped": (
        "{clinic_name} no le escribirá más. Si todavía quiere mensajes sobre sus citas, toque el"
        " botón. Siempre puede llamarnos al {clinic_phone}."
    ),
    "stopped_with_visit": (
        "{clinic_name} no le escribirá más. Su próxima cita sigue reservada: {when}. Si todavía"
        " quiere mensajes sobre sus citas, toque el botón. Siempre puede llamarnos al"
        " {clinic_phone}."
    ),
    "stopped_family": (
        "{clinic_name} no escribirá más a este número sobre {names}. ¿Es para todos? Si era solo"
        " para una persona, o todavía quiere mensajes sobre citas, elija abajo. Siempre puede"
        " llamarnos al {clinic_phone}."
    ),
    "row_stop_one": "Solo para {name}",
    "stopped_for_one": (
        "{clinic_name} no le escribirá más sobre {name}; sobre los demás, como antes. Para terminar"
        " también esto, escriba BAJA. Siempre puede llamarnos al {clinic_phone}."
    ),
    "stopped_again": (
        "Entendido: {clinic_name} ya no le escribe. Si todavía quiere mensajes sobre sus citas,"
        " toque el botón. Siempre puede llamarnos al {clinic_phone}."
    ),
    "kept": (
        "Gracias. {clinic_name} le escribirá sobre sus citas y sobre nada más. Para terminar"
        " también esto, escriba BAJA. Siempre puede llamarnos al {clinic_phone}."
    ),
    "button_keep": "Solo mis citas",
    "button_stop_all": "Detener todo",
    "wrong_person_noted": (
        "Gracias por avisarnos y disculpe la molestia. {clinic_name} no escribirá más a este"
        " número. Si es suyo después de todo, llame al {clinic_phone}."
    ),
    "confirmed": (
        "Gracias. Su cita del {when} en {site_name} está confirmada. Si tiene una pregunta, llame"
        " al {clinic_phone}."
    ),
    "another_time_noted": (
        "Gracias. {clinic_name} se comunicará con usted para buscar otro horario. Hasta entonces"
        " su cita del {when} sigue reservada. También puede llamar al {clinic_phone}."
    ),
    "cancelled_with_undo": (
        "Su cita del {when} está cancelada. Si fue un error, toque el botón. Para una nueva cita"
        " llame al {clinic_phone}."
    ),
    "button_undo": "Deshacer",
    "cancel_asks_a_person": (
        "Gracias. {clinic_name} se comunicará con usted para cancelar su cita del {when}. Hasta"
        " entonces sigue reservada. También puede llamar al {clinic_phone}."
    ),
    "undone": (
        "Su cita del {when} en {site_name} está reservada de nuevo. Si tiene una pregunta, llame al"
        " {clinic_phone}."
    ),
    "slot_gone": (
        "Lo sentimos, el horario del {when} ya fue dado a otra persona. Llame al {clinic_phone}"
        " para una nueva cita."
    ),
    "out_of_date": (
        "Este mensaje ya no está vigente, así que no se cambió nada. Si tiene una pregunta, llame"
        " a {clinic_name} al {clinic_phone}."
    ),
    "already_answered": (
        "Gracias, ya tenemos su respuesta. Para cambiarla, llame a {clinic_name} al {clinic_phone}."
    ),
    "which_visit": "¿A cuál cita se refiere? También puede llamar al {clinic_phone}.",
    "interested_noted": (
        "Gracias. {clinic_name} se comunicará con usted para buscar una cita. También puede llamar"
        " al {clinic_phone}."
    ),
    "already_done_noted": (
        "Gracias por avisarnos. {clinic_name} tomó nota. Si tiene una pregunta, llame al"
        " {clinic_phone}."
    ),
    "not_this_noted": (
        "Entendido. {clinic_name} no le escribirá más sobre esto. Si tiene una pregunta, llame al"
        " {clinic_phone}."
    ),
    "not_yours": (
        "Este botón es de un mensaje para otro número, así que no se cambió nada. Si tiene una"
        " pregunta, llame a {clinic_name} al {clinic_phone}."
    ),
    "offered_slots": (
        "Estos horarios están libres. Hasta que elija uno, su cita del {when} sigue reservada."
        " También puede llamar al {clinic_phone}."
    ),
    "offered_days": (
        "¿Qué día le viene bien? Hasta que elija un horario, su cita del {when} sigue reservada."
        " También puede llamar al {clinic_phone}."
    ),
    "offered_times": (
        "¿A qué hora el {day}? Hasta que elija una, su cita del {when} sigue reservada. También"
        " puede llamar al {clinic_phone}."
    ),
    "offered_others": (
        "Lo sentimos, ese horario se acaba de ocupar. Estos están libres ahora. Su cita del"
        " {when} sigue reservada. También puede llamar al {clinic_phone}."
    ),
    "time_kept": (
        "Le guardamos el {new_when} en {site_name} durante {minutes} minutos. ¿Movemos su cita a"
        " ese horario? También puede llamar al {clinic_phone}."
    ),
    "time_moved": (
        "Listo: su cita es ahora el {when} en {site_name}, ya no el {old_when}. También puede"
        " llamar al {clinic_phone}."
    ),
    "time_put_back": (
        "Su cita vuelve a ser el {when} en {site_name}. También puede llamar al {clinic_phone}."
    ),
    "old_time_gone": (
        "Lo sentimos, su horario anterior ya fue dado a otra persona. Su cita sigue siendo el"
        " {when}. También puede llamar al {clinic_phone}."
    ),
    "earlier_noted": (
        "Anotado. Cuando se libere un horario anterior, {clinic_name} le preguntará. Hasta"
        " entonces su cita del {when} sigue reservada. También puede llamar al {clinic_phone}."
    ),
    "earlier_gone": (
        "Gracias por responder. Esta vez otra persona fue más rápida. Su cita del {when} sigue"
        " reservada y le volveremos a preguntar. También puede llamar al {clinic_phone}."
    ),
    "earlier_kept": (
        "Gracias. Su cita sigue siendo el {when}. También puede llamar al {clinic_phone}."
    ),
    "earlier_ended": (
        "Entendido: no le ofreceremos más horarios anteriores. Su cita sigue siendo el {when}."
        " También puede llamar al {clinic_phone}."
    ),
    "button_take_time": "Sí, moverla",
    "button_later_days": "Más días",
    "button_later_times": "Más tarde",
    "button_other_days": "Otros días",
    "button_talk_to_us": "Hablar con ustedes",
    "button_earlier": "Antes si se puede",
    "nothing_free": (
        "Por el momento no hay otro horario libre. Su cita del {when} sigue reservada. También"
        " puede llamar al {clinic_phone}."
    ),
    "row_new_visit": "Pedir un turno",
    "button_book": "Sí, reservar",
    "new_which_kind": (
        "¿Para qué quiere venir? También puede llamar a {clinic_name} al {clinic_phone}."
    ),
    "new_which_site": "¿Adónde quiere venir? También puede llamar al {clinic_phone}.",
    "new_days": (
        "¿Qué día le queda bien? Todavía no hay nada reservado. También puede llamar al"
        " {clinic_phone}."
    ),
    "new_times": (
        "¿A qué hora el {day}? Todavía no hay nada reservado. También puede llamar al"
        " {clinic_phone}."
    ),
    "new_others": (
        "Lo sentimos, ese horario acaba de ocuparse. Estos días todavía tienen horarios"
        " libres; no hay nada reservado. También puede llamar al {clinic_phone}."
    ),
    "new_time_kept": (
        "Le guardamos {when} en {site_name} durante {minutes} minutos. ¿Lo reservamos?"
        " También puede llamar al {clinic_phone}."
    ),
    "new_booked": (
        "Listo: su cita es el {when} en {site_name}. Si no puede venir, toque abajo o llame"
        " al {clinic_phone}."
    ),
    "new_known": (
        "Ya tiene una cita así: {when} en {site_name}. Para cambiarla, toque abajo o llame al"
        " {clinic_phone}."
    ),
    "new_noted": (
        "Gracias. Una persona de {clinic_name} le escribirá aquí para buscar una cita, pero"
        " no enseguida; todavía no hay nada reservado. También puede llamar al {clinic_phone}."
    ),
    "permission_noted": (
        "Gracias. Anotado el {day}: {clinic_name} puede escribirle por WhatsApp sobre {purposes}."
        " Para terminarlo cuando quiera, escriba BAJA. También puede llamar al {clinic_phone}."
    ),
    "code_unknown": (
        "No conocemos este código y no se cambió nada. Pida uno nuevo en la recepción de"
        " {clinic_name} o llame al {clinic_phone}."
    ),
    "code_run_out": (
        "Este código ya venció y no se cambió nada. Pida uno nuevo en la recepción de"
        " {clinic_name} o llame al {clinic_phone}."
    ),
    "code_used": (
        "Este código ya se usó; cada uno vale una sola vez. Lo que se anotó entonces sigue"
        " valiendo, salvo que se haya terminado después. También puede llamar a {clinic_name} al"
        " {clinic_phone}."
    ),
    "code_of_another": (
        "Este código es para otro número de teléfono y no se cambió nada. Pida en la recepción de"
        " {clinic_name} que revisen su número o llame al {clinic_phone}."
    ),
    "code_too_often": (
        "Desde este número llegaron demasiados códigos que no valen. Pregunte en la recepción de"
        " {clinic_name} o llame al {clinic_phone}. En una hora puede probar otra vez."
    ),
}
