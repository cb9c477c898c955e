//! The store into an edition: publishing is one transaction, the edition, which entries
//! went into it, and a delivery for each recipient. It is there whole, or not at all.

use chrono::{DateTime, Duration, SubsecRound, Utc};
use serde::Serialize;

use super::draft::draft;
use super::{App, Clock, Error};
use crate::config::{Config, Digest, Mail};
use crate::deliver::message;
use crate::model::Recipient;
use crate::store::{self, EditionRow, NewEdition, Published, Queued, Store};

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
    clock: &Clock,
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
    let mail = &app.config.mail;
    let queued: Vec<Queued> =
        app.config.recipients_of(digest).into_iter().map(|r| addressed(mail, r)).collect::<Result<_, _>>()?;
    let mut new = NewEdition {
        digest: digest.id.clone(),
        title: digest.title.clone(),
        number: draft.edition.number,
        due,
        stories: draft.edition.stories().count(),
        frozen: draft.frozen,
        token: draft.token,
        carried: draft.carried,
        told: draft.told,
        deliveries: Vec::new(),
    };
    let (number, stories, left_out) = (new.number, new.stories, draft.edition.left_out.len());
    let oldest = now - Duration::from_std(app.config.window).unwrap_or(Duration::MAX);
    let published = app.db.call(move |store| {
        new.deliveries = wanted(store, &new.digest, queued)?.0;
        store.forget(&new.digest, oldest)?;
        let published = store.publish(&new, now)?;
        settle(store)?;
        Ok::<_, store::Error>((published, new.deliveries.len()))
    });
    match published.await? {
        (Published::Edition(_), recipients) => {
            Ok(Outcome::Published { number, stories, left_out, recipients })
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
    recipients: &[&Recipient],
    now: DateTime<Utc>,
) -> Result<Vec<String>, Error> {
    let queued: Vec<Queued> =
        recipients.iter().map(|r| addressed(&config.mail, r)).collect::<Result<_, _>>()?;
    store.transaction(|store| {
        let (wanted, unwanted) = wanted(store, &edition.digest, queued)?;
        for queued in &wanted {
            store.queue_again(edition.id, queued, now)?;
        }
        Ok(unwanted)
    })
}

/// The deliveries to who has neither left nor been suspended, and the addresses of the
/// others.
fn wanted(
    store: &Store,
    digest: &str,
    queued: Vec<Queued>,
) -> Result<(Vec<Queued>, Vec<String>), store::Error> {
    let (mut wanted, mut unwanted) = (Vec::new(), Vec::new());
    for mut queued in queued {
        let address = queued.to.address.as_str();
        let token = match store.suspension(address)? {
            Some(_) => None,
            None => store.token(digest, address, &queued.token)?,
        };
        match token {
            Some(token) => {
                queued.token = token;
                wanted.push(queued);
            }
            None => unwanted.push(address.to_owned()),
        }
    }
    Ok((wanted, unwanted))
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
