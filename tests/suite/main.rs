//! The program as its user meets it: the real binary, in a folder of its own, against real
//! servers on loopback.

// A test may stop at the first surprise, and says why on stderr when it is skipped.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, unreachable_pub)]

mod bot; // a tidings in a temporary folder
mod browser; // a real browser
mod feed_server; // a web server that answers by script
mod model_server; // a language model that answers by script
mod postfix; // a real mail server
mod site; // the pages of a daemon at work
mod smtp_server; // a mail server that answers by script

mod architecture; // what the crate says of its own structure
mod archive; // editions in the web: read, searched, followed, attacked
mod archiving; // articles as files
mod articles; // pages of every kind, and the articles made of them
mod attacks; // what feeds, pages, clocks, disks and other programs do to us
mod books; // editions for e-readers
mod configs; // mistakes in digest.toml, each with what is said of it
mod crashes; // the program killed at any instant; a full disk, a locked database
mod daemon; // `run`: the clock, signals
mod delivering; // the outbox against servers that refuse, vanish and come back
mod diagnosis; // what is said when a feed or a mail server does not do what it should
mod docs; // what README and docs show, tried
mod docs_commands; // what README and docs tell their readers to type, typed
mod editing; // what a language model writes into editions
mod faults; // everything that can go wrong between us and a mail server, step by step
mod first_edition; // the README's main command, and what it promises
mod getting_in; // from the address of a page, or a list of feeds, to a first mail
mod hostile; // feeds that attack
mod joining; // readers who join by a form, and what they want of it
mod leaving; // readers who leave by the page behind their mail
mod mails; // editions of every kind, held to what a mail must satisfy
mod outbox; // what waits, what was sent, and the other ways out
mod pictures; // pictures by reference, in the text, carried along
mod politeness; // seen in the requests that arrive
mod polling; // feeds that change, stay, hang and lie
mod previews;
mod reading; // feeds of every kind, and what is made of them
mod real_mail; // a real Postfix
mod rendering; // the mail in a real browser
mod repeats; // the same news once: edits, re-runs, other scripts, other outlets
mod replaying; // digests over an archive, on a clock of their own
mod replies; // what mail servers say, and how
mod returning; // bounces, complaints, requests to leave
mod room; // more than a mail has room for
mod signatures; // DKIM, verified by somebody else's program
mod status; // `tidings status` in installations that are broken, and in some that are sound
mod views; // odd feeds, and what readers see of them
mod years; // a virtual clock: changes of the clocks, downtime, troubles, a whole year
