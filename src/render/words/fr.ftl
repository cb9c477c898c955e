edition = Édition n° { $number }
late = En retard : { $at }
stories = { $count ->
    [one] { $count } article
   *[other] { $count } articles
}
stories-from = { $sources ->
    [one] { stories } de { $sources } source
   *[other] { stories } de { $sources } sources
}
minutes = { $count ->
    [one] { $count } minute
   *[other] { $count } minutes
}
whole-reading-time = { $count } min de lecture
reading-time = { $count } min de lecture
and-more = { $count ->
    [one] et { $count } autre
   *[other] et { $count } autres
}
at-a-glance = En un coup d’œil
also-covered-by = Aussi dans
updated = Mis à jour
updated-since = Mis à jour depuis l’envoi
previous-title = titre précédent : { $title }
text-changed = le texte a été modifié
left-out = { $count ->
    [one] { $count } autre article n’a pas trouvé place dans cet e-mail.
   *[other] { $count } autres articles n’ont pas trouvé place dans cet e-mail.
}
waiting = { $count ->
    [one] { $count } autre article attend la prochaine édition.
   *[other] { $count } autres articles attendent la prochaine édition.
}
nothing-new = Rien de nouveau depuis la dernière édition.
why = Vous recevez cet e-mail parce que votre adresse figure sur la liste de « { $title } ».
unsubscribe = Se désabonner
write-to-editor = Écrire à la rédaction
unsubscribe-question = Ne plus recevoir « { $title } » ?
unsubscribe-done = { $address } ne recevra plus « { $title } ».
sent-by = Envoyé par { $sender }
time-at = { $day } à { $time }
view-in-browser = Voir dans le navigateur
listen = Écouter
watch = Regarder
file = Pièce jointe
discussion = Discussion
more-updates = { $count ->
    [one] Un autre article a été mis à jour.
   *[other] { $count } autres articles ont été mis à jour.
}
briefing = En bref
by-machine = ※ Écrit ou traduit par un modèle de langue ({ $model }), qui peut se tromper. Sous un titre traduit figure celui du média ; son lien mène à l’original.

all-editions = Toutes les éditions

previous-edition = Édition précédente

next-edition = Édition suivante

search = Rechercher

search-words = Mots

search-digest = Lettre

all-digests = Toutes

search-from = Du

search-until = Au

found = { $count ->
    [one] { $count } article trouvé
   *[other] { $count } articles trouvés
}

found-newest = Les { $count } articles les plus récents ; il y en a d’autres

nothing-found = Rien n’a été trouvé pour « { $query } ».

previous-page = Page précédente

next-page = Page suivante

other-pages = Autres pages

by-month = Par mois

feed-of-editions = Flux des éditions

feed-of-articles = Flux des articles

no-editions = Aucune édition n’a encore paru.

page-not-found = Ce lien n’est pas connu ici. Il est peut-être ancien, issu d’un essai ou incomplet.

page-busy = Trop de requêtes à la fois. Veuillez réessayer dans une minute.

page-unavailable = Cette page ne peut pas être affichée pour l’instant. Veuillez réessayer plus tard.

join = S’abonner

join-address = Adresse électronique
join-name = Nom (facultatif)
join-digests = Ce que vous recevez

join-intro = Vous recevrez un message avec un lien. Rien d’autre n’arrive tant que vous ne l’avez pas ouvert et confirmé.

join-asked = Si { $address } reçoit du courrier, un lien y est en route. Ouvrez-le pour confirmer.

join-again = Veuillez appuyer encore une fois sur le bouton.

join-wrong = Il faut une adresse électronique et au moins une lettre.

leave-empty = Laissez ceci vide

confirm = Confirmer

confirm-question = Recevoir { $title } à { $address } ?

confirmed = { $address } reçoit désormais { $title }.

undo = Annuler

own-page = Vos messages

mail-format = Format
as-html = Avec images et couleurs
as-text = Texte seul
how-often = Fréquence
every-edition = Chaque édition
once-a-week = Une fois par semaine, l’essentiel
pause-until = Aucun message avant le
save = Enregistrer
saved = Enregistré.
leave-all = Se désabonner de tout

confirm-subject = Merci de confirmer : { $title }
confirm-letter =
    Quelqu’un, vous espérons-le, a demandé { $title } à cette adresse. Ouvrez cette page et appuyez sur le bouton pour confirmer :

    { $link }

    Si ce n’était pas vous, ne faites rien : aucun autre message ne viendra.

known-subject = Vous recevez déjà { $title }
known-letter =
    Quelqu’un, vous espérons-le, a demandé { $title } à cette adresse, qui le reçoit déjà. Votre page permet de changer cela :

    { $link }

welcome-subject = Bienvenue à { $title }
welcome-letter =
    Vous recevez désormais { $title }. Votre page permet de changer cela ou d’y mettre fin :

    { $link }
last-edition =
    La dernière édition :

    { $link }
