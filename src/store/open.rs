//! Opening the file: a new one is made whole before it has its name, one that is not ours is left
//! alone, an older one is copied before it is brought up to date.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::backup::Backup;
use rusqlite::{Connection, OpenFlags};
use rustix::fs::StatVfsMountFlags;

use super::{Error, Result, Store, migrate};
use crate::files;

/// Another process may hold the file for as long as its transaction takes.
const BUSY: Duration = Duration::from_secs(15);

impl Store {
    /// Opens the file, making it if need be, and brings its tables up to date.
    ///
    /// # Errors
    /// When the file cannot be opened, is not ours, or is newer than this program.
    pub fn open(path: &Path) -> Result<Self> {
        if !is_there(path)? {
            create(path)?;
        }
        let at = at(path);
        let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE).map_err(&at)?;
        connection.busy_timeout(BUSY).map_err(&at)?;
        check_ours(&connection, path)?;
        if let Some(version) = migrate::outdated(&connection, path)? {
            keep_copy(&connection, path, version)?;
        }
        set_up(&connection).map_err(&at)?;
        migrate::up(&connection, path)?;
        connection.execute_batch("PRAGMA foreign_keys = ON").map_err(&at)?;
        Ok(Self { connection })
    }

    /// Opens the file to look at it, without a chance of changing it. An empty store when
    /// there is no file yet.
    ///
    /// # Errors
    /// When the file cannot be opened, or is of another version than this program.
    pub fn look_at(path: &Path) -> Result<Self> {
        if !is_there(path)? {
            return Self::copy_of(path);
        }
        let connection = read_only(path)?;
        check_ours(&connection, path)?;
        if !migrate::is_current(&connection).map_err(at(path))? {
            return Self::copy_of(path);
        }
        Ok(Self { connection })
    }

    /// Whether the file at `path` is still what it was when it was opened: not cut off, removed or
    /// replaced. A process that has it open would not notice.
    ///
    /// # Errors
    /// What has become of it.
    pub fn check(path: &Path, opened: FileId) -> Result<()> {
        match FileId::of(path) {
            None => return Err(Error::Gone { path: path.to_owned() }),
            Some(found) if found != opened => return Err(Error::Replaced { path: path.to_owned() }),
            Some(_) => {}
        }
        check_ours(&read_only(path)?, path)
    }

    /// A copy in memory of the file as it is, empty when there is none: to try out what
    /// would happen. The file is only read.
    ///
    /// # Errors
    /// When the file is there but cannot be read.
    pub fn copy_of(path: &Path) -> Result<Self> {
        let mut connection = Connection::open_in_memory()?;
        if is_there(path)? {
            let file = read_only(path)?;
            check_ours(&file, path)?;
            copy(&file, &mut connection).map_err(at(path))?;
        }
        migrate::up(&connection, path)?;
        connection.execute_batch("PRAGMA foreign_keys = ON")?;
        Ok(Self { connection })
    }
}

/// Which file it is, whatever its name: device and inode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileId(u64, u64);

impl FileId {
    /// None when there is no such file.
    pub fn of(path: &Path) -> Option<Self> {
        fs::metadata(path).ok().map(|about| Self(about.dev(), about.ino()))
    }
}

/// Whether there is a file to open. Where something shows that there was one, to begin anew would
/// mail everything again.
fn is_there(path: &Path) -> Result<bool> {
    let log = beside(path, "-wal");
    match fs::metadata(path) {
        Ok(about) if about.is_file() => Ok(true),
        Ok(_) => Err(Error::NoFile { path: path.to_owned() }),
        Err(_) if path.is_symlink() => {
            let target = fs::read_link(path).unwrap_or_default();
            Err(Error::LinkToNothing { path: path.to_owned(), target })
        }
        Err(_) if fs::metadata(&log).is_ok_and(|about| about.len() > 0) => {
            Err(Error::LogOnly { path: path.to_owned(), log })
        }
        Err(_) => Ok(false),
    }
}

/// Errors about this file.
fn at(path: &Path) -> impl Fn(rusqlite::Error) -> Error {
    let path = path.to_owned();
    move |cause| match Error::from(cause) {
        Error::Sqlite(cause) if is_the_disks(&cause) => disk_error(&path, cause),
        Error::Sqlite(cause) => Error::Open { path: path.clone(), cause },
        Error::Damaged { cause, .. } => Error::Damaged { path: Some(path.clone()), cause },
        plain => plain,
    }
}

/// Whether the disk, or the right to write on it, may be what is wrong.
fn is_the_disks(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(
            rusqlite::ErrorCode::CannotOpen
                | rusqlite::ErrorCode::ReadOnly
                | rusqlite::ErrorCode::DiskFull
                | rusqlite::ErrorCode::SystemIoFailure
        )
    )
}

