//! Lists of readers that are taken in: who left or is not written to stays so, and what is bad costs nobody
//! else their place.

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::deliver::message;
use crate::parse::mailing_list::{BadLine, Listed};
use crate::store::{self, Consent, Joined, Store};

/// What became of a list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct TakenIn {
    pub new: usize,
    /// They were readers already.
    pub known: usize,
    /// They had left here, or are not written to, and that stays so.
    pub stays_away: usize,
    /// They have left, by the list itself.
    pub left: usize,
    pub bad: Vec<BadLine>,
}

/// Takes a list in for a digest; `source` says from where.
///
/// # Errors
/// When the store fails; then nobody was taken in.
pub fn take_in(
    store: &Store,
    digest: &str,
    listed: &[Listed],
    bad: Vec<BadLine>,
    source: &str,
    now: DateTime<Utc>,
) -> Result<TakenIn, store::Error> {
    let mut taken = TakenIn { bad, ..TakenIn::default() };
    // First who has left: a list may have them twice.
    for Listed { mailbox, requested, joined, source: own, left_at, .. } in
        listed.iter().filter(|listed| listed.left)
    {
        let address = mailbox.address.as_str();
        let fresh = message::random().map_err(store::Error::NoRandomness)?;
        let source = own.as_deref().unwrap_or(source);
        let left = left_at.filter(|left| *left <= now).unwrap_or(now);
        let consent = own.as_ref().and_then(|own| {
            Some(Consent { source: own.clone(), requested: (*requested)?, joined: (*joined)? })
        });
        store.import_departed(digest, mailbox, (source, consent.as_ref()), &fresh, left)?;
        if let Some(token) = store.subscription_of(digest, address)? {
            store.leave(&token, now)?;
        }
        taken.left += 1;
    }
    // Somebody who is suspended may have joined nothing.
    let joins = |listed: &&Listed| !listed.left && (listed.digest.is_some() || !listed.suspended);
    for Listed { mailbox, requested, joined, source: own, .. } in listed.iter().filter(joins) {
        let fresh = message::random().map_err(store::Error::NoRandomness)?;
        // What lies ahead is no time at which anybody did anything.
        let at = |time: &Option<DateTime<Utc>>| time.filter(|time| *time <= now).unwrap_or(now);
        let consent = Consent {
            source: own.as_deref().unwrap_or(source).to_owned(),
            requested: at(requested),
            joined: at(joined),
        };
        match store.subscribe(digest, mailbox, &consent, &fresh, false)? {
            Joined::New => taken.new += 1,
            Joined::Known => taken.known += 1,
            Joined::Unwanted => taken.stays_away += 1,
        }
    }
    // Last, so that they have what they are suspended from.
    for Listed { mailbox, .. } in listed.iter().filter(|listed| listed.suspended) {
        store.suppress(mailbox.address.as_str(), &format!("by {source}"), now)?;
    }
    Ok(taken)
}
