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
