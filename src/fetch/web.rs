//! Feeds over HTTP. The only module that knows reqwest, which has no body limit and whose
//! redirects cannot be checked hop by hop: both are done here.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use reqwest::header::{
    ACCEPT, CONTENT_TYPE, ETAG, HeaderMap, HeaderName, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED,
    LOCATION, RETRY_AFTER,
};
use reqwest::{Client, Response, StatusCode, redirect};
use url::Url;

use super::guard::{PublicOnly, is_plainly_private};
use super::{Fetched, Limits, Validators, changed_or_not};

const MAX_REDIRECTS: usize = 10;

/// Feeds first; some servers answer 406 unless they may send anything.
const ACCEPTED: &str = "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, text/xml;q=0.9, application/json;q=0.8, */*;q=0.5";

const USER_AGENT: &str = concat!("tidings/", env!("CARGO_PKG_VERSION"));

#[derive(Clone)]
pub(super) struct Web {
    /// Follows names to public addresses only.
    guarded: Client,
    /// For an address that its owner wrote down as private.
    open: Client,
    allow_private: bool,
    max_bytes: u64,
}

impl Web {
    pub(super) fn new(limits: &Limits) -> Result<Self, String> {
        // reqwest panics without one. A second installation fails and changes nothing.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = || {
            Client::builder()
                .user_agent(USER_AGENT)
                .redirect(redirect::Policy::none())
                .connect_timeout(limits.timeout)
                .pool_idle_timeout(Duration::from_secs(10))
        };
        let words = |e: reqwest::Error| format!("cannot set up HTTP: {}", root_cause(&e));
        let open = client().build().map_err(words)?;
        let guarded = if limits.allow_private {
            open.clone()
        } else {
            client().dns_resolver(Arc::new(PublicOnly)).build().map_err(words)?
        };
        Ok(Self { guarded, open, allow_private: limits.allow_private, max_bytes: limits.max_bytes })
    }

    pub(super) async fn get(&self, url: &Url, known: &Validators) -> Fetched {
        let mut at = url.clone();
        for _ in 0..=MAX_REDIRECTS {
            // What the owner wrote may be private; where a server sends us may not.
            let owners_choice = at == *url || same_origin(&at, url);
            let client = match is_plainly_private(&at) {
                false => &self.guarded,
                true if self.allow_private || owners_choice => &self.open,
                true => {
                    return Fetched::Failed(format!(
                        "redirected to the private address {at}; set `allow_private_networks = true` under [fetch] if that is meant"
                    ));
                }
            };
            let response = match client.get(at.clone()).headers(conditions(known)).send().await {
                Ok(response) => response,
                Err(e) => return Fetched::Failed(in_words(&e)),
            };
            let status = response.status();
            match status {
                StatusCode::NOT_MODIFIED => return Fetched::Unchanged,
                StatusCode::GONE => return Fetched::Gone,
                StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
                    return Fetched::Throttled(retry_after(&response, SystemTime::now()));
                }
                _ if status.is_redirection() => match redirect_target(&at, &response) {
                    Ok(target) => at = target,
                    Err(words) => return Fetched::Failed(words),
                },
                _ if status.is_success() => return self.read(at, response, known).await,
                _ => return Fetched::Failed(format!("the server answered {status}")),
            }
        }
        Fetched::Failed(format!("more than {MAX_REDIRECTS} redirects"))
    }

    async fn read(&self, base: Url, mut response: Response, known: &Validators) -> Fetched {
        let validators = Validators {
            etag: text(response.headers(), &ETAG),
            last_modified: text(response.headers(), &LAST_MODIFIED),
            body_hash: None,
        };
        let content_type = text(response.headers(), &CONTENT_TYPE);
        let mut bytes = Vec::new();
        loop {
            match response.chunk().await {
                Ok(Some(chunk)) if (bytes.len() + chunk.len()) as u64 > self.max_bytes => {
                    return Fetched::Failed(format!(
                        "larger than {} bytes, the limit of `max_bytes`",
                        self.max_bytes
                    ));
                }
                Ok(Some(chunk)) => bytes.extend_from_slice(&chunk),
                Ok(None) => break,
                Err(e) => return Fetched::Failed(in_words(&e)),
            }
        }
        changed_or_not(bytes, content_type, Some(base), validators, known)
    }
}

fn conditions(known: &Validators) -> HeaderMap {
    let pairs = [
        (ACCEPT, Some(ACCEPTED.to_owned())),
        (IF_NONE_MATCH, known.etag.clone()),
        (IF_MODIFIED_SINCE, known.last_modified.clone()),
    ];
    pairs.into_iter().filter_map(|(name, value)| Some((name, value?.parse().ok()?))).collect()
}

fn text(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    Some(headers.get(name)?.to_str().ok()?.to_owned())
}

fn same_origin(a: &Url, b: &Url) -> bool {
    a.origin() == b.origin()
}

fn redirect_target(from: &Url, response: &Response) -> Result<Url, String> {
    let status = response.status();
    let location = text(response.headers(), &LOCATION)
        .ok_or_else(|| format!("the server answered {status} without saying where to"))?;
    let target =
        from.join(&location).map_err(|e| format!("redirected to `{location}`, which is no address: {e}"))?;
    match target.scheme() {
        "http" | "https" => Ok(target),
        scheme => Err(format!("redirected to a `{scheme}` address, which is not followed")),
    }
}

/// RFC 9110 10.2.3: seconds, or a date.
fn retry_after(response: &Response, now: SystemTime) -> Option<Duration> {
    let value = text(response.headers(), &RETRY_AFTER)?;
    if let Ok(seconds) = value.trim().parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = chrono::DateTime::parse_from_rfc2822(value.trim()).ok()?;
    SystemTime::from(date).duration_since(now).ok()
}

/// reqwest says "error sending request for url"; the owner wants the reason.
fn in_words(e: &reqwest::Error) -> String {
    if e.is_timeout() {
        return "the server did not answer in time".into();
    }
    let cause = root_cause(e);
    if e.is_connect() {
        format!("cannot connect: {cause}")
    } else if e.is_decode() {
        format!("the answer cannot be decompressed: {cause}")
    } else {
        format!("the connection failed: {cause}")
    }
}

fn root_cause(e: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = e;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}
