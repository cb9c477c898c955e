//! From a frozen edition to a mailbox, and what comes back from there. The only module
//! that knows lettre.
//!
//! [`message`] builds the bytes of each copy and [`dkim`] signs them; [`smtp`],
//! [`sendmail`] and [`folder`] carry them off. A [`Courier`] is an enum, not a trait: there
//! are as many ways for a mail to leave as its owner can configure, and no more.
//! [`returned`] reads what mail systems and readers send back.

pub mod dkim;
mod folder;
pub mod message;
mod parts;
mod refusal;
pub mod returned;
mod sendmail;
mod smtp;
mod watched;

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
#[error("{why}")]
pub struct NoService {
    pub why: String,
    /// Waiting does not help: the certificate is wrong, our login or our sender is refused.
    pub lasting: bool,
}

impl NoService {
    /// What may pass.
    fn passing(why: String) -> Self {
        Self { why, lasting: false }
    }

    /// What somebody has to put right.
    fn lasting(why: String) -> Self {
        Self { why, lasting: true }
    }
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
    pub async fn connect(&self) -> Result<Session, NoService> {
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
    pub async fn send(&mut self, envelope: &Envelope, message: &[u8]) -> Result<Outcome, NoService> {
        match self {
            Self::Folder(folder) => folder.put(envelope, message),
            Self::Sendmail(command) => sendmail::send(command, envelope, message).await,
            Self::Smtp(session) => session.send(envelope, message).await,
        }
    }

    /// Whether the next message needs a new session.
    pub fn is_over(&self) -> bool {
        match self {
            Self::Folder(_) | Self::Sendmail(_) => false,
            Self::Smtp(session) => session.is_over(),
        }
    }

    /// Whether it has been in use: what ends it then says nothing about a new one.
    pub fn is_worn(&self) -> bool {
        match self {
            Self::Folder(_) | Self::Sendmail(_) => false,
            Self::Smtp(session) => session.is_worn(),
        }
    }

    /// Whether it broke before it was told anything of the last message.
    pub fn is_stale(&self) -> bool {
        match self {
            Self::Folder(_) | Self::Sendmail(_) => false,
            Self::Smtp(session) => session.is_stale(),
        }
    }

    /// Says goodbye.
    pub async fn close(self) {
        if let Self::Smtp(session) = self {
            session.quit().await;
        }
    }
}
