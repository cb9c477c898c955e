//! From the address of a page to its feeds: what the page is itself, what its head names, where its
//! kind of site has them, and at last the places that many sites use.

use chrono::{DateTime, Utc};
use tokio::task::JoinSet;
use url::Url;

use super::collect::read;
use crate::fetch::{Body, FeedRequest, Fetched, Fetcher, NamedBy, Validators};
use crate::model::{ParsedFeed, Source};
use crate::parse::{self, discover};

/// So many places are looked at for one address.
const MOST_CANDIDATES: usize = 12;

/// A feed that was found, and read.
#[derive(Debug)]
pub struct Found {
    pub url: Url,
    pub feed: ParsedFeed,
}

/// The feeds of an address, the likeliest first.
///
/// # Errors
/// Why there is none, in words for whoever typed the address.
pub async fn discover(fetcher: &Fetcher, typed: &str, now: DateTime<Utc>) -> Result<Vec<Found>, String> {
    let url = address(typed)?;
    let mut got = get(fetcher, &url, now).await;
    let mut url = url;
    // Nobody types the scheme of a small server that speaks no TLS.
    if got.is_err()
        && !typed.contains("://")
        && let Ok(plain) = address(&format!("http://{}", typed.trim()))
        && let Ok(found) = get(fetcher, &plain, now).await
    {
        (got, url) = (Ok(found), plain);
    }
    let page = match got {
        Ok(Got::Feed(url, feed)) => return Ok(vec![Found { url, feed: *feed }]),
        Ok(Got::Page(at, page, link)) => Ok((at, page, link)),
        Err(why) => Err(why),
    };
    let mut named = discover::of_known_site(&url);
    if let Ok((at, page, link)) = &page {
        named.extend(link.iter().flat_map(|link| discover::in_link_header(link, at)));
        named.extend(discover::advertised(page, Some(at)).into_iter().map(|feed| feed.url));
    }
    let found = try_all(fetcher, named, now).await;
    if !found.is_empty() {
        return Ok(found);
    }
    let (at, page, _) = page?;
    let usual = try_all(fetcher, discover::usual_places(&at), now).await;
    // One place of a site leads to another: the first is enough.
    match usual.into_iter().next() {
        Some(found) => Ok(vec![found]),
        None => {
            let title =
                crate::text::page_title(&page).map(|title| format!(" (“{title}”)")).unwrap_or_default();
            Err(format!(
                "{url}{title} has no feed: its page names none, and there is none at the usual places"
            ))
        }
    }
}

/// What somebody types for an address of the web.
///
/// # Errors
/// When it can be none.
pub fn address(typed: &str) -> Result<Url, String> {
    let typed = typed.trim();
    let whole = if typed.contains("://") { typed.to_owned() } else { format!("https://{typed}") };
    match Url::parse(&whole) {
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => Ok(url),
        _ => Err(format!("`{typed}` is no address of the web, such as https://example.org")),
    }
}

/// Those of these addresses that are feeds, in their order, each once.
async fn try_all(fetcher: &Fetcher, urls: Vec<Url>, now: DateTime<Utc>) -> Vec<Found> {
    let mut tries = JoinSet::new();
    for (place, url) in urls.into_iter().take(MOST_CANDIDATES).enumerate() {
        let fetcher = fetcher.clone();
        tries.spawn(async move { (place, get(&fetcher, &url, now).await) });
    }
    let mut found: Vec<(usize, Found)> = Vec::new();
    while let Some(tried) = tries.join_next().await {
        if let Ok((place, Ok(Got::Feed(url, feed)))) = tried {
            found.push((place, Found { url, feed: *feed }));
        }
    }
    found.sort_by_key(|(place, _)| *place);
    let mut all: Vec<Found> = Vec::new();
    for (_, found) in found {
        if all.iter().all(|known| known.url != found.url) {
            all.push(found);
        }
    }
    all
}

enum Got {
    Feed(Url, Box<ParsedFeed>),
    /// Its address, its text and its `Link` header.
    Page(Url, String, Option<String>),
}

async fn get(fetcher: &Fetcher, url: &Url, now: DateTime<Utc>) -> Result<Got, String> {
    // Whoever types an address means it, also one of their own network.
    let request =
        FeedRequest { named_by: NamedBy::Owner, configured: Some(url.clone()), ..FeedRequest::default() };
    let answer = fetcher.fetch(&Source::Web(url.clone()), &Validators::default(), &request, now).await;
    match answer.fetched {
        Fetched::Changed { body, .. } => match (read(&body), body) {
            // Where it has moved to for good is its address.
            (Ok(feed), _) => {
                Ok(Got::Feed(answer.meta.moved_to.unwrap_or_else(|| url.clone()), Box::new(feed)))
            }
            (Err(_), Body::Feed { bytes, content_type, base }) => {
                let page = parse::page(&bytes, content_type.as_deref());
                Ok(Got::Page(base.unwrap_or_else(|| url.clone()), page, answer.meta.link))
            }
            (Err(why), _) => Err(why),
        },
        other => Err(format!("{url}: {}", other.failure(now).unwrap_or_default())),
    }
}
