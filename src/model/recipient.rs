//! Whom a digest goes to.

use super::{Address, Mailbox};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// HTML with its plain-text twin.
    Html,
    /// Plain text alone.
    Text,
}

/// A mailbox a digest goes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    pub id: String,
    pub name: Option<String>,
    pub email: Address,
    pub format: Format,
}

impl Recipient {
    pub fn mailbox(&self) -> Mailbox {
        Mailbox { name: self.name.clone(), address: self.email.clone() }
    }
}
