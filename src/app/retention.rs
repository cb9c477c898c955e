//! What is older than the owner wants to keep goes, once a day.

use chrono::Duration;

use super::{App, Clock, Error};
use crate::config::{Config, Digest};
use crate::store::{self, Store};

const A_DAY: Duration = Duration::days(1);
/// Entries of a transaction, so that nobody waits for it; and such in a row.
const PACKED_AT_ONCE: u32 = 200;
const PACKED_IN_A_ROW: usize = 20;
/// Longer than their links confirm, and than they count.
const SIGNUPS: Duration = Duration::days(3);

/// Clears away what is old, if that was not done today.
///
/// # Errors
/// When the store fails.
pub async fn prune(app: &App, clock: &Clock) -> Result<(), Error> {
    let now = clock.now();
    let (config, keep) = (app.config.clone(), Duration::from_std(app.config.keep));
    let before = now - keep.unwrap_or(Duration::MAX);
    let pruned = app.db.call(move |store| {
        // A clock that was set back must not prune every minute.
        if (now - store.pruned()?).abs() < A_DAY {
            return Ok(None);
        }
        store.expire_signups(now - SIGNUPS)?;
        Ok::<_, store::Error>(Some(store.prune(before, &feeds_by_digest(&config), now)?))
    });
    if let Some((entries, editions)) = pruned.await? {
        app.db.outside(Store::shrink).await?;
        if entries + editions > 0 {
            tracing::info!(entries, editions, "cleared away what is older than `keep`");
        }
    }
    Ok(())
}

/// Packs what an earlier version of the program kept as it was, a little at a time.
///
/// # Errors
/// When the store fails.
pub async fn pack_older(app: &App) -> Result<(), Error> {
    for _ in 0..PACKED_IN_A_ROW {
        if app.db.call(|store| store.pack_older(PACKED_AT_ONCE)).await? == 0 {
            break;
        }
    }
    Ok(())
}

/// Each digest with its feeds.
fn feeds_by_digest(config: &Config) -> Vec<(String, Vec<String>)> {
    let feeds = |digest: &Digest| config.feeds_of(digest).map(|settings| settings.feed.id.clone()).collect();
    config.digests.iter().map(|digest| (digest.id.clone(), feeds(digest))).collect()
}
