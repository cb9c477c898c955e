//! Mails past the outbox: a trial of an edition, a word to the owner.

use chrono::{DateTime, SubsecRound, Utc};

use super::Attempt;
use crate::app::draft::draft;
use crate::app::{App, Clock, Error};
use crate::config::Digest;
use crate::deliver::message::{self, Addressing, MessageTemplate, Origin};
use crate::deliver::{Envelope, RelayError};
use crate::model::{Book, Format, Frozen, Mailbox, Outcome};

/// One copy of an edition that is in no outbox, under a Message-ID of its own.
///
/// # Errors
/// When an address cannot stand in a mail.
pub fn message_of(
    app: &App,
    digest: &Digest,
    (content, book): (&Frozen, Option<&Book>),
    to: &Mailbox,
    format: Format,
    now: DateTime<Utc>,
) -> Result<Vec<u8>, Error> {
    let mail = &app.config.mail;
    let origin = Origin {
        from: &mail.from,
        reply_to: mail.reply_to.as_ref(),
        digest: &digest.id,
        title: &digest.title,
        unsubscribe: app.config.answers(),
        date: now,
        signers: &app.signers()?,
    };
    let message_id = message::new_id(&mail.from.address).map_err(Error::Setup)?;
    // A copy that is in no outbox is a subscription of nobody: its link leads to "not found".
    let token = message::random().map_err(Error::Setup)?;
    let page = app.config.leave_page(&token);
    let addressing = Addressing { to, format, message_id: &message_id, token: &token, page: page.as_deref() };
    MessageTemplate::new(&origin, content, book)
        .and_then(|template| template.message_for(&addressing))
        .map_err(|e| Error::Setup(e.to_string()))
}

/// Sends the edition that the digest would have now to one address, and records nothing.
/// None when nothing is new.
///
/// # Errors
/// When nobody takes the mail.
pub async fn trial(
    app: &App,
    digest: &Digest,
    to: &Mailbox,
    format: Format,
    of: DateTime<Utc>,
    clock: &Clock,
) -> Result<Option<Attempt>, Error> {
    let now = clock.now().trunc_subsecs(0);
    let of = of.trunc_subsecs(0);
    let trial = Digest { as_book: format == Format::Epub, ..digest.clone() };
    let draft = draft(app, &trial, of, &Clock::stopped(of)).await?;
    let Some(draft) = draft.filter(|draft| digest.send_empty || !draft.is_empty()) else { return Ok(None) };
    let message = message_of(app, digest, (&draft.frozen, draft.book.as_ref()), to, format, now)?;
    let outcome = hand_over(app, to, &message).await?;
    let reply = outcome.diagnostic().to_string();
    Ok(Some(Attempt { to: to.address.to_string(), outcome: outcome.kind(), reply, next: None }))
}

/// Sends one message past the outbox.
///
/// # Errors
/// When nobody is there to take it.
pub(in crate::app) async fn hand_over(app: &App, to: &Mailbox, message: &[u8]) -> Result<Outcome, Error> {
    let envelope = Envelope { from: app.config.mail.envelope_sender(None), to: to.address.clone() };
    let not_taken = |e: RelayError| Error::Setup(e.to_string());
    let mut session = app.courier().await?.connect().await.map_err(not_taken)?;
    let outcome = session.send(&envelope, message).await.map_err(not_taken)?;
    session.close().await;
    Ok(outcome)
}
