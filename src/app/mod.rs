//! The only place that knows every stage. Each job is one file: [`collect`] brings entries
//! into the store, [`publish`] makes editions of them, [`dispatch`] carries the outbox to
//! the mailboxes, [`serve`] does all three when their time has come.

pub mod alerts;
pub mod archive;
pub mod bounces;
pub mod check;
pub mod collect;
pub mod discover;
pub mod dispatch;
pub mod draft;
pub mod editor;
pub mod inbound;
mod letters;
pub mod lists;
mod metrics;
mod pages;
pub mod progress;
pub mod publish;
mod readers;
pub mod replay;
pub mod retention;
pub mod search_index;
pub mod serve;
pub mod status;
mod troubles;
pub mod weekly;

use std::fmt::Display;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};
use tokio::sync::Semaphore;

use crate::config::{Config, Digest, DkimKey, InvalidLine, LoginSource, PasswordSource, Transport, exposed};
use crate::deliver::dkim::Signer;
use crate::deliver::{Courier, Login, Relay};
use crate::fetch::Fetcher;
use crate::store::{self, Db, Store};

/// What can go wrong with a job as a whole. What goes wrong with one feed or one
/// recipient is part of the job's report instead.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error("{0}")]
    Setup(String),
    #[error("the work was interrupted")]
    Interrupted,
}

/// What time it is. Jobs are handed one, so that a person can ask what would happen then.
#[derive(Debug, Clone)]
pub enum Clock {
    System,
    /// It stands still until it is set: milliseconds since 1970.
    Stopped(Arc<AtomicI64>),
}

impl Clock {
    /// `--now`
    pub fn stopped(at: DateTime<Utc>) -> Self {
        Self::Stopped(Arc::new(AtomicI64::new(at.timestamp_millis())))
    }

    /// Whether somebody said what time it is.
    pub fn is_argument(&self) -> bool {
        matches!(self, Self::Stopped(_))
    }

    /// The time to act by.
    pub fn now(&self) -> DateTime<Utc> {
        match self {
            Self::System => Utc::now(),
            Self::Stopped(at) => {
                DateTime::from_timestamp_millis(at.load(Ordering::Relaxed)).unwrap_or_default()
            }
        }
    }
}

/// A configuration with everything it needs to work.
#[derive(Clone)]
pub struct App {
    /// Shared: each of a thousand polls holds the application.
    pub config: Arc<Config>,
    db: Db,
    /// Where the answers of the editor are kept besides: a rehearsal ends, and they were paid for.
    paid: Option<Db>,
    /// Whether there is time for the owner's filters, or an edition is due now.
    has_time: bool,
    fetcher: Fetcher,
    /// Documents being parsed or stored at once.
    parse_slots: Arc<Semaphore>,
    /// When the daemon last did something, seconds since 1970: for those who watch over it.
    last_alive: Arc<AtomicI64>,
    pictures: Arc<draft::Prefetched>,
    progress: progress::Progress,
}

/// For each processor: one document being read, and some waiting to be stored together.
const PARSE_SLOTS_PER_PROCESSOR: usize = 4;

impl App {
    /// # Errors
    /// When the database cannot be opened or the network not be set up.
    pub fn open(config: Config) -> Result<Self, Error> {
        let store = Store::open(&config.database)?;
        for why in exposures(&config) {
            tracing::warn!("{why}");
        }
        report_invalid_lines(&config);
        Self::begin(config, store)
    }

    /// The same on a copy of the database in memory: whatever is done, nothing changes.
    ///
    /// # Errors
    /// When the database is there but cannot be read.
    pub fn rehearse(config: Config) -> Result<Self, Error> {
        let store = Store::copy_of(&config.database)?;
        Self::begin(config, store)
    }

