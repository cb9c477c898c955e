//! The pages behind the links in the mails: an edition as it was sent, the archive of all of them, and leaving a
//! digest, by a mailbox provider's button (RFC 8058) or by hand; and what those ask who watch over
//! the daemon. The door to axum.

mod answer;
mod connections;
mod form;
mod limits;
pub mod metrics;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::rejection::QueryRejection;
use axum::extract::{DefaultBodyLimit, Path, Query, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;

pub use answer::{Answer, Audience, Media, Page};
use connections::Room;
pub use form::Form;
pub use limits::Client;
use limits::Limits;
use metrics::Gauge;

/// A token is no longer; anything longer is not looked up.
const MOST_TOKEN: usize = 64;
/// Bytes of a form.
const MOST_FORM: usize = 16 * 1024;
/// A page that takes longer will not come.
const PATIENCE: Duration = Duration::from_secs(10);
/// Pages made at once; the others wait.
const AT_ONCE: usize = 4;

/// What somebody searches for, as it stands in the address.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct SearchQuery {
    pub q: String,
    /// The digest; all of them where it is empty.
    #[serde(rename = "in")]
    pub digest: String,
    pub from: String,
    pub until: String,
    /// From 1.
    pub page: String,
}

#[derive(Debug, Deserialize)]
struct JoinQuery {
    digest: Option<String>,
}

/// What the pages are made from: the editions, the subscriptions, and how things are.
pub trait PageSource: Clone + Send + Sync + 'static {
    /// The front page of the archive.
    fn front(&self) -> impl Future<Output = Answer> + Send;
    /// The newest editions of a digest.
    fn digest(&self, digest: String) -> impl Future<Output = Answer> + Send;
    /// What stands under a digest: a month, or a feed.
    fn under_digest(&self, digest: String, name: String) -> impl Future<Output = Answer> + Send;
    fn search(&self, query: SearchQuery) -> impl Future<Output = Answer> + Send;
    /// A page of the edition that bears a token; 0 is its first.
    fn edition(&self, token: String, page: u32) -> impl Future<Output = Answer> + Send;
    /// Whether the reader wants to leave? Changes nothing: programs follow links too.
    fn ask(&self, token: String) -> impl Future<Output = Answer> + Send;
    /// The reader leaves.
    fn leave(&self, token: String) -> impl Future<Output = Answer> + Send;
    /// The reader comes back.
    fn come_back(&self, token: String) -> impl Future<Output = Answer> + Send;
    /// The form to join by; for a digest, where it is named.
    fn join_form(&self, digest: Option<String>) -> impl Future<Output = Answer> + Send;
    /// Somebody asks to join.
    fn join(&self, form: Form, client: Client) -> impl Future<Output = Answer> + Send;
    /// Whether whoever asked wants to join? Changes nothing.
    fn ask_again(&self, token: String) -> impl Future<Output = Answer> + Send;
    /// They do.
    fn confirm(&self, token: String) -> impl Future<Output = Answer> + Send;
    /// The reader's own page.
    fn own_page(&self, token: String) -> impl Future<Output = Answer> + Send;
    /// What the reader wants from now on.
    fn save(&self, token: String, form: Form) -> impl Future<Output = Answer> + Send;
    /// The page for an address that is none.
    fn not_found(&self) -> Answer;
    /// The page for whoever asks too often or in vain.
    fn busy(&self) -> String;
    fn unavailable(&self) -> String;
    /// Whether the daemon is alive; if not, why.
    fn health(&self) -> impl Future<Output = Result<(), String>> + Send;
    /// How things are, in figures.
    fn metrics(&self) -> impl Future<Output = Result<Vec<Gauge>, String>> + Send;
}

#[derive(Clone)]
struct Site<S> {
    source: S,
    slots: Arc<Semaphore>,
    /// For what takes longest, so that it never takes all of them.
    searches: Arc<Semaphore>,
    limits: Limits,
}

