//! The tables `signup` and `letter`: who asked for digests and has not confirmed it, and the mails to
//! readers that are no editions.

use chrono::{DateTime, Duration, Utc};
use rusqlite::{OptionalExtension, params};

use super::feeds::time;
use super::{Result, Store, tokens};
use crate::model::Mailbox;

/// Who asked for what, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signup {
    pub address: String,
    pub name: Option<String>,
    pub digests: Vec<String>,
    pub source: String,
    pub requested: DateTime<Utc>,
    /// Whether its link has done its work.
    pub is_confirmed: bool,
}

/// How often somebody asked since a time, by address and by network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked {
    pub by_address: usize,
    pub by_network: usize,
}

/// A mail to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    pub id: i64,
    pub address: String,
    pub name: Option<String>,
    pub subject: String,
    pub text: String,
    pub attempts: u32,
    pub expires: DateTime<Utc>,
}

impl Store {
    /// Keeps that somebody asked.
    pub fn sign_up(&self, signup: &Signup, token: &str, network: Option<&str>) -> Result<()> {
        self.connection
            .prepare_cached(
                "INSERT INTO signup (token, address, name, digests, source, network, requested)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?
            .execute(params![
                token,
                signup.address,
                signup.name,
                serde_json::to_string(&signup.digests)?,
                signup.source,
                network,
                signup.requested.timestamp(),
            ])?;
        Ok(())
    }

    /// How often that address and that network asked since then.
    pub fn asked(&self, address: &str, network: Option<&str>, since: DateTime<Utc>) -> Result<Asked> {
        let count = |sql: &str, value: Option<&str>| -> Result<usize> {
            let mut query = self.connection.prepare_cached(sql)?;
            let count: i64 = query.query_row(params![value, since.timestamp()], |r| r.get(0))?;
            Ok(usize::try_from(count).unwrap_or_default())
        };
        Ok(Asked {
            by_address: count(
                "SELECT count(*) FROM signup WHERE address = ?1 AND requested > ?2",
                Some(address),
            )?,
            by_network: count("SELECT count(*) FROM signup WHERE network IS ?1 AND requested > ?2", network)?,
        })
    }

    /// What was asked for under a token since then.
    pub fn signup(&self, token: &str, since: DateTime<Utc>) -> Result<Option<Signup>> {
        let mut query = self.connection.prepare_cached(
            "SELECT token, address, name, digests, source, requested, confirmed IS NOT NULL FROM signup
             WHERE token >= ?1 AND token < ?2",
        )?;
        let row = |r: &rusqlite::Row<'_>| {
            let digests: String = r.get(3)?;
            Ok((
                r.get(0)?,
                Signup {
                    address: r.get(1)?,
                    name: r.get(2)?,
                    digests: serde_json::from_str(&digests).unwrap_or_default(),
                    source: r.get(4)?,
                    requested: time(r.get(5)?),
                    is_confirmed: r.get(6)?,
                },
            ))
        };
        let found = tokens::find(token, |first, end| query.query_map(params![first, end], row)?.collect())?;
        Ok(found.filter(|signup: &Signup| signup.requested > since))
    }

    /// What was asked for is confirmed: its link has done its work.
    pub fn end_signup(&self, token: &str, now: DateTime<Utc>) -> Result<()> {
        self.connection
            .prepare_cached("UPDATE signup SET confirmed = ?2 WHERE token = ?1")?
            .execute(params![token, now.timestamp()])?;
        Ok(())
    }

    /// Forgets what was asked for before that time.
    pub fn expire_signups(&self, before: DateTime<Utc>) -> Result<()> {
        self.connection
            .prepare_cached("DELETE FROM signup WHERE requested < ?1")?
            .execute(params![before.timestamp()])?;
        Ok(())
    }

    /// Has a mail sent to a reader.
    pub fn write_letter(
        &self,
        to: &Mailbox,
        (subject, text): (&str, &str),
        now: DateTime<Utc>,
        worth: Duration,
    ) -> Result<()> {
        self.connection
            .prepare_cached(
                "INSERT INTO letter (address, name, subject, text, next_attempt, expires)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?
            .execute(params![
                to.address.as_str(),
                to.name,
                subject,
                text,
                now.timestamp(),
                (now + worth).timestamp()
            ])?;
        Ok(())
    }

    /// The next mail that is to be sent now.
    pub fn due_letter(&self, now: DateTime<Utc>) -> Result<Option<Letter>> {
        self.connection
            .prepare_cached("DELETE FROM letter WHERE expires < ?1")?
            .execute(params![now.timestamp()])?;
        let mut query = self.connection.prepare_cached(
            "SELECT id, address, name, subject, text, attempts, expires FROM letter
             WHERE next_attempt <= ?1 ORDER BY next_attempt, id LIMIT 1",
        )?;
        let letter = query.query_row(params![now.timestamp()], |r| {
            Ok(Letter {
                id: r.get(0)?,
                address: r.get(1)?,
                name: r.get(2)?,
                subject: r.get(3)?,
                text: r.get(4)?,
                attempts: r.get(5)?,
                expires: time(r.get(6)?),
            })
        });
        Ok(letter.optional()?)
    }

    /// A mail was sent, or never can be.
    pub fn settle_letter(&self, id: i64) -> Result<()> {
        self.connection.prepare_cached("DELETE FROM letter WHERE id = ?1")?.execute(params![id])?;
        Ok(())
    }

    /// A mail is tried again then. Written down before each try, so that one that brings the program
    /// down is not tried over and over.
    pub fn defer_letter(&self, id: i64, next: DateTime<Utc>) -> Result<()> {
        self.connection
            .prepare_cached("UPDATE letter SET attempts = attempts + 1, next_attempt = ?2 WHERE id = ?1")?
            .execute(params![id, next.timestamp()])?;
        Ok(())
    }
}
