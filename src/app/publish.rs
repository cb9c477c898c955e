//! The store into an edition. A draft is made without writing anything; publishing it is
//! one transaction: the edition, which entries went into it, and a delivery for each
//! recipient. It is there whole, or not at all.

use std::collections::HashSet;

use chrono::{DateTime, SubsecRound, Utc};
use serde::Serialize;

use super::{App, Clock, Error, off_thread};
use crate::compose::{self, Candidate, Frame};
use crate::config::{Digest, Order};
use crate::deliver::message;
use crate::model::{Edition, Feed, Frozen};
use crate::render::Imprint;
use crate::store::{Carried, NewEdition, Place, Published, Queued, Store, Stored};
use crate::{article, render, story};

/// An edition as it would be published.
pub struct Draft {
    pub edition: Edition,
    pub frozen: Frozen,
    carried: Vec<Carried>,
}

/// What became of a due time.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "snake_case", tag = "outcome")]
pub enum Outcome {
    Published {
        number: i64,
        stories: usize,
        left_out: usize,
        recipients: usize,
    },
    NothingNew,
    /// Another process published at the same time.
    Overtaken,
}

/// One feed's share of a draft.
struct Share {
    feed: Feed,
    title: Option<String>,
    language: Option<String>,
    /// Since when the digest knows the feed.
    joined: Option<DateTime<Utc>>,
    entries: Vec<Stored>,
}

/// Makes the edition that the digest would have now. None when nothing is new, unless the
/// digest is to be sent even so.
///
/// # Errors
/// When the store fails.
pub async fn draft(app: &App, digest: &Digest, due: DateTime<Utc>) -> Result<Option<Draft>, Error> {
    let feeds: Vec<Feed> = app.config.feeds_of(digest).into_iter().cloned().collect();
    let id = digest.id.clone();
    let (number, shares) = app
        .db
        .call(move |store| {
            let mut shares = Vec::new();
            for feed in feeds {
                let row = store.feed(&feed.id, &feed.source.to_string())?.unwrap_or_default();
                shares.push(Share {
                    title: row.title,
                    language: row.language,
                    joined: store.joined(&id, &feed.id)?,
                    entries: store.uncarried(&id, &feed.id)?,
                    feed,
                });
            }
            Ok((store.next_number(&id)?, shares))
        })
        .await?;
    let imprint =
        Imprint { sender: app.config.mail.from.clone(), unsubscribe: app.config.unsubscribe(&digest.id) };
    let digest = digest.clone();
    off_thread(move || lay_out(&digest, &imprint, number, due, shares)).await
}

fn lay_out(
    digest: &Digest,
    imprint: &Imprint,
    number: i64,
    due: DateTime<Utc>,
    shares: Vec<Share>,
) -> Option<Draft> {
    let (mut articles, mut carried) = (Vec::new(), Vec::new());
    for share in &shares {
        let candidates: Vec<_> = share
            .entries
            .iter()
            .map(|s| Candidate {
                published: s.entry.published,
                seen: s.first_seen,
                backlog: s.first_poll || share.joined.is_some_and(|since| s.first_seen < since),
            })
            .collect();
        let chosen = compose::choose(&candidates, share.feed.first_run, share.feed.max_items);
        for (stored, chosen) in share.entries.iter().zip(chosen) {
            if chosen {
                let (title, language) = (share.title.as_deref(), share.language.as_deref());
                articles.push(article::read(&stored.entry, &share.feed, title, language, stored.first_seen));
            }
            let place = if chosen { Place::Shown } else { Place::PassedOver };
            carried.push(Carried { feed: share.feed.id.clone(), key: stored.entry.key, place });
        }
    }
    if articles.is_empty() && !digest.send_empty {
        return None;
    }
    let mut seen = HashSet::new();
    let sections: Vec<&str> =
        shares.iter().filter_map(|s| s.feed.section.as_deref()).filter(|s| seen.insert(*s)).collect();
    let frame = Frame {
        digest: &digest.id,
        title: &digest.title,
        zone: digest.zone,
        language: digest.language.as_deref(),
        images: digest.images,
        order: match digest.order {
            Order::Newest => compose::Order::Newest,
            Order::Feed => compose::Order::Feeds(shares.iter().map(|s| s.feed.id.as_str()).collect()),
        },
        sections,
    };
    let edition = compose::compose(&frame, number, due, story::tell_apart(articles));
    // Gmail clips by one size or the other, nobody knows which: both stay below.
    let size = |e: &Edition| {
        let html = render::html(e, imprint);
        html.len().max(message::encoded_len(&html))
    };
    let edition = compose::fit(edition, digest.max_html, size);
    let left_out: HashSet<_> =
        edition.left_out.iter().flat_map(|s| s.articles()).map(|a| (a.feed.as_str(), a.key)).collect();
    for entry in &mut carried {
        if left_out.contains(&(entry.feed.as_str(), entry.key)) {
            entry.place = Place::LeftOut;
        }
    }
    let frozen = render::render(&edition, &digest.subject, imprint);
    Some(Draft { edition, frozen, carried })
}

/// Publishes the edition of a due time, which then counts as seen to, whether or not there
/// was anything new; or, without one, an edition that a person asked for.
///
/// # Errors
/// When the store fails; then nothing was published.
pub async fn publish(
    app: &App,
    digest: &Digest,
    due: Option<DateTime<Utc>>,
    clock: Clock,
) -> Result<Outcome, Error> {
    let now = clock.now();
    let date = due.unwrap_or_else(|| now.trunc_subsecs(0));
    let id = digest.id.clone();
    let settle = move |store: &Store| due.map_or(Ok(()), |due| store.settle(&id, due));
    let Some(draft) = draft(app, digest, date).await? else {
        app.db.call(settle).await?;
        return Ok(Outcome::NothingNew);
    };
    let mut deliveries = Vec::new();
    for recipient in app.config.recipients_of(digest) {
        deliveries.push(Queued {
            to: recipient.mailbox(),
            format: recipient.format,
            message_id: message::new_id(&app.config.mail.from.address).map_err(Error::Setup)?,
        });
    }
    let report = Outcome::Published {
        number: draft.edition.number,
        stories: draft.edition.stories().count(),
        left_out: draft.edition.left_out.len(),
        recipients: deliveries.len(),
    };
    let new = NewEdition {
        digest: digest.id.clone(),
        title: digest.title.clone(),
        number: draft.edition.number,
        due,
        frozen: draft.frozen,
        carried: draft.carried,
        deliveries,
    };
    let published = app.db.call(move |store| {
        let published = store.publish(&new, now)?;
        settle(store)?;
        Ok(published)
    });
    match published.await? {
        Published::Edition(_) => Ok(report),
        Published::Overtaken => Ok(Outcome::Overtaken),
    }
}
