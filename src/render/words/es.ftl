edition = Edición { $number }
late = Con retraso: { $at }
stories = { $count ->
    [one] { $count } noticia
   *[other] { $count } noticias
}
stories-from = { $sources ->
    [one] { stories } de { $sources } fuente
   *[other] { stories } de { $sources } fuentes
}
minutes = { $count ->
    [one] { $count } minuto
   *[other] { $count } minutos
}
whole-reading-time = { $count } min de lectura
reading-time = { $count } min de lectura
and-more = y { $count } más
at-a-glance = De un vistazo
also-covered-by = También en
updated = Actualizado
updated-since = Actualizado tras el envío
previous-title = antes: { $title }
text-changed = el texto ha cambiado
left-out = { $count ->
    [one] Quedó fuera de este correo { $count } noticia más.
   *[other] Quedaron fuera de este correo { $count } noticias más.
}
waiting = { $count ->
    [one] { $count } noticia más queda para la próxima edición.
   *[other] { $count } noticias más quedan para la próxima edición.
}
nothing-new = Sin novedades desde la última edición.
why = Usted recibe este correo porque su dirección figura en la lista de «{ $title }».
unsubscribe = Darse de baja
write-to-editor = Escribir a la redacción
unsubscribe-question = ¿Dejar de recibir «{ $title }»?
unsubscribe-done = { $address } ya no recibirá «{ $title }».
sent-by = Enviado por { $sender }
time-at = { $day }, { $time }
view-in-browser = Ver en el navegador
listen = Escuchar
watch = Ver
file = Adjunto
discussion = Debate
more-updates = { $count ->
    [one] Se actualizó un artículo más.
   *[other] Se actualizaron { $count } artículos más.
}
briefing = En breve
by-machine = ※ Escrito o traducido por un modelo de lenguaje ({ $model }), que puede equivocarse. Bajo un título traducido está el del medio; su enlace lleva al original.

all-editions = Todas las ediciones

previous-edition = Edición anterior

next-edition = Edición siguiente

search = Buscar

search-words = Palabras

search-digest = Boletín

all-digests = Todos

search-from = Desde

search-until = Hasta

found = { $count ->
    [one] { $count } artículo encontrado
   *[other] { $count } artículos encontrados
}

found-newest = Los { $count } artículos más recientes; hay más

nothing-found = No se ha encontrado nada sobre «{ $query }».

previous-page = Página anterior

next-page = Página siguiente

other-pages = Otras páginas

by-month = Por meses

feed-of-editions = Canal de ediciones

feed-of-articles = Canal de artículos

no-editions = Aún no se ha publicado ninguna edición.

page-not-found = Este enlace no se conoce aquí. Puede que sea antiguo, de una prueba o que esté incompleto.

page-busy = Demasiadas peticiones a la vez. Inténtelo de nuevo dentro de un minuto.

page-unavailable = Esta página no se puede mostrar en este momento. Inténtelo más tarde.

join = Suscribirse

join-address = Correo electrónico
join-name = Nombre (opcional)
join-digests = Qué recibe

join-intro = Recibirá un correo con un enlace. No llegará nada más hasta que lo abra y confirme.

join-asked = Si el correo llega a { $address }, un enlace va en camino. Ábralo para confirmar.

join-again = Pulse el botón una vez más, por favor.

join-wrong = Hace falta un correo electrónico y al menos un boletín.

leave-empty = Deje esto vacío

confirm = Confirmar

confirm-question = ¿Recibir { $title } en { $address }?

confirmed = { $address } recibe ahora { $title }.

undo = Deshacer

own-page = Sus correos

mail-format = Formato
as-html = Con imágenes y colores
as-text = Solo texto
how-often = Frecuencia
every-edition = Cada edición
once-a-week = Una vez por semana, lo más importante
pause-until = Sin correos antes del
save = Guardar
saved = Guardado.
leave-all = Cancelar todo

confirm-subject = Confirme, por favor: { $title }
confirm-letter =
    Alguien, esperamos que usted, ha pedido { $title } en esta dirección. Abra esta página y pulse el botón para confirmar:

    { $link }

    Si no ha sido usted, no haga nada: no llegarán más correos.

known-subject = Ya recibe { $title }
known-letter =
    Alguien, esperamos que usted, ha pedido { $title } en esta dirección, que ya lo recibe. En su página puede cambiarlo:

    { $link }

welcome-subject = Le damos la bienvenida a { $title }
welcome-letter =
    Ahora recibe { $title }. En su página puede cambiarlo o terminarlo:

    { $link }
last-edition =
    La última edición:

    { $link }
