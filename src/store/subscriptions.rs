//! The table `subscription`: which mailbox gets which digest under which token, and which
//! has left.

use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension, params};

use super::deliveries::RECALLABLE;
use super::feeds::time;
use super::{Result, Store, tokens};

/// A mailbox x a digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    pub digest: String,
    pub address: String,
    /// Since when its reader wants no more of it.
    pub left: Option<DateTime<Utc>>,
}

impl Store {
    /// The token of a subscription, which is `fresh` if it had none. None when its reader
    /// has left.
    pub fn token(&self, digest: &str, address: &str, fresh: &str) -> Result<Option<String>> {
        // Whoever has left is not taken up again by writing their address in other letters.
        let mut query = self.connection.prepare_cached(
            "SELECT token, left_at IS NOT NULL FROM subscription
             WHERE digest = ?1 AND address = ?2 COLLATE NOCASE ORDER BY left_at IS NULL LIMIT 1",
        )?;
        let known = query
            .query_row(params![digest, address], |r| Ok((r.get(0)?, r.get::<_, bool>(1)?)))
            .optional()?;
        if let Some((token, has_left)) = known {
            return Ok((!has_left).then_some(token));
        }
        self.connection
            .prepare_cached("INSERT INTO subscription (digest, address, token) VALUES (?1, ?2, ?3)")?
            .execute(params![digest, address, fresh])?;
        Ok(Some(fresh.to_owned()))
    }

    /// Whose token this is.
    pub fn subscription(&self, token: &str) -> Result<Option<Subscription>> {
        let mut query = self.connection.prepare_cached(
            "SELECT token, digest, address, left_at FROM subscription WHERE token >= ?1 AND token < ?2",
        )?;
        let row = |r: &rusqlite::Row<'_>| {
            let left = r.get::<_, Option<i64>>(3)?.map(time);
            Ok((r.get(0)?, Subscription { digest: r.get(1)?, address: r.get(2)?, left }))
        };
        tokens::find(token, |first, end| query.query_map(params![first, end], row)?.collect())
    }

    /// The subscription of a mailbox to a digest.
    pub fn subscription_of(&self, digest: &str, address: &str) -> Result<Option<String>> {
        let mut query = self.connection.prepare_cached(
            "SELECT token FROM subscription WHERE digest = ?1 AND address = ?2 COLLATE NOCASE",
        )?;
        Ok(query.query_row(params![digest, address], |r| r.get(0)).optional()?)
    }

    /// Ends a subscription, and takes what waits for its reader out of the outbox. Once
    /// ended it stays so, from the first time.
    pub fn leave(&self, token: &str, now: DateTime<Utc>) -> Result<()> {
        if self.subscription(token)?.is_none() {
            return Ok(());
        }
        self.connection
            .prepare_cached("UPDATE subscription SET left_at = coalesce(left_at, ?2) WHERE token = ?1")?
            .execute(params![token, now.timestamp()])?;
        self.connection
            .prepare_cached(&format!(
                "UPDATE delivery SET state = 'dropped', settled_at = ?2 WHERE token = ?1 AND {}",
                *RECALLABLE
            ))?
            .execute(params![token, now.timestamp()])?;
        Ok(())
    }

    /// Who has left which digest, and when.
    pub fn departed(&self) -> Result<Vec<Subscription>> {
        let mut query = self.connection.prepare_cached(
            "SELECT digest, address, left_at FROM subscription WHERE left_at IS NOT NULL ORDER BY digest, address",
        )?;
        let rows = query.query_map([], |r| {
            Ok(Subscription { digest: r.get(0)?, address: r.get(1)?, left: Some(time(r.get(2)?)) })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Takes a mailbox that left up again, for every digest it left. Says how many.
    pub fn resume(&self, address: &str) -> Result<usize> {
        let resumed = self
            .connection
            .prepare_cached(
                "UPDATE subscription SET left_at = NULL WHERE address = ?1 COLLATE NOCASE AND left_at IS NOT NULL",
            )?
            .execute(params![address])?;
        Ok(resumed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_stays_and_who_leaves_has_none_until_resumed() {
        let store = Store::in_memory();
        let token = |fresh: &str| store.token("daily", "ada@example.org", fresh).unwrap();
        assert_eq!((token("one"), token("two")), (Some("one".into()), Some("one".into())));
        store.leave("one", time(10)).unwrap();
        store.leave("one", time(20)).unwrap();
        assert_eq!(token("three"), None);
        assert_eq!(store.token("daily", "Ada@Example.org", "other").unwrap(), None);
        assert_eq!(store.subscription("one").unwrap().unwrap().left, Some(time(10)));
        assert_eq!(store.subscription("forged").unwrap(), None);
        assert_eq!(store.departed().unwrap().len(), 1);
        assert_eq!(store.resume("ada@example.org").unwrap(), 1);
        assert_eq!(token("four"), Some("one".into()));
    }
}