/// Serves the pages until `stop` is done; answers under way are finished. `watched_here`: whether health
/// and figures are asked for here too, by programs of this machine.
pub async fn serve<S: PageSource>(
    listener: TcpListener,
    source: S,
    watched_here: bool,
    stop: impl Future<Output = ()> + Send,
) {
    let site = Site {
        source: source.clone(),
        slots: Arc::new(Semaphore::new(AT_ONCE)),
        searches: Arc::new(Semaphore::new(1)),
        limits: Limits::new(),
    };
    let pages = Router::new()
        .route("/", get(front::<S>))
        .route("/digest/{digest}", get(digest::<S>))
        .route("/digest/{digest}/{name}", get(under_digest::<S>))
        .route("/search", get(search::<S>))
        .route("/edition/{token}", get(edition::<S>))
        .route("/edition/{token}/{page}", get(edition_page::<S>))
        .route("/unsubscribe/{token}", get(ask::<S>).post(leave::<S>))
        .route("/unsubscribe/{token}/undo", post(come_back::<S>))
        .route("/join", get(join_form::<S>).post(join::<S>))
        .route("/join/{token}", get(ask_again::<S>).post(confirm::<S>))
        .route("/reader/{token}", get(own_page::<S>).post(save::<S>))
        .layer(DefaultBodyLimit::max(MOST_FORM))
        .fallback(nowhere::<S>)
        .layer(middleware::from_fn_with_state(site.clone(), limited::<S>))
        // A page is compressed each time: the cheapest way saves nearly as much.
        .layer(CompressionLayer::new().quality(CompressionLevel::Fastest))
        .with_state(site);
    let watched = watching(source).layer(middleware::from_fn(from_here));
    let router = if watched_here { watched.merge(pages) } else { pages };
    connections::serve(listener, router.layer(middleware::map_response(answer::guard)), Room::All, stop)
        .await;
}

/// Serves health and figures alone, for whoever watches over the daemon.
pub async fn serve_internal<S: PageSource>(
    listener: TcpListener,
    source: S,
    stop: impl Future<Output = ()> + Send,
) {
    connections::serve(listener, watching(source), Room::Few, stop).await;
}

fn watching<S: PageSource>(source: S) -> Router {
    Router::new().route("/healthz", get(healthz::<S>)).route("/metrics", get(figures::<S>)).with_state(source)
}

/// What came through a web server came from anywhere.
async fn from_here(request: Request, next: Next) -> Response {
    if limits::is_forwarded(request.headers()) {
        return StatusCode::NOT_FOUND.into_response();
    }
    next.run(request).await
}

async fn limited<S: PageSource>(State(site): State<Site<S>>, request: Request, next: Next) -> Response {
    if site.limits.admits(&request) {
        return next.run(request).await;
    }
    answer::refused(StatusCode::TOO_MANY_REQUESTS, site.source.busy())
}

async fn front<S: PageSource>(State(site): State<Site<S>>, headers: HeaderMap) -> Response {
    site.answer(&headers, site.source.front()).await
}

async fn digest<S: PageSource>(
    State(site): State<Site<S>>,
    Path(digest): Path<String>,
    headers: HeaderMap,
) -> Response {
    site.answer(&headers, site.source.digest(digest)).await
}

