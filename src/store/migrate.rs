//! Bringing an older database up to date: `PRAGMA user_version` counts the migrations a
//! file has had. They only ever go forward.

use std::path::Path;

use rusqlite::Connection;
use rusqlite::functions::FunctionFlags;

use super::{Error, Result};
use crate::model::canonical;

const MIGRATIONS: [&str; 16] = [
    include_str!("migrations/0001_first.sql"),
    include_str!("migrations/0002_outbox.sql"),
    include_str!("migrations/0003_years.sql"),
    include_str!("migrations/0004_doubt.sql"),
    include_str!("migrations/0005_trade_words.sql"),
    include_str!("migrations/0006_faults.sql"),
    include_str!("migrations/0007_marks.sql"),
    include_str!("migrations/0008_room.sql"),
    include_str!("migrations/0009_archive.sql"),
    include_str!("migrations/0010_readers.sql"),
    include_str!("migrations/0011_articles.sql"),
    include_str!("migrations/0012_mailboxes.sql"),
    include_str!("migrations/0013_books.sql"),
    include_str!("migrations/0014_one_mailbox.sql"),
    include_str!("migrations/0015_packed.sql"),
    include_str!("migrations/0016_editor.sql"),
];

/// By which a file is known to be ours (`file` on Unix shows it): "TIDG".
const APPLICATION_ID: i64 = 0x5449_4447;

/// Whether the file is ours; before its sixth version, known by its tables.
pub(super) fn is_ours(connection: &Connection) -> rusqlite::Result<bool> {
    let id: i64 = connection.pragma_query_value(None, "application_id", |r| r.get(0))?;
    let version: i64 = connection.pragma_query_value(None, "user_version", |r| r.get(0))?;
    // A file of ours has had a migration.
    if id == APPLICATION_ID && version > 0 {
        return Ok(true);
    }
    let ours = "SELECT count(*) FROM sqlite_schema
                WHERE type = 'table' AND name IN ('feed', 'seen', 'entry', 'edition', 'delivery', 'subscription')";
    let tables: i64 = connection.query_row(ours, [], |r| r.get(0))?;
    Ok(tables == 6 && version > 0)
}

/// The version of a file that has to be brought up to date.
pub(super) fn outdated(connection: &Connection, path: &Path) -> Result<Option<usize>> {
    let found = version(connection, path)?;
    Ok((found < MIGRATIONS.len()).then_some(found))
}

fn version(connection: &Connection, path: &Path) -> Result<usize> {
    let at = |cause| Error::Open { path: path.to_owned(), cause };
    let found: i64 = connection.pragma_query_value(None, "user_version", |r| r.get(0)).map_err(at)?;
    usize::try_from(found).map_err(|_| Error::Newer {
        path: path.to_owned(),
        found: usize::MAX,
        known: MIGRATIONS.len(),
    })
}

/// Whether the file is as this program knows it.
pub(super) fn is_current(connection: &Connection) -> rusqlite::Result<bool> {
    let found: i64 = connection.pragma_query_value(None, "user_version", |r| r.get(0))?;
    Ok(usize::try_from(found) == Ok(MIGRATIONS.len()))
}

pub(super) fn up(connection: &Connection, path: &Path) -> Result<()> {
    let at = |cause| Error::Open { path: path.to_owned(), cause };
    let found = version(connection, path)?;
    if found > MIGRATIONS.len() {
        return Err(Error::Newer { path: path.to_owned(), found, known: MIGRATIONS.len() });
    }
    if found == MIGRATIONS.len() {
        return Ok(());
    }
    give_functions(connection).map_err(at)?;
    // A table that is made anew would take along what refers to it. Takes effect only
    // outside a transaction.
    connection.execute_batch("PRAGMA foreign_keys = OFF; BEGIN IMMEDIATE").map_err(at)?;
    // Asked again under the lock: another process may have been here.
    for (done, sql) in MIGRATIONS.iter().enumerate().skip(version(connection, path)?) {
        connection.execute_batch(sql).map_err(at)?;
        connection.pragma_update(None, "user_version", done as i64 + 1).map_err(at)?;
    }
    connection.pragma_update(None, "application_id", APPLICATION_ID).map_err(at)?;
    connection.execute_batch("COMMIT").map_err(at)
}

/// What the migrations need that SQL cannot do.
fn give_functions(connection: &Connection) -> rusqlite::Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    connection.create_scalar_function("canonical_address", 1, flags, |context| {
        Ok(canonical(&context.get::<String>(0)?))
    })
}

