//! The tables `preference`, `forgotten` and, of `subscription`, what is said of readers whom the
//! configuration does not name.

use chrono::{DateTime, Duration, Utc};
use rusqlite::{OptionalExtension, params};
use sha2::{Digest as _, Sha256};

use super::deliveries::RECALLABLE;
use super::feeds::time;
use super::{Result, Store};
use crate::model::{Address, Format, Mailbox};

/// What a reader wants of all their digests.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Preferences {
    /// None: as the configuration says.
    pub format: Option<Format>,
    pub paused_until: Option<DateTime<Utc>>,
    /// One edition a week in place of all of them.
    pub weekly: bool,
}

/// How somebody came to be a reader.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consent {
    /// By which form, file or command.
    pub source: String,
    pub requested: DateTime<Utc>,
    pub joined: DateTime<Utc>,
}

/// A digest that a mailbox gets, or got.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubscriptionRow {
    pub digest: String,
    pub address: String,
    pub name: Option<String>,
    pub left: Option<DateTime<Utc>>,
    /// None where the configuration names them, and of whom a list said that they had left.
    pub consent: Option<Consent>,
    /// The list that said so.
    pub left_by: Option<String>,
}

/// What became of somebody who was to be taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Joined {
    New,
    /// They were a reader already.
    Known,
    /// They had left, or are not written to for another reason, and that stays so.
    Unwanted,
}

/// What was to be sent before that is no news any more.
const UNDONE: Duration = Duration::days(1);

const ROW: &str = "digest, address, name, left_at, source, requested, joined";

fn row(r: &rusqlite::Row<'_>) -> rusqlite::Result<SubscriptionRow> {
    let source: Option<String> = r.get(4)?;
    let joined: Option<i64> = r.get(6)?;
    let requested: Option<i64> = r.get(5)?;
    let left_by = source.clone().filter(|_| joined.is_none());
    Ok(SubscriptionRow {
        digest: r.get(0)?,
        address: r.get(1)?,
        name: r.get(2)?,
        left: r.get::<_, Option<i64>>(3)?.map(time),
        consent: source.zip(joined).map(|(source, joined)| Consent {
            source,
            requested: time(requested.unwrap_or(joined)),
            joined: time(joined),
        }),
        left_by,
    })
}

fn hash(address: &str) -> Vec<u8> {
    Sha256::digest(address.to_lowercase().as_bytes()).to_vec()
}

/// Of an address, and of its spelling in ASCII, which earlier versions took for another.
fn hashes(address: &str) -> Vec<Vec<u8>> {
    let ascii = address.parse::<Address>().ok().filter(|_| !address.is_ascii());
    let ascii = ascii.map(|address| hash(&format!("{}@{}", address.local_part(), address.domain())));
    [Some(hash(address)), ascii].into_iter().flatten().collect()
}

impl Store {
    /// What the reader at an address wants; nothing of their own, if they never said so.
    pub fn preferences(&self, address: &str) -> Result<Preferences> {
        let mut query = self
            .connection
            .prepare_cached("SELECT format, paused_until, weekly FROM preference WHERE address = ?1")?;
        let found = query.query_row(params![address], |r| {
            Ok(Preferences {
                format: r.get(0)?,
                paused_until: r.get::<_, Option<i64>>(1)?.map(time),
                weekly: r.get(2)?,
            })
        });
        Ok(found.optional()?.unwrap_or_default())
    }

    /// Keeps what a reader wants.
    pub fn prefer(&self, address: &str, wanted: &Preferences) -> Result<()> {
        self.connection
            .prepare_cached(
                "INSERT INTO preference (address, format, paused_until, weekly) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (address) DO UPDATE SET format = ?2, paused_until = ?3, weekly = ?4",
            )?
            .execute(params![
                address,
                wanted.format,
                wanted.paused_until.map(|until| until.timestamp()),
                wanted.weekly
            ])?;
        Ok(())
    }

    /// Whether anybody wants a digest once a week.
    pub fn has_weekly_readers(&self) -> Result<bool> {
        Ok(self.connection.prepare_cached("SELECT 1 FROM preference WHERE weekly = 1 LIMIT 1")?.exists([])?)
    }

    /// Whether anybody wants books of their own accord.
    pub fn has_book_readers(&self) -> Result<bool> {
        Ok(self
            .connection
            .prepare_cached("SELECT 1 FROM preference WHERE format = 'epub' LIMIT 1")?
            .exists([])?)
    }

