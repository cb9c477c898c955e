//! Feeds over HTTP. The only module that knows reqwest, which has no body limit and whose
//! redirects cannot be checked hop by hop: both are done here.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::cookie::{CookieStore, Jar};
use reqwest::header::{
    ACCEPT, ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, COOKIE, ETAG, HeaderMap,
    HeaderName, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED, LINK, LOCATION, RETRY_AFTER, SET_COOKIE,
    USER_AGENT,
};
use reqwest::{Client, RequestBuilder, Response, StatusCode, redirect};
use url::{Origin, Url};

use super::decompress::{self, Undone};
use super::guard::{self, PublicOnly};
use super::{
    FeedRequest, Fetched, Limits, NamedBy, PostAnswer, Posted, ResponseMeta, Validators, changed_or_not,
    refresh,
};
use crate::text::page_title;

/// As many as browsers follow.
const MAX_REDIRECTS: usize = 20;

/// Lines of an answer's head. Some servers trace everything they do in it.
const MOST_HEADERS: usize = 500;

/// Feeds first; some servers answer 406 unless they may send anything.
const ACCEPTED: &str = "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, text/xml;q=0.9, application/json;q=0.8, */*;q=0.5";

/// Without deflate, of which servers have two readings.
const CODINGS: &str = "gzip, br, zstd";

const OUR_NAME: &str = concat!("tidings/", env!("CARGO_PKG_VERSION"));

#[derive(Clone)]
pub(super) struct Web {
    kept: Clients,
    once: Clients,
    allow_private: bool,
    /// Whether requests may go by a proxy, which asks for names where our resolver is not heard.
    has_proxy: bool,
    max_bytes: u64,
}

/// What asks, by what it may ask.
#[derive(Clone)]
struct Clients {
    /// Follows names to public addresses only.
    guarded: Client,
    /// For an address that its owner wrote down as private.
    open: Client,
}

/// What becomes of a connection when its answer has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Connection {
    /// It is kept for a while: others wait for the same host.
    Kept,
    /// It is closed. Those of a thousand hosts, kept open, would hold 60 kB each for nothing.
    Closed,
}

/// One fetch, from its first hop to its last.
struct Fetch<'a> {
    connection: Connection,
    request: &'a FeedRequest,
    known: &'a Validators,
    /// Where the owner's login and headers go.
    owner: Option<Origin>,
    /// Set on the way, and forgotten after it (RFC 6265).
    cookies: Jar,
    now: DateTime<Utc>,
    meta: ResponseMeta,
}

/// What a hop leads to.
enum Hop {
    Done(Fetched),
    /// On to another address; whether it was said to be for good.
    Onward(Url, bool),
}

