edition = Ausgabe { $number }
late = Verspätet: { $at }
stories = { $count ->
    [one] { $count } Meldung
   *[other] { $count } Meldungen
}
stories-from = { $sources ->
    [one] { stories } aus { $sources } Quelle
   *[other] { stories } aus { $sources } Quellen
}
minutes = { $count ->
    [one] { $count } Minute
   *[other] { $count } Minuten
}
whole-reading-time = { $count } Min. Lesezeit
reading-time = { $count } Min. Lesezeit
and-more = und { $count } weitere
at-a-glance = Auf einen Blick
also-covered-by = Auch bei
updated = Aktualisiert
updated-since = Seit dem Versand aktualisiert
previous-title = zuvor: { $title }
text-changed = der Text wurde geändert
left-out = { $count ->
    [one] { $count } weitere Meldung fand in dieser E-Mail keinen Platz.
   *[other] { $count } weitere Meldungen fanden in dieser E-Mail keinen Platz.
}
waiting = { $count ->
    [one] { $count } weitere Meldung folgt in der nächsten Ausgabe.
   *[other] { $count } weitere Meldungen folgen in der nächsten Ausgabe.
}
nothing-new = Nichts Neues seit der letzten Ausgabe.
why = Sie erhalten diese E-Mail, weil Ihre Adresse im Verteiler von „{ $title }“ steht.
unsubscribe = Abbestellen
write-to-editor = Der Redaktion schreiben
unsubscribe-question = „{ $title }“ abbestellen?
unsubscribe-done = An { $address } wird „{ $title }“ nicht mehr gesendet.
sent-by = Gesendet von { $sender }
time-at = { $day }, { $time } Uhr
view-in-browser = Im Browser ansehen
listen = Anhören
watch = Ansehen
file = Anhang
discussion = Diskussion
more-updates = { $count ->
    [one] Ein weiterer Artikel wurde aktualisiert.
   *[other] { $count } weitere Artikel wurden aktualisiert.
}
briefing = Kurz gefasst
by-machine = ※ Von einem Sprachmodell ({ $model }) geschrieben oder übersetzt, das irren kann. Unter einem übersetzten Titel steht der des Mediums; sein Link führt zum Original.

all-editions = Alle Ausgaben

previous-edition = Vorige Ausgabe

next-edition = Nächste Ausgabe

search = Suchen

search-words = Wörter

search-digest = Digest

all-digests = Alle

search-from = Von

search-until = Bis

found = { $count ->
    [one] { $count } Artikel gefunden
   *[other] { $count } Artikel gefunden
}

found-newest = Die neuesten { $count } von mehr Artikeln

nothing-found = Zu „{ $query }“ wurde nichts gefunden.

previous-page = Vorige Seite

next-page = Nächste Seite

other-pages = Weitere Seiten

by-month = Nach Monaten

feed-of-editions = Feed der Ausgaben

feed-of-articles = Feed der Artikel

no-editions = Es ist noch keine Ausgabe erschienen.

page-not-found = Dieser Link ist hier nicht bekannt. Vielleicht ist er alt, von einem Versuch oder unvollständig.

page-busy = Zu viele Anfragen auf einmal. Bitte in einer Minute noch einmal versuchen.

page-unavailable = Diese Seite kann gerade nicht angezeigt werden. Bitte später noch einmal versuchen.

join = Abonnieren

join-address = E-Mail-Adresse
join-name = Name (freiwillig)
join-digests = Was Sie erhalten

join-intro = Sie erhalten eine Mail mit einem Link. Erst wenn Sie ihn öffnen und bestätigen, kommt mehr.

join-asked = Wenn { $address } erreichbar ist, ist ein Link dorthin unterwegs. Öffnen Sie ihn, um zu bestätigen.

join-again = Bitte drücken Sie den Knopf noch einmal.

join-wrong = Dazu braucht es eine E-Mail-Adresse und mindestens einen Digest.

leave-empty = Dies leer lassen

confirm = Bestätigen

confirm-question = { $title } an { $address } erhalten?

confirmed = { $address } erhält jetzt { $title }.

undo = Rückgängig machen

own-page = Ihre Mails

mail-format = Format
as-html = Mit Bildern und Farben
as-text = Nur Text
how-often = Wie oft
every-edition = Jede Ausgabe
once-a-week = Einmal in der Woche, das Wichtigste
pause-until = Keine Mails vor dem
save = Speichern
saved = Gespeichert.
leave-all = Alles abbestellen

confirm-subject = Bitte bestätigen: { $title }
confirm-letter =
    Jemand, hoffentlich Sie, möchte { $title } an diese Adresse. Öffnen Sie diese Seite und drücken Sie den Knopf, um zu bestätigen:

    { $link }

    Waren Sie es nicht, tun Sie nichts: Es kommen keine weiteren Mails.

known-subject = Sie erhalten { $title } schon
known-letter =
    Jemand, hoffentlich Sie, möchte { $title } an diese Adresse, die es schon erhält. Auf Ihrer Seite können Sie das ändern:

    { $link }

welcome-subject = Willkommen bei { $title }
welcome-letter =
    Sie erhalten jetzt { $title }. Auf Ihrer Seite können Sie das ändern oder beenden:

    { $link }
last-edition =
    Die letzte Ausgabe:

    { $link }