    /// Who joined a digest and has not left it, whatever the configuration says.
    pub fn subscribers(&self, digest: &str) -> Result<Vec<Mailbox>> {
        let mut query = self.connection.prepare_cached(
            "SELECT address, name FROM subscription
             WHERE digest = ?1 AND joined IS NOT NULL AND left_at IS NULL ORDER BY rowid",
        )?;
        let rows = query
            .query_map(params![digest], |r| Ok((r.get::<_, String>(0)?, r.get::<_, Option<String>>(1)?)))?;
        let mut subscribers = Vec::new();
        for row in rows {
            let (address, name) = row?;
            // They were checked when they came in; an address that is none is nobody.
            if let Ok(address) = address.parse::<Address>() {
                subscribers.push(Mailbox { name, address });
            }
        }
        Ok(subscribers)
    }

    /// All that is known of the subscriptions of an address.
    pub fn subscriptions_of(&self, address: &str) -> Result<Vec<SubscriptionRow>> {
        let mut query = self.connection.prepare_cached(&format!(
            "SELECT {ROW} FROM subscription WHERE address = ?1 COLLATE NOCASE ORDER BY digest"
        ))?;
        Ok(query.query_map(params![address], row)?.collect::<rusqlite::Result<_>>()?)
    }

    /// Everybody who ever got a digest or asked for one, by address.
    pub fn all_subscriptions(&self) -> Result<Vec<SubscriptionRow>> {
        let mut query = self.connection.prepare_cached(&format!(
            "SELECT {ROW} FROM subscription ORDER BY address COLLATE NOCASE, digest"
        ))?;
        Ok(query.query_map([], row)?.collect::<rusqlite::Result<_>>()?)
    }

