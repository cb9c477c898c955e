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
briefing = Em resumo
by-machine = ※ Escrito ou traduzido por um modelo de linguagem ({ $model }), que pode errar. Sob um título traduzido está o do veículo; o seu link leva ao original.

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

join = Subscrever

join-address = Endereço de e-mail
join-name = Nome (opcional)
join-digests = O que recebe

join-intro = Recebe um e-mail com uma ligação. Nada mais chega até a abrir e confirmar.

join-asked = Se { $address } recebe correio, uma ligação vai a caminho. Abra-a para confirmar.

join-again = Carregue mais uma vez no botão, por favor.

join-wrong = É preciso um endereço de e-mail e pelo menos um boletim.

leave-empty = Deixe isto vazio

confirm = Confirmar

confirm-question = Receber { $title } em { $address }?

confirmed = { $address } recebe agora { $title }.

undo = Anular

own-page = Os seus e-mails

mail-format = Formato
as-html = Com imagens e cores
as-text = Só texto
how-often = Frequência
every-edition = Todas as edições
once-a-week = Uma vez por semana, o mais importante
pause-until = Sem e-mails antes de
save = Guardar
saved = Guardado.
leave-all = Cancelar tudo

confirm-subject = Confirme, por favor: { $title }
confirm-letter =
    Alguém, esperamos que tenha sido o leitor, pediu { $title } neste endereço. Abra esta página e carregue no botão para confirmar:

    { $link }

    Se não foi o leitor, não faça nada: não chegam mais e-mails.

known-subject = Já recebe { $title }
known-letter =
    Alguém, esperamos que tenha sido o leitor, pediu { $title } neste endereço, que já o recebe. Na sua página pode mudar isso:

    { $link }

welcome-subject = Damos-lhe as boas-vindas a { $title }
welcome-letter =
    Recebe agora { $title }. Na sua página pode mudar ou terminar isso:

    { $link }
last-edition =
    A última edição:

    { $link }
