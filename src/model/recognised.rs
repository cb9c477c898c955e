//! What was found out about the entries of a document before they are stored.

use super::EntryKey;

/// Something that an entry bears besides its key and that others of its feed hardly bear: its
/// guid together with its link, say, as a 64-bit hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Mark(pub i64);

/// What follows for one entry of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recognised {
    /// Its place in the document.
    pub index: usize,
    pub is_new: bool,
    /// By its guid, else its link, else its text alone.
    pub identity: EntryKey,
    /// Of a new entry, the key under which it is kept; of a known one, that of the entry whose
    /// wording it renews, if that can be told.
    pub key: Option<EntryKey>,
    /// What it leaves in the ledger.
    pub marks: Vec<Mark>,
}

/// A whole document, recognised.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RecognisedDocument {
    /// Without items that stand in it twice.
    pub entries: Vec<Recognised>,
    /// Marks that more than one entry has borne.
    pub shared: Vec<Mark>,
    /// How many items share one guid, link or text, in words for the log.
    pub warnings: Vec<String>,
}