    /// Takes a reader in. `returns`: whether they themselves asked for it, so that having left
    /// before says nothing; `fresh` is the token of a new subscription.
    pub fn subscribe(
        &self,
        digest: &str,
        mailbox: &Mailbox,
        consent: &Consent,
        fresh: &str,
        returns: bool,
    ) -> Result<Joined> {
        let address = mailbox.address.as_str();
        if self.is_forgotten(address)? || self.suppression(address)?.is_some() {
            return Ok(Joined::Unwanted);
        }
        let mut known = self.connection.prepare_cached(
            "SELECT rowid, left_at IS NOT NULL, joined IS NOT NULL FROM subscription
             WHERE address = ?1 COLLATE NOCASE AND digest = ?2",
        )?;
        let known: Option<(i64, bool, bool)> = known
            .query_row(params![address, digest], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)))
            .optional()?;
        let (requested, joined) = (consent.requested.timestamp(), consent.joined.timestamp());
        match known {
            Some((_, true, _)) if !returns => return Ok(Joined::Unwanted),
            Some((_, false, true)) => return Ok(Joined::Known),
            Some((id, ..)) => {
                self.connection
                    .prepare_cached(
                        "UPDATE subscription
                         SET left_at = NULL, name = coalesce(?2, name), source = ?3, requested = ?4, joined = ?5
                         WHERE rowid = ?1",
                    )?
                    .execute(params![id, mailbox.name, consent.source, requested, joined])?;
            }
            None => {
                self.connection
                    .prepare_cached(
                        "INSERT INTO subscription (digest, address, token, name, source, requested, joined)
                         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                    )?
                    .execute(params![
                        digest,
                        address,
                        fresh,
                        mailbox.name,
                        consent.source,
                        requested,
                        joined
                    ])?;
            }
        }
        Ok(Joined::New)
    }

    /// Keeps that somebody left then, whom another program had on its list; with how they had joined, if it
    /// says so.
    pub fn import_departed(
        &self,
        digest: &str,
        mailbox: &Mailbox,
        (source, consent): (&str, Option<&Consent>),
        fresh: &str,
        left: DateTime<Utc>,
    ) -> Result<()> {
        self.connection
            .prepare_cached(
                "INSERT INTO subscription (digest, address, token, left_at, source, name, requested, joined)
                 SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8 WHERE NOT EXISTS
                   (SELECT 1 FROM subscription WHERE address = ?2 COLLATE NOCASE AND digest = ?1)",
            )?
            .execute(params![
                digest,
                mailbox.address.as_str(),
                fresh,
                left.timestamp(),
                source,
                mailbox.name,
                consent.map(|consent| consent.requested.timestamp()),
                consent.map(|consent| consent.joined.timestamp()),
            ])?;
        Ok(())
    }

    /// Takes a reader who left by a link up again, by the same link, with the mails that were taken out of
    /// the outbox when they left, unless that was long ago.
    pub fn come_back(&self, token: &str, now: DateTime<Utc>) -> Result<bool> {
        if self.subscription(token)?.is_none() {
            return Ok(false);
        }
        self.connection
            .prepare_cached(
                "UPDATE delivery SET state = CASE attempts WHEN 0 THEN 'pending' ELSE 'deferred' END
                 WHERE token = ?1 AND state = 'dropped' AND settled_at > ?2
                   AND settled_at = (SELECT left_at FROM subscription WHERE token = ?1)",
            )?
            .execute(params![token, (now - UNDONE).timestamp()])?;
        let changed = self
            .connection
            .prepare_cached("UPDATE subscription SET left_at = NULL WHERE token = ?1")?
            .execute(params![token])?;
        Ok(changed == 1)
    }

    /// Takes what waits for a reader out of the outbox.
    pub fn recall(&self, address: &str, now: DateTime<Utc>) -> Result<()> {
        self.connection
            .prepare_cached(&format!(
                "UPDATE delivery SET state = 'dropped', settled_at = ?2
                 WHERE address = ?1 COLLATE NOCASE AND {}",
                *RECALLABLE
            ))?
            .execute(params![address, now.timestamp()])?;
        Ok(())
    }

    /// Erases a person, and keeps that they are not to be written to. Says whether anything was
    /// known of them.
    pub fn forget(&self, address: &str, now: DateTime<Utc>) -> Result<bool> {
        // Also what is being sent right now: nothing is noted of it any more.
        self.connection
            .prepare_cached(
                "UPDATE delivery SET state = 'dropped', settled_at = ?2
                 WHERE address = ?1 COLLATE NOCASE AND state IN ('pending', 'deferred', 'sending', 'unknown')",
            )?
            .execute(params![address, now.timestamp()])?;
        let mut known = 0;
        for sql in [
            "DELETE FROM attempt WHERE delivery IN (SELECT id FROM delivery WHERE address = ?1 COLLATE NOCASE)",
            "UPDATE delivery SET address = 'forgotten-' || id || '@erased.invalid', name = NULL, token = NULL WHERE address = ?1 COLLATE NOCASE",
            "DELETE FROM subscription WHERE address = ?1 COLLATE NOCASE",
            "DELETE FROM preference WHERE address = ?1",
            "DELETE FROM signup WHERE address = ?1",
            "DELETE FROM letter WHERE address = ?1 COLLATE NOCASE",
            "DELETE FROM suppression WHERE address = ?1 COLLATE NOCASE",
            "DELETE FROM soft_bounce WHERE address = ?1 COLLATE NOCASE",
            "DELETE FROM alert WHERE subject = ?1 COLLATE NOCASE OR instr(lower(words), lower(?1)) > 0",
        ] {
            known += self.connection.prepare_cached(sql)?.execute(params![address])?;
        }
        self.connection
            .prepare_cached("INSERT OR IGNORE INTO forgotten (hash, at) VALUES (?1, ?2)")?
            .execute(params![hash(address), now.timestamp()])?;
        Ok(known > 0)
    }

    /// Makes the file anew, so that what was deleted is nowhere in it: SQLite leaves it in pages that are
    /// free. Takes as long as the file is large.
    pub fn scrub(&self) -> Result<()> {
        self.connection.execute_batch("VACUUM")?;
        // Says how it went by a row, and does what it can.
        let checkpointed = self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
        Ok(checkpointed?)
    }

    /// Keeps no more that a person is not to be written to. Says whether it was kept.
    pub fn unforget(&self, address: &str) -> Result<bool> {
        let mut forgotten = 0;
        for hash in hashes(address) {
            forgotten += self
                .connection
                .prepare_cached("DELETE FROM forgotten WHERE hash = ?1")?
                .execute(params![hash])?;
        }
        Ok(forgotten > 0)
    }

    /// Whether a person was erased and is not to be written to.
    pub fn is_forgotten(&self, address: &str) -> Result<bool> {
        let mut any = self.connection.prepare_cached("SELECT 1 FROM forgotten LIMIT 1")?;
        if !any.exists([])? {
            return Ok(false);
        }
        let mut query = self.connection.prepare_cached("SELECT 1 FROM forgotten WHERE hash = ?1")?;
        for hash in hashes(address) {
            if query.exists(params![hash])? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
