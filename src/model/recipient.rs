//! Whom a digest goes to.

use super::{Address, Mailbox};

/// Which parts of an edition a recipient's copy has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// HTML with its plain-text twin.
    Html,
    /// Plain text alone.
    Text,
    /// A book for an e-reader.
    Epub,
}

/// A mailbox a digest goes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    /// What the owner calls it, besides its address.
    pub id: Option<String>,
    pub name: Option<String>,
    pub email: Address,
    pub format: Format,
}

impl Recipient {
    /// Whether a person means this one: by its id, or by its address in letters of any case.
    pub fn is_called(&self, name: &str) -> bool {
        self.id.as_deref() == Some(name) || self.email.as_str().eq_ignore_ascii_case(name)
    }

    /// Their address, with the name to show for it.
    pub fn mailbox(&self) -> Mailbox {
        Mailbox { name: self.name.clone(), address: self.email.clone() }
    }
}
