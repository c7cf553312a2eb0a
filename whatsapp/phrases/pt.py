"""Our answers in Brazilian Portuguese; native check needed."""

PHRASES = {
    "not_read_at_once": (
        "Obrigado pela mensagem. Ela não é lida na hora. Se precisar de nós logo, ligue para"
        " {clinic_name}: {clinic_phone}. Em uma emergência ligue {emergency_number}."
    ),
    "stopped": (
        "{clinic_name} não vai mais escrever para você. Se ainda quiser mensagens sobre suas"
        " consultas, toque abaixo. Você sempre pode ligar: {clinic_phone}."
    ),
    "stopped_with_visit": (
        "{clinic_name} não vai mais escrever para você. Sua próxima consulta continua marcada:"
        " {when}. Se ainda quiser mensagens sobre suas consultas, toque abaixo. Você sempre pode"
        " ligar: {clinic_phone}."
    ),
    "stopped_again": (
        "Entendido: {clinic_name} não escreve mais para você. Se ainda quiser mensagens sobre suas"
        " consultas, toque abaixo. Você sempre pode ligar: {clinic_phone}."
    ),
    "kept": (
        "Obrigado. {clinic_name} vai escrever sobre suas consultas e sobre mais nada. Para"
        " encerrar isso também, escreva SAIR."
    ),
    "button_keep": "Só consultas",
    "button_stop_all": "Parar tudo",
    "confirmed": "Obrigado. Sua consulta de {when} em {site_name} está confirmada.",
    "another_time_noted": (
        "Obrigado. {clinic_name} vai entrar em contato para achar outro horário. Até lá sua"
        " consulta de {when} continua marcada."
    ),
    "cancelled_with_undo": (
        "Sua consulta de {when} está cancelada. Se foi engano, toque abaixo. Para uma nova"
        " consulta ligue {clinic_phone}."
    ),
    "button_undo": "Desfazer",
    "button_choose": "Escolher",
    "cancel_asks_a_person": (
        "Obrigado. {clinic_name} vai entrar em contato sobre o cancelamento da consulta de"
        " {when}. Até lá ela continua marcada. Você também pode ligar {clinic_phone}."
    ),
    "undone": "Sua consulta de {when} em {site_name} está marcada de novo. Esperamos você.",
    "slot_gone": (
        "Sentimos muito, o horário de {when} já foi dado a outra pessoa. Ligue {clinic_phone}"
        " para uma nova consulta."
    ),
    "out_of_date": (
        "Esta mensagem não vale mais, por isso nada foi mudado. Se tiver uma pergunta, ligue para"
        " {clinic_name}: {clinic_phone}."
    ),
    "already_answered": (
        "Obrigado, já temos sua resposta. Para mudá-la, ligue para {clinic_name}: {clinic_phone}."
    ),
    "which_visit": "De qual consulta você está falando?",
    "interested_noted": "Obrigado. {clinic_name} vai entrar em contato para marcar um horário.",
    "already_done_noted": "Obrigado por avisar. {clinic_name} anotou.",
    "not_this_noted": "Entendido. {clinic_name} não vai mais escrever sobre isso.",
    "not_yours": (
        "Este botão é de uma mensagem para outro número, por isso nada foi mudado. Se tiver uma"
        " pergunta, ligue para {clinic_name}: {clinic_phone}."
    ),
}
