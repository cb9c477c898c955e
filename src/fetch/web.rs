//! Feeds over HTTP. The only module that knows reqwest, which has no body limit and whose
//! redirects cannot be checked hop by hop: both are done here.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::header::{
    ACCEPT, CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderMap, HeaderName, IF_MODIFIED_SINCE, IF_NONE_MATCH,
    LAST_MODIFIED, LOCATION, RETRY_AFTER, USER_AGENT,
};
use reqwest::{Client, RequestBuilder, Response, StatusCode, redirect};
use url::Url;

use super::guard::{PublicOnly, is_plainly_private};
use super::{FeedRequest, Fetched, Limits, ResponseMeta, Validators, changed_or_not};

const MAX_REDIRECTS: usize = 10;

/// Feeds first; some servers answer 406 unless they may send anything.
const ACCEPTED: &str = "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, text/xml;q=0.9, application/json;q=0.8, */*;q=0.5";

const OUR_NAME: &str = concat!("tidings/", env!("CARGO_PKG_VERSION"));

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
                .user_agent(OUR_NAME)
                .redirect(redirect::Policy::none())
                .connect_timeout(limits.timeout)
                .pool_idle_timeout(Duration::from_secs(10))
        };
        let words = |e: reqwest::Error| match root_cause(&e) {
            why if why.contains("No CA certificates") => {
                "this machine has no certificates to trust; install them (the package ca-certificates)".into()
            }
            why => format!("cannot set up HTTP: {why}"),
        };
        let open = client().build().map_err(words)?;
        let guarded = if limits.allow_private {
            open.clone()
        } else {
            client().dns_resolver(Arc::new(PublicOnly)).build().map_err(words)?
        };
        Ok(Self { guarded, open, allow_private: limits.allow_private, max_bytes: limits.max_bytes })
    }

    pub(super) async fn get(
        &self,
        url: &Url,
        known: &Validators,
        request: &FeedRequest,
        now: DateTime<Utc>,
    ) -> (Fetched, ResponseMeta) {
        let mut meta = ResponseMeta::default();
        let fetched = self.follow(url, known, request, now, &mut meta).await;
        if !matches!(fetched, Fetched::Changed { .. } | Fetched::Unchanged) {
            // Where a failure was found is no place to remember.
            meta.moved_to = None;
        }
        (fetched, meta)
    }

    async fn follow(
        &self,
        url: &Url,
        known: &Validators,
        request: &FeedRequest,
        now: DateTime<Utc>,
        meta: &mut ResponseMeta,
    ) -> Fetched {
        let mut at = url.clone();
        let mut permanent = true;
        for _ in 0..=MAX_REDIRECTS {
            // What the owner wrote may be private; where a server sends us may not.
            let home = at.origin() == url.origin();
            let client = match is_plainly_private(&at) {
                false => &self.guarded,
                true if self.allow_private || home => &self.open,
                true => {
                    return Fetched::Failed(format!(
                        "redirected to the private address {at}; set `allow_private_networks = true` under [fetch] if that is meant"
                    ));
                }
            };
            let asked = introduce(client.get(at.clone()).headers(conditions(known)), request, home);
            let response = match asked.send().await {
                Ok(response) => response,
                Err(e) => return Fetched::Failed(in_words(&e)),
            };
            meta.max_age = max_age(&response);
            let status = response.status();
            match status {
                StatusCode::NOT_MODIFIED => return Fetched::Unchanged,
                StatusCode::GONE => return Fetched::Gone,
                StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
                    return Fetched::Throttled(retry_after(&response, now));
                }
                _ if status.is_redirection() => match redirect_target(&at, &response) {
                    Ok(target) => at = target,
                    Err(words) => return Fetched::Failed(words),
                },
                _ if status.is_success() => return self.read(at, response, known).await,
                _ => return Fetched::Failed(format!("the server answered {status}")),
            }
            permanent &= matches!(status, StatusCode::MOVED_PERMANENTLY | StatusCode::PERMANENT_REDIRECT);
            meta.moved_to = permanent.then(|| at.clone());
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

/// The owner's headers and login, on the feed's own origin; its user agent everywhere.
fn introduce(mut builder: RequestBuilder, request: &FeedRequest, home: bool) -> RequestBuilder {
    if let Some(name) = &request.user_agent {
        builder = builder.header(USER_AGENT, name);
    }
    if home {
        for (name, value) in &request.headers {
            builder = builder.header(name, value.reveal());
        }
        if let Some((user, password)) = &request.login {
            builder = builder.basic_auth(user, Some(password.reveal()));
        }
    }
    builder
}

fn max_age(response: &Response) -> Option<Duration> {
    let control = text(response.headers(), &CACHE_CONTROL)?.to_ascii_lowercase();
    let seconds = control.split(',').find_map(|part| part.trim().strip_prefix("max-age="))?;
    seconds.trim_matches('"').parse().ok().map(Duration::from_secs)
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
fn retry_after(response: &Response, now: DateTime<Utc>) -> Option<Duration> {
    let value = text(response.headers(), &RETRY_AFTER)?;
    if let Ok(seconds) = value.trim().parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = DateTime::parse_from_rfc2822(value.trim()).ok()?;
    (date.to_utc() - now).to_std().ok()
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
