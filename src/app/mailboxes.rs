//! What becomes of a mailbox that mails do not reach.

use chrono::{DateTime, Utc};

use crate::outbox;
use crate::store::{Error, Store};

/// Why a mailbox was suspended whose owner or ours said so.
pub const BY_HAND: &str = "by hand";

/// How hard a failure is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blow {
    /// Nobody lives there.
    Fatal,
    /// It may pass, and counts when it persists.
    Soft,
}

/// Notes that a mail did not reach a mailbox, and suspends it when there is no hope. Says
/// whether it was suspended now.
///
/// # Errors
/// When the store fails.
pub fn strike(
    store: &Store,
    address: &str,
    blow: Blow,
    reply: &str,
    now: DateTime<Utc>,
) -> Result<bool, Error> {
    let why = match blow {
        Blow::Fatal => reply.to_owned(),
        Blow::Soft => {
            let setbacks = store.setback(address, reply, now - outbox::MEMORY, now)?;
            if !outbox::persists(&setbacks) {
                return Ok(false);
            }
            format!("{} mails have not reached it in the last month: {reply}", setbacks.len())
        }
    };
    store.suspend(address, &why, now)
}
