//! The outbox into mailboxes. A delivery is claimed in one transaction, sent with none
//! open, and settled in another; whatever happens in between, it is found again.
//!
//! [`round`] is one round of sending, from the first claim to the review at its end. Several
//! connections work side by side in it, each with one mail in hand: between a server's
//! 250 and our record of it there is never more than one mail a connection. [`recorder`] writes
//! down what they report and hands out what they do next; [`report`] is what a round came to;
//! [`rate_limit`] is how fast mails may leave. What follows from a server's answer is decided in
//! [`crate::outbox`].

mod rate_limit;
mod recorder;
mod report;
mod round;
mod send_one;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::{App, Clock, Error};
use crate::outbox::RetryPolicy;
use crate::outbox::policy::after_interruption;
use crate::store::{self, Lock, Store};
use round::Round;

pub use report::{Attempt, Report};
pub(super) use send_one::hand_over;
pub use send_one::{message_of, trial};

/// What is left for the mails in hand after a request to stop.
pub const FAREWELL: Duration = Duration::from_secs(4);

/// Which deliveries a round of sending takes up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// The deliveries whose time has come.
    Due,
    /// Everything outstanding, whatever its back-off: a person is waiting.
    Now,
    /// As `Due`, but a person is waiting, and has made due what they chose.
    Chosen,
}

/// Sends what is to be sent. With `stop` raised, the mails in hand are finished and no others
/// begun.
///
/// # Errors
/// When the store fails, or the configuration's keys are not to be had.
pub async fn dispatch(
    app: &App,
    when: When,
    clock: &Clock,
    stop: &watch::Receiver<bool>,
) -> Result<Report, Error> {
    let Some(_lock) = lock(app, when, stop).await? else {
        let outstanding = app.db.call(Store::outstanding).await?;
        let stopped = when != When::Due && outstanding > 0;
        return Ok(Report { outstanding, stopped, ..Report::default() });
    };
    let now = clock.now();
    let policy = retry_policy(app);
    let begun = app.db.call(move |store| {
        let interrupted = store.reclaim(now, |unknown| after_interruption(unknown, now, policy))?;
        if when == When::Now {
            store.make_due(now)?;
        }
        Ok::<_, store::Error>((interrupted, store.due(now)?))
    });
    let (interrupted, due) = begun.await?;
    if interrupted.tried_again > 0 {
        tracing::warn!(
            deliveries = interrupted.tried_again,
            "an earlier run ended while sending these mails; they are sent again with the same Message-ID"
        );
    }
    if interrupted.held > 0 {
        tracing::warn!(
            deliveries = interrupted.held,
            "an earlier run ended while sending these mails; they are held for you to decide: see `tidings outbox list`"
        );
    }
    let mut report = Report::default();
    if due > 0 {
        let cutoff = (when != When::Due).then_some(now);
        report = Arc::new(Round::new(app, clock, cutoff, stop)?).run(due).await?;
    }
    report.interrupted = interrupted.tried_again + interrupted.held;
    let outstanding = app.db.call(|store| {
        let outstanding = store.outstanding()?;
        if outstanding == 0 {
            store.end_relay_outage()?;
        }
        Ok::<_, store::Error>(outstanding)
    });
    report.outstanding = outstanding.await?;
    report.stopped = *stop.borrow() && report.outstanding > 0;
    Ok(report)
}

fn retry_policy(app: &App) -> RetryPolicy {
    let mail = &app.config.mail;
    let retry_for = chrono::Duration::from_std(mail.retry_for).unwrap_or(chrono::Duration::MAX);
    RetryPolicy { retry_for, on_unknown: mail.on_unknown }
}

/// The right to send. A person waits for whoever has it, unless told to stop; the daemon has
/// another tick.
async fn lock(app: &App, when: When, stop: &watch::Receiver<bool>) -> Result<Option<Lock>, Error> {
    let mut said = false;
    loop {
        match Lock::try_take(&app.config.database, "lock")? {
            Some(lock) => return Ok(Some(lock)),
            None if when == When::Due || *stop.borrow() => return Ok(None),
            None => {
                if !said {
                    tracing::warn!("another tidings is sending from this outbox; waiting for it");
                    said = true;
                }
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        }
    }
}
