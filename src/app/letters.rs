//! Mails to readers that are no editions: the link to confirm by, the welcome. They are few, and awaited, so
//! each goes by itself as soon as it is written, and is tried again as editions are.

use super::dispatch::hand_over;
use super::{App, Clock, Error, jitter};
use crate::deliver::message::Notice;
use crate::model::{Address, Mailbox, Outcome};
use crate::outbox::backoff;
use crate::store::Letter;

/// Sends what is to be sent.
///
/// # Errors
/// When the store fails, or no mail can leave.
pub(super) async fn send_letters(app: &App, clock: &Clock) -> Result<(), Error> {
    loop {
        let now = clock.now();
        let next = app.db.call(move |store| {
            let Some(letter) = store.due_letter(now)? else { return Ok(None) };
            store.defer_letter(letter.id, now + backoff::wait(letter.attempts + 1, jitter()))?;
            Ok::<_, Error>(Some(letter))
        });
        let Some(letter) = next.await? else { return Ok(()) };
        let id = letter.id;
        let address = letter.address.clone();
        // It may have waited for long.
        let unwanted = app.db.call(move |store| {
            Ok::<_, Error>(store.suppression(&address)?.is_some() || store.is_forgotten(&address)?)
        });
        let is_settled = unwanted.await? || send(app, letter, clock).await?;
        if is_settled {
            app.db.call(move |store| store.settle_letter(id)).await?;
        }
    }
}

/// Whether it was sent, or never can be.
async fn send(app: &App, letter: Letter, clock: &Clock) -> Result<bool, Error> {
    let Ok(address) = letter.address.parse::<Address>() else { return Ok(true) };
    let masked = address.masked();
    let to = Mailbox { name: letter.name, address };
    let notice = Notice {
        from: &app.config.mail.from,
        to: &to,
        subject: &letter.subject,
        text: &letter.text,
        date: clock.now(),
        signers: &app.signers()?,
    };
    let Ok(mail) = notice.bytes() else { return Ok(true) };
    Ok(match hand_over(app, &to, &mail).await? {
        Outcome::Delivered(_) | Outcome::Unknown(_) => true,
        failed @ Outcome::Rejected(..) => {
            tracing::info!(to = masked, "a letter was refused: {}", failed.diagnostic());
            true
        }
        failed => {
            tracing::info!(to = masked, "a letter waits: {}", failed.diagnostic());
            false
        }
    })
}
