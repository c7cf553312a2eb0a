"""Our answers in Arabic; native check needed."""

PHRASES = {
    "not_read_at_once": (
        "شكرًا على رسالتك. لا تُقرأ الرسائل فورًا. إذا كنت بحاجة إلينا قريبًا فاتصل بـ"
        " {clinic_name} على {clinic_phone}. في حالة الطوارئ اتصل بـ {emergency_number}."
    ),
    "stopped": (
        "لن تراسلك {clinic_name} بعد الآن. إذا كنت لا تزال تريد رسائل عن مواعيدك فاضغط أدناه."
        " يمكنك دائمًا الاتصال بنا على {clinic_phone}."
    ),
    "stopped_with_visit": (
        "لن تراسلك {clinic_name} بعد الآن. موعدك القادم ما زال محجوزًا: {when}. إذا كنت لا تزال"
        " تريد رسائل عن مواعيدك فاضغط أدناه. يمكنك دائمًا الاتصال بنا على {clinic_phone}."
    ),
    "stopped_again": (
        "مفهوم: لم تعد {clinic_name} تراسلك. إذا كنت لا تزال تريد رسائل عن مواعيدك فاضغط أدناه."
        " يمكنك دائمًا الاتصال بنا على {clinic_phone}."
    ),
    "kept": (
        "شكرًا. ستراسلك {clinic_name} بشأن مواعيدك فقط ولا شيء غير ذلك. لإيقاف هذا أيضًا اكتب إيقاف."
    ),
    "button_keep": "المواعيد فقط",
    "button_stop_all": "إيقاف الكل",
    "confirmed": "شكرًا. تم تأكيد موعدك يوم {when} في {site_name}.",
    "another_time_noted": (
        "شكرًا. ستتواصل معك {clinic_name} لإيجاد وقت آخر. حتى ذلك الحين يبقى موعدك يوم {when}"
        " محجوزًا."
    ),
    "cancelled_with_undo": (
        "تم إلغاء موعدك يوم {when}. إذا كان ذلك خطأ فاضغط أدناه. لموعد جديد اتصل على"
        " {clinic_phone}."
    ),
    "button_undo": "تراجع",
    "button_choose": "اختر",
    "cancel_asks_a_person": (
        "شكرًا. ستتواصل معك {clinic_name} بشأن إلغاء موعدك يوم {when}. حتى ذلك الحين يبقى"
        " محجوزًا. يمكنك أيضًا الاتصال على {clinic_phone}."
    ),
    "undone": "تم حجز موعدك يوم {when} في {site_name} من جديد. نحن بانتظارك.",
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
    "which_visit": "أي موعد تقصد؟",
    "interested_noted": "شكرًا. ستتواصل معك {clinic_name} لإيجاد موعد.",
    "already_done_noted": "شكرًا لإخبارنا. سجلت {clinic_name} ذلك.",
    "not_this_noted": "مفهوم. لن تراسلك {clinic_name} بهذا الشأن مرة أخرى.",
    "not_yours": (
        "هذا الزر من رسالة لرقم آخر، لذلك لم يتغير شيء. إذا كان لديك سؤال فاتصل بـ"
        " {clinic_name} على {clinic_phone}."
    ),
}
