//! The only asynchronous door to the store.

use std::sync::{Arc, Mutex};

use super::{Error, Result, Store};

/// A handle that many tasks can hold; each call is one transaction.
#[derive(Clone)]
pub struct Db(Arc<Mutex<Store>>);

impl Db {
    /// Shares an open store.
    pub fn new(store: Store) -> Self {
        Self(Arc::new(Mutex::new(store)))
    }

    /// Runs `work` as one transaction on a thread that may block.
    ///
    /// # Errors
    /// Those of `work`, after which nothing has changed.
    pub async fn call<T, E, F>(&self, work: F) -> std::result::Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
        F: FnOnce(&Store) -> std::result::Result<T, E> + Send + 'static,
    {
        let db = self.clone();
        tokio::task::spawn_blocking(move || db.here(work)).await.map_err(|_| E::from(Error::Stopped))?
    }

    /// Runs `work` as one transaction on this thread, which may block.
    ///
    /// # Errors
    /// Those of `work`, after which nothing has changed.
    pub fn here<T, E: From<Error>>(
        &self,
        work: impl FnOnce(&Store) -> std::result::Result<T, E>,
    ) -> std::result::Result<T, E> {
        // A panic under the lock has been rolled back by the connection's own
        // transaction state: BEGIN fails loudly if it has not.
        let mut store = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        store.transaction(work)
    }

    /// Runs `work`, which must not be in a transaction.
    ///
    /// # Errors
    /// Those of `work`.
    pub async fn outside<F>(&self, work: F) -> Result<()>
    where
        F: FnOnce(&Store) -> Result<()> + Send + 'static,
    {
        let store = Arc::clone(&self.0);
        let run = move || work(&store.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
        tokio::task::spawn_blocking(run).await.map_err(|_| Error::Stopped)?
    }
}

/// A connection that only reads, for many tasks: whoever reads much keeps nobody from writing.
#[derive(Clone)]
pub struct Reader(Arc<Mutex<Store>>);

impl Reader {
    /// Shares a store that was opened to be looked at.
    pub fn new(store: Store) -> Self {
        Self(Arc::new(Mutex::new(store)))
    }

    /// Runs `work` on a thread that may block; it sees one state of the database.
    ///
    /// # Errors
    /// Those of `work`.
    pub async fn call<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Store) -> Result<T> + Send + 'static,
    {
        let store = Arc::clone(&self.0);
        let run = move || store.lock().unwrap_or_else(std::sync::PoisonError::into_inner).reading(work);
        tokio::task::spawn_blocking(run).await.map_err(|_| Error::Stopped)?
    }
}
