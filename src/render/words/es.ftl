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
