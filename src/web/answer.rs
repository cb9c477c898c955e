//! What is said around a page: who may keep it, what it may load, and whom it may tell where it was.

use std::hash::{DefaultHasher, Hash, Hasher};

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};

/// No scripts at all; styles stand in the page. Nobody shows it in a frame.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// What a page is made of.
pub struct Page {
    pub body: String,
    pub media: Media,
    pub audience: Audience,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Media {
    Html,
    Atom,
}

/// Who may see a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// One reader, of whom it tells.
    Reader,
    /// Whoever has the link of an edition.
    Holder,
    Everybody,
}

/// What there is to answer. All are HTML, but for feeds.
pub enum Answer {
    Page(Page),
    NotFound(String),
    /// The database does not answer; in words for the log.
    Unavailable(String),
}

impl Page {
    /// A page of HTML.
    pub fn html(body: String, audience: Audience) -> Self {
        Self { body, media: Media::Html, audience }
    }
}

/// The answer of a page; without its body for whoever has it already.
pub(super) fn page(asked: &HeaderMap, page: Page) -> Response {
    let mut hasher = DefaultHasher::new();
    page.body.hash(&mut hasher);
    // Weak: compressed or not, it is the same.
    let tag = format!("W/\"{:016x}\"", hasher.finish());
    let known = asked.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let is_known = page.audience != Audience::Reader
        && known.flat_map(|list| list.split(',')).map(str::trim).any(|one| one == "*" || is_same(one, &tag));
    let mut response = if is_known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        Body::from(page.body).into_response()
    };
    let media = match page.media {
        Media::Html => "text/html; charset=utf-8",
        Media::Atom => "application/atom+xml; charset=utf-8",
    };
    let caching = match page.audience {
        Audience::Reader => "no-store",
        Audience::Holder => "private, no-cache",
        Audience::Everybody => "public, max-age=300",
    };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if page.audience != Audience::Reader
        && let Ok(tag) = HeaderValue::from_str(&tag)
    {
        headers.insert(header::ETAG, tag);
    }
    // Pictures of an edition that is no secret are in it: nobody else hears that it is read.
    let pictures = match page.audience {
        Audience::Holder => "https: data:",
        Audience::Reader | Audience::Everybody => "data:",
    };
    guarded(headers, pictures, page.audience == Audience::Everybody);
    response
}

/// By the weak comparison, which these are for (RFC 9110 8.8.3.2).
fn is_same(one: &str, other: &str) -> bool {
    one.trim_start_matches("W/") == other.trim_start_matches("W/")
}

/// An answer that no page of ours gave.
pub(super) async fn guard(mut response: Response) -> Response {
    if !response.headers().contains_key(header::CONTENT_SECURITY_POLICY) {
        guarded(response.headers_mut(), "data:", false);
    }
    response
}

/// An answer that is none.
pub(super) fn refused(status: StatusCode, html: String) -> Response {
    let mut response = (status, Html(html)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if status != StatusCode::NOT_FOUND {
        headers.insert(header::RETRY_AFTER, HeaderValue::from_static("60"));
    }
    guarded(headers, "data:", false);
    response
}

fn guarded(headers: &mut HeaderMap, pictures: &str, is_listed: bool) {
    if let Ok(policy) = HeaderValue::from_str(&format!("{POLICY}; img-src {pictures}")) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    let named = |name| HeaderName::from_static(name);
    headers.insert(named("cross-origin-opener-policy"), HeaderValue::from_static("same-origin"));
    headers.insert(named("cross-origin-resource-policy"), HeaderValue::from_static("same-origin"));
    headers.insert(
        named("permissions-policy"),
        HeaderValue::from_static("camera=(), geolocation=(), microphone=()"),
    );
    if !is_listed {
        headers.insert(named("x-robots-tag"), HeaderValue::from_static("noindex"));
    }
}
