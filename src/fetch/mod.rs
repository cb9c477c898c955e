//! Getting a feed's bytes, politely and within limits.
//!
//! [`web`] speaks HTTP: conditional requests, our own redirects, a deadline and a size
//! for everything. [`guard`] keeps requests off private networks. [`local`] reads files
//! and folders. All of them answer with a [`Fetched`], so that whoever polls does not
//! care where a feed lives.

mod guard;
mod local;
mod web;

use std::sync::Arc;
use std::time::Duration;

use sha2::{Digest as _, Sha256};
use tokio::sync::Semaphore;
use url::Url;

use crate::model::{ArticleFile, Source};

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
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(20),
            max_bytes: 10_000_000,
            concurrency: 32,
            allow_private: false,
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

/// What became of a fetch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fetched {
    Changed {
        body: Body,
        validators: Validators,
    },
    /// The source says, or its bytes show, that nothing is new.
    Unchanged,
    /// The server asks to be left alone, for so long if it says.
    Throttled(Option<Duration>),
    /// The server says that the feed is gone for good.
    Gone,
    /// In words for the owner.
    Failed(String),
}

/// Fetches sources, a bounded number at a time.
#[derive(Clone)]
pub struct Fetcher {
    web: web::Web,
    limits: Limits,
    places: Arc<Semaphore>,
}

impl Fetcher {
    /// # Errors
    /// When the machine's certificates or name service cannot be set up.
    pub fn new(limits: Limits) -> Result<Self, String> {
        Ok(Self {
            web: web::Web::new(&limits)?,
            places: Arc::new(Semaphore::new(limits.concurrency)),
            limits,
        })
    }

    /// Fetches a source unless it is as `known` describes it.
    pub async fn fetch(&self, source: &Source, known: &Validators) -> Fetched {
        let Ok(_place) = self.places.acquire().await else {
            return Fetched::Failed("shutting down".into());
        };
        match source {
            Source::Web(url) => {
                let fetch = self.web.get(url, known);
                match tokio::time::timeout(self.limits.timeout, fetch).await {
                    Ok(fetched) => fetched,
                    Err(_) => Fetched::Failed(format!(
                        "no complete answer within {} s",
                        self.limits.timeout.as_secs_f32()
                    )),
                }
            }
            Source::File(path) => {
                let (path, known, limits) = (path.clone(), known.clone(), self.limits.clone());
                local::off_thread(move || local::file(&path, &known, &limits)).await
            }
            Source::Folder(path) => {
                let (path, known, limits) = (path.clone(), known.clone(), self.limits.clone());
                local::off_thread(move || local::folder(&path, &known, &limits)).await
            }
        }
    }
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
