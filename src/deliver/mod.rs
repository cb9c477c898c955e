//! From a frozen edition to a mailbox, and what comes back from there. The only module
//! that knows lettre.
//!
//! [`message`] builds the bytes of each copy and [`dkim`] signs them; [`smtp`],
//! [`sendmail`] and [`folder`] carry them off. A [`Courier`] is an enum, not a trait: there
//! are as many ways for a mail to leave as its owner can configure, and no more. What a
//! server's reply means is one table, in [`classify`]. [`inbound`] reads what mail systems and
//! readers send back.

mod classify;
pub mod dkim;
pub mod dns;
pub mod encoding;
mod folder;
pub mod inbound;
pub mod message;
mod parts;
mod reply;
mod sendmail;
mod smtp;

use std::path::PathBuf;

use crate::model::{Address, Outcome};

pub use smtp::{Login, Relay, Tls};

/// What the mail system reads on the outside (RFC 5321), as opposed to the message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    pub from: Address,
    pub to: Address,
}

/// Nobody took the mail, for reasons that have nothing to do with its recipient.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RelayError {
    /// Waiting does not help: the certificate is wrong, our login or our sender is refused.
    #[error("{0}")]
    Permanent(String),
    /// It may pass.
    #[error("{0}")]
    Transient(String),
}

/// A way for mails to leave.
#[derive(Debug, Clone)]
pub enum Courier {
    Folder(PathBuf),
    /// A command that takes mails as sendmail does.
    Sendmail(String),
    Smtp(Relay),
}

impl Courier {
    /// Gets ready to send, logged in and all.
    ///
    /// # Errors
    /// When nobody is there to take mails, or they will not take ours.
    pub async fn connect(&self) -> Result<Session, RelayError> {
        match self {
            Self::Folder(path) => folder::open(path.clone()).map(Session::Folder),
            Self::Sendmail(command) => Ok(Session::Sendmail(command.clone())),
            Self::Smtp(relay) => relay.connect().await.map(|s| Session::Smtp(Box::new(s))),
        }
    }
}

/// A courier ready to take mails, one after the other.
pub enum Session {
    Folder(folder::Folder),
    Sendmail(String),
    Smtp(Box<smtp::Session>),
}

impl Session {
    /// Hands over one message.
    ///
    /// # Errors
    /// When the refusal has nothing to do with the recipient.
    pub async fn send(&mut self, envelope: &Envelope, message: &[u8]) -> Result<Outcome, RelayError> {
        match self {
            Self::Folder(folder) => folder.put(envelope, message),
            Self::Sendmail(command) => sendmail::send(command, envelope, message).await,
            Self::Smtp(session) => session.send(envelope, message).await,
        }
    }

    /// Whether mails from this sender would be taken, as far as that can be asked without sending one.
    ///
    /// # Errors
    /// When they would not be.
    pub async fn takes_sender(&mut self, sender: &Address) -> Result<(), RelayError> {
        match self {
            Self::Folder(_) | Self::Sendmail(_) => Ok(()),
            Self::Smtp(session) => session.takes_sender(sender).await,
        }
    }

    /// Whether the next message needs a new session.
    pub fn is_over(&self) -> bool {
        match self {
            Self::Folder(_) | Self::Sendmail(_) => false,
            Self::Smtp(session) => session.is_over(),
        }
    }

    /// Whether the line broke, without a word from the server.
    pub fn is_broken(&self) -> bool {
        match self {
            Self::Folder(_) | Self::Sendmail(_) => false,
            Self::Smtp(session) => session.is_broken(),
        }
    }

    /// Whether it carried messages before the last one: what ends it then says nothing about a
    /// new one.
    pub fn was_used(&self) -> bool {
        match self {
            Self::Folder(_) | Self::Sendmail(_) => false,
            Self::Smtp(session) => session.was_used(),
        }
    }

    /// Says goodbye.
    pub async fn close(self) {
        if let Self::Smtp(session) = self {
            session.quit().await;
        }
    }
}
