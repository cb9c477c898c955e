//! Bringing an older database up to date: `PRAGMA user_version` counts the migrations a
//! file has had. They only ever go forward.

use std::path::Path;

use rusqlite::Connection;

use super::{Error, Result};

const MIGRATIONS: [&str; 4] = [
    include_str!("migrations/0001_first.sql"),
    include_str!("migrations/0002_outbox.sql"),
    include_str!("migrations/0003_years.sql"),
    include_str!("migrations/0004_doubt.sql"),
];

/// Whether the file is as this program knows it.
pub(super) fn is_current(connection: &Connection) -> rusqlite::Result<bool> {
    let found: i64 = connection.pragma_query_value(None, "user_version", |r| r.get(0))?;
    Ok(usize::try_from(found) == Ok(MIGRATIONS.len()))
}

pub(super) fn up(connection: &Connection, path: &Path) -> Result<()> {
    let at = |cause| Error::Open { path: path.to_owned(), cause };
    let version = || -> Result<usize> {
        let found: i64 = connection.pragma_query_value(None, "user_version", |r| r.get(0)).map_err(at)?;
        usize::try_from(found).map_err(|_| Error::Newer {
            path: path.to_owned(),
            found: usize::MAX,
            known: MIGRATIONS.len(),
        })
    };
    let found = version()?;
    if found > MIGRATIONS.len() {
        return Err(Error::Newer { path: path.to_owned(), found, known: MIGRATIONS.len() });
    }
    if found == MIGRATIONS.len() {
        return Ok(());
    }
    // A table that is made anew would take along what refers to it. Takes effect only
    // outside a transaction.
    connection.execute_batch("PRAGMA foreign_keys = OFF; BEGIN IMMEDIATE").map_err(at)?;
    // Asked again under the lock: another process may have been here.
    for (done, sql) in MIGRATIONS.iter().enumerate().skip(version()?) {
        connection.execute_batch(sql).map_err(at)?;
        connection.pragma_update(None, "user_version", done as i64 + 1).map_err(at)?;
    }
    connection.execute_batch("COMMIT").map_err(at)
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use data_encoding::HEXLOWER;
    use sha2::{Digest, Sha256};

    use super::super::Store;
    use super::*;

    #[test]
    fn a_database_of_the_first_version_is_taken_over_as_it_is() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("t.db");
        let old = Connection::open(&path).unwrap();
        old.execute_batch(MIGRATIONS[0]).unwrap();
        old.execute_batch(
            "PRAGMA user_version = 1;
             INSERT INTO edition VALUES (1, 'daily', 1, NULL, 100, 'Daily', 's', 'h', 't', 'token');
             INSERT INTO delivery VALUES (7, 1, 'ada@example.org', NULL, 'html', '<a@b>', 'leave', 'deferred', 100, 160, 1);
             INSERT INTO attempt VALUES (1, 7, 100, 'deferred', '450 later');
             INSERT INTO seen VALUES ('c', x'01', 50), ('d', x'01', 60);",
        )
        .unwrap();
        drop(old);
        let store = Store::open(&path).unwrap();
        assert_eq!(store.keep("c", &[], DateTime::UNIX_EPOCH).unwrap(), 0);
        let row = store.unsettled(DateTime::UNIX_EPOCH).unwrap().remove(0);
        assert_eq!((row.id, row.attempts, row.reply.as_deref()), (7, 1, Some("450 later")));
        let claimed = store.claim("2026-01-01T00:00:00Z".parse().unwrap()).unwrap().unwrap();
        assert_eq!((claimed.message_id.as_str(), claimed.token.as_deref()), ("<a@b>", Some("leave")));
    }

    #[test]
    fn a_database_of_any_version_becomes_what_a_new_one_is() {
        let schema = |connection: &Connection| -> Vec<String> {
            let mut query = connection
                .prepare("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY type, name")
                .unwrap();
            query.query_map([], |r| r.get(0)).unwrap().map(|sql| sql.unwrap()).collect()
        };
        let dir = tempfile::tempdir().unwrap();
        let new = Store::open(&dir.path().join("new.db")).unwrap();
        for version in 1..MIGRATIONS.len() {
            let path = dir.path().join(format!("{version}.db"));
            let old = Connection::open(&path).unwrap();
            MIGRATIONS[..version].iter().for_each(|sql| old.execute_batch(sql).unwrap());
            old.pragma_update(None, "user_version", version as i64).unwrap();
            drop(old);
            assert_eq!(schema(&Store::open(&path).unwrap().connection), schema(&new.connection), "{version}");
        }
    }

    /// A file that has had a migration does not get it again: what changes is a new one.
    #[test]
    fn no_migration_that_databases_have_had_is_edited() {
        let hashes = MIGRATIONS.map(|sql| {
            let hash = Sha256::digest(sql);
            HEXLOWER.encode(&hash[..8])
        });
        let known = ["317505ec4392aa6e", "709c026962e4cef8", "91b26e953e8eff6c", "b8c1e3eed658451b"];
        assert_eq!(hashes, known);
    }

    #[test]
    fn a_database_of_a_newer_program_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("t.db");
        drop(Store::open(&path).unwrap());
        Connection::open(&path).unwrap().pragma_update(None, "user_version", 99).unwrap();
        assert!(matches!(Store::open(&path), Err(Error::Newer { found: 99, .. })));
    }
}