/// Makes the tables of an older version.
#[cfg(test)]
pub(super) fn to_version(connection: &Connection, version: usize) {
    give_functions(connection).unwrap();
    MIGRATIONS.iter().take(version).for_each(|sql| connection.execute_batch(sql).unwrap());
    connection.pragma_update(None, "user_version", version as i64).unwrap();
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use data_encoding::HEXLOWER;
    use sha2::{Digest, Sha256};

    use super::super::Store;
    use super::*;
    use crate::model::{Decision, LookupKeys, State};

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
        assert_eq!(store.keep_by_key("c", &[], DateTime::UNIX_EPOCH), 0);
        let row = store.unsettled(DateTime::UNIX_EPOCH).unwrap().remove(0);
        assert_eq!((row.id, row.attempts, row.reply.as_deref()), (7, 1, Some("450 later")));
        let claimed = store.claim("2026-01-01T00:00:00Z".parse().unwrap()).unwrap().unwrap();
        assert_eq!((claimed.message_id.as_str(), claimed.token.as_deref()), ("<a@b>", Some("leave")));
    }

    /// Killed while sending: one mail delivered, one in hand, one put off, one held, one lost.
    #[test]
    fn an_older_database_is_taken_up_in_the_middle_of_an_edition() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("t.db");
        let old = Connection::open(&path).unwrap();
        MIGRATIONS[..4].iter().for_each(|sql| old.execute_batch(sql).unwrap());
        old.execute_batch(
            "PRAGMA user_version = 4;
             INSERT INTO edition VALUES (1, 'daily', 1, NULL, 100, 'Daily', 's', 'h', 't', 'token', 3);
             INSERT INTO delivery VALUES
               (1, 1, 'ada@example.org', NULL, 'html', '<1@b>', 'l1', 'b1', 'delivered', 100, 110, 1),
               (2, 1, 'bob@example.org', NULL, 'html', '<2@b>', 'l2', 'b2', 'sending', 100, 100, 1),
               (3, 1, 'cyd@example.org', NULL, 'html', '<3@b>', 'l3', 'b3', 'deferred', 100, 160, 1),
               (4, 1, 'dan@example.org', NULL, 'html', '<4@b>', 'l4', 'b4', 'unknown', 100, 115, 1),
               (5, 1, 'eve@example.org', NULL, 'html', '<5@b>', 'l5', 'b5', 'rejected', 100, 120, 1);
             INSERT INTO attempt VALUES (1, 1, 110, 'delivered', '2.0.0', '250 2.0.0 ok');
             INSERT INTO standstill VALUES (1, 90, 2, 'cannot connect');
             INSERT INTO doubt VALUES ('eve@example.org', 0);
             INSERT INTO setback VALUES ('cyd@example.org', 100, '452 4.2.2 full');
             INSERT INTO suspension VALUES ('eve@example.org', 120, '550 5.1.1');
             INSERT INTO trouble VALUES ('feed', 'dw', 5, 'it fails', 50, NULL);
             INSERT INTO told VALUES (1, 'daily', 'c', x'0102030405060708090a0b0c0d0e0f10', 100, 90, 'One', x'00ff01');
             INSERT INTO mark VALUES ('daily', 7, 1);",
        )
        .unwrap();
        drop(old);
        let store = Store::open(&path).unwrap();
        let rows: Vec<_> = store.deliveries_of(1).unwrap().into_iter().map(|d| (d.state, d.at)).collect();
        let at = |seconds| DateTime::from_timestamp(seconds, 0).unwrap();
        assert_eq!(
            rows,
            [
                (State::Delivered, at(110)),
                (State::Sending, at(100)),
                (State::Deferred, at(160)),
                (State::Unknown, at(115)),
                (State::Rejected, at(120)),
            ]
        );
        assert_eq!(store.reclaim(at(130), |_| Decision::RetryAt(at(130))).unwrap().tried_again, 1);
        let due = |now| store.claim(at(now)).unwrap().map(|d| (d.message_id, d.retry_from));
        assert_eq!(due(130), Some(("<2@b>".into(), at(100))));
        assert_eq!(due(159), None);
        assert_eq!(due(160), Some(("<3@b>".into(), at(100))));
        assert_eq!(store.relay_outage().unwrap().unwrap().failures, 2);
        assert_eq!(store.held_rejections().unwrap(), (1, 0));
        assert_eq!(store.suppressions().unwrap().len(), 1);
        assert_eq!(store.lost_since(at(120)).unwrap(), 1);
        assert_eq!(store.pending_alerts().unwrap(), [], "the owner has been alerted to it");
        let keys = LookupKeys { exact: vec![7], shingles: Vec::new() };
        let past = store.find_stories("daily", &[keys], at(0)).unwrap();
        assert_eq!(past[0].fingerprint, [1, 0, 0xff, 1], "in the first form that has a number");
    }

    #[test]
    fn who_left_under_another_spelling_of_their_address_has_left() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("t.db");
        let old = Connection::open(&path).unwrap();
        to_version(&old, 11);
        old.execute_batch(
            "INSERT INTO subscription (token, digest, address, left_at)
               VALUES ('t', 'daily', 'ada@xn--fsqu00a.xn--fiqs8s', 100), ('u', 'daily', 'bob@example.org', 100);
             INSERT INTO subscription (token, digest, address, source, requested, joined)
               VALUES ('v', 'daily', 'ada@例子.中国', 'a form', 1, 1), ('w', 'daily', '\"eli\"@example.org', 'a form', 1, 1),
                      ('x', 'daily', 'eli@example.org', 'a form', 1, 1), ('y', 'daily', '\"fay\"@example.org', 'a form', 1, 1);
             INSERT INTO suppression VALUES ('eve@xn--mnchen-3ya.example', 100, '550');",
        )
        .unwrap();
        drop(old);
        let store = Store::open(&path).unwrap();
        assert_eq!(store.token("daily", "ada@例子.中国", "fresh").unwrap(), None);
        assert_eq!(store.token("daily", "bob@example.org", "fresh").unwrap(), None);
        assert!(store.suppression("eve@münchen.example").unwrap().is_some());
        let readers: Vec<_> = store
            .subscribers("daily")
            .unwrap()
            .into_iter()
            .map(|reader| reader.address.to_string())
            .collect();
        assert_eq!(readers, ["eli@example.org", "fay@example.org"]);
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
            to_version(&old, version);
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
        let known = [
            "317505ec4392aa6e",
            "709c026962e4cef8",
            "91b26e953e8eff6c",
            "b8c1e3eed658451b",
            "70882620e04f8a64",
            "c673bd02a006a260",
            "59443e359278acdb",
            "70e486a201ffee4d",
            "5041b48e16443ad4",
            "3e18ae9d41b17bd7",
            "7953d17f6a4492af",
            "24c18dc6d4057d6a",
            "2573418491997636",
            "aaa548da1dc2e44a",
            "da6bbcda8ea6888f",
            "106892931d2f33b5",
        ];
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