/// What is wrong with the disk: SQLite says only that it cannot open a file.
fn disk_error(path: &Path, cause: rusqlite::Error) -> Error {
    match rustix::fs::statvfs(path) {
        Ok(disk) if disk.f_flag.contains(StatVfsMountFlags::RDONLY) => {
            Error::ReadOnly { path: path.to_owned() }
        }
        Ok(disk) if disk.f_bavail == 0 => Error::Full,
        _ => Error::Open { path: path.to_owned(), cause },
    }
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// Makes the file under another name first: whoever is killed meanwhile leaves no empty file that
/// would look like one that has lost everything.
fn create(path: &Path) -> Result<()> {
    let unfinished = beside(path, &format!(".new-{}", std::process::id()));
    let made = create_at(&unfinished).and_then(|()| {
        let named = fs::hard_link(&unfinished, path);
        match named {
            // Another process was quicker.
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            // Not every file system has links.
            Err(_) => fs::rename(&unfinished, path),
            Ok(()) => Ok(()),
        }
        .and_then(|()| files::sync_folder_of(path))
        .map_err(|cause| Error::Create { path: path.to_owned(), cause })
    });
    // Gone already if it was renamed.
    let _ = fs::remove_file(&unfinished);
    made
}

fn create_at(path: &Path) -> Result<()> {
    let at = at(path);
    let cannot = |cause| Error::Create { path: path.to_owned(), cause };
    // What people read is nobody else's business.
    OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path).map_err(cannot)?;
    let connection = Connection::open(path).map_err(&at)?;
    set_up(&connection).map_err(&at)?;
    migrate::up(&connection, path)?;
    connection.close().map_err(|(_, cause)| at(cause))?;
    File::open(path).and_then(|file| file.sync_all()).map_err(cannot)
}

/// How the file is kept, which it remembers itself but for `synchronous`.
fn set_up(connection: &Connection) -> rusqlite::Result<()> {
    // So that room can be given back. In a file of an older program it takes effect when
    // all of it is written anew.
    if connection.pragma_query_value(None, "auto_vacuum", |r| r.get::<_, i64>(0))? == 0 {
        connection.execute_batch("PRAGMA auto_vacuum = INCREMENTAL; VACUUM")?;
    }
    // FULL: a delivery recorded must still be recorded after a power cut.
    connection.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;")
}

/// Leaves alone what is not ours, and what was emptied: to take it for new would mail every reader
/// again, and those who have left.
fn check_ours(connection: &Connection, path: &Path) -> Result<()> {
    let tables = "SELECT count(*) FROM sqlite_schema WHERE type = 'table'";
    let tables: i64 = connection.query_row(tables, [], |r| r.get(0)).map_err(at(path))?;
    if tables == 0 {
        return Err(Error::Emptied { path: path.to_owned() });
    }
    if migrate::is_ours(connection).map_err(at(path))? {
        Ok(())
    } else {
        Err(Error::Foreign { path: path.to_owned() })
    }
}

/// Keeps the file as it was before it is brought up to date, beside it.
fn keep_copy(connection: &Connection, path: &Path, version: usize) -> Result<()> {
    let kept = beside(path, &format!(".version-{version}"));
    let unfinished = beside(path, &format!(".copy-{}", std::process::id()));
    let cannot = |cause| Error::Copy { path: kept.clone(), cause };
    OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&unfinished)
        .map_err(cannot)?;
    let copied = Connection::open(&unfinished).and_then(|mut to| copy(connection, &mut to));
    match copied {
        Ok(()) => fs::rename(&unfinished, &kept).map_err(cannot),
        Err(cause) => {
            let _ = fs::remove_file(&unfinished);
            Err(cannot(io::Error::other(cause)))
        }
    }
}

fn copy(from: &Connection, to: &mut Connection) -> rusqlite::Result<()> {
    Backup::new(from, to)?.run_to_completion(1000, Duration::ZERO, None)
}

/// Opens the file for reading only; also on a disk that is full, or mounted so, where SQLite cannot
/// make the file by which readers and writers agree: then nobody is writing either.
fn read_only(path: &Path) -> Result<Connection> {
    let open = |name: &Path, flags| -> rusqlite::Result<Connection> {
        let connection = Connection::open_with_flags(name, flags)?;
        connection.busy_timeout(BUSY)?;
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
        Ok(connection)
    };
    let read_only = OpenFlags::SQLITE_OPEN_READ_ONLY;
    let error = match open(path, read_only) {
        Ok(connection) => return Ok(connection),
        Err(e) => e,
    };
    if !is_the_disks(&error) {
        return Err(at(path)(error));
    }
    let name: String = path
        .to_string_lossy()
        .chars()
        .map(|c| match c {
            '%' => "%25".into(),
            '?' => "%3f".into(),
            '#' => "%23".into(),
            c => c.to_string(),
        })
        .collect();
    let uri = PathBuf::from(format!("file:{name}?immutable=1"));
    open(&uri, read_only | OpenFlags::SQLITE_OPEN_URI).map_err(|_| at(path)(error))
}

