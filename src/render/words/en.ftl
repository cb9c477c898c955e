# The running number of this edition. $number (number), best shown without thousands separators.
edition = Edition { $number }

# Beside the date, when an edition comes out long after it was due. $at (text): when it did.
late = Late: { $at }

# How many stories the edition holds. $count (number). Stands alone.
stories = { $count ->
    [one] { $count } story
   *[other] { $count } stories
}

# How many stories the edition holds, and from how many sources. $count, $sources (numbers). Stands alone.
stories-from = { $sources ->
    [one] { stories } from { $sources } source
   *[other] { stories } from { $sources } sources
}

# How long something lasts, as a sound does. $count (number). Stands alone.
minutes = { $count ->
    [one] { $count } minute
   *[other] { $count } minutes
}

# How long the whole mail takes to read. $count (number). Stands alone.
whole-reading-time = { $count ->
    [8] an { $count }-minute read
    [11] an { $count }-minute read
    [18] an { $count }-minute read
   *[other] a { $count }-minute read
}

# How long one article takes to read; a short label beside it. $count (number).
reading-time = { $count } min read

# After some titles, on the line that a mailbox shows beside the subject. $count (number).
and-more = and { $count } more

# Heading over the list of the day's titles.
at-a-glance = Inside today

# Before the names of other outlets that have the same news.
also-covered-by = Also in

# Label on a story that is shown again.
updated = Updated

# Heading over what was updated after the mail went out.
updated-since = Updated since it was mailed

# What a title was before it changed. $title (text).
previous-title = before: { $title }

# Remark on an updated story; no capital, no full stop.
text-changed = the text has changed

# How many stories were left out because the mail was full. $count (number).
left-out = { $count ->
    [one] { $count } more story did not fit into this mail.
   *[other] { $count } more stories did not fit into this mail.
}

# How many stories wait for the next edition because the mail was full. $count (number).
waiting = { $count ->
    [one] { $count } more story waits for the next edition.
   *[other] { $count } more stories wait for the next edition.
}

# Said when an edition holds no new stories.
nothing-new = Nothing new since the last edition.

# In the footer: why the reader gets this mail. $title (text): name of the digest.
why = You get this mail because your address is on the list of { $title }.

# Label of the link or button that ends the mails.
unsubscribe = Unsubscribe

# Label of the link by which a reader answers.
write-to-editor = Write to the editor

# Question on a web page with one button. $title (text): name of the digest.
unsubscribe-question = Stop receiving { $title }?

# Shown after the button was pressed. $address (text): mail address. $title (text): name of the digest.
unsubscribe-done = { $address } will not receive { $title } any more.

# In the footer: who sends the mail. $sender (text).
sent-by = Sent by { $sender }

# A moment, such as "Sun 07:30". $day (text): short weekday or a date. $time (text).
time-at = { $day } { $time }

# Link to the web page of this edition.
view-in-browser = View in browser

# Links to what comes with an article: a sound, a film, another file, a page where it is talked about.
listen = Listen
watch = Watch
file = Attachment
discussion = Discussion

# Changed articles that are not named. $count (number).
more-updates = { $count ->
    [one] One more article was updated.
   *[other] { $count } more articles were updated.
}
briefing = In brief
by-machine = ※ Written or translated by a language model ({ $model }), which can be wrong. The outlet’s own title stands below a translated one; its link leads to the original.

# Link to the list of all editions, in the web.
all-editions = All editions

# Links to the editions before and after this one.
previous-edition = Previous edition
next-edition = Next edition

# Label of the button and the link to search.
search = Search

# Labels of the fields of the form: what to search for, in which digest, from and until which day.
search-words = Words
search-digest = Digest
all-digests = All
search-from = From
search-until = Until

# How many articles a search found. $count (number). Stands alone.
found = { $count ->
    [one] { $count } article found
   *[other] { $count } articles found
}

# The same where only the newest were looked at. $count (number).
found-newest = The newest { $count } of more articles

# Said when a search found nothing. $query (text).
nothing-found = Nothing was found for “{ $query }”.

# Links to the pages of what is newer and older, and of what is better and worse.
previous-page = Previous page
next-page = Next page

# What a screen reader calls these links.
other-pages = Other pages

# Heading over a list of months.
by-month = By month

# Links to feeds that programs read, of editions and of articles.
feed-of-editions = Feed of editions
feed-of-articles = Feed of articles

# Said where no edition has come out yet.
no-editions = No edition has come out yet.

# Said for a link that leads nowhere.
page-not-found = This link is not known here. It may be old, from a trial, or not complete.

# Said when somebody asks for too many pages, or none can be shown for the moment.
page-busy = Too many requests at once. Please try again in a minute.
page-unavailable = This page cannot be shown at the moment. Please try again later.

# Label of the link and the button by which a reader subscribes.
join = Subscribe

# Labels of the fields of that form.
join-address = Mail address
join-name = Name (optional)
join-digests = What you receive

# Over the form.
join-intro = You get a mail with a link. Nothing more comes until you have opened it and confirmed.

# Shown to whoever asked, whether or not the address is known. $address (text).
join-asked = If mail reaches { $address }, a link is on its way there. Open it to confirm.

# When a form came from another page, or was old.
join-again = Please press the button once more.

# When what was typed is none, or no digest was chosen.
join-wrong = This needs a mail address, and at least one digest.

# Label of a field that only robots see and fill.
leave-empty = Leave this empty

# Label of the button that confirms.
confirm = Confirm

# Over that button. $address, $title (texts): names of the digests.
confirm-question = Receive { $title } at { $address }?

# After it was pressed, or a reader came back. $address, $title (texts).
confirmed = { $address } now receives { $title }.

# Label of the button that takes back that one has left.
undo = Undo

# Heading of the page where a reader says what they want, and label of the links to it.
own-page = Your mails

# Labels on that page.
mail-format = Format
as-html = With pictures and colours
as-text = Plain text
how-often = How often
every-edition = Every edition
once-a-week = Once a week, its top stories
pause-until = No mails before
save = Save
saved = Saved.
leave-all = Unsubscribe from everything

# Subject and text of the mail that asks to confirm. $title: names of the digests, $link: an address.
confirm-subject = Please confirm: { $title }
confirm-letter =
    Somebody, hopefully you, asked for { $title } at this address. Open this page and press its button to confirm:

    { $link }

    If it was not you, do nothing: no more mails come.

# The same where the address gets all of it already.
known-subject = You already receive { $title }
known-letter =
    Somebody, hopefully you, asked for { $title } at this address, which gets it already. On your own page you can change that:

    { $link }

# The same for who has confirmed. $edition: address of the last edition.
welcome-subject = Welcome to { $title }
welcome-letter =
    You now receive { $title }. On your own page you can change or end that:

    { $link }
last-edition =
    The last edition:

    { $link }