    /// The same, with a rehearsal's answers of the editor kept in the database.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub fn paying(self) -> Result<Self, Error> {
        let paid = Some(Db::new(Store::open(&self.config.database)?));
        Ok(Self { paid, ..self })
    }

    fn begin(config: Config, store: Store) -> Result<Self, Error> {
        let fetcher = Fetcher::new(config.fetch.limits.clone()).map_err(Error::Setup)?;
        let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let parse_slots = Arc::new(Semaphore::new(processors * PARSE_SLOTS_PER_PROCESSOR));
        let last_alive = Arc::new(AtomicI64::new(Utc::now().timestamp()));
        Ok(Self {
            config: Arc::new(config),
            db: Db::new(store),
            paid: None,
            has_time: true,
            fetcher,
            parse_slots,
            last_alive,
            pictures: Arc::default(),
            progress: progress::Progress::default(),
        })
    }

    /// The same, with somebody who is told how far its jobs are.
    #[must_use]
    pub fn watched(self, progress: progress::Progress) -> Self {
        Self { progress, ..self }
    }

    /// The same, where an edition is due: nothing is waited for that could have been done before.
    #[must_use]
    fn in_a_hurry(&self) -> Self {
        Self { has_time: false, ..self.clone() }
    }

    /// The same with another configuration, as far as that can change at work.
    ///
    /// # Errors
    /// What cannot.
    pub fn with(&self, config: Config) -> Result<Self, String> {
        if config.database != self.config.database || addresses(&config) != addresses(&self.config) {
            return Err(
                "`database`, and `listen` and `internal` of `[web]`, change only with a restart".into()
            );
        }
        let fetcher = Fetcher::new(config.fetch.limits.clone())?;
        report_invalid_lines(&config);
        Ok(Self { config: Arc::new(config), fetcher, ..self.clone() })
    }

    /// Has the digest's last edition be the one to be made next; says when it was due. For a
    /// rehearsal.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn back_to_last(&self, digest: &Digest) -> Result<Option<DateTime<Utc>>, Error> {
        let id = digest.id.clone();
        self.db.call(move |store| Ok::<_, Error>(store.unpublish_last(&id)?)).await
    }

    /// The daemon does something.
    fn mark_alive(&self) {
        self.last_alive.store(Utc::now().timestamp(), Ordering::Relaxed);
    }

    /// When the daemon last did something.
    fn last_alive(&self) -> DateTime<Utc> {
        DateTime::from_timestamp(self.last_alive.load(Ordering::Relaxed), 0).unwrap_or_default()
    }

    /// The digest of this name, or all of them.
    ///
    /// # Errors
    /// When there is none of this name.
    pub fn digests(&self, name: Option<&str>) -> Result<Vec<&Digest>, Error> {
        self.config.digests_named(name).map_err(Error::Setup)
    }

    /// The way mails leave, with its password fetched, which may take a while.
    ///
    /// # Errors
    /// When the password is not where the configuration says.
    pub async fn courier(&self) -> Result<Courier, Error> {
        courier(self.config.transport.clone()).await
    }

    /// What signs the mails.
    ///
    /// # Errors
    /// When a key is not where the configuration says, or is none.
    pub fn signers(&self) -> Result<Arc<[Signer]>, Error> {
        let load = |key: &DkimKey| {
            let path = key.key_file.display();
            let cannot = |why: &dyn Display| Error::Setup(format!("cannot read the DKIM key {path}: {why}"));
            // Opening a pipe would wait for whoever writes into it.
            if !std::fs::metadata(&key.key_file).map_err(|e| cannot(&e))?.is_file() {
                return Err(cannot(&"it is no file"));
            }
            let pem = std::fs::read(&key.key_file).map_err(|e| cannot(&e))?;
            Signer::load(&key.domain, &key.selector, &pem).map_err(|e| Error::Setup(format!("{path}: {e}")))
        };
        self.config.dkim.iter().map(load).collect()
    }
}

/// Where its pages are served.
fn addresses(config: &Config) -> Option<(SocketAddr, Option<SocketAddr>)> {
    config.web.map(|web| (web.listen, web.internal))
}

