"""Our answers in Arabic; native check needed."""

PHRASES = {
    "not_read_at_once": (
        "شكرًا على رسالتك. لا تُقرأ الرسائل فورًا. إذا كنت بحاجة إلينا قريبًا فاتصل بـ"
        " {clinic_name} على {clinic_phone}. في حالة الطوارئ اتصل بـ {emergency_number}."
    ),
    "menu": (
        "هذا رد آلي من {clinic_name}. اختر أدناه ما تريد معرفته أو طلبه. ما كتبته بكلمات أخرى"
        " يقرؤه شخص، ولكن ليس فورًا: إذا احتجت إلينا قريبًا فاتصل على {clinic_phone}. في حالة"
        " الطوارئ اتصل على {emergency_number}."
    ),
    "button_choose": "اختر",
    "row_my_visit": "موعدي القادم",
    "row_address": "العنوان وساعات العمل",
    "row_change_visit": "تغيير موعدي",
    "row_repeat": "تكرار الوصفة",
    "row_talk": "التحدث إلينا",
    "next_visits": "محجوز لدى {clinic_name}:\n{visits}\nإذا كان هناك خطأ فاتصل على {clinic_phone}.",
    "no_visits": (
        "لا نجد موعدًا قادمًا لهذا الرقم. لحجز موعد، أو إذا كنت تتوقع وجوده، اتصل بـ"
        " {clinic_name} على {clinic_phone}."
    ),
    "address_and_hours": "{sites}\nللاتصال بـ {clinic_name}: {clinic_phone}.",
    "change_visit": (
        "موعدك {when} في {site_name}: ماذا تريد؟ يمكنك أيضًا الاتصال بـ {clinic_name} على"
        " {clinic_phone}."
    ),
    "change_which": "أي موعد تريد تغييره؟ يمكنك أيضًا الاتصال على {clinic_phone}.",
    "not_coming": (
        "ألن تحضر {when}؟ اضغط على ما تريد؛ حتى ذلك الحين يبقى الموعد محجوزًا. يمكنك أيضًا"
        " الاتصال على {clinic_phone}."
    ),
    "button_confirm": "سأحضر",
    "button_another_time": "موعد آخر",
    "button_cancel": "إلغاء",
    "repeat_noted": (
        "شكرًا. شخص من {clinic_name} ينظر في وصفتك ويجيب قبل {until}. اكتب هنا اسم الدواء من"
        " فضلك. إذا احتجت إليها قبل ذلك فاتصل على {clinic_phone}، وفي حالة الطوارئ على"
        " {emergency_number}."
    ),
    "repeat_known": (
        "طلب الوصفة مسجل بالفعل؛ شخص من {clinic_name} يجيب قبل {until}. إذا احتجت إليها قبل ذلك"
        " فاتصل على {clinic_phone}."
    ),
    "talk_noted": (
        "شخص من {clinic_name} سيقرأ رسائلك هنا، ولكن ليس فورًا. إذا احتجت إلينا قريبًا فاتصل"
        " على {clinic_phone}. في حالة الطوارئ اتصل على {emergency_number}."
    ),
    "which_question": (
        "شكرًا. سألناك عن أكثر من أمر. على أيها تجيب؟ يمكنك أيضًا الاتصال بـ {clinic_name} على"
        " {clinic_phone}."
    ),
    "row_visit_question": "موعد {day}، {name}",
    "row_invitation": "دعوة {day}",
    "which_patient": "لمن؟ يمكنك أيضًا الاتصال بـ {clinic_name} على {clinic_phone}.",
    "which_visits": "لأي منها؟ يمكنك أيضًا الاتصال بـ {clinic_name} على {clinic_phone}.",
    "row_everybody": "للجميع",
    "stopped": (
        "لن تراسلك {clinic_name} بعد الآن. إذا كنت لا تزال تريد رسائل عن مواعيدك فاضغط أدناه."
        " يمكنك دائمًا الاتصال بنا على {clinic_phone}."
    ),
    "stopped_with_visit": (
        "لن تراسلك {clinic_name} بعد الآن. موعدك القادم ما زال محجوزًا: {when}. إذا كنت لا تزال"
        " تريد رسائل عن مواعيدك فاضغط أدناه. يمكنك دائمًا الاتصال بنا على {clinic_phone}."
    ),
    "stopped_family": (
        "لن تكتب {clinic_name} بعد الآن إلى هذا الرقم عن {names}. هل هذا للجميع؟ إذا كان لشخص"
        " واحد فقط، أو كنت لا تزال تريد رسائل عن المواعيد، فاختر أدناه. يمكنك دائمًا الاتصال"
        " على {clinic_phone}."
    ),
    "row_stop_one": "فقط {name}",
    "stopped_for_one": (
        "لن تكتب {clinic_name} إليك بعد الآن عن {name}، وعن الآخرين كما كان. لإيقاف ذلك أيضًا"
        " اكتب إيقاف. يمكنك دائمًا الاتصال على {clinic_phone}."
    ),
    "stopped_again": (
        "مفهوم: لم تعد {clinic_name} تراسلك. إذا كنت لا تزال تريد رسائل عن مواعيدك فاضغط أدناه."
        " يمكنك دائمًا الاتصال بنا على {clinic_phone}."
    ),
    "kept": (
        "شكرًا. ستراسلك {clinic_name} بشأن مواعيدك فقط ولا شيء غير ذلك. لإيقاف هذا أيضًا اكتب"
        " إيقاف. يمكنك أيضًا الاتصال على {clinic_phone}."
    ),
    "button_keep": "المواعيد فقط",
    "button_stop_all": "إيقاف الكل",
    "wrong_person_noted": (
        "شكرًا لإخبارنا، ونعتذر عن الإزعاج. لن تكتب {clinic_name} إلى هذا الرقم بعد الآن. إذا"
        " كان رقمك بالفعل فاتصل على {clinic_phone}."
    ),
    "confirmed": (
        "شكرًا. تم تأكيد موعدك يوم {when} في {site_name}. يمكنك أيضًا الاتصال على {clinic_phone}."
    ),
    "another_time_noted": (
        "شكرًا. ستتواصل معك {clinic_name} لإيجاد وقت آخر. حتى ذلك الحين يبقى موعدك يوم {when}"
        " محجوزًا. يمكنك أيضًا الاتصال على {clinic_phone}."
    ),
    "cancelled_with_undo": (
        "تم إلغاء موعدك يوم {when}. إذا كان ذلك خطأ فاضغط أدناه. لموعد جديد اتصل على"
        " {clinic_phone}."
    ),
    "button_undo": "تراجع",
    "cancel_asks_a_person": (
        "شكرًا. ستتواصل معك {clinic_name} بشأن إلغاء موعدك يوم {when}. حتى ذلك الحين يبقى"
        " محجوزًا. يمكنك أيضًا الاتصال على {clinic_phone}."
    ),
    "undone": (
        "تم حجز موعدك يوم {when} في {site_name} من جديد. نحن بانتظارك. يمكنك أيضًا الاتصال على"
        " {clinic_phone}."
    ),
    "slot_gone": (
        "نأسف، لقد أُعطي موعد {when} لشخص آخر. يرجى الاتصال على {clinic_phone} لموعد جديد."
    ),
    "out_of_date": (
        "هذه الرسالة لم تعد سارية، لذلك لم يتغير شيء. إذا كان لديك سؤال فاتصل بـ {clinic_name}"
        " على {clinic_phone}."
    ),
    "already_answered": (
        "شكرًا، لدينا إجابتك بالفعل. لتغييرها اتصل بـ {clinic_name} على {clinic_phone}."
    ),
    "which_visit": "أي موعد تقصد؟ يمكنك أيضًا الاتصال على {clinic_phone}.",
    "interested_noted": (
        "شكرًا. ستتواصل معك {clinic_name} لإيجاد موعد. يمكنك أيضًا الاتصال على {clinic_phone}."
    ),
    "already_done_noted": (
        "شكرًا لإخبارنا. سجلت {clinic_name} ذلك. يمكنك أيضًا الاتصال على {clinic_phone}."
    ),
    "not_this_noted": (
        "مفهوم. لن تراسلك {clinic_name} بهذا الشأن مرة أخرى. يمكنك أيضًا الاتصال على {clinic_phone}."
    ),
    "not_yours": (
        "هذا الزر من رسالة لرقم آخر، لذلك لم يتغير شيء. إذا كان لديك سؤال فاتصل بـ"
        " {clinic_name} على {clinic_phone}."
    ),
    "offered_slots": (
        "هذه الأوقات متاحة. إلى أن تختار وقتًا يبقى موعدك في {when} محجوزًا. يمكنك أيضًا الاتصال"
        " على {clinic_phone}."
    ),
    "offered_days": (
        "أي يوم يناسبك؟ إلى أن تختار وقتًا يبقى موعدك في {when} محجوزًا. يمكنك أيضًا الاتصال على"
        " {clinic_phone}."
    ),
    "offered_times": (
        "أي وقت في {day}؟ إلى أن تختار يبقى موعدك في {when} محجوزًا. يمكنك أيضًا الاتصال على"
        " {clinic_phone}."
    ),
    "offered_others": (
        "نأسف، لقد حُجز ذلك الوقت للتو. هذه الأوقات متاحة الآن. موعدك في {when} ما زال محجوزًا."
        " يمكنك أيضًا الاتصال على {clinic_phone}."
    ),
    "time_kept": (
        "نحتفظ لك بـ {new_when} في {site_name} لمدة {minutes} دقائق. هل ننقل موعدك إليه؟ يمكنك"
        " أيضًا الاتصال على {clinic_phone}."
    ),
    "time_moved": (
        "تم: موعدك الآن في {when} في {site_name}، ولم يعد في {old_when}. يمكنك أيضًا الاتصال على"
        " {clinic_phone}."
    ),
    "time_put_back": "عاد موعدك إلى {when} في {site_name}. يمكنك أيضًا الاتصال على {clinic_phone}.",
    "old_time_gone": (
        "نأسف، أُعطي وقتك السابق لشخص آخر. يبقى موعدك في {when}. يمكنك أيضًا الاتصال على"
        " {clinic_phone}."
    ),
    "earlier_noted": (
        "سجلنا ذلك. عندما يتوفر وقت أبكر ستسألك {clinic_name}. حتى ذلك الحين يبقى موعدك في {when}"
        " محجوزًا. يمكنك أيضًا الاتصال على {clinic_phone}."
    ),
    "earlier_gone": (
        "شكرًا على ردك. كان شخص آخر أسرع هذه المرة. موعدك في {when} ما زال محجوزًا وسنسألك مرة"
        " أخرى. يمكنك أيضًا الاتصال على {clinic_phone}."
    ),
    "earlier_kept": "شكرًا لك. يبقى موعدك في {when}. يمكنك أيضًا الاتصال على {clinic_phone}.",
    "earlier_ended": (
        "مفهوم: لن نعرض عليك أوقاتًا أبكر بعد الآن. يبقى موعدك في {when}. يمكنك أيضًا الاتصال على"
        " {clinic_phone}."
    ),
    "button_take_time": "نعم، انقلوه",
    "button_later_days": "أيام لاحقة",
    "button_later_times": "أوقات لاحقة",
    "button_other_days": "أيام أخرى",
    "button_talk_to_us": "التحدث معنا",
    "button_earlier": "أبكر إن أمكن",
    "nothing_free": (
        "لا يوجد وقت آخر متاح حاليًا. يبقى موعدك في {when} محجوزًا. يمكنك أيضًا الاتصال على"
        " {clinic_phone}."
    ),
    "row_new_visit": "حجز موعد",
    "button_book": "نعم، احجزوه",
    "new_which_kind": (
        "لأي سبب تودون الحضور؟ يمكنكم أيضًا الاتصال بـ {clinic_name} على {clinic_phone}."
    ),
    "new_which_site": "إلى أين تودون الحضور؟ يمكنكم أيضًا الاتصال على {clinic_phone}.",
    "new_days": "أي يوم يناسبكم؟ لم يُحجز شيء بعد. يمكنكم أيضًا الاتصال على {clinic_phone}.",
    "new_times": "أي ساعة في {day}؟ لم يُحجز شيء بعد. يمكنكم أيضًا الاتصال على {clinic_phone}.",
    "new_others": (
        "نأسف، حُجز هذا الموعد قبل قليل. في هذه الأيام مواعيد متاحة، ولم يُحجز شيء بعد."
        " يمكنكم أيضًا الاتصال على {clinic_phone}."
    ),
    "new_time_kept": (
        "نحتفظ لكم بموعد {when} في {site_name} لمدة {minutes} دقائق. هل نحجزه؟ يمكنكم أيضًا"
        " الاتصال على {clinic_phone}."
    ),
    "new_booked": (
        "تم: موعدكم في {when} في {site_name}. إن لم تتمكنوا من الحضور فاضغطوا أدناه أو اتصلوا"
        " على {clinic_phone}."
    ),
    "new_known": (
        "لديكم موعد كهذا بالفعل: {when} في {site_name}. لتغييره اضغطوا أدناه أو اتصلوا على"
        " {clinic_phone}."
    ),
    "new_noted": (
        "شكرًا لكم. سيكتب لكم شخص من {clinic_name} هنا لإيجاد موعد، لكن ليس فورًا؛ لم يُحجز"
        " شيء بعد. يمكنكم أيضًا الاتصال على {clinic_phone}."
    ),
    "permission_noted": (
        "شكرًا لكم. سُجّل في {day}: يمكن لـ {clinic_name} أن تكتب إليكم على واتساب بشأن"
        " {purposes}. لإنهاء ذلك في أي وقت اكتبوا إيقاف. يمكنكم أيضًا الاتصال على {clinic_phone}."
    ),
    "code_unknown": (
        "لا نعرف هذا الرمز ولم يتغير شيء. اطلبوا رمزًا جديدًا من استقبال {clinic_name} أو اتصلوا"
        " على {clinic_phone}."
    ),
    "code_run_out": (
        "انتهت صلاحية هذا الرمز ولم يتغير شيء. اطلبوا رمزًا جديدًا من استقبال {clinic_name} أو"
        " اتصلوا على {clinic_phone}."
    ),
    "code_used": (
        "استُعمل هذا الرمز من قبل؛ كل رمز صالح مرة واحدة. ما سُجّل حينها باقٍ ما لم يُنهَ بعد"
        " ذلك. يمكنكم أيضًا الاتصال بـ {clinic_name} على {clinic_phone}."
    ),
    "code_of_another": (
        "هذا الرمز لرقم هاتف آخر ولم يتغير شيء. اطلبوا من استقبال {clinic_name} التحقق من رقمكم"
        " أو اتصلوا على {clinic_phone}."
    ),
    "code_too_often": (
        "وصلت من هذا الرقم رموز كثيرة غير صالحة. اسألوا استقبال {clinic_name} أو اتصلوا على"
        " {clinic_phone}. يمكنكم المحاولة مجددًا بعد ساعة."
    ),
}
