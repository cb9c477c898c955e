//! One recipient's copy of one edition, and what became of it.

use chrono::{DateTime, Utc};

use super::{Format, Mailbox};

/// One recipient x one edition, claimed for sending.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    pub id: i64,
    pub edition: i64,
    pub to: Mailbox,
    pub format: Format,
    /// The whole `<left@right>`, the same at every attempt.
    pub message_id: String,
    /// Attempts made before this one.
    pub attempts: u32,
    pub queued: DateTime<Utc>,
    /// With which its reader leaves the digest.
    pub token: Option<String>,
}

/// What one attempt at a delivery came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The server took responsibility for it; its reply.
    Delivered(String),
    /// Not now: a 4xx reply, or the line broke before the message was handed over.
    Deferred(String),
    /// Never for this recipient: a 5xx reply about it.
    Rejected(String),
    /// The message was handed over and the line broke before the reply.
    Unknown(String),
}

/// What an attempt means for its delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Delivered,
    Rejected,
    /// Tried again then.
    Deferred(DateTime<Utc>),
    /// Tried for as long as the owner wants.
    GivenUp,
}
