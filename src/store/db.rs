//! The only asynchronous door to the store.

use std::sync::{Arc, Mutex};

use super::{Error, Result, Store};

/// A handle that many tasks can hold; each call is one transaction.
#[derive(Clone)]
pub struct Db(Arc<Mutex<Store>>);

impl Db {
    pub fn new(store: Store) -> Self {
        Self(Arc::new(Mutex::new(store)))
    }

    /// Runs `work` as one transaction on a thread that may block.
    ///
    /// # Errors
    /// Those of `work`, after which nothing has changed.
    pub async fn call<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Store) -> Result<T> + Send + 'static,
    {
        let store = Arc::clone(&self.0);
        let run = move || {
            // A panic under the lock has been rolled back by the connection's own
            // transaction state: BEGIN fails loudly if it has not.
            let mut store = store.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            store.transaction(work)
        };
        tokio::task::spawn_blocking(run).await.map_err(|_| Error::Stopped)?
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
