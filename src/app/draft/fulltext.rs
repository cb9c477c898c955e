//! The pages behind the links of feeds whose owner wants whole articles. What cannot be
//! fetched leaves the feed's own words in place.

use chrono::{DateTime, Utc};
use tokio::task::JoinSet;
use url::Url;

use super::share::Share;
use crate::app::{App, Error, off_thread};
use crate::article::{self, Page};
use crate::fetch::{Answer, Body, FeedRequest, Fetched, NamedBy, Validators};
use crate::model::{Content, Feed, Source};
use crate::parse;
use crate::store::PageRow;

/// Puts the articles of pages in place of what the feeds gave.
pub(super) async fn fetch(app: &App, shares: &mut [Share], now: DateTime<Utc>) -> Result<(), Error> {
    let mut fetches = JoinSet::new();
    for (i, share) in shares.iter().enumerate().filter(|(_, share)| share.feed.content == Content::Fetch) {
        for (j, stored) in share.chosen.iter().chain(&share.returned).enumerate() {
            let Some(link) = stored.entry.link.as_deref().and_then(|l| Url::parse(l).ok()) else { continue };
            if !matches!(link.scheme(), "http" | "https") {
                continue;
            }
            let (app, feed) = (app.clone(), share.feed.clone());
            fetches.spawn(async move { page(&app, &feed, link, now).await.map(|page| (i, j, page)) });
        }
    }
    while let Some(fetched) = fetches.join_next().await {
        let (i, j, page) = fetched.map_err(|_| Error::Interrupted)??;
        let stored =
            shares.get_mut(i).and_then(|share| share.chosen.iter_mut().chain(&mut share.returned).nth(j));
        if let (Some(stored), Some(page)) = (stored, page) {
            let entry = &mut stored.entry;
            if page.html.as_deref().is_some_and(|html| article::says_more(html, entry)) {
                entry.content = page.html;
                entry.base.clone_from(&entry.link);
            }
            entry.image = entry.image.take().or(page.image);
        }
    }
    Ok(())
}

async fn page(app: &App, feed: &Feed, link: Url, now: DateTime<Utc>) -> Result<Option<PageRow>, Error> {
    let address = link.to_string();
    if let Some(known) = app
        .db
        .call({
            let address = address.clone();
            move |store| store.page(&address)
        })
        .await?
    {
        return Ok(Some(known));
    }
    // Logins and headers for a feed's server are not for others.
    let own = app.config.feed(&feed.id).filter(|_| is_same_origin(feed, &link));
    let request = match own {
        // The link is the feed's word, not the owner's.
        Some(settings) => {
            let request = settings.request.resolve(&feed.source).await;
            request.map(|request| FeedRequest { named_by: NamedBy::Document, ..request })
        }
        None => Ok(FeedRequest::default()),
    };
    let answer = match request {
        Ok(request) => {
            app.fetcher.fetch(&Source::Web(link.clone()), &Validators::default(), &request, now).await
        }
        Err(why) => Answer::failed(why),
    };
    let page = match answer.fetched {
        Fetched::Changed { body: Body::Feed { bytes, content_type, base }, .. } => {
            let found = off_thread(move || {
                let html = parse::page(&bytes, content_type.as_deref());
                article::extract(&html, &base.unwrap_or(link))
            });
            match found.await? {
                Some(Page { html, image }) => PageRow { html: Some(html), image },
                None => PageRow { html: None, image: None },
            }
        }
        Fetched::Failed(why) | Fetched::Unreachable(why) => {
            tracing::warn!(feed = feed.id, page = address, "no full text: {why}");
            return Ok(None);
        }
        _ => {
            tracing::warn!(feed = feed.id, page = address, "no full text: the server does not give the page");
            return Ok(None);
        }
    };
    let kept = page.clone();
    app.db.call(move |store| store.keep_page(&address, &kept, now)).await?;
    Ok(Some(page))
}

fn is_same_origin(feed: &Feed, link: &Url) -> bool {
    matches!(&feed.source, Source::Web(url) if url.origin() == link.origin())
}