async fn under_digest<S: PageSource>(
    State(site): State<Site<S>>,
    Path((digest, name)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    site.answer(&headers, site.source.under_digest(digest, name)).await
}

async fn search<S: PageSource>(
    State(site): State<Site<S>>,
    query: Result<Query<SearchQuery>, QueryRejection>,
    headers: HeaderMap,
) -> Response {
    let query = query.map(|Query(query)| query).unwrap_or_default();
    let Ok(Ok(_slot)) = tokio::time::timeout(PATIENCE, site.searches.acquire()).await else {
        return answer::refused(StatusCode::SERVICE_UNAVAILABLE, site.source.busy());
    };
    site.answer(&headers, site.source.search(query)).await
}

async fn edition<S: PageSource>(
    State(site): State<Site<S>>,
    Path(token): Path<String>,
    headers: HeaderMap,
) -> Response {
    site.answer(&headers, site.source.edition(known_length(token), 0)).await
}

async fn edition_page<S: PageSource>(
    State(site): State<Site<S>>,
    Path((token, page)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    // What is no number is no page; the first has no number.
    let page = page.parse().ok().filter(|page| *page > 0).unwrap_or(u32::MAX);
    site.answer(&headers, site.source.edition(known_length(token), page)).await
}

async fn ask<S: PageSource>(
    State(site): State<Site<S>>,
    Path(token): Path<String>,
    headers: HeaderMap,
) -> Response {
    site.answer(&headers, site.source.ask(known_length(token))).await
}

/// Whatever the body says, which is not read: some send a form, others parts, some nothing.
async fn leave<S: PageSource>(
    State(site): State<Site<S>>,
    Path(token): Path<String>,
    headers: HeaderMap,
) -> Response {
    site.answer(&headers, site.source.leave(known_length(token))).await
}

async fn come_back<S: PageSource>(
    State(site): State<Site<S>>,
    Path(token): Path<String>,
    headers: HeaderMap,
) -> Response {
    site.answer(&headers, site.source.come_back(known_length(token))).await
}

async fn join_form<S: PageSource>(
    State(site): State<Site<S>>,
    query: Result<Query<JoinQuery>, QueryRejection>,
    headers: HeaderMap,
) -> Response {
    let digest = query.ok().and_then(|Query(query)| query.digest);
    site.answer(&headers, site.source.join_form(digest)).await
}

async fn join<S: PageSource>(
    State(site): State<Site<S>>,
    client: Client,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    site.answer(&headers, site.source.join(Form::parse(&body), client)).await
}

async fn ask_again<S: PageSource>(
    State(site): State<Site<S>>,
    Path(token): Path<String>,
    headers: HeaderMap,
) -> Response {
    site.answer(&headers, site.source.ask_again(known_length(token))).await
}

async fn confirm<S: PageSource>(
    State(site): State<Site<S>>,
    Path(token): Path<String>,
    headers: HeaderMap,
) -> Response {
    site.answer(&headers, site.source.confirm(known_length(token))).await
}

async fn own_page<S: PageSource>(
    State(site): State<Site<S>>,
    Path(token): Path<String>,
    headers: HeaderMap,
) -> Response {
    site.answer(&headers, site.source.own_page(known_length(token))).await
}

async fn save<S: PageSource>(
    State(site): State<Site<S>>,
    Path(token): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    site.answer(&headers, site.source.save(known_length(token), Form::parse(&body))).await
}

async fn nowhere<S: PageSource>(State(site): State<Site<S>>, headers: HeaderMap) -> Response {
    site.answer(&headers, std::future::ready(site.source.not_found())).await
}

async fn healthz<S: PageSource>(State(source): State<S>) -> Response {
    match tokio::time::timeout(PATIENCE, source.health()).await {
        Ok(Ok(())) => (StatusCode::OK, "ok\n").into_response(),
        Ok(Err(why)) => (StatusCode::SERVICE_UNAVAILABLE, format!("{why}\n")).into_response(),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n").into_response(),
    }
}

async fn figures<S: PageSource>(State(source): State<S>) -> Response {
    match tokio::time::timeout(PATIENCE, source.metrics()).await {
        Ok(Ok(gauges)) => {
            let kind = [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
            (kind, metrics::text(&gauges)).into_response()
        }
        Ok(Err(why)) => (StatusCode::SERVICE_UNAVAILABLE, format!("{why}\n")).into_response(),
        Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

fn known_length(token: String) -> String {
    if token.len() > MOST_TOKEN { String::new() } else { token }
}

impl<S: PageSource> Site<S> {
    /// The answer to a request, when its turn has come.
    async fn answer(&self, headers: &HeaderMap, page: impl Future<Output = Answer>) -> Response {
        let made = tokio::time::timeout(PATIENCE, async {
            let _slot = self.slots.acquire().await.ok()?;
            Some(page.await)
        });
        match made.await {
            Ok(Some(Answer::Page(page))) => answer::page(headers, page),
            Ok(Some(Answer::NotFound(html))) => answer::refused(StatusCode::NOT_FOUND, html),
            Ok(Some(Answer::Unavailable(why))) => {
                tracing::error!("cannot answer a reader: {why}");
                answer::refused(StatusCode::SERVICE_UNAVAILABLE, self.source.unavailable())
            }
            Ok(None) | Err(_) => answer::refused(StatusCode::SERVICE_UNAVAILABLE, self.source.busy()),
        }
    }
}
