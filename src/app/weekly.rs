//! Readers who want one edition a week in place of all of them: it is made of what the editions of the week
//! showed, and comes out when the digest itself does for the last time in the week.

use chrono::{DateTime, Utc};

use super::serve::is_due;
use super::{App, Error};
use crate::config::{Config, Digest};
use crate::store::{self, Store};

/// So many stories make a week.
pub(super) const STORIES: usize = 20;

/// The digests, and behind them those that some of their readers get once a week.
pub(super) async fn all_digests(app: &App) -> Result<Vec<Digest>, Error> {
    let config = app.config.clone();
    Ok(app.db.call(move |store| with_weekly(&config, store)).await?)
}

/// The same, for whoever has the store.
pub(super) fn with_weekly(config: &Config, store: &Store) -> Result<Vec<Digest>, store::Error> {
    let mut digests = config.digests.clone();
    if store.has_weekly_readers()? {
        digests.extend(config.digests.iter().map(Digest::weekly));
    }
    Ok(digests)
}

/// The weekly edition of a digest, if its time has come, and that time.
///
/// # Errors
/// When the store fails.
pub async fn weekly_due(
    app: &App,
    digest: &Digest,
    now: DateTime<Utc>,
) -> Result<Option<(Digest, DateTime<Utc>)>, Error> {
    if !app.db.call(|store| store.has_weekly_readers()).await? {
        return Ok(None);
    }
    let weekly = digest.weekly();
    Ok(is_due(app, &weekly, now).await?.map(|due| (weekly, due)))
}