/// Files that hold secrets and can be read by everybody on this machine, in words for the owner.
pub(crate) fn exposures(config: &Config) -> Vec<String> {
    let smtp = match &config.transport {
        Transport::Smtp(smtp) => smtp.login.as_ref().map(|(_, source)| match source {
            LoginSource::Password(source) | LoginSource::Token(source) => source,
        }),
        Transport::Folder(_) | Transport::Sendmail(_) => None,
    };
    let feeds = config.feeds.iter().flat_map(|settings| settings.request.secrets());
    let editor = config.editor.iter().filter_map(|editor| editor.key.as_ref());
    let passwords = smtp.into_iter().chain(feeds).chain(editor).filter_map(PasswordSource::exposure);
    let keys = config.dkim.iter().filter_map(|key| exposed(&key.key_file));
    let mut all: Vec<String> = passwords.chain(keys).collect();
    all.sort();
    all.dedup();
    all
}

/// Nobody reads a longer list in a log or a mail.
const MOST_LINES: usize = 10;

/// Says which lines of lists of recipients are no mailboxes.
fn report_invalid_lines(config: &Config) {
    for InvalidLine { line, why } in config.invalid_lines.iter().take(MOST_LINES) {
        tracing::warn!("nobody is written to for {line}: {why}");
    }
    if let more @ 1.. = config.invalid_lines.len().saturating_sub(MOST_LINES) {
        tracing::warn!(lines = more, "more of them are no mailboxes; `tidings check --offline` names all");
    }
}

async fn courier(transport: Transport) -> Result<Courier, Error> {
    match transport {
        Transport::Folder(path) => Ok(Courier::Folder(path)),
        Transport::Sendmail(command) => Ok(Courier::Sendmail(command)),
        Transport::Smtp(smtp) => {
            let login = match smtp.login {
                Some((user, LoginSource::Password(source))) => {
                    Some((user, Login::Password(source.read().await.map_err(Error::Setup)?)))
                }
                Some((user, LoginSource::Token(source))) => {
                    Some((user, Login::Token(source.read().await.map_err(Error::Setup)?)))
                }
                None => None,
            };
            Ok(Courier::Smtp(Relay {
                host: smtp.host,
                port: smtp.port,
                tls: smtp.tls,
                login,
                ca_file: smtp.ca_file,
                timeout: smtp.timeout,
                per_connection: smtp.per_connection,
                needs: smtp.needs,
            }))
        }
    }
}

/// Runs work that keeps a processor busy where it does not keep others waiting.
async fn off_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
    tokio::task::spawn_blocking(work).await.map_err(|_| Error::Interrupted)
}

/// Does the same with each of these on all processors, and returns what came of them in their order. To be
/// called where nobody is kept waiting.
fn on_all_processors<T: Send, R: Send>(items: Vec<T>, work: impl Fn(T) -> R + Sync) -> Vec<R> {
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get).min(items.len());
    if threads < 2 {
        return items.into_iter().map(work).collect();
    }
    let mut done: Vec<(usize, R)> = Vec::with_capacity(items.len());
    let items = Mutex::new(items.into_iter().enumerate());
    let next = || items.lock().unwrap_or_else(PoisonError::into_inner).next();
    std::thread::scope(|scope| {
        let one = || std::iter::from_fn(next).map(|(i, item)| (i, work(item))).collect::<Vec<_>>();
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(one)).collect();
        for thread in running {
            match thread.join() {
                Ok(some) => done.extend(some),
                // As if it had been done here.
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
    });
    done.sort_by_key(|(i, _)| *i);
    done.into_iter().map(|(_, result)| result).collect()
}

/// In 0..1. Without randomness everybody waits alike, which still works.
fn jitter() -> f64 {
    let mut byte = [0u8];
    match getrandom::fill(&mut byte) {
        Ok(()) => f64::from(byte[0]) / 255.0,
        Err(_) => 0.5,
    }
}
