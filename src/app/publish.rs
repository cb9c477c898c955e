//! The store into an edition: publishing is one transaction, the edition, which entries
//! went into it, and a delivery for each recipient. It is there whole, or not at all.

use chrono::{DateTime, Duration, SubsecRound, Utc};
use serde::Serialize;

use super::draft::draft;
use super::{App, Clock, Error};
use crate::config::Digest;
use crate::deliver::message;
use crate::store::{NewEdition, Published, Queued, Store};

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
    let Some(draft) = draft(app, digest, date, clock).await? else {
        app.db.call(settle).await?;
        return Ok(Outcome::NothingNew);
    };
    if draft.is_empty() && !digest.send_empty {
        // Updates without a story beside them wait for the next edition, unsettled.
        let (id, (carried, told)) = (digest.id.clone(), draft.copies());
        app.db
            .call(move |store| {
                store.settle_copies(&id, &carried, &told, now)?;
                settle(store)
            })
            .await?;
        return Ok(Outcome::NothingNew);
    }
    let deliveries = deliveries(app, digest).await?;
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
        token: draft.token,
        carried: draft.carried,
        told: draft.told,
        deliveries,
    };
    let oldest = now - Duration::from_std(app.config.window).unwrap_or(Duration::MAX);
    let published = app.db.call(move |store| {
        store.forget(&new.digest, oldest)?;
        let published = store.publish(&new, now)?;
        settle(store)?;
        Ok(published)
    });
    match published.await? {
        Published::Edition(_) => Ok(report),
        Published::Overtaken => Ok(Outcome::Overtaken),
    }
}

/// A delivery for each recipient who has not left.
async fn deliveries(app: &App, digest: &Digest) -> Result<Vec<Queued>, Error> {
    let mut all = Vec::new();
    for recipient in app.config.recipients_of(digest) {
        all.push(Queued {
            to: recipient.mailbox(),
            format: recipient.format,
            message_id: message::new_id(&app.config.mail.from.address).map_err(Error::Setup)?,
            token: Some(message::random().map_err(Error::Setup)?),
        });
    }
    let (id, has_page) = (digest.id.clone(), app.config.public_url.is_some());
    let remaining = app.db.call(move |store| {
        let mut remaining = Vec::new();
        for mut queued in all {
            let fresh = queued.token.take().unwrap_or_default();
            if let Some(token) = store.token(&id, queued.to.address.as_str(), &fresh)? {
                queued.token = has_page.then_some(token);
                remaining.push(queued);
            }
        }
        Ok::<_, crate::store::Error>(remaining)
    });
    Ok(remaining.await?)
}
