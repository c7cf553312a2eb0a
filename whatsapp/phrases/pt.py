"""Our answers in Brazilian Portuguese; native check needed."""

PHRASES = {
    "not_read_at_once": (
        "Obrigado pela mensagem. Ela não é lida na hora. Se precisar de nós logo, ligue para"
        " {clinic_name}: {clinic_phone}. Em uma emergência ligue {emergency_number}."
    ),
    "menu": (
        "Esta é uma resposta automática de {clinic_name}. Escolha abaixo o que quer saber ou"
        " pedir. O que escreveu com outras palavras é lido por uma pessoa, mas não de imediato:"
        " se precisar de nós logo, ligue para {clinic_phone}. Em uma emergência ligue para"
        " {emergency_number}."
    ),
    "button_choose": "Escolher",
    "row_my_visit": "Minha próxima consulta",
    "row_address": "Endereço e horários",
    "row_change_visit": "Mudar minha consulta",
    "row_repeat": "Renovar receita",
    "row_talk": "Falar conosco",
    "next_visits": (
        "Marcado em {clinic_name}:\n{visits}\nSe algo não estiver certo, ligue para {clinic_phone}."
    ),
    "no_visits": (
        "Não encontramos nenhuma consulta marcada para este número. Para marcar uma, ou se"
        " esperava encontrá-la, ligue para {clinic_name} no {clinic_phone}."
    ),
    "address_and_hours": "{sites}\n{clinic_name} atende no {clinic_phone}.",
    "change_visit": (
        "Sua consulta de {when} em {site_name}: o que deseja? Também pode ligar para"
        " {clinic_name} no {clinic_phone}."
    ),
    "change_which": "Qual consulta quer mudar? Também pode ligar para {clinic_phone}.",
    "not_coming": (
        "Não vem em {when}? Toque no que deseja; até lá a consulta continua marcada. Também"
        " pode ligar para {clinic_phone}."
    ),
    "button_confirm": "Sim, eu vou",
    "button_another_time": "Outro horário",
    "button_cancel": "Cancelar",
    "repeat_noted": (
        "Obrigado. Uma pessoa de {clinic_name} verifica a sua receita e responde até {until}."
        " Escreva aqui qual é o medicamento. Se precisar antes, ligue para {clinic_phone}; em"
        " uma emergência, {emergency_number}."
    ),
    "repeat_known": (
        "O seu pedido de receita já está anotado; uma pessoa de {clinic_name} responde até"
        " {until}. Se precisar antes, ligue para {clinic_phone}."
    ),
    "talk_noted": (
        "Uma pessoa de {clinic_name} lerá as suas mensagens aqui, mas não de imediato. Se"
        " precisar de nós logo, ligue para {clinic_phone}. Em uma emergência ligue para"
        " {emergency_number}."
    ),
    "which_question": (
        "Obrigado. Perguntamos mais de uma coisa. A qual responde? Também pode ligar para"
        " {clinic_name} no {clinic_phone}."
    ),
    "row_visit_question": "Visita {day}, {name}",
    "row_invitation": "Convite de {day}",
    "which_patient": "Para quem? Também pode ligar para {clinic_name} no {clinic_phone}.",
    "which_visits": "Para qual delas? Também pode ligar para {clinic_name} no {clinic_phone}.",
    "row_everybody": "Para todos",
    "stopped": (
        "{clinic_name} não vai mais escrever para você. Se ainda quiser mensagens sobre suas"
        " consultas, toque abaixo. Você sempre pode ligar: {clinic_phone}."
    ),
    "stopped_with_visit": (
        "{clinic_name} não vai mais escrever para você. Sua próxima consulta continua marcada:"
        " {when}. Se ainda quiser mensagens sobre suas consultas, toque abaixo. Você sempre"
        " pode ligar: {clinic_phone}."
    ),
    "stopped_family": (
        "{clinic_name} não escreverá mais a este número sobre {names}. É para todos? Se era só"
        " para uma pessoa, ou se ainda quer mensagens sobre consultas, escolha abaixo. Pode"
        " sempre ligar para {clinic_phone}."
    ),
    "row_stop_one": "Só para {name}",
    "stopped_for_one": (
        "{clinic_name} não escreve mais sobre {name}; sobre os outros, como antes. Para"
        " terminar isto também, escreva SAIR. Pode sempre ligar para {clinic_phone}."
    ),
    "stopped_again": (
        "Entendido: {clinic_name} não escreve mais para você. Se ainda quiser mensagens sobre"
        " suas consultas, toque abaixo. Você sempre pode ligar: {clinic_phone}."
    ),
    "kept": (
        "Obrigado. {clinic_name} vai escrever sobre suas consultas e sobre mais nada. Para"
        " encerrar isso também, escreva SAIR. Também pode ligar para {clinic_phone}."
    ),
    "button_keep": "Só consultas",
    "button_stop_all": "Parar tudo",
    "wrong_person_noted": (
        "Obrigado por avisar e desculpe o incômodo. {clinic_name} não escreve mais a este"
        " número. Se ele for seu afinal, ligue para {clinic_phone}."
    ),
    "confirmed": (
        "Obrigado. Sua consulta de {when} em {site_name} está confirmada. Também pode ligar"
        " para {clinic_phone}."
    ),
    "another_time_noted": (
        "Obrigado. {clinic_name} vai entrar em contato para achar outro horário. Até lá sua"
        " consulta de {when} continua marcada. Também pode ligar para {clinic_phone}."
    ),
    "cancelled_with_undo": (
        "Sua consulta de {when} está cancelada. Se foi engano, toque abaixo. Para uma nova"
        " consulta ligue {clinic_phone}."
    ),
    "button_undo": "Desfazer",
    "cancel_asks_a_person": (
        "Obrigado. {clinic_name} vai entrar em contato sobre o cancelamento da consulta de"
        " {when}. Até lá ela continua marcada. Você também pode ligar {clinic_phone}."
    ),
    "undone": (
        "Sua consulta de {when} em {site_name} está marcada de novo. Esperamos você. Também"
        " pode ligar para {clinic_phone}."
    ),
    "slot_gone": (
        "Sentimos muito, o horário de {when} já foi dado a outra pessoa. Ligue {clinic_phone}"
        " para uma nova consulta."
    ),
    "out_of_date": (
        "Esta mensagem não vale mais, por isso nada foi mudado. Se tiver uma pergunta, ligue"
        " para {clinic_name}: {clinic_phone}."
    ),
    "already_answered": (
        "Obrigado, já temos sua resposta. Para mudá-la, ligue para {clinic_name}: {clinic_phone}."
    ),
    "which_visit": "De qual consulta você está falando? Também pode ligar para {clinic_phone}.",
    "interested_noted": (
        "Obrigado. {clinic_name} vai entrar em contato para marcar um horário. Também pode"
        " ligar para {clinic_phone}."
    ),
    "already_done_noted": (
        "Obrigado por avisar. {clinic_name} anotou. Também pode ligar para {clinic_phone}."
    ),
    "not_this_noted": (
        "Entendido. {clinic_name} não vai mais escrever sobre isso. Também pode ligar para"
        " {clinic_phone}."
    ),
    "not_yours": (
        "Este botão é de uma mensagem para outro número, por isso nada foi mudado. Se tiver uma"
        " pergunta, ligue para {clinic_name}: {clinic_phone}."
    ),
    "offered_slots": (
        "Estes horários estão livres. Até você escolher um, sua consulta de {when} continua"
        " marcada. Também pode ligar para {clinic_phone}."
    ),
    "offered_days": (
        "Qual dia é bom para você? Até você escolher um horário, sua consulta de {when} continua"
        " marcada. Também pode ligar para {clinic_phone}."
    ),
    "offered_times": (
        "A que horas em {day}? Até você escolher, sua consulta de {when} continua marcada. Também"
        " pode ligar para {clinic_phone}."
    ),
    "offered_others": (
        "Sentimos muito, esse horário acabou de ser ocupado. Estes estão livres agora. Sua"
        " consulta de {when} continua marcada. Também pode ligar para {clinic_phone}."
    ),
    "time_kept": (
        "Guardamos {new_when} em {site_name} para você por {minutes} minutos. Mudamos sua"
        " consulta para lá? Também pode ligar para {clinic_phone}."
    ),
    "time_moved": (
        "Pronto: sua consulta agora é {when} em {site_name}, e não mais {old_when}. Também pode"
        " ligar para {clinic_phone}."
    ),
    "time_put_back": (
        "Sua consulta voltou para {when} em {site_name}. Também pode ligar para {clinic_phone}."
    ),
    "old_time_gone": (
        "Sentimos muito, seu horário anterior já foi dado a outra pessoa. Sua consulta continua"
        " em {when}. Também pode ligar para {clinic_phone}."
    ),
    "earlier_noted": (
        "Anotado. Quando um horário mais cedo ficar livre, {clinic_name} vai perguntar a você."
        " Até lá sua consulta de {when} continua marcada. Também pode ligar para {clinic_phone}."
    ),
    "earlier_gone": (
        "Obrigado por responder. Desta vez outra pessoa foi mais rápida. Sua consulta de {when}"
        " continua marcada, e perguntaremos de novo. Também pode ligar para {clinic_phone}."
    ),
    "earlier_kept": (
        "Obrigado. Sua consulta continua em {when}. Também pode ligar para {clinic_phone}."
    ),
    "earlier_ended": (
        "Entendido: não ofereceremos mais horários mais cedo. Sua consulta continua em {when}."
        " Também pode ligar para {clinic_phone}."
    ),
    "button_take_time": "Sim, mudar",
    "button_later_days": "Mais dias",
    "button_later_times": "Mais tarde",
    "button_other_days": "Outros dias",
    "button_talk_to_us": "Falar com vocês",
    "button_earlier": "Mais cedo, se der",
    "nothing_free": (
        "No momento não há outro horário livre. Sua consulta de {when} continua marcada. Também"
        " pode ligar para {clinic_phone}."
    ),
    "row_new_visit": "Marcar consulta",
    "button_book": "Sim, marcar",
    "new_which_kind": (
        "Para que gostaria de vir? Também pode ligar para {clinic_name}: {clinic_phone}."
    ),
    "new_which_site": "Aonde gostaria de vir? Também pode ligar para {clinic_phone}.",
    "new_days": (
        "Que dia fica bom? Ainda não há nada marcado. Também pode ligar para {clinic_phone}."
    ),
    "new_times": (
        "Que horário em {day}? Ainda não há nada marcado. Também pode ligar para {clinic_phone}."
    ),
    "new_others": (
        "Desculpe, esse horário acabou de ser ocupado. Estes dias ainda têm horários livres;"
        " não há nada marcado. Também pode ligar para {clinic_phone}."
    ),
    "new_time_kept": (
        "Guardamos {when} em {site_name} por {minutes} minutos. Vamos marcar? Também pode"
        " ligar para {clinic_phone}."
    ),
    "new_booked": (
        "Pronto: sua consulta é em {when}, em {site_name}. Se não puder vir, toque abaixo ou"
        " ligue para {clinic_phone}."
    ),
    "new_known": (
        "Você já tem uma consulta assim: {when} em {site_name}. Para mudar, toque abaixo ou"
        " ligue para {clinic_phone}."
    ),
    "new_noted": (
        "Obrigado. Uma pessoa de {clinic_name} vai escrever aqui para encontrar um horário,"
        " mas não na hora; ainda não há nada marcado. Também pode ligar para {clinic_phone}."
    ),
    "permission_noted": (
        "Obrigado. Anotado em {day}: {clinic_name} pode escrever pelo WhatsApp sobre {purposes}."
        " Para terminar quando quiser, escreva SAIR. Também pode ligar para {clinic_phone}."
    ),
    "code_unknown": (
        "Não conhecemos este código e nada foi mudado. Peça um novo na recepção de {clinic_name}"
        " ou ligue para {clinic_phone}."
    ),
    "code_run_out": (
        "Este código venceu e nada foi mudado. Peça um novo na recepção de {clinic_name} ou ligue"
        " para {clinic_phone}."
    ),
    "code_used": (
        "Este código já foi usado; cada um vale uma só vez. O que foi anotado continua valendo,"
        " se não foi terminado depois. Também pode ligar para {clinic_name}: {clinic_phone}."
    ),
    "code_of_another": (
        "Este código é para outro número de telefone e nada foi mudado. Peça na recepção de"
        " {clinic_name} que confiram o seu número ou ligue para {clinic_phone}."
    ),
    "code_too_often": (
        "Vieram deste número códigos demais que não valem. Pergunte na recepção de {clinic_name}"
        " ou ligue para {clinic_phone}. Em uma hora pode tentar de novo."
    ),
}
