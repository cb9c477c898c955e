edition = Выпуск { $number }
late = С опозданием: { $at }
stories = { $count ->
    [one] { $count } новость
    [few] { $count } новости
    [many] { $count } новостей
   *[other] { $count } новости
}
stories-from = { $sources ->
    [one] { stories } из { $sources } источника
    [few] { stories } из { $sources } источников
    [many] { stories } из { $sources } источников
   *[other] { stories } из { $sources } источников
}
minutes = { $count ->
    [one] { $count } минута
    [few] { $count } минуты
    [many] { $count } минут
   *[other] { $count } минуты
}
whole-reading-time = { $count } мин чтения
reading-time = { $count } мин чтения
and-more = и ещё { $count }
at-a-glance = Коротко о главном
also-covered-by = Также в изданиях
updated = Обновлено
updated-since = Обновлено после отправки
previous-title = прежний заголовок: { $title }
text-changed = текст изменён
left-out = { $count ->
    [one] Ещё { $count } новость не поместилась в это письмо.
    [few] Ещё { $count } новости не поместились в это письмо.
    [many] Ещё { $count } новостей не поместилось в это письмо.
   *[other] Ещё { $count } новости не поместилось в это письмо.
}
waiting = { $count ->
    [one] Ещё { $count } новость ждёт следующего выпуска.
    [few] Ещё { $count } новости ждут следующего выпуска.
    [many] Ещё { $count } новостей ждут следующего выпуска.
   *[other] Ещё { $count } новости ждут следующего выпуска.
}
nothing-new = С прошлого выпуска ничего нового.
why = Вы получаете это письмо, потому что ваш адрес есть в списке рассылки «{ $title }».
unsubscribe = Отписаться
write-to-editor = Написать в редакцию
unsubscribe-question = Отписаться от рассылки «{ $title }»?
unsubscribe-done = Рассылка «{ $title }» больше не будет приходить на адрес { $address }.
sent-by = Отправитель: { $sender }
time-at = { $day }, { $time }
view-in-browser = Открыть в браузере
listen = Слушать
watch = Смотреть
file = Вложение
discussion = Обсуждение
more-updates = { $count ->
    [one] Обновлена ещё { $count } статья.
    [few] Обновлены ещё { $count } статьи.
    [many] Обновлено ещё { $count } статей.
   *[other] Обновлено ещё { $count } статьи.
}
briefing = Коротко
by-machine = ※ Написано или переведено языковой моделью ({ $model }), которая может ошибаться. Под переведённым заголовком стоит заголовок издания; ссылка ведёт к оригиналу.

all-editions = Все выпуски

previous-edition = Предыдущий выпуск

next-edition = Следующий выпуск

search = Поиск

search-words = Слова

search-digest = Дайджест

all-digests = Все

search-from = С

search-until = По

found = { $count ->
    [one] Найдена { $count } статья
    [few] Найдено { $count } статьи
   *[other] Найдено { $count } статей
}

found-newest = Новейшие статьи ({ $count }); есть и другие

nothing-found = По запросу «{ $query }» ничего не найдено.

previous-page = Предыдущая страница

next-page = Следующая страница

other-pages = Другие страницы

by-month = По месяцам

feed-of-editions = Лента выпусков

feed-of-articles = Лента статей

no-editions = Ещё не вышло ни одного выпуска.

page-not-found = Эта ссылка здесь неизвестна. Возможно, она устарела, осталась от пробной отправки или неполна.

page-busy = Слишком много запросов сразу. Повторите через минуту.

page-unavailable = Сейчас эту страницу показать нельзя. Повторите попытку позже.

join = Подписаться

join-address = Адрес почты
join-name = Имя (необязательно)
join-digests = Что вы получаете

join-intro = Вам придёт письмо со ссылкой. Пока вы её не откроете и не подтвердите, больше ничего не придёт.

join-asked = Если письма на { $address } доходят, ссылка уже в пути. Откройте её, чтобы подтвердить.

join-again = Пожалуйста, нажмите кнопку ещё раз.

join-wrong = Нужны адрес почты и хотя бы один дайджест.

leave-empty = Оставьте пустым

confirm = Подтвердить

confirm-question = Получать { $title } на { $address }?

confirmed = { $address } теперь получает { $title }.

undo = Отменить

own-page = Ваши письма

mail-format = Формат
as-html = С картинками и цветом
as-text = Только текст
how-often = Как часто
every-edition = Каждый выпуск
once-a-week = Раз в неделю, самое главное
pause-until = Без писем до
save = Сохранить
saved = Сохранено.
leave-all = Отписаться от всего

confirm-subject = Подтвердите, пожалуйста: { $title }
confirm-letter =
    Кто-то, надеемся, вы, попросил присылать { $title } на этот адрес. Откройте эту страницу и нажмите кнопку, чтобы подтвердить:

    { $link }

    Если это были не вы, ничего не делайте: писем больше не будет.

known-subject = Вы уже получаете { $title }
known-letter =
    Кто-то, надеемся, вы, попросил присылать { $title } на этот адрес, куда он уже приходит. Изменить это можно на вашей странице:

    { $link }

welcome-subject = Добро пожаловать: { $title }
welcome-letter =
    Теперь вы получаете { $title }. Изменить это или отказаться можно на вашей странице:

    { $link }
last-edition =
    Последний выпуск:

    { $link }
