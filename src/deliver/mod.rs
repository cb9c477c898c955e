//! From a frozen edition to a mailbox. The only module that knows lettre.
//!
//! [`message`] builds the bytes of each copy, [`smtp`] and [`folder`] carry them off. A
//! [`Courier`] is an enum, not a trait: there are as many ways for a mail to leave as its
//! owner can configure, and no more.

mod folder;
pub mod message;
mod smtp;

use std::path::PathBuf;

use crate::model::{Address, Outcome};

pub use smtp::{Relay, Tls};

/// What the mail system reads on the outside (RFC 5321), as opposed to the message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    pub from: Address,
    pub to: Address,
}

/// Nobody took the mail, for reasons that have nothing to do with its recipient: the relay
/// is away, its certificate is wrong, it refuses our login or our sender.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NoService(pub String);

/// A way for mails to leave.
#[derive(Debug, Clone)]
pub enum Courier {
    Folder(PathBuf),
    Smtp(Relay),
}

impl Courier {
    /// Gets ready to send, logged in and all.
    ///
    /// # Errors
    /// When nobody is there to take mails, or they will not take ours.
    pub async fn connect(&self) -> Result<Session, NoService> {
        match self {
            Self::Folder(path) => folder::open(path.clone()).map(Session::Folder),
            Self::Smtp(relay) => relay.connect().await.map(|s| Session::Smtp(Box::new(s))),
        }
    }
}

/// A courier ready to take mails, one after the other.
pub enum Session {
    Folder(folder::Folder),
    Smtp(Box<smtp::Session>),
}

impl Session {
    /// Hands over one message.
    ///
    /// # Errors
    /// When the refusal has nothing to do with the recipient.
    pub async fn send(&mut self, envelope: &Envelope, message: &[u8]) -> Result<Outcome, NoService> {
        match self {
            Self::Folder(folder) => folder.put(envelope, message),
            Self::Smtp(session) => session.send(envelope, message).await,
        }
    }

    /// Whether the next message needs a new session.
    pub fn is_over(&self) -> bool {
        match self {
            Self::Folder(_) => false,
            Self::Smtp(session) => session.is_over(),
        }
    }

    /// Says goodbye.
    pub async fn close(self) {
        if let Self::Smtp(session) = self {
            session.quit().await;
        }
    }
}
