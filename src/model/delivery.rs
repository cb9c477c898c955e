//! One recipient's copy of one edition, and what became of it.

use chrono::{DateTime, Utc};
use serde::Serialize;

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
    /// By which a report about it is known to be none that somebody made up.
    pub bounce: Option<String>,
}

/// What one attempt at a delivery came to, with what the server said or what broke.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The server took responsibility for it.
    Delivered(String),
    /// Not now: a 4xx reply, or the line broke before the message was handed over.
    Deferred(String),
    /// Never: a 5xx reply.
    Rejected(Refusal, String),
    /// The message was handed over and the line broke before the reply.
    Unknown(String),
}

impl Outcome {
    pub fn reply(&self) -> &str {
        match self {
            Self::Delivered(reply)
            | Self::Deferred(reply)
            | Self::Rejected(_, reply)
            | Self::Unknown(reply) => reply,
        }
    }
}

/// Whom a refusal is about, which decides what follows from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// Nobody lives at this address.
    Mailbox,
    /// The mailbox is there, but full or otherwise in trouble.
    Soft,
    /// This message: too large, or not to the server's taste.
    Message,
    /// Us: the server does not want our mails.
    Policy,
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
    /// Nobody knows whether it arrived, and the owner wants it to come once at most.
    Held,
}

/// How far a delivery has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum State {
    #[serde(rename = "pending")]
    Pending,
    #[serde(rename = "sending")]
    Sending,
    #[serde(rename = "deferred")]
    Deferred,
    #[serde(rename = "unknown")]
    Unknown,
    #[serde(rename = "delivered")]
    Delivered,
    #[serde(rename = "rejected")]
    Rejected,
    #[serde(rename = "given up")]
    GivenUp,
    #[serde(rename = "dropped")]
    Dropped,
    #[serde(rename = "bounced")]
    Bounced,
}

impl State {
    const WORDS: [(Self, &'static str); 9] = [
        (Self::Pending, "pending"),
        (Self::Sending, "sending"),
        (Self::Deferred, "deferred"),
        (Self::Unknown, "unknown"),
        (Self::Delivered, "delivered"),
        (Self::Rejected, "rejected"),
        (Self::GivenUp, "given up"),
        (Self::Dropped, "dropped"),
        (Self::Bounced, "bounced"),
    ];

    pub fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(state, _)| *state == self).map_or("", |(_, word)| word)
    }

    pub fn from_word(word: &str) -> Option<Self> {
        Self::WORDS.iter().find(|(_, w)| *w == word).map(|(state, _)| *state)
    }

    /// Whether somebody may still get it without anybody's doing.
    pub fn is_waiting(self) -> bool {
        matches!(self, Self::Pending | Self::Sending | Self::Deferred)
    }
}

/// What to do about a mail of which nobody knows whether it arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnUnknown {
    /// Send it again: twice is better than never.
    Resend,
    /// Leave it until a person decides: never is better than twice.
    Hold,
}
