edition = Edição { $number }
late = Com atraso: { $at }
stories = { $count ->
    [one] { $count } notícia
   *[other] { $count } notícias
}
stories-from = { $sources ->
    [one] { stories } de { $sources } fonte
   *[other] { stories } de { $sources } fontes
}
minutes = { $count ->
    [one] { $count } minuto
   *[other] { $count } minutos
}
whole-reading-time = { $count } min de leitura
reading-time = { $count } min de leitura
and-more = e mais { $count }
at-a-glance = Destaques do dia
also-covered-by = Também em
updated = Atualizado
updated-since = Atualizado após o envio
previous-title = antes: { $title }
text-changed = o texto foi alterado
left-out = { $count ->
    [one] Mais { $count } notícia ficou de fora deste e-mail.
   *[other] Mais { $count } notícias ficaram de fora deste e-mail.
}
waiting = { $count ->
    [one] Mais { $count } notícia fica para a próxima edição.
   *[other] Mais { $count } notícias ficam para a próxima edição.
}
nothing-new = Sem novidades desde a última edição.
why = Este e-mail foi enviado porque o seu endereço está na lista de “{ $title }”.
unsubscribe = Cancelar inscrição
write-to-editor = Escrever à redação
unsubscribe-question = Deixar de receber “{ $title }”?
unsubscribe-done = { $address } não receberá mais “{ $title }”.
sent-by = Enviado por { $sender }
time-at = { $day }, { $time }
view-in-browser = Ver no navegador
listen = Ouvir
watch = Ver
file = Anexo
discussion = Discussão
more-updates = { $count ->
    [one] Mais um artigo foi atualizado.
   *[other] Mais { $count } artigos foram atualizados.
}

all-editions = Todas as edições

previous-edition = Edição anterior

next-edition = Edição seguinte

search = Pesquisar

search-words = Palavras

search-digest = Boletim

all-digests = Todos

search-from = De

search-until = Até

found = { $count ->
    [one] { $count } artigo encontrado
   *[other] { $count } artigos encontrados
}

found-newest = Os { $count } artigos mais recentes; há mais

nothing-found = Nada foi encontrado para «{ $query }».

previous-page = Página anterior

next-page = Página seguinte

other-pages = Outras páginas

by-month = Por mês

feed-of-editions = Feed de edições

feed-of-articles = Feed de artigos

no-editions = Ainda não saiu nenhuma edição.

page-not-found = Esta ligação não é conhecida aqui. Pode ser antiga, de um ensaio ou estar incompleta.

page-busy = Demasiados pedidos de uma vez. Tente de novo dentro de um minuto.

page-unavailable = Não é possível mostrar esta página neste momento. Tente mais tarde.
