"""Our answers in English."""

PHRASES = {
    "not_read_at_once": (
        "Thank you for your message. It is not read at once. If you need us soon, call"
        " {clinic_name} on {clinic_phone}. In an emergency call {emergency_number}."
    ),
    "stopped": (
        "{clinic_name} will not write to you anymore. If you still want messages about your"
        " appointments, tap below. You can always call us on {clinic_phone}."
    ),
    "stopped_with_visit": (
        "{clinic_name} will not write to you anymore. Your next appointment stays booked:"
        " {when}. If you still want messages about your appointments, tap below. You can always"
        " call us on {clinic_phone}."
    ),
    "stopped_again": (
        "Understood: {clinic_name} does not write to you anymore. If you still want messages about"
        " your appointments, tap below. You can always call us on {clinic_phone}."
    ),
    "kept": (
        "Thank you. {clinic_name} will write to you about your appointments, and about nothing"
        " else. To end this as well, write STOP."
    ),
    "button_keep": "Only appointments",
    "button_stop_all": "Stop all",
    "confirmed": "Thank you. Your appointment on {when} at {site_name} is confirmed.",
    "another_time_noted": (
        "Thank you. {clinic_name} will contact you to find another time. Until then your"
        " appointment on {when} stays booked."
    ),
    "cancelled_with_undo": (
        "Your appointment on {when} is cancelled. If this was a mistake, tap below. For a new"
        " appointment call {clinic_phone}."
    ),
    "button_undo": "Undo",
    "button_choose": "Choose",
    "cancel_asks_a_person": (
        "Thank you. {clinic_name} will contact you about cancelling your appointment on {when}."
        " Until then it stays booked. You can also call {clinic_phone}."
    ),
    "undone": "Your appointment on {when} at {site_name} is booked again. We expect you.",
    "slot_gone": (
        "We are sorry, the time of {when} has been given to somebody else. Please call"
        " {clinic_phone} for a new appointment."
    ),
    "out_of_date": (
        "This message is out of date, so nothing was changed. If you have a question, call"
        " {clinic_name} on {clinic_phone}."
    ),
    "already_answered": (
        "Thank you, we already have your answer. To change it, call {clinic_name} on"
        " {clinic_phone}."
    ),
    "which_visit": "Which appointment do you mean?",
    "interested_noted": "Thank you. {clinic_name} will contact you to find an appointment.",
    "already_done_noted": "Thank you for telling us. {clinic_name} has made a note of it.",
    "not_this_noted": "Understood. {clinic_name} will not write to you about this again.",
    "not_yours": (
        "This button belongs to a message for another number, so nothing was changed. If you have"
        " a question, call {clinic_name} on {clinic_phone}."
    ),
}
