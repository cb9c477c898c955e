//! The words of the trade as types. Nothing here does anything with the outside
//! world, and nothing here imports another module of ours: the stages meet in these
//! values.

mod address;
mod archive;
mod article;
mod delivery;
mod edition;
mod enhanced_code;
mod entry;
mod feed;
mod link;
mod recipient;
mod recognised;
mod reply;
mod secret;
mod story;

pub use address::{Address, Mailbox, canonical};
pub use archive::{ArchivedArticle, ArchivedEdition, Found, FoundArticle};
pub use article::{
    Article, ByMachine, Image, Images, MACHINE_MARK, MachineExcerpt, Medium, MediumKind, PictureShape,
};
pub use delivery::{BounceKind, Decision, Delivery, OnUnknown, Outcome, OutcomeKind, RejectionKind, State};
pub use edition::{
    Book, Briefing, BriefingSentence, Edition, Embedded, Extent, Form, Frozen, Logo, NotShown, Placed,
    Section,
};
pub use enhanced_code::EnhancedCode;
pub use entry::{Enclosure, Entry, EntryKey, ParsedFeed, Person};
pub use feed::{ArticleFile, Content, Feed, Source};
pub use link::{PageIdentity, link_fragment, page_identity, stable_link, without_tracking};
pub use recipient::{Format, Recipient};
pub use recognised::{Mark, Recognised, RecognisedDocument};
pub use reply::{Diagnostic, Reply};
pub use secret::Secret;
pub use story::{LookupKeys, Story, Tie, Update, Why};
