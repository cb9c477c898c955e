//! What tidings remembers, in one SQLite file. The only module that knows rusqlite.
//!
//! [`Store`] is synchronous: plain functions, one file per noun, tested in memory. [`Db`] is
//! the one door for asynchronous code: it runs a closure as one transaction, off the async
//! threads, so that no transaction can ever wait for a network.

mod alerts;
mod archive;
mod body;
mod clock;
mod db;
mod deliveries;
mod digests;
mod edition_pages;
mod editions;
mod editor;
mod entries;
mod feeds;
mod lock;
mod migrate;
mod open;
mod outbox;
mod pages;
mod readers;
mod relay_outage;
mod retention;
mod signups;
mod story_memory;
mod subscriptions;
mod suppressions;
mod tokens;
mod waiting;

use std::path::PathBuf;

use rusqlite::Connection;

pub use alerts::{Alert, Condition};
pub use archive::{IndexedArticle, Neighbours, Search, Shown};
pub use db::{Db, Reader};
pub use deliveries::{Queued, Reclaimed};
pub use edition_pages::EditionPage;
pub use editions::{Carried, EditionRow, NewEdition, Placement, Published, PublishedEdition};
pub use editor::{AnswerKey, EditorOutage, EditorUse, KeptAnswer};
pub use entries::{ListedEntry, PackedEntries, Stored};
pub use feeds::{FeedRow, Health, Next, Poll};
pub use lock::Lock;
pub use open::FileId;
pub use outbox::{DeliveryRow, Selection};
pub use pages::PageRow;
pub use readers::{Consent, Joined, Preferences, SubscriptionRow};
pub use relay_outage::RelayOutage;
pub use signups::{Asked, Letter, Signup};
pub use story_memory::StoryMemoryRow;
pub use subscriptions::Subscription;
pub use suppressions::Suppression;
pub use waiting::Waiting;

/// What can go wrong with the database, in words for the owner.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the database {}: {cause}", path.display())]
    Open { path: PathBuf, cause: rusqlite::Error },
    #[error("the database {} was written by a newer tidings (its version is {found}, this program knows {known})", path.display())]
    Newer { path: PathBuf, found: usize, known: usize },
    #[error("cannot make the database {}: {cause}", path.display())]
    Create { path: PathBuf, cause: std::io::Error },
    #[error(
        "the database {0} is empty, as if something had cut it off; put a backup in its place, or, if there never was anything in it, remove it",
        path.display()
    )]
    Emptied { path: PathBuf },
    #[error("the database {} is gone; put it back, or a backup of it", path.display())]
    Gone { path: PathBuf },
    #[error("the database {} is a link to {}, which is not there; is its disk mounted?", path.display(), target.display())]
    LinkToNothing { path: PathBuf, target: PathBuf },
    #[error(
        "the database {} is gone, and {} is left of it; put it back, or a backup of it, or remove what is left to begin anew",
        path.display(),
        log.display()
    )]
    LogOnly { path: PathBuf, log: PathBuf },
    #[error("the database {} is no file; name a file by `database`", path.display())]
    NoFile { path: PathBuf },
    #[error("the database {} was replaced while it was in use; start tidings again to work with it", path.display())]
    Replaced { path: PathBuf },
    #[error("{} is a database of another program; name another file by `database`", path.display())]
    Foreign { path: PathBuf },
    #[error(
        "cannot keep a copy of the database as it is before this version of tidings changes it ({}): {cause}",
        path.display()
    )]
    Copy { path: PathBuf, cause: std::io::Error },
    #[error(
        "the database{} is damaged ({cause}); put a backup in its place, or save what can be read by `sqlite3 {} .recover | sqlite3 saved.db`",
        path.as_ref().map_or_else(String::new, |path| format!(" {}", path.display())),
        path.as_ref().map_or_else(|| "the-database".into(), |path| path.display().to_string())
    )]
    Damaged { path: Option<PathBuf>, cause: rusqlite::Error },
    #[error(
        "the database is in use by another program and did not become free within 15 s; what was to be done is done the next time"
    )]
    Busy,
    #[error("there is no room left on the disk of the database")]
    Full,
    #[error("the database {} is on a disk that is mounted read-only", path.display())]
    ReadOnly { path: PathBuf },
    #[error("the database: {0}")]
    Sqlite(rusqlite::Error),
    #[error("the database holds an entry that cannot be read: {0}")]
    Unreadable(#[from] serde_json::Error),
    #[error("a page of an edition is damaged; `tidings editions show` shows its mail")]
    DamagedPage,
    #[error("cannot lock {}: {cause}", path.display())]
    Lock { path: PathBuf, cause: std::io::Error },
    #[error("{0}")]
    NoRandomness(String),
    #[error("the database worker stopped")]
    Stopped,
}

impl Error {
    /// Whether the file is no longer there to work with: to go on would be to begin anew.
    pub fn is_loss(&self) -> bool {
        matches!(
            self,
            Self::Emptied { .. }
                | Self::Foreign { .. }
                | Self::Gone { .. }
                | Self::LinkToNothing { .. }
                | Self::LogOnly { .. }
                | Self::Replaced { .. }
                | Self::Damaged { .. }
        )
    }
}

impl From<rusqlite::Error> for Error {
    fn from(e: rusqlite::Error) -> Self {
        match e.sqlite_error_code() {
            Some(rusqlite::ErrorCode::DatabaseBusy | rusqlite::ErrorCode::DatabaseLocked) => Self::Busy,
            Some(rusqlite::ErrorCode::DiskFull) => Self::Full,
            Some(rusqlite::ErrorCode::DatabaseCorrupt | rusqlite::ErrorCode::NotADatabase) => {
                Self::Damaged { path: None, cause: e }
            }
            _ => Self::Sqlite(e),
        }
    }
}

/// What every function of the store returns.
pub type Result<T> = std::result::Result<T, Error>;

/// The store, open.
pub struct Store {
    connection: Connection,
}

impl Store {
    /// Runs `work` as one transaction: all of it happens, or none.
    ///
    /// # Errors
    /// Those of `work`, after which nothing has changed.
    pub fn transaction<T, E: From<Error>>(
        &mut self,
        work: impl FnOnce(&Self) -> std::result::Result<T, E>,
    ) -> std::result::Result<T, E> {
        // IMMEDIATE: a reader that turns writer after somebody else's commit fails at
        // once, whatever the busy timeout says.
        self.bracketed("BEGIN IMMEDIATE", work)
    }

    /// Runs `work`, which sees one state of the database and changes nothing.
    ///
    /// # Errors
    /// Those of `work`.
    pub fn reading<T, E: From<Error>>(
        &mut self,
        work: impl FnOnce(&Self) -> std::result::Result<T, E>,
    ) -> std::result::Result<T, E> {
        self.bracketed("BEGIN", work)
    }

    fn bracketed<T, E: From<Error>>(
        &mut self,
        opening: &str,
        work: impl FnOnce(&Self) -> std::result::Result<T, E>,
    ) -> std::result::Result<T, E> {
        let begin = |sql: &str| self.connection.execute_batch(sql).map_err(|e| E::from(Error::from(e)));
        begin(opening)?;
        match work(self).and_then(|value| begin("COMMIT").map(|()| value)) {
            Ok(value) => Ok(value),
            Err(e) => {
                if let Err(e) = self.connection.execute_batch("ROLLBACK") {
                    tracing::debug!("nothing left to roll back: {e}");
                }
                Err(e)
            }
        }
    }
}
