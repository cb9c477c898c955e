edition = العدد { $number }
late = متأخر: { $at }
stories = { $count ->
    [zero] لا أخبار
    [one] خبر واحد
    [two] خبران
    [few] { $count } أخبار
    [many] { $count } خبرًا
   *[other] { $count } خبر
}
stories-from = { $sources ->
    [zero] { stories }
    [one] { stories } من مصدر واحد
    [two] { stories } من مصدرين
    [few] { stories } من { $sources } مصادر
    [many] { stories } من { $sources } مصدرًا
   *[other] { stories } من { $sources } مصدر
}
minutes = { $count ->
    [zero] أقل من دقيقة
    [one] دقيقة واحدة
    [two] دقيقتان
    [few] { $count } دقائق
    [many] { $count } دقيقة
   *[other] { $count } دقيقة
}
whole-reading-time = { $count ->
    [zero] القراءة: أقل من دقيقة
    [one] القراءة: نحو دقيقة
    [two] القراءة: نحو دقيقتين
    [few] القراءة: نحو { $count } دقائق
   *[other] القراءة: نحو { $count } دقيقة
}
reading-time = { $count ->
    [zero] القراءة: أقل من دقيقة
    [one] القراءة: دقيقة واحدة
    [two] القراءة: دقيقتان
    [few] القراءة: { $count } دقائق
    [many] القراءة: { $count } دقيقة
   *[other] القراءة: { $count } دقيقة
}
and-more = { $count ->
    [zero] ولا شيء غيرها
    [one] وخبر آخر
    [two] وخبران آخران
    [few] و{ $count } أخبار أخرى
    [many] و{ $count } خبرًا آخر
   *[other] و{ $count } خبر آخر
}
at-a-glance = عناوين اليوم
also-covered-by = أيضًا في
updated = مُحدَّث
updated-since = تحديثات بعد الإرسال
previous-title = العنوان السابق: { $title }
text-changed = تغيّر النص
left-out = { $count ->
    [zero] لم يبقَ أي خبر خارج هذه الرسالة.
    [one] خبر واحد آخر لم تتسع له هذه الرسالة.
    [two] خبران آخران لم تتسع لهما هذه الرسالة.
    [few] { $count } أخبار أخرى لم تتسع لها هذه الرسالة.
    [many] { $count } خبرًا آخر لم تتسع لها هذه الرسالة.
   *[other] { $count } خبر آخر لم تتسع لها هذه الرسالة.
}
waiting = { $count ->
    [zero] لا ينتظر أي خبر العدد القادم.
    [one] خبر واحد آخر ينتظر العدد القادم.
    [two] خبران آخران ينتظران العدد القادم.
    [few] { $count } أخبار أخرى تنتظر العدد القادم.
    [many] { $count } خبرًا آخر تنتظر العدد القادم.
   *[other] { $count } خبر آخر تنتظر العدد القادم.
}
nothing-new = لا جديد منذ العدد السابق.
why = تصلكم هذه الرسالة لأن عنوانكم مدرج في القائمة البريدية لـ«{ $title }».
unsubscribe = إلغاء الاشتراك · Unsubscribe
write-to-editor = مراسلة المحرر
unsubscribe-question = هل تودّون التوقف عن تلقّي «{ $title }»؟
unsubscribe-done = توقّف إرسال «{ $title }» إلى { $address }.
sent-by = المُرسِل: { $sender }
time-at = { $day }، { $time }
view-in-browser = عرض في المتصفح
listen = استماع
watch = مشاهدة
file = مرفق
discussion = النقاش
more-updates = { $count ->
    [zero] لم يُحدَّث غير ذلك.
    [one] حُدِّث خبر واحد آخر.
    [two] حُدِّث خبران آخران.
    [few] حُدِّثت { $count } أخبار أخرى.
    [many] حُدِّث { $count } خبرًا آخر.
   *[other] حُدِّث { $count } خبر آخر.
}
briefing = باختصار
by-machine = ※ كتبه أو ترجمه نموذج لغوي ({ $model }) وقد يخطئ. العنوان الأصلي تحت العنوان المترجم، ورابطه يقود إلى النص الأصلي.

all-editions = كل الأعداد

previous-edition = العدد السابق

next-edition = العدد التالي

search = بحث

search-words = كلمات البحث

search-digest = النشرة

all-digests = الكل

search-from = من

search-until = إلى

found = { $count ->
    [one] عُثر على مقالة واحدة
    [two] عُثر على مقالتين
    [few] عُثر على { $count } مقالات
   *[other] عُثر على { $count } مقالة
}

found-newest = أحدث { $count } مقالة؛ وهناك المزيد

nothing-found = لم يُعثر على شيء عن «{ $query }».

previous-page = الصفحة السابقة

next-page = الصفحة التالية

other-pages = صفحات أخرى

by-month = حسب الشهر

feed-of-editions = موجز الأعداد

feed-of-articles = موجز المقالات

no-editions = لم يصدر أي عدد بعد.

page-not-found = هذا الرابط غير معروف هنا. ربما كان قديمًا أو غير مكتمل.

page-busy = طلبات كثيرة دفعة واحدة. حاول مرة أخرى بعد دقيقة.

page-unavailable = لا يمكن عرض هذه الصفحة الآن. حاول لاحقًا.

join = اشترك

join-address = البريد الإلكتروني
join-name = الاسم (اختياري)
join-digests = ما يصلك

join-intro = ستصلك رسالة فيها رابط. لن يصلك شيء آخر حتى تفتحه وتؤكد.

join-asked = إذا كان البريد يصل إلى { $address } فهناك رابط في الطريق إليه. افتحه للتأكيد.

join-again = يرجى الضغط على الزر مرة أخرى.

join-wrong = يلزم بريد إلكتروني ونشرة واحدة على الأقل.

leave-empty = اترك هذا فارغًا

confirm = تأكيد

confirm-question = هل تريد استلام { $title } على { $address }؟

confirmed = يصل { $title } الآن إلى { $address }.

undo = تراجع

own-page = رسائلك

mail-format = التنسيق
as-html = بصور وألوان
as-text = نص فقط
how-often = عدد المرات
every-edition = كل عدد
once-a-week = مرة في الأسبوع، أهم أخباره
pause-until = لا رسائل قبل
save = حفظ
saved = تم الحفظ.
leave-all = إلغاء كل الاشتراكات

confirm-subject = يرجى التأكيد: { $title }
confirm-letter =
    طلب أحدهم، ونرجو أن تكون أنت، استلام { $title } على هذا العنوان. افتح هذه الصفحة واضغط الزر للتأكيد:

    { $link }

    إن لم تكن أنت فلا تفعل شيئًا، ولن تصلك رسائل أخرى.

known-subject = أنت تستلم { $title } بالفعل
known-letter =
    طلب أحدهم، ونرجو أن تكون أنت، استلام { $title } على هذا العنوان، وهو يصله بالفعل. يمكنك تغيير ذلك في صفحتك:

    { $link }

welcome-subject = أهلًا بك في { $title }
welcome-letter =
    يصلك الآن { $title }. يمكنك تغيير ذلك أو إنهاؤه في صفحتك:

    { $link }
last-edition =
    العدد الأخير:

    { $link }
