//! One recipient's copy of one edition, and what became of it. The words under which states
//! and outcomes are stored, reported and measured stand here, once.

use chrono::{DateTime, Utc};
use serde::Serialize;
use strum::{EnumString, IntoStaticStr};

use super::{Diagnostic, Format, Mailbox};

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
    /// Of them, how many ended with nobody knowing whether the mail arrived.
    pub unknown_attempts: u32,
    /// When the time began for which it is tried: when it was queued, unless the relay could
    /// not take it for reasons that an administrator had to put right.
    pub retry_from: DateTime<Utc>,
    /// With which its reader leaves the digest.
    pub token: Option<String>,
    /// In the envelope sender, by which a report about this mail is known to be genuine.
    pub bounce: Option<String>,
}

/// What one attempt at a delivery came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The server took responsibility for it.
    Delivered(Diagnostic),
    /// Not now: a 4xx reply, or the line broke before the message was handed over.
    Deferred(Diagnostic),
    /// Never: a 5xx reply.
    Rejected(RejectionKind, Diagnostic),
    /// The message was handed over and the line broke before the reply.
    Unknown(Diagnostic),
}

impl Outcome {
    /// What the server said, or what broke.
    pub fn diagnostic(&self) -> &Diagnostic {
        match self {
            Self::Delivered(diagnostic)
            | Self::Deferred(diagnostic)
            | Self::Rejected(_, diagnostic)
            | Self::Unknown(diagnostic) => diagnostic,
        }
    }

    /// The outcome without its reasons.
    pub fn kind(&self) -> OutcomeKind {
        match self {
            Self::Delivered(_) => OutcomeKind::Delivered,
            Self::Deferred(_) => OutcomeKind::Deferred,
            Self::Rejected(..) => OutcomeKind::Rejected,
            Self::Unknown(_) => OutcomeKind::Unknown,
        }
    }
}

/// The words for what became of an attempt, in the database and in reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, IntoStaticStr, EnumString, Serialize)]
#[strum(serialize_all = "lowercase")]
#[serde(rename_all = "lowercase")]
pub enum OutcomeKind {
    Delivered,
    Deferred,
    Rejected,
    Unknown,
    /// A report came back later.
    Bounced,
    /// Tried for as long as the owner wants.
    #[strum(serialize = "given up")]
    #[serde(rename = "given up")]
    GivenUp,
}

impl OutcomeKind {
    /// As it is stored and shown.
    pub fn word(self) -> &'static str {
        self.into()
    }
}

/// What a permanent rejection is about, which decides what follows from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RejectionKind {
    /// The recipient's mailbox.
    Bounce(BounceKind),
    /// This message: too large, or not to the server's taste.
    Message,
    /// The sender: the server does not want our mails.
    Policy,
}

/// How a mailbox fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BounceKind {
    /// It does not exist.
    Hard,
    /// It exists, but is full or out of reach for now.
    Soft,
}

/// What follows from an attempt for its delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    Delivered,
    Rejected,
    /// Tried again then.
    RetryAt(DateTime<Utc>),
    /// Tried for as long as the owner wants.
    GiveUp,
    /// Nobody knows whether it arrived, and it must not come again without the owner's word.
    Hold,
}

/// How far a delivery has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, IntoStaticStr, EnumString, Serialize)]
#[strum(serialize_all = "lowercase")]
#[serde(rename_all = "lowercase")]
pub enum State {
    Pending,
    Sending,
    Deferred,
    /// Held: nobody knows whether it arrived, and a person decides.
    Unknown,
    Delivered,
    Rejected,
    #[strum(serialize = "given up")]
    #[serde(rename = "given up")]
    GivenUp,
    /// Taken out of the outbox before it was settled.
    Dropped,
    /// It was taken, and came back.
    Bounced,
}

impl State {
    /// Sent without anybody's doing, when their time comes.
    pub const WAITING: [Self; 2] = [Self::Pending, Self::Deferred];
    /// Not in anybody's hands, and not settled.
    pub const RECALLABLE: [Self; 3] = [Self::Pending, Self::Deferred, Self::Unknown];
    /// Not settled.
    pub const OPEN: [Self; 4] = [Self::Pending, Self::Sending, Self::Deferred, Self::Unknown];
    /// Settled without arriving.
    pub const LOST: [Self; 3] = [Self::Rejected, Self::GivenUp, Self::Bounced];

    /// As it is stored and shown.
    pub fn word(self) -> &'static str {
        self.into()
    }

    /// Whether somebody may still get it without anybody's doing.
    pub fn is_waiting(self) -> bool {
        self == Self::Sending || Self::WAITING.contains(&self)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_have_one_word_in_the_database_and_in_reports() {
        for state in [State::OPEN.as_slice(), &State::LOST, &[State::Delivered, State::Dropped]].concat() {
            assert_eq!(state.word().parse(), Ok(state));
            assert_eq!(serde_json::to_value(state).unwrap(), state.word());
        }
        assert_eq!(State::GivenUp.word(), "given up");
    }
}
