//! Getting a feed's bytes, politely and within limits.
//!
//! [`web`] speaks HTTP: conditional requests, our own redirects, a deadline and a size
//! for everything. [`guard`] keeps requests off private networks. [`local`] reads files,
//! folders and what commands print. All of them answer with a [`Fetched`], so that whoever
//! polls does not care where a feed lives. [`pace`] says when to ask again.

mod decompress;
mod guard;
mod local;
pub mod pace;
mod refresh;
mod web;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use sha2::{Digest as _, Sha256};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use url::Url;

use crate::model::{ArticleFile, Secret, Source};
pub use local::article_files;
use web::{Connection, Web};

/// What a fetch may cost.
#[derive(Debug, Clone)]
pub struct Limits {
    /// For everything from the first connect to the last byte, redirects included.
    pub timeout: Duration,
    /// Of a body, after decompression.
    pub max_bytes: u64,
    /// Fetches under way at once.
    pub concurrency: usize,
    /// Whether feeds may lie on private networks.
    pub allow_private: bool,
    /// Variables that hold passwords, which commands that print a feed do not see.
    pub secret_variables: Vec<String>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(20),
            max_bytes: 10_000_000,
            concurrency: 32,
            allow_private: false,
            secret_variables: Vec::new(),
        }
    }
}

/// What we know of a source's last answer, to be asked again "anything new since?".
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Validators {
    pub etag: Option<String>,
    pub last_modified: Option<String>,
    /// For the servers that ignore the two above.
    pub body_hash: Option<Vec<u8>>,
}

/// What was fetched: one document, or the files of a folder of articles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    Feed {
        bytes: Vec<u8>,
        content_type: Option<String>,
        /// Where it was found after redirects: what its relative references are relative to.
        base: Option<Url>,
    },
    Articles(Vec<ArticleFile>),
}

/// Who named an address: what a document names must lead nowhere that its owner would not go.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum NamedBy {
    /// The owner did, in the configuration: it may be on a private network.
    Owner,
    /// A feed or a page did.
    #[default]
    Document,
}

/// How to introduce ourselves, and on whose word we come.
#[derive(Debug, Clone, Default)]
pub struct FeedRequest {
    pub named_by: NamedBy,
    /// The address that the owner wrote. Its origin gets the login and the headers, and with
    /// [`NamedBy::Owner`] it may be private; where it has moved to is another matter.
    pub configured: Option<Url>,
    pub user_agent: Option<String>,
    /// Sent to the configured origin only, never to where it redirects or has moved.
    pub headers: Vec<(String, Secret)>,
    pub login: Option<(String, Secret)>,
    /// If it is to be shorter than that of the [`Limits`].
    pub timeout: Option<Duration>,
}

/// What a server said besides the feed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ResponseMeta {
    /// Where it has moved to, by redirects that all call themselves permanent.
    pub moved_to: Option<Url>,
    /// `Cache-Control: max-age`
    pub max_age: Option<Duration>,
    /// `Link` (RFC 8288), as it came.
    pub link: Option<String>,
}

/// What came of a fetch, and its slot among those under way: whoever is not done with the
/// bytes yet keeps it, so that bodies do not pile up faster than they are read.
pub struct Answer {
    pub fetched: Fetched,
    pub meta: ResponseMeta,
    pub slot: Option<OwnedSemaphorePermit>,
}

impl Answer {
    /// Nothing could be asked.
    pub fn failed(why: String) -> Self {
        Self { fetched: Fetched::Failed(why), meta: ResponseMeta::default(), slot: None }
    }
}

/// Something to post.
pub struct Posted<'a> {
    pub url: &'a Url,
    /// Shown to the server (RFC 6750).
    pub key: Option<&'a Secret>,
    pub json: Vec<u8>,
    /// For all of it.
    pub timeout: Duration,
    /// Of the answer.
    pub most_bytes: usize,
}

/// What a server answered to what was posted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostAnswer {
    pub status: u16,
    /// How long it asks to be left alone.
    pub retry_after: Option<Duration>,
    pub bytes: Vec<u8>,
}

/// What became of a fetch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fetched {
    Changed {
        body: Body,
        validators: Validators,
    },
    /// The source says, or its bytes show, that nothing is new.
    Unchanged,
    /// The server asks to be left alone by this status, for so long if it says.
    Throttled(u16, Option<Duration>),
    /// The server says that the feed is gone for good.
    Gone,
    /// Nobody answered: the machine, or the way to it, is not there. In words for the owner.
    Unreachable(String),
    /// In words for the owner.
    Failed(String),
}

