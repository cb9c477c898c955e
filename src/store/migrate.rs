//! Bringing an older database up to date: `PRAGMA user_version` counts the migrations a
//! file has had. They only ever go forward.

use std::path::Path;

use rusqlite::Connection;

use super::{Error, Result};

const MIGRATIONS: [&str; 1] = [include_str!("migrations/0001_first.sql")];

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
    connection.execute_batch("BEGIN IMMEDIATE").map_err(at)?;
    // Asked again under the lock: another process may have been here.
    for (done, sql) in MIGRATIONS.iter().enumerate().skip(version()?) {
        connection.execute_batch(sql).map_err(at)?;
        connection.pragma_update(None, "user_version", done as i64 + 1).map_err(at)?;
    }
    connection.execute_batch("COMMIT").map_err(at)
}

#[cfg(test)]
mod tests {
    use super::super::Store;
    use super::*;

    #[test]
    fn a_database_of_a_newer_program_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("t.db");
        drop(Store::open(&path).unwrap());
        Connection::open(&path).unwrap().pragma_update(None, "user_version", 99).unwrap();
        assert!(matches!(Store::open(&path), Err(Error::Newer { found: 99, .. })));
    }
}
