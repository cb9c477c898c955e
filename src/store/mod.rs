//! What tidings remembers, in one SQLite file. The only module that knows rusqlite.
//!
//! [`Store`] is synchronous: plain functions, one file per noun, tested in memory. [`Db`] is
//! the one door for asynchronous code: it runs a closure as one transaction, off the async
//! threads, so that no transaction can ever wait for a network.

mod alerts;
mod clock;
mod db;
mod deliveries;
mod digests;
mod editions;
mod entries;
mod feeds;
mod lock;
mod migrate;
mod outbox;
mod pages;
mod relay_outage;
mod retention;
mod story_memory;
mod subscriptions;
mod suppressions;

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::backup::Backup;
use rusqlite::{Connection, OpenFlags};

pub use alerts::{Alert, Condition};
pub use db::Db;
pub use deliveries::Queued;
pub use editions::{Carried, EditionRow, NewEdition, Placement, Published, PublishedEdition};
pub use entries::Stored;
pub use feeds::{FeedRow, Health, Next, Poll};
pub use lock::Lock;
pub use outbox::{DeliveryRow, Selection};
pub use pages::PageRow;
pub use relay_outage::RelayOutage;
pub use story_memory::StoryMemoryRow;
pub use subscriptions::Subscription;
pub use suppressions::Suppression;

/// Another process may hold the file for as long as its transaction takes.
const BUSY: Duration = Duration::from_secs(15);

/// What can go wrong with the database, in words for the owner.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the database {}: {cause}", path.display())]
    Open { path: PathBuf, cause: rusqlite::Error },
    #[error("the database {} was written by a newer tidings (its version is {found}, this program knows {known})", path.display())]
    Newer { path: PathBuf, found: usize, known: usize },
    #[error(
        "the database is in use by another program and did not become free within 15 s; what was to be done is done the next time"
    )]
    Busy,
    #[error("there is no room left on the disk of the database")]
    Full,
    #[error("the database: {0}")]
    Sqlite(rusqlite::Error),
    #[error("the database holds an entry that cannot be read: {0}")]
    Unreadable(#[from] serde_json::Error),
    #[error("cannot lock {}: {cause}", path.display())]
    Lock { path: PathBuf, cause: std::io::Error },
    #[error("the database worker stopped")]
    Stopped,
}

impl From<rusqlite::Error> for Error {
    fn from(e: rusqlite::Error) -> Self {
        match e.sqlite_error_code() {
            Some(rusqlite::ErrorCode::DatabaseBusy | rusqlite::ErrorCode::DatabaseLocked) => Self::Busy,
            Some(rusqlite::ErrorCode::DiskFull) => Self::Full,
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
    /// Opens the file, making it if need be, and brings its tables up to date.
    ///
    /// # Errors
    /// When the file cannot be opened, is no database, or is newer than this program.
    pub fn open(path: &Path) -> Result<Self> {
        let at = |cause: rusqlite::Error| match Error::from(cause) {
            Error::Sqlite(cause) => Error::Open { path: path.to_owned(), cause },
            plain => plain,
        };
        let connection = Connection::open(path).map_err(at)?;
        connection.busy_timeout(BUSY).map_err(at)?;
        // So that room can be given back. In a file of an older program it takes effect when
        // all of it is written anew.
        if connection.pragma_query_value(None, "auto_vacuum", |r| r.get::<_, i64>(0)).map_err(at)? == 0 {
            connection.execute_batch("PRAGMA auto_vacuum = INCREMENTAL; VACUUM").map_err(at)?;
        }
        // FULL: a delivery recorded must still be recorded after a power cut.
        connection.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;").map_err(at)?;
        migrate::up(&connection, path)?;
        connection.execute_batch("PRAGMA foreign_keys = ON").map_err(at)?;
        Ok(Self { connection })
    }

    /// Opens the file to look at it, without a chance of changing it. An empty store when
    /// there is no file yet.
    ///
    /// # Errors
    /// When the file cannot be opened, or is of another version than this program.
    pub fn look_at(path: &Path) -> Result<Self> {
        if !path.exists() {
            return Self::copy_of(path);
        }
        let at = |cause| Error::Open { path: path.to_owned(), cause };
        let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).map_err(at)?;
        connection.busy_timeout(BUSY).map_err(at)?;
        if !migrate::is_current(&connection).map_err(at)? {
            return Self::copy_of(path);
        }
        Ok(Self { connection })
    }

    /// A copy in memory of the file as it is, empty when there is none: to try out what
    /// would happen. The file is only read.
    ///
    /// # Errors
    /// When the file is there but cannot be read.
    pub fn copy_of(path: &Path) -> Result<Self> {
        let mut connection = Connection::open_in_memory()?;
        if path.exists() {
            let at = |cause| Error::Open { path: path.to_owned(), cause };
            let file = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).map_err(at)?;
            file.busy_timeout(BUSY).map_err(at)?;
            let backup = Backup::new(&file, &mut connection).map_err(at)?;
            backup.run_to_completion(1000, Duration::ZERO, None).map_err(at)?;
        }
        migrate::up(&connection, path)?;
        connection.execute_batch("PRAGMA foreign_keys = ON")?;
        Ok(Self { connection })
    }

    /// Runs `work` as one transaction: all of it happens, or none.
    ///
    /// # Errors
    /// Those of `work`, after which nothing has changed.
    pub fn transaction<T, E: From<Error>>(
        &mut self,
        work: impl FnOnce(&Self) -> std::result::Result<T, E>,
    ) -> std::result::Result<T, E> {
        let begin = |sql| self.connection.execute_batch(sql).map_err(|e| E::from(Error::from(e)));
        // IMMEDIATE: a reader that turns writer after somebody else's commit fails at
        // once, whatever the busy timeout says.
        begin("BEGIN IMMEDIATE")?;
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

#[cfg(test)]
impl Store {
    fn in_memory() -> Self {
        Self::copy_of(Path::new("/nonexistent/tidings.db")).unwrap()
    }
}
