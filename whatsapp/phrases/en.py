"""Our answers in English; native check needed."""

PHRASES = {
    "not_read_at_once": (
        "Thank you for your message. It is not read at once. If you need us soon, call"
        " {clinic_name} on {clinic_phone}. In an emergency call {emergency_number}."
    ),
    "menu": (
        "This is an automatic answer of {clinic_name}. Choose below what you would like to know or"
        " ask for. What you wrote in other words is read by a person, but not at once: if you need"
        " us soon, call {clinic_phone}. In an emergency call {emergency_number}."
    ),
    "button_choose": "Choose",
    "row_my_visit": "My next visit",
    "row_address": "Address and hours",
    "row_change_visit": "Change my visit",
    "row_repeat": "Repeat prescription",
    "row_talk": "Talk to us",
    "next_visits": (
        "Booked with {clinic_name}:\n{visits}\nIf something is wrong, call {clinic_phone}."
    ),
    "no_visits": (
        "We find no appointment ahead for this number. To book one, or if you expected one, call"
        " {clinic_name} on {clinic_phone}."
    ),
    "address_and_hours": "{sites}\nYou reach {clinic_name} on {clinic_phone}.",
    "change_visit": (
        "Your appointment on {when} at {site_name}: what would you like? You can also call"
        " {clinic_name} on {clinic_phone}."
    ),
    "change_which": "Which appointment would you like to change? You can also call {clinic_phone}.",
    "not_coming": (
        "You are not coming on {when}? Tap what you would like; until then the appointment stays"
        " booked. You can also call {clinic_phone}."
    ),
    "button_confirm": "I am coming",
    "button_another_time": "Another time",
    "button_cancel": "Cancel",
    "repeat_noted": (
        "Thank you. A person at {clinic_name} looks at your repeat prescription and answers by"
        " {until}. Please write here which medicine it is. If you need it sooner, call"
        " {clinic_phone}; in an emergency {emergency_number}."
    ),
    "repeat_known": (
        "Your repeat prescription is noted already; a person at {clinic_name} answers by {until}."
        " If you need it sooner, call {clinic_phone}."
    ),
    "talk_noted": (
        "A person at {clinic_name} will read your messages here, but not at once. If you need us"
        " soon, call {clinic_phone}. In an emergency call {emergency_number}."
    ),
    "which_question": (
        "Thank you. We have asked more than one thing. Which do you answer? You can also call"
        " {clinic_name} on {clinic_phone}."
    ),
    "row_visit_question": "Visit {day}, {name}",
    "row_invitation": "Invitation of {day}",
    "which_patient": "For whom? You can also call {clinic_name} on {clinic_phone}.",
    "which_visits": "For which of them? You can also call {clinic_name} on {clinic_phone}.",
    "row_everybody": "For all of them",
    "stopped": (
        "{clinic_name} will not write to you anymore. If you still want messages about your"
        " appointments, tap below. You can always call us on {clinic_phone}."
    ),
    "stopped_with_visit": (
        "{clinic_name} will not write to you anymore. Your next appointment stays booked:"
        " {when}. If you still want messages about your appointments, tap below. You can always"
        " call us on {clinic_phone}."
    ),
    "stopped_family": (
        "{clinic_name} will not write to this number anymore, about {names}. Is that for all of"
        " them? If you meant one of them only, or still want messages about appointments, choose"
        " below. You can always call us on {clinic_phone}."
    ),
    "row_stop_one": "Only for {name}",
    "stopped_for_one": (
        "{clinic_name} writes to you no more about {name}, and about the others as before. To end"
        " this as well, write STOP. You can always call us on {clinic_phone}."
    ),
    "stopped_again": (
        "Understood: {clinic_name} does not write to you anymore. If you still want messages about"
        " your appointments, tap below. You can always call us on {clinic_phone}."
    ),
    "kept": (
        "Thank you. {clinic_name} will write to you about your appointments, and about nothing"
        " else. To end this as well, write STOP. You can always call us on {clinic_phone}."
    ),
    "button_keep": "Only appointments",
    "button_stop_all": "Stop all",
    "wrong_person_noted": (
        "Thank you for telling us, and sorry for the disturbance. {clinic_name} writes no more to"
        " this number. If it is yours after all, call {clinic_phone}."
    ),
    "confirmed": (
        "Thank you. Your appointment on {when} at {site_name} is confirmed. If you have a question,"
        " call {clinic_phone}."
    ),
    "another_time_noted": (
        "Thank you. {clinic_name} will contact you to find another time. Until then your"
        " appointment on {when} stays booked. You can also call {clinic_phone}."
    ),
    "cancelled_with_undo": (
        "Your appointment on {when} is cancelled. If this was a mistake, tap below. For a new"
        " appointment call {clinic_phone}."
    ),
    "button_undo": "Undo",
    "cancel_asks_a_person": (
        "Thank you. {clinic_name} will contact you about cancelling your appointment on {when}."
        " Until then it stays booked. You can also call {clinic_phone}."
    ),
    "undone": (
        "Your appointment on {when} at {site_name} is booked again. If you have a question, call"
        " {clinic_phone}."
    ),
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
    "which_visit": "Which appointment do you mean? You can also call {clinic_phone}.",
    "interested_noted": (
        "Thank you. {clinic_name} will contact you to find an appointment. You can also call"
        " {clinic_phone}."
    ),
    "already_done_noted": (
        "Thank you for telling us. {clinic_name} has made a note of it. If you have a question,"
        " call {clinic_phone}."
    ),
    "not_this_noted": (
        "Understood. {clinic_name} will not write to you about this again. If you have a question,"
        " call {clinic_phone}."
    ),
    "not_yours": (
        "This button belongs to a message for another number, so nothing was changed. If you have"
        " a question, call {clinic_name} on {clinic_phone}."
    ),
    "offered_slots": (
        "These times are free. Until you choose one, your appointment on {when} stays booked. You"
        " can also call {clinic_phone}."
    ),
    "offered_days": (
        "Which day suits you? Until you choose a time, your appointment on {when} stays booked."
        " You can also call {clinic_phone}."
    ),
    "offered_times": (
        "Which time on {day}? Until you choose one, your appointment on {when} stays booked. You"
        " can also call {clinic_phone}."
    ),
    "offered_others": (
        "We are sorry, that time has just been taken. These are free now. Your appointment on"
        " {when} stays booked. You can also call {clinic_phone}."
    ),
    "time_kept": (
        "{new_when} at {site_name} is kept for you for {minutes} minutes. Shall we move your"
        " appointment there? You can also call {clinic_phone}."
    ),
    "time_moved": (
        "Done: your appointment is now on {when} at {site_name}, no longer on {old_when}. You can"
        " also call {clinic_phone}."
    ),
    "time_put_back": (
        "Your appointment is back on {when} at {site_name}. You can also call {clinic_phone}."
    ),
    "old_time_gone": (
        "We are sorry, your old time has been given to somebody else. Your appointment stays on"
        " {when}. You can also call {clinic_phone}."
    ),
    "earlier_noted": (
        "Noted. When an earlier time becomes free, {clinic_name} will ask you. Until then your"
        " appointment on {when} stays booked. You can also call {clinic_phone}."
    ),
    "earlier_gone": (
        "Thank you for answering. Somebody else was quicker this time. Your appointment on {when}"
        " stays booked, and we will ask you again. You can also call {clinic_phone}."
    ),
    "earlier_kept": (
        "Thank you. Your appointment stays on {when}. You can also call {clinic_phone}."
    ),
    "earlier_ended": (
        "Understood: we will not offer you earlier times anymore. Your appointment stays on"
        " {when}. You can also call {clinic_phone}."
    ),
    "button_take_time": "Yes, move it",
    "button_later_days": "Later days",
    "button_later_times": "Later times",
    "button_other_days": "Other days",
    "button_talk_to_us": "Talk to us",
    "button_earlier": "Earlier if possible",
    "nothing_free": (
        "At the moment no other time is free. Your appointment on {when} stays booked. You can"
        " also call {clinic_phone}."
    ),
    "row_new_visit": "Book a visit",
    "button_book": "Yes, book it",
    "new_which_kind": (
        "What would you like to come for? You can also call {clinic_name} on {clinic_phone}."
    ),
    "new_which_site": "Where would you like to come? You can also call {clinic_phone}.",
    "new_days": "Which day suits you? Nothing is booked yet. You can also call {clinic_phone}.",
    "new_times": "Which time on {day}? Nothing is booked yet. You can also call {clinic_phone}.",
    "new_others": (
        "We are sorry, that time has just been taken. These days still have free times;"
        " nothing is booked yet. You can also call {clinic_phone}."
    ),
    "new_time_kept": (
        "{when} at {site_name} is kept for you for {minutes} minutes. Shall we book it? You"
        " can also call {clinic_phone}."
    ),
    "new_booked": (
        "Done: your appointment is on {when} at {site_name}. If you cannot come, tap below or"
        " call {clinic_phone}."
    ),
    "new_known": (
        "You already have such an appointment: {when} at {site_name}. To change it, tap below"
        " or call {clinic_phone}."
    ),
    "new_noted": (
        "Thank you. A person at {clinic_name} will write to you here to find an appointment,"
        " but not at once; nothing is booked yet. You can also call {clinic_phone}."
    ),
    "permission_noted": (
        "Thank you. Noted on {day}: {clinic_name} may write to you on WhatsApp about {purposes}."
        " To end it at any time, write STOP. You can also call {clinic_phone}."
    ),
    "code_unknown": (
        "We do not know this code, and nothing has been changed. Please ask at the desk of"
        " {clinic_name} for a new one, or call {clinic_phone}."
    ),
    "code_run_out": (
        "This code has run out, and nothing has been changed. Please ask at the desk of"
        " {clinic_name} for a new one, or call {clinic_phone}."
    ),
    "code_used": (
        "This code has been used before; each one counts once. What it noted then still stands"
        " unless it was ended since. You can also call {clinic_name} on {clinic_phone}."
    ),
    "code_of_another": (
        "This code was made for another telephone number, and nothing has been changed. Please"
        " ask at the desk of {clinic_name} to check your number, or call {clinic_phone}."
    ),
    "code_too_often": (
        "Too many codes that do not count came from this number. Please ask at the desk of"
        " {clinic_name}, or call {clinic_phone}. In an hour you can try again."
    ),
}