impl Fetched {
    /// Why there is nothing to read, in words; None where there is, or nothing is new.
    pub fn failure(&self, now: DateTime<Utc>) -> Option<String> {
        match self {
            Self::Changed { .. } | Self::Unchanged => None,
            Self::Throttled(status, wait) => {
                let until = wait.and_then(|wait| Some(now + chrono::Duration::from_std(wait).ok()?));
                let until = until.map(|until| format!(" until {}", until.format("%Y-%m-%d %H:%M UTC")));
                let until = until.unwrap_or_default();
                Some(format!("the server asks to be left alone for a while ({status}){until}"))
            }
            Self::Gone => Some("the server says that it is gone for good (410)".into()),
            Self::Unreachable(why) | Self::Failed(why) => Some(why.clone()),
        }
    }
}

/// Fetches sources, a bounded number at a time.
#[derive(Clone)]
pub struct Fetcher {
    web: Web,
    limits: Limits,
    slots: Arc<Semaphore>,
    hosts: Arc<Mutex<HashMap<String, Arc<Semaphore>>>>,
}

/// Requests to one host at once.
const PER_HOST: usize = 2;

impl Fetcher {
    /// # Errors
    /// When the machine's certificates or name service cannot be set up.
    pub fn new(limits: Limits) -> Result<Self, String> {
        Ok(Self {
            web: Web::new(&limits)?,
            slots: Arc::new(Semaphore::new(limits.concurrency)),
            hosts: Arc::default(),
            limits,
        })
    }

    /// Fetches a source unless it is as `known` describes it.
    pub async fn fetch(
        &self,
        source: &Source,
        known: &Validators,
        request: &FeedRequest,
        now: DateTime<Utc>,
    ) -> Answer {
        let host = match source {
            Source::Web(url) => Some(self.host(url.host_str().unwrap_or_default())),
            _ => None,
        };
        // The host first: who waits for a slow host must not keep others from theirs.
        let _turn = match &host {
            Some(host) => host.acquire().await.ok(),
            None => None,
        };
        let Ok(slot) = Arc::clone(&self.slots).acquire_owned().await else {
            return Answer::failed("shutting down".into());
        };
        let limits = self.limits.clone();
        let mut meta = ResponseMeta::default();
        let fetched = match source {
            Source::Web(url) => {
                // The table of hosts and we ourselves have it; whoever else does waits for the host.
                let is_alone = host.as_ref().is_none_or(|host| Arc::strong_count(host) <= 2);
                let connection = if is_alone { Connection::Closed } else { Connection::Kept };
                let fetch = self.web.get(url, known, request, connection, now);
                let limit = request.timeout.map_or(limits.timeout, |own| own.min(limits.timeout));
                match tokio::time::timeout(limit, fetch).await {
                    Ok((fetched, said)) => {
                        meta = said;
                        fetched
                    }
                    Err(_) => too_slow(limit),
                }
            }
            Source::File(path) => {
                let (path, known, bounds) = (path.clone(), known.clone(), limits.clone());
                local::off_thread(&limits, move || local::file(&path, &known, &bounds)).await
            }
            Source::Folder(path) => {
                let (path, known, bounds) = (path.clone(), known.clone(), limits.clone());
                local::off_thread(&limits, move || local::folder(&path, &known, &bounds)).await
            }
            Source::Command(command, folder) => local::command(command, folder, known, &limits).await,
        };
        Answer { fetched, meta, slot: Some(slot) }
    }

    /// Posts JSON to an address of the owner's, which may be private. Redirects are not followed: what is
    /// posted is for that address alone.
    ///
    /// # Errors
    /// Why nobody answered, in words for the owner.
    pub async fn post(&self, posted: &Posted<'_>, now: DateTime<Utc>) -> Result<PostAnswer, String> {
        match tokio::time::timeout(posted.timeout, self.web.post(posted, now)).await {
            Ok(answer) => answer,
            Err(_) => Err(format!("no complete answer within {} s", posted.timeout.as_secs_f32())),
        }
    }

    fn host(&self, name: &str) -> Arc<Semaphore> {
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(hosts.entry(name.to_owned()).or_insert_with(|| Arc::new(Semaphore::new(PER_HOST))))
    }
}

fn too_slow(limit: Duration) -> Fetched {
    Fetched::Unreachable(format!("no complete answer within {} s", limit.as_secs_f32()))
}

/// A body that hashes to what we had is no news, whatever its server says.
fn changed_or_not(
    bytes: Vec<u8>,
    content_type: Option<String>,
    base: Option<Url>,
    mut validators: Validators,
    known: &Validators,
) -> Fetched {
    let hash = Sha256::digest(&bytes).to_vec();
    if known.body_hash.as_ref() == Some(&hash) {
        return Fetched::Unchanged;
    }
    validators.body_hash = Some(hash);
    Fetched::Changed { body: Body::Feed { bytes, content_type, base }, validators }
}
