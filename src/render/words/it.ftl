edition = Edizione { $number }
late = In ritardo: { $at }
stories = { $count ->
    [one] { $count } notizia
   *[other] { $count } notizie
}
stories-from = { $sources ->
    [one] { stories } da { $sources } fonte
   *[other] { stories } da { $sources } fonti
}
minutes = { $count ->
    [one] { $count } minuto
   *[other] { $count } minuti
}
whole-reading-time = { $count } min di lettura
reading-time = { $count } min di lettura
and-more = { $count ->
    [one] e un’altra
   *[other] e altre { $count }
}
at-a-glance = I titoli del giorno
also-covered-by = Anche su
updated = Aggiornato
updated-since = Aggiornato dopo l’invio
previous-title = titolo precedente: { $title }
text-changed = il testo è cambiato
left-out = { $count ->
    [one] { $count } altra notizia non ha trovato posto in questa e-mail.
   *[other] { $count } altre notizie non hanno trovato posto in questa e-mail.
}
waiting = { $count ->
    [one] { $count } altra notizia è rimandata alla prossima edizione.
   *[other] { $count } altre notizie sono rimandate alla prossima edizione.
}
nothing-new = Nessuna novità dall’ultima edizione.
why = Riceve questa e-mail perché il suo indirizzo è nell’elenco dei destinatari di «{ $title }».
unsubscribe = Annulla iscrizione
write-to-editor = Scrivi alla redazione
unsubscribe-question = Non ricevere più «{ $title }»?
unsubscribe-done = { $address } non riceverà più «{ $title }».
sent-by = Inviato da { $sender }
time-at = { $day }, { $time }
view-in-browser = Apri nel browser
listen = Ascolta
watch = Guarda
file = Allegato
discussion = Discussione
more-updates = { $count ->
    [one] È stato aggiornato un altro articolo.
   *[other] Sono stati aggiornati altri { $count } articoli.
}
briefing = In breve
by-machine = ※ Scritto o tradotto da un modello linguistico ({ $model }), che può sbagliare. Sotto un titolo tradotto c’è quello della testata; il suo link porta all’originale.

all-editions = Tutte le edizioni

previous-edition = Edizione precedente

next-edition = Edizione successiva

search = Cerca

search-words = Parole

search-digest = Rassegna

all-digests = Tutte

search-from = Dal

search-until = Al

found = { $count ->
    [one] { $count } articolo trovato
   *[other] { $count } articoli trovati
}

found-newest = I { $count } articoli più recenti; ce ne sono altri

nothing-found = Nessun risultato per «{ $query }».

previous-page = Pagina precedente

next-page = Pagina successiva

other-pages = Altre pagine

by-month = Per mese

feed-of-editions = Feed delle edizioni

feed-of-articles = Feed degli articoli

no-editions = Non è ancora uscita nessuna edizione.

page-not-found = Questo link non è noto qui. Forse è vecchio, viene da una prova o è incompleto.

page-busy = Troppe richieste in una volta. Riprova tra un minuto.

page-unavailable = Al momento questa pagina non può essere mostrata. Riprova più tardi.

join = Iscriviti

join-address = Indirizzo e-mail
join-name = Nome (facoltativo)
join-digests = Che cosa riceve

join-intro = Riceverà una mail con un link. Non arriva altro finché non lo apre e conferma.

join-asked = Se { $address } riceve posta, un link è in arrivo. Lo apra per confermare.

join-again = Prema ancora una volta il pulsante, per favore.

join-wrong = Servono un indirizzo e-mail e almeno una rassegna.

leave-empty = Lasci vuoto

confirm = Conferma

confirm-question = Ricevere { $title } a { $address }?

confirmed = { $address } ora riceve { $title }.

undo = Annulla

own-page = Le sue mail

mail-format = Formato
as-html = Con immagini e colori
as-text = Solo testo
how-often = Frequenza
every-edition = Ogni edizione
once-a-week = Una volta alla settimana, il meglio
pause-until = Nessuna mail prima del
save = Salva
saved = Salvato.
leave-all = Cancella tutte le iscrizioni

confirm-subject = Conferma, per favore: { $title }
confirm-letter =
    Qualcuno, speriamo lei, ha chiesto { $title } a questo indirizzo. Apra questa pagina e prema il pulsante per confermare:

    { $link }

    Se non è stato lei, non faccia nulla: non arriveranno altre mail.

known-subject = Riceve già { $title }
known-letter =
    Qualcuno, speriamo lei, ha chiesto { $title } a questo indirizzo, che lo riceve già. Nella sua pagina può cambiarlo:

    { $link }

welcome-subject = Benvenuto in { $title }
welcome-letter =
    Ora riceve { $title }. Nella sua pagina può cambiarlo o terminarlo:

    { $link }
last-edition =
    L’ultima edizione:

    { $link }
