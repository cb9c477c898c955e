//! The pages behind the links in the mails: an edition as it was sent, and leaving a digest,
//! by a mailbox provider's button (RFC 8058) or by hand; and what those ask who watch over
//! the daemon. The door to axum.

mod connections;
pub mod metrics;

use std::future::Future;
use std::time::Duration;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderName, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use tokio::net::TcpListener;

use metrics::Gauge;

/// A token is no longer; anything longer is not looked up.
const MOST_TOKEN: usize = 64;
/// A page that takes longer will not come.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a page shows. Both are HTML.
pub enum Answer {
    Page(String),
    NotFound(String),
    /// The database does not answer; in words for the log.
    Unavailable(String),
}

/// What the pages are made from: the editions, the subscriptions, and how things are.
pub trait PageSource: Clone + Send + Sync + 'static {
    /// A page of the edition that bears a token; 0 is its first.
    fn edition(&self, token: String, page: u32) -> impl Future<Output = Answer> + Send;
    /// Whether the reader wants to leave? Changes nothing: programs follow links too.
    fn ask(&self, token: String) -> impl Future<Output = Answer> + Send;
    /// The reader leaves.
    fn leave(&self, token: String) -> impl Future<Output = Answer> + Send;
    /// Whether the daemon is alive; if not, why.
    fn health(&self) -> impl Future<Output = Result<(), String>> + Send;
    /// How things are, in figures.
    fn metrics(&self) -> impl Future<Output = Result<Vec<Gauge>, String>> + Send;
}

/// Serves until `stop` is done; answers under way are finished.
pub async fn serve<R: PageSource>(listener: TcpListener, source: R, stop: impl Future<Output = ()> + Send) {
    let router = Router::new()
        .route("/edition/{token}", get(edition::<R>))
        .route("/edition/{token}/{page}", get(edition_page::<R>))
        .route("/unsubscribe/{token}", get(ask::<R>).post(leave::<R>))
        .route("/healthz", get(healthz::<R>))
        .route("/metrics", get(figures::<R>))
        .with_state(source);
    connections::serve(listener, router, stop).await;
}

async fn edition<R: PageSource>(State(source): State<R>, Path(token): Path<String>) -> Response {
    in_time(source.edition(known_length(token), 0)).await
}

async fn edition_page<R: PageSource>(
    State(source): State<R>,
    Path((token, page)): Path<(String, String)>,
) -> Response {
    // What is no number is no page.
    let page = page.parse().unwrap_or(u32::MAX);
    in_time(source.edition(known_length(token), page)).await
}

async fn ask<R: PageSource>(State(source): State<R>, Path(token): Path<String>) -> Response {
    in_time(source.ask(known_length(token))).await
}

/// Whatever the body says, which is not read: some send a form, others parts, some nothing.
async fn leave<R: PageSource>(State(source): State<R>, Path(token): Path<String>) -> Response {
    in_time(source.leave(known_length(token))).await
}

async fn healthz<R: PageSource>(State(source): State<R>) -> Response {
    match tokio::time::timeout(PATIENCE, source.health()).await {
        Ok(Ok(())) => (StatusCode::OK, "ok\n").into_response(),
        Ok(Err(why)) => (StatusCode::SERVICE_UNAVAILABLE, format!("{why}\n")).into_response(),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n").into_response(),
    }
}

async fn figures<R: PageSource>(State(source): State<R>) -> Response {
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

async fn in_time(answer: impl Future<Output = Answer>) -> Response {
    let (status, html) = match tokio::time::timeout(PATIENCE, answer).await {
        Ok(Answer::Page(html)) => (StatusCode::OK, html),
        Ok(Answer::NotFound(html)) => (StatusCode::NOT_FOUND, html),
        Ok(Answer::Unavailable(why)) => {
            tracing::error!("cannot answer a reader: {why}");
            (StatusCode::SERVICE_UNAVAILABLE, String::new())
        }
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, String::new()),
    };
    // The page knows who it is for, and tells nobody else.
    let headers = [
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; img-src https: data:; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'",
        ),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (HeaderName::from_static("x-robots-tag"), "noindex"),
    ];
    (status, headers, Html(html)).into_response()
}
