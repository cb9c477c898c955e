//! The store into an edition: publishing is one transaction, the edition, which entries
//! went into it, and a delivery for each recipient. It is there whole, or not at all.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::Arc;

use chrono::{DateTime, Duration, SubsecRound, Utc};
use serde::Serialize;

use super::draft::{Draft, draft};
use super::{App, Clock, Error};
use crate::config::{Config, Digest, Mail};
use crate::deliver::message;
use crate::model::{Extent, Format, Mailbox, NotShown, Recipient};
use crate::store::{self, EditionRow, NewEdition, Placement, Published, Queued, Store};

/// What became of a due time.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "snake_case", tag = "outcome")]
pub enum Outcome {
    Published {
        number: i64,
        #[serde(flatten)]
        extent: Extent,
        /// Whether what the mail has no room for is in the web; else it waits for the next
        /// edition.
        in_web: bool,
        /// Entries that had waited for a week and are passed over for good.
        passed_over: usize,
        /// What the feeds' own keys keep out of it.
        not_shown: NotShown,
        recipients: usize,
    },
    NothingNew,
    /// Another process published at the same time.
    Overtaken,
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
    clock: &Clock,
) -> Result<Outcome, Error> {
    let date = due.unwrap_or_else(|| clock.now().trunc_subsecs(0));
    let digest = &Digest { as_book: wants_book(app, digest).await?, ..digest.clone() };
    let draft = draft(app, digest, date, clock).await?;
    publish_draft(app, digest, draft, due, clock).await
}

/// Whether anybody reads the digest on an e-reader.
async fn wants_book(app: &App, digest: &Digest) -> Result<bool, Error> {
    if app.config.recipients_of(digest).any(|known| known.format == Format::Epub) {
        return Ok(true);
    }
    Ok(app.db.call(|store| store.has_book_readers()).await?)
}

/// Publishes an edition as it was drafted at this time, if there is one.
pub(super) async fn publish_draft(
    app: &App,
    digest: &Digest,
    draft: Option<Draft>,
    due: Option<DateTime<Utc>>,
    clock: &Clock,
) -> Result<Outcome, Error> {
    let now = clock.now();
    let id = digest.id.clone();
    let settle = move |store: &Store| due.map_or(Ok(()), |due| store.settle(&id, due));
    let Some(draft) = draft else {
        app.db.call(settle).await?;
        return Ok(Outcome::NothingNew);
    };
    if draft.is_empty() && !digest.send_empty {
        // Updates without a story beside them wait for the next edition, unsettled.
        let (id, (carried, memories)) = (digest.id.clone(), draft.into_repeats());
        app.db
            .call(move |store| {
                store.settle_copies(&id, &carried, &memories, now)?;
                settle(store)
            })
            .await?;
        return Ok(Outcome::NothingNew);
    }
    let new = NewEdition {
        digest: digest.id.clone(),
        title: digest.title.clone(),
        number: draft.edition.number,
        due,
        stories: draft.edition.stories().count(),
        frozen: draft.frozen,
        token: draft.token,
        carried: draft.carried,
        waiting: draft.waiting,
        language: draft.edition.language.clone(),
        pages: draft.pages,
        articles: draft.articles,
        memories: draft.memories,
        book: draft.book,
    };
    let (number, extent, in_web) = (new.number, draft.edition.extent(), draft.has_more_in_web);
    let not_shown = draft.not_shown;
    let passed_over = new.carried.iter().filter(|c| c.placement == Placement::LeftOut).count();
    let oldest = now - Duration::from_std(app.config.window).unwrap_or(Duration::MAX);
    let (config, digest) = (Arc::clone(&app.config), digest.clone());
    let published = app.db.call(move |store| {
        store.forget_stories(&digest.id, oldest)?;
        let mut recipients = 0;
        let published = store.publish(&new, now)?;
        if let Published::Edition(edition) = published {
            let base = digest.base_id();
            for recipient in recipients_of(&config, store, base)? {
                let queued = addressed(&config.mail, &recipient)?;
                if let Some(queued) = wanted(store, base, queued, Some((now, digest.week_of.is_some())))? {
                    store.queue(edition, &queued, now)?;
                    recipients += 1;
                }
            }
        }
        settle(store)?;
        Ok::<_, Error>((published, recipients))
    });
    match published.await? {
        (Published::Edition(_), recipients) => {
            Ok(Outcome::Published { number, extent, in_web, passed_over, not_shown, recipients })
        }
        (Published::Overtaken, _) => Ok(Outcome::Overtaken),
    }
}

