//! The courier that speaks SMTP: commands as lettre writes them, over a line of our own.
//! lettre's own connection is not used: its time-out covers only the connect (its issue
//! #1027), its pool hands on connections whose last reply is still to come, and its reader
//! refuses replies that are not UTF-8 or have no words.
//!
//! [`connect`] goes from an address to a session that is ready to send, [`session`] sends one
//! message after the other, [`extensions`] reads what EHLO offers, [`wire`] is the line.

mod advice;
mod connect;
mod extensions;
mod session;
mod trust;
mod wire;

use std::path::PathBuf;
use std::time::Duration;

use crate::model::Secret;

pub(super) use session::Session;

/// How a connection is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tls {
    /// Plain until STARTTLS, which must be there.
    Starttls,
    /// From the first byte, as on port 465.
    Implicit,
    None,
}

/// How we show who we are.
#[derive(Debug, Clone)]
pub enum Login {
    /// PLAIN or LOGIN, whichever the server knows.
    Password(Secret),
    /// XOAUTH2, with an access token.
    Token(Secret),
}

/// The server that takes our mails.
#[derive(Debug, Clone)]
pub struct Relay {
    pub host: String,
    pub port: u16,
    pub tls: Tls,
    pub login: Option<(String, Login)>,
    /// Certificates (PEM) trusted besides the system's.
    pub ca_file: Option<PathBuf>,
    /// For each step. After the message there is five times as much: servers scan it
    /// meanwhile, and giving up early means a second copy (RFC 5321 4.5.3.2.6).
    pub timeout: Duration,
    /// So many messages, then a new connection.
    pub per_connection: u32,
    /// What a login here needs, in words, where that is known.
    pub needs: Option<&'static str>,
}