#[cfg(test)]
impl Store {
    pub(super) fn in_memory() -> Self {
        Self::copy_of(Path::new("/nonexistent/tidings.db")).unwrap()
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_new_file_is_private_and_whole() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("t.db");
        drop(Store::open(&path).unwrap());
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let names: Vec<_> = fs::read_dir(dir.path())
            .unwrap()
            .map(|f| f.unwrap().file_name().into_string().unwrap())
            .collect();
        assert_eq!(names, ["t.db"]);
        drop(Store::open(&path).unwrap());
    }

    #[test]
    fn a_file_that_was_emptied_is_not_taken_for_new() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("t.db");
        fs::write(&path, "").unwrap();
        assert!(matches!(Store::open(&path), Err(Error::Emptied { .. })));
        assert_eq!(fs::metadata(&path).unwrap().len(), 0);
    }

    #[test]
    fn where_something_is_left_of_a_database_none_is_begun() {
        let dir = tempfile::tempdir().unwrap();
        let (linked, left, folder) =
            (dir.path().join("l.db"), dir.path().join("t.db"), dir.path().join("f.db"));
        std::os::unix::fs::symlink("/not/mounted/t.db", &linked).unwrap();
        fs::write(dir.path().join("t.db-wal"), "entries").unwrap();
        fs::create_dir(&folder).unwrap();
        for open in [Store::open, Store::look_at, Store::copy_of] {
            assert!(matches!(open(&linked), Err(Error::LinkToNothing { .. })));
            assert!(matches!(open(&left), Err(Error::LogOnly { .. })));
            assert!(matches!(open(&folder), Err(Error::NoFile { .. })));
        }
    }

    #[test]
    fn a_file_that_is_cut_off_removed_or_replaced_at_work_is_noticed() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("t.db");
        let _open = Store::open(&path).unwrap();
        let opened = FileId::of(&path).unwrap();
        assert!(Store::check(&path, opened).is_ok());
        let other = dir.path().join("other.db");
        drop(Store::open(&other).unwrap());
        fs::rename(&path, dir.path().join("away.db")).unwrap();
        assert!(matches!(Store::check(&path, opened), Err(Error::Gone { .. })));
        fs::rename(&other, &path).unwrap();
        assert!(matches!(Store::check(&path, opened), Err(Error::Replaced { .. })));
        fs::write(&path, "").unwrap();
        assert!(matches!(Store::check(&path, FileId::of(&path).unwrap()), Err(Error::Emptied { .. })));
    }

    #[test]
    fn who_only_looks_is_told_of_a_file_that_is_empty_or_a_strangers() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("t.db");
        fs::write(&path, "").unwrap();
        assert!(matches!(Store::look_at(&path), Err(Error::Emptied { .. })));
        assert!(matches!(Store::copy_of(&path), Err(Error::Emptied { .. })));
        Connection::open(&path).unwrap().execute_batch("CREATE TABLE mine (a)").unwrap();
        assert!(matches!(Store::look_at(&path), Err(Error::Foreign { .. })));
    }

    #[test]
    fn a_file_with_our_mark_but_not_our_tables_is_a_strangers() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("t.db");
        Connection::open(&path)
            .unwrap()
            .execute_batch("CREATE TABLE mine (a); PRAGMA application_id = 0x54494447")
            .unwrap();
        assert!(matches!(Store::open(&path), Err(Error::Foreign { .. })));
    }

    #[test]
    fn a_strangers_file_is_left_as_it_is() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("t.db");
        Connection::open(&path)
            .unwrap()
            .execute_batch("CREATE TABLE mine (a); PRAGMA user_version = 3")
            .unwrap();
        let before = fs::read(&path).unwrap();
        assert!(matches!(Store::open(&path), Err(Error::Foreign { .. })));
        assert_eq!(fs::read(&path).unwrap(), before);
    }

    #[test]
    fn what_is_damaged_is_said_to_be_with_the_way_out() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("t.db");
        fs::write(&path, "not a database, though long enough to be taken for one. ".repeat(50)).unwrap();
        let said = Store::open(&path).err().unwrap().to_string();
        assert!(said.contains("t.db") && said.contains(".recover"), "{said}");
    }

    #[test]
    fn an_older_file_is_copied_before_it_is_brought_up_to_date() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("t.db");
        let old = Connection::open(&path).unwrap();
        migrate::to_version(&old, 4);
        old.execute_batch("INSERT INTO edition VALUES (1, 'd', 1, NULL, 100, 'D', 's', 'h', 't', 'x', 1)")
            .unwrap();
        drop(old);
        drop(Store::open(&path).unwrap());
        let kept = Connection::open(dir.path().join("t.db.version-4")).unwrap();
        let subject: String = kept.query_row("SELECT subject FROM edition", [], |r| r.get(0)).unwrap();
        assert_eq!(subject, "s");
        assert_eq!(kept.pragma_query_value(None, "user_version", |r| r.get::<_, i64>(0)).unwrap(), 4);
    }
}