/// Queues copies of an edition for these recipients once more. Says who of them wants none.
///
/// # Errors
/// When the store fails; then nothing was queued.
pub fn queue_again(
    config: &Config,
    store: &mut Store,
    edition: &EditionRow,
    recipients: &[Cow<'_, Recipient>],
    now: DateTime<Utc>,
) -> Result<Vec<String>, Error> {
    store.transaction(|store| {
        let mut unwanted = Vec::new();
        for recipient in recipients {
            if !queue_copy(config, store, edition, recipient, now)? {
                unwanted.push(recipient.email.to_string());
            }
        }
        Ok(unwanted)
    })
}

/// Queues one copy of an edition once more; false if its reader wants none.
pub(super) fn queue_copy(
    config: &Config,
    store: &Store,
    edition: &EditionRow,
    recipient: &Recipient,
    now: DateTime<Utc>,
) -> Result<bool, Error> {
    let queued = addressed(&config.mail, recipient)?;
    let Some(queued) = wanted(store, Digest::base_of(&edition.digest), queued, None)? else {
        return Ok(false);
    };
    store.queue_again(edition.id, &queued, now)?;
    Ok(true)
}

/// Who gets a digest: those whom the configuration names, and those who joined.
///
/// # Errors
/// When the store fails.
pub fn recipients_of<'a>(
    config: &'a Config,
    store: &Store,
    digest: &str,
) -> Result<Vec<Cow<'a, Recipient>>, store::Error> {
    let digests = config.digests.iter().filter(|known| known.id == digest);
    let mut all: Vec<_> =
        digests.flat_map(|digest| config.recipients_of(digest)).map(Cow::Borrowed).collect();
    let joined = store.subscribers(digest)?;
    if joined.is_empty() {
        return Ok(all);
    }
    // What the configuration says of somebody holds.
    let mut named: HashSet<String> = all.iter().map(|known| known.email.as_str().to_lowercase()).collect();
    let others = joined.into_iter().filter(|joined| named.insert(joined.address.as_str().to_lowercase()));
    all.extend(others.map(|Mailbox { name, address }| {
        Cow::Owned(Recipient { id: None, name, email: address, format: Format::Html })
    }));
    Ok(all)
}

/// The delivery under the token of its subscription, as its reader wants it; None when they have left
/// or are suppressed, and, of an edition that comes out now, when they want none: that time, and whether
/// it is one of a week.
fn wanted(
    store: &Store,
    digest: &str,
    queued: Queued,
    comes_out: Option<(DateTime<Utc>, bool)>,
) -> Result<Option<Queued>, store::Error> {
    let address = queued.to.address.as_str();
    if store.suppression(address)?.is_some() || store.is_forgotten(address)? {
        return Ok(None);
    }
    let preferences = store.preferences(address)?;
    let is_unwanted = |(now, is_weekly): (DateTime<Utc>, bool)| {
        preferences.weekly != is_weekly || preferences.paused_until.is_some_and(|until| until > now)
    };
    if comes_out.is_some_and(is_unwanted) {
        return Ok(None);
    }
    let format = preferences.format.unwrap_or(queued.format);
    let token = store.token(digest, address, &queued.token)?;
    Ok(token.map(|token| Queued { token, format, ..queued }))
}

/// A delivery to a recipient, with names of its own that nobody can guess.
fn addressed(mail: &Mail, recipient: &Recipient) -> Result<Queued, Error> {
    let random = || message::random().map_err(Error::Setup);
    Ok(Queued {
        to: recipient.mailbox(),
        format: recipient.format,
        message_id: message::new_id(&mail.from.address).map_err(Error::Setup)?,
        token: random()?,
        bounce: mail.bounces.is_some().then(random).transpose()?,
    })
}
