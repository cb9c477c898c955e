//! What a bounce does to its mailbox.

use chrono::{DateTime, Utc};

use crate::model::BounceKind;
use crate::outbox::suppression::{SOFT_BOUNCE_WINDOW, is_suppressed_by};
use crate::store::{Error, Store};

/// Records that a mail did not reach a mailbox, and suppresses it when there is no hope. Says
/// whether it was suppressed now.
///
/// # Errors
/// When the store fails.
pub fn record_bounce(
    store: &Store,
    address: &str,
    kind: BounceKind,
    reply: &str,
    now: DateTime<Utc>,
) -> Result<bool, Error> {
    let why = match kind {
        BounceKind::Hard => reply.to_owned(),
        BounceKind::Soft => {
            let bounces = store.record_soft_bounce(address, reply, now - SOFT_BOUNCE_WINDOW, now)?;
            if !is_suppressed_by(&bounces) {
                return Ok(false);
            }
            format!("{} mails have not reached it in the last month: {reply}", bounces.len())
        }
    };
    store.suppress(address, &why, now)
}