impl Web {
    pub(super) fn new(limits: &Limits) -> Result<Self, String> {
        // reqwest panics without one. A second installation fails and changes nothing.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = |idle: usize| {
            Client::builder()
                .pool_max_idle_per_host(idle)
                .user_agent(OUR_NAME)
                .redirect(redirect::Policy::none())
                .connect_timeout(limits.timeout)
                .pool_idle_timeout(Duration::from_secs(10))
                // A bad line among good ones is skipped, as browsers and curl do.
                .http1_max_headers(MOST_HEADERS)
                .http1_ignore_invalid_headers_in_responses(true)
                .http1_allow_obsolete_multiline_headers_in_responses(true)
                .http1_allow_spaces_after_header_name_in_responses(true)
        };
        let words = |e: reqwest::Error| match root_cause(&e) {
            why if why.contains("No CA certificates") => {
                "this machine has no certificates to trust; install them (the package ca-certificates)".into()
            }
            why => format!("cannot set up HTTP: {why}"),
        };
        let clients = |idle: usize| {
            let open = client(idle).build().map_err(words)?;
            let guarded = if limits.allow_private {
                open.clone()
            } else {
                client(idle).dns_resolver(Arc::new(PublicOnly)).build().map_err(words)?
            };
            Ok::<_, String>(Clients { guarded, open })
        };
        let has_proxy = ["http_proxy", "https_proxy", "all_proxy"].iter().any(|name| {
            [(*name).to_owned(), name.to_uppercase()]
                .iter()
                .any(|n| std::env::var_os(n).is_some_and(|v| !v.is_empty()))
        });
        Ok(Self {
            kept: clients(usize::MAX)?,
            once: clients(0)?,
            allow_private: limits.allow_private,
            has_proxy,
            max_bytes: limits.max_bytes,
        })
    }

    pub(super) async fn get(
        &self,
        url: &Url,
        known: &Validators,
        request: &FeedRequest,
        connection: Connection,
        now: DateTime<Utc>,
    ) -> (Fetched, ResponseMeta) {
        let owner = request.configured.as_ref().map(Url::origin);
        let mut fetch = Fetch {
            connection,
            request,
            known,
            owner,
            cookies: Jar::default(),
            now,
            meta: ResponseMeta::default(),
        };
        let fetched = self.follow(url, &mut fetch).await;
        if !matches!(fetched, Fetched::Changed { .. } | Fetched::Unchanged) {
            // Where a failure was found is no place to remember.
            fetch.meta.moved_to = None;
        }
        (fetched, fetch.meta)
    }

    async fn follow(&self, url: &Url, fetch: &mut Fetch<'_>) -> Fetched {
        let mut at = url.clone();
        let mut permanent = true;
        for _ in 0..=MAX_REDIRECTS {
            match self.hop(&at, fetch).await {
                // Whoever reads that it failed looks at the address in the file.
                Hop::Done(Fetched::Failed(why)) if at != *url => {
                    return Fetched::Failed(format!("{why} (redirected to {})", without_login(&at)));
                }
                Hop::Done(fetched) => return fetched,
                Hop::Onward(target, for_good) => {
                    at = target;
                    permanent &= for_good;
                    fetch.meta.moved_to = permanent.then(|| without_login(&at));
                }
            }
        }
        Fetched::Failed(format!("more than {MAX_REDIRECTS} redirects"))
    }

    async fn hop(&self, at: &Url, fetch: &mut Fetch<'_>) -> Hop {
        let is_owners = fetch.owner.as_ref() == Some(&at.origin());
        let clients = match fetch.connection {
            Connection::Kept => &self.kept,
            Connection::Closed => &self.once,
        };
        let client = match self.client(clients, at, fetch.request.named_by, is_owners).await {
            Ok(client) => client,
            Err(why) => return Hop::Done(Fetched::Failed(why)),
        };
        let mut asked = client.get(at.clone()).headers(conditions(fetch.known, fetch.now));
        if let Some(cookies) = fetch.cookies.cookies(at) {
            asked = asked.header(COOKIE, cookies);
        }
        let response = match introduce(asked, fetch.request, is_owners).send().await {
            Ok(response) => response,
            Err(e) if e.is_connect() || e.is_timeout() => {
                let proxy =
                    if self.has_proxy { " (by the proxy that HTTP_PROXY or its like names)" } else { "" };
                return Hop::Done(Fetched::Unreachable(format!("{}{proxy}", in_words(&e))));
            }
            Err(e) => return Hop::Done(Fetched::Failed(in_words(&e))),
        };
        fetch.meta.max_age = max_age(&response);
        fetch.meta.link = text(response.headers(), &LINK);
        fetch.cookies.set_cookies(&mut response.headers().get_all(SET_COOKIE).iter(), at);
        let status = response.status();
        let fetched = match status {
            StatusCode::NOT_MODIFIED => Fetched::Unchanged,
            StatusCode::GONE => Fetched::Gone,
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
                Fetched::Throttled(status.as_u16(), retry_after(&response, fetch.now))
            }
            _ if status.is_redirection() => match redirect_target(at, &response) {
                Ok(target) => {
                    let for_good =
                        matches!(status, StatusCode::MOVED_PERMANENTLY | StatusCode::PERMANENT_REDIRECT);
                    return Hop::Onward(target, for_good);
                }
                Err(words) => Fetched::Failed(words),
            },
            _ if status.is_success() => return self.read(at, response, fetch).await,
            _ => {
                let has_login = is_owners && fetch.request.login.is_some();
                Fetched::Failed(refusal(status, has_login, served(response).await.as_deref()))
            }
        };
        Hop::Done(fetched)
    }

    pub(super) async fn post(&self, posted: &Posted<'_>, now: DateTime<Utc>) -> Result<PostAnswer, String> {
        let client = self.client(&self.kept, posted.url, NamedBy::Owner, true).await?;
        let mut asked = client.post(posted.url.clone()).header(CONTENT_TYPE, "application/json");
        if let Some(key) = posted.key {
            asked = asked.bearer_auth(key.reveal());
        }
        let mut response = asked.body(posted.json.clone()).send().await.map_err(|e| in_words(&e))?;
        let (status, retry_after) = (response.status().as_u16(), retry_after(&response, now));
        let coding = text(response.headers(), &CONTENT_ENCODING);
        let most = posted.most_bytes;
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|e| in_words(&e))? {
            if bytes.len() + chunk.len() > most {
                return Err(format!("its answer is larger than {most} bytes"));
            }
            bytes.extend_from_slice(&chunk);
        }
        if coding.is_some() {
            bytes = decompress::plain(bytes, coding.as_deref(), most as u64)
                .map_err(|_| "its answer cannot be decompressed".to_owned())?;
        }
        Ok(PostAnswer { status, retry_after, bytes })
    }

    /// The client that may ask this address; or why none may.
    async fn client<'a>(
        &self,
        clients: &'a Clients,
        at: &Url,
        named_by: NamedBy,
        is_owners: bool,
    ) -> Result<&'a Client, String> {
        if guard::is_plainly_private(at) {
            return if self.allow_private || (is_owners && named_by == NamedBy::Owner) {
                Ok(&clients.open)
            } else {
                let lead = if named_by == NamedBy::Owner { "redirected" } else { "the feed leads" };
                Err(format!(
                    "{lead} to the private address {}; set `allow_private_networks = true` under [fetch] if that is meant",
                    without_login(at)
                ))
            };
        }
        if self.has_proxy && !self.allow_private {
            guard::check_name(at).await?;
        }
        Ok(&clients.guarded)
    }

    async fn read(&self, base: &Url, mut response: Response, fetch: &Fetch<'_>) -> Hop {
        let failed = |why: String| Hop::Done(Fetched::Failed(why));
        let validators = Validators {
            etag: text(response.headers(), &ETAG),
            last_modified: text(response.headers(), &LAST_MODIFIED),
            body_hash: None,
        };
        let content_type = text(response.headers(), &CONTENT_TYPE);
        let coding = text(response.headers(), &CONTENT_ENCODING);
        let too_large = || format!("larger than {} bytes, the limit of `max_bytes`", self.max_bytes);
        let mut bytes = Vec::new();
        loop {
            match response.chunk().await {
                Ok(Some(chunk)) if (bytes.len() + chunk.len()) as u64 > self.max_bytes => {
                    return failed(too_large());
                }
                Ok(Some(chunk)) => bytes.extend_from_slice(&chunk),
                Ok(None) => break,
                Err(e) => return failed(in_words(&e)),
            }
        }
        if coding.is_some() || decompress::is_gzip(&bytes) {
            let most = self.max_bytes;
            let plain =
                tokio::task::spawn_blocking(move || decompress::plain(bytes, coding.as_deref(), most)).await;
            bytes = match plain {
                Ok(Ok(plain)) => plain,
                Ok(Err(Undone::TooLarge)) => return failed(too_large()),
                Ok(Err(Undone::Damaged(e))) => {
                    return failed(format!("the answer is cut off, or cannot be decompressed: {e}"));
                }
                Err(_) => return failed("interrupted".into()),
            };
        }
        if let Some(target) = refresh::target(&bytes, base) {
            return Hop::Onward(target, false);
        }
        Hop::Done(changed_or_not(bytes, content_type, Some(without_login(base)), validators, fetch.known))
    }
}

