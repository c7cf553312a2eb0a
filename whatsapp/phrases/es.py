"""Our answers in Spanish; native check needed."""

PHRASES = {
    "not_read_at_once": (
        "Gracias por su mensaje. No se lee de inmediato. Si nos necesita pronto, llame a"
        " {clinic_name} al {clinic_phone}. En una emergencia llame al {emergency_number}."
    ),
    "stopped": (
        "{clinic_name} no le escribirá más. Si todavía quiere mensajes sobre sus citas, toque el"
        " botón. Siempre puede llamarnos al {clinic_phone}."
    ),
    "stopped_with_visit": (
        "{clinic_name} no le escribirá más. Su próxima cita sigue reservada: {when}. Si todavía"
        " quiere mensajes sobre sus citas, toque el botón. Siempre puede llamarnos al"
        " {clinic_phone}."
    ),
    "stopped_again": (
        "Entendido: {clinic_name} ya no le escribe. Si todavía quiere mensajes sobre sus citas,"
        " toque el botón. Siempre puede llamarnos al {clinic_phone}."
    ),
    "kept": (
        "Gracias. {clinic_name} le escribirá sobre sus citas y sobre nada más. Para terminar"
        " también esto, escriba BAJA."
    ),
    "button_keep": "Solo mis citas",
    "button_stop_all": "Detener todo",
    "confirmed": "Gracias. Su cita del {when} en {site_name} está confirmada.",
    "another_time_noted": (
        "Gracias. {clinic_name} se comunicará con usted para buscar otro horario. Hasta entonces"
        " su cita del {when} sigue reservada."
    ),
    "cancelled_with_undo": (
        "Su cita del {when} está cancelada. Si fue un error, toque el botón. Para una nueva cita"
        " llame al {clinic_phone}."
    ),
    "button_undo": "Deshacer",
    "button_choose": "Elegir",
    "cancel_asks_a_person": (
        "Gracias. {clinic_name} se comunicará con usted para cancelar su cita del {when}. Hasta"
        " entonces sigue reservada. También puede llamar al {clinic_phone}."
    ),
    "undone": "Su cita del {when} en {site_name} está reservada de nuevo. Le esperamos.",
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
    "which_visit": "¿A cuál cita se refiere?",
    "interested_noted": "Gracias. {clinic_name} se comunicará con usted para buscar una cita.",
    "already_done_noted": "Gracias por avisarnos. {clinic_name} tomó nota.",
    "not_this_noted": "Entendido. {clinic_name} no le escribirá más sobre esto.",
    "not_yours": (
        "Este botón es de un mensaje para otro número, así que no se cambió nada. Si tiene una"
        " pregunta, llame a {clinic_name} al {clinic_phone}."
    ),
}