fn conditions(known: &Validators, now: DateTime<Utc>) -> HeaderMap {
    // A date that lies in the future would be answered "not modified" until it comes.
    let is_past = |date: &String| {
        DateTime::parse_from_rfc2822(date.trim())
            .is_ok_and(|date| date.to_utc() <= now + chrono::Duration::days(1))
    };
    let pairs = [
        (ACCEPT, Some(ACCEPTED.to_owned())),
        (ACCEPT_ENCODING, Some(CODINGS.to_owned())),
        (IF_NONE_MATCH, known.etag.clone()),
        (IF_MODIFIED_SINCE, known.last_modified.clone().filter(is_past)),
    ];
    pairs.into_iter().filter_map(|(name, value)| Some((name, value?.parse().ok()?))).collect()
}

/// A header's value, whatever its bytes: many are UTF-8, though none should be beyond ASCII.
fn text(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    Some(String::from_utf8_lossy(headers.get(name)?.as_bytes()).into_owned())
}

fn without_login(url: &Url) -> Url {
    let mut url = url.clone();
    // Fails for addresses that cannot have one.
    let _ = (url.set_username(""), url.set_password(None));
    url
}

/// The owner's headers and login, on the feed's own origin; its user agent everywhere.
fn introduce(mut builder: RequestBuilder, request: &FeedRequest, is_owners: bool) -> RequestBuilder {
    if let Some(name) = &request.user_agent {
        builder = builder.header(USER_AGENT, name);
    }
    if is_owners {
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

/// So much of a page that came instead of a feed is looked at for its title.
const REFUSAL_BYTES: usize = 64 * 1024;

/// What a server gives beside a status that is no success.
async fn served(mut response: Response) -> Option<String> {
    let is_page = text(response.headers(), &CONTENT_TYPE)?.to_ascii_lowercase().contains("html");
    let mut bytes = Vec::new();
    while is_page
        && bytes.len() < REFUSAL_BYTES
        && let Ok(Some(chunk)) = response.chunk().await
    {
        bytes.extend_from_slice(&chunk);
    }
    let start = bytes.get(..REFUSAL_BYTES.min(bytes.len()))?;
    is_page.then(|| String::from_utf8_lossy(start).into_owned())
}

/// A refusal, and what usually helps.
fn refusal(status: StatusCode, has_login: bool, page: Option<&str>) -> String {
    let page = page.and_then(page_title).map(|title| format!(" with a page “{title}”")).unwrap_or_default();
    let remedy = match status {
        StatusCode::UNAUTHORIZED if has_login => "; it does not take the `username` and password given",
        StatusCode::UNAUTHORIZED => "; it wants `username` and `password_env` in its [[feed]]",
        StatusCode::FORBIDDEN => {
            "; it may turn programs away: another `user_agent` in its [[feed]] may help, or a login"
        }
        StatusCode::NOT_FOUND => "; is its address right?",
        _ => "",
    };
    format!("the server answered {status}{page}{remedy}")
}

fn redirect_target(from: &Url, response: &Response) -> Result<Url, String> {
    let status = response.status();
    let location = response
        .headers()
        .get(LOCATION)
        .map(|location| spelled(location.as_bytes()))
        .ok_or_else(|| format!("the server answered {status} without saying where to"))?;
    let target =
        from.join(&location).map_err(|e| format!("redirected to `{location}`, which is no address: {e}"))?;
    match target.scheme() {
        "http" | "https" => Ok(target),
        scheme => Err(format!("redirected to a `{scheme}` address, which is not followed")),
    }
}

/// An address by its bytes: UTF-8, or bytes that only its server knows the meaning of.
fn spelled(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes
            .iter()
            .map(|byte| if byte.is_ascii() { char::from(*byte).to_string() } else { format!("%{byte:02X}") })
            .collect(),
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
