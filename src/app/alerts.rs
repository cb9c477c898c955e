//! The owner is told by mail of what is wrong: once when it begins, once when it is over.

use chrono::{DateTime, Duration, Utc};

use super::dispatch::hand_over;
use super::status::{FeedState, Status, status_of};
use super::weekly::with_weekly;
use super::{App, Clock, Error, MOST_LINES};
use crate::config::{Config, Digest, InvalidLine};
use crate::deliver::message::Notice;
use crate::fetch::{FeedRequest, Fetched, NamedBy, Validators};
use crate::model::{Outcome, Source};
use crate::outbox::suppression;
use crate::schedule::{Due, due};
use crate::store::{self, Alert, Condition, Store};

/// A feed may fail for so long before the owner is told.
const FAILING: Duration = Duration::hours(48);
/// An edition that is due may take so long to come out,
const LATE: Duration = Duration::minutes(30);
/// and its mails so long to arrive.
const WAITING: Duration = Duration::hours(2);
/// The owner is told of what was lost of the editions of so many days; it is never over.
const RECENT: Duration = Duration::days(7);
const NEVER_OVER: [&str; 3] = ["left out", "lost", "editor budget"];
/// Between two mails to the owner, or attempts at one, by whatever process.
const ALERT_INTERVAL: Duration = Duration::minutes(15);

/// Tells the owner, if there is one to be told, of what began or ended.
///
/// # Errors
/// When the store fails.
pub async fn alert(app: &App, clock: &Clock) -> Result<(), Error> {
    let Some(owner) = &app.config.alerts else { return Ok(()) };
    let now = clock.now();
    let config = app.config.clone();
    let alerts = app.db.call(move |store| {
        store.note_conditions(&conditions(&config, store, now)?, &NEVER_OVER, now)?;
        if (now - store.last_alert_attempt()?).abs() < ALERT_INTERVAL {
            return Ok(Vec::new());
        }
        let alerts = store.pending_alerts()?;
        if !alerts.is_empty() {
            store.set_last_alert_attempt(now)?;
        }
        Ok::<_, store::Error>(alerts)
    });
    let alerts = alerts.await?;
    if alerts.is_empty() {
        return Ok(());
    }
    let notice = Notice {
        from: &app.config.mail.from,
        to: owner,
        subject: &subject(&alerts),
        text: &text(&app.config, &alerts),
        date: now,
        signers: &app.signers()?,
    };
    let mail = notice.bytes().map_err(|e| Error::Setup(e.to_string()))?;
    match hand_over(app, owner, &mail).await {
        // It may have arrived; an alert that comes every quarter of an hour is worse than none.
        Ok(Outcome::Delivered(_) | Outcome::Unknown(_)) => {
            tracing::info!(alerts = alerts.len(), "told the owner");
            app.db.call(move |store| store.mark_alerted(&alerts, now)).await?;
        }
        Ok(failed) => tracing::error!("cannot tell the owner what is wrong: {}", failed.diagnostic()),
        Err(e) => tracing::error!("cannot tell the owner what is wrong: {e}"),
    }
    Ok(())
}

/// All that is wrong now.
fn conditions(config: &Config, store: &Store, now: DateTime<Utc>) -> Result<Vec<Condition>, store::Error> {
    let status = status_of(config, store, now)?;
    let mut conditions = feeds(&status, now);
    for InvalidLine { line, why } in config.invalid_lines.iter().take(MOST_LINES) {
        let words = format!("nobody is written to for {line}: {why}");
        conditions.push(Condition { kind: "recipient", subject: why.clone(), since: now, words });
    }
    for digest in with_weekly(config, store)? {
        conditions.extend(late(&digest, store, now)?);
    }
    for edition in store.editions_with_undelivered(now - RECENT)? {
        let subject = format!("{}/{}", edition.digest, edition.number);
        let since = edition.published;
        if edition.waiting > 0 && now - since > WAITING {
            let why = status.relay_outage.as_ref().map(|s| format!(": {}", s.why)).unwrap_or_default();
            let have = if edition.waiting == 1 { "has" } else { "have" };
            let words =
                format!("{} of edition {subject} {have} not arrived yet{why}", mails(edition.waiting));
            conditions.push(Condition { kind: "waiting", subject: subject.clone(), since, words });
        }
        if edition.held > 0 {
            let words = format!(
                "{} of edition {subject} may have arrived, and will not be sent again without you; `tidings outbox list` says why",
                mails(edition.held)
            );
            conditions.push(Condition { kind: "held", subject: subject.clone(), since, words });
        }
        if edition.lost > 0 && now - since < RECENT {
            let words = format!(
                "{} of edition {subject} did not arrive; `tidings outbox list` says why",
                mails(edition.lost)
            );
            // It is told again when there are twice as many.
            let subject = format!("{subject} {}", edition.lost.ilog2());
            conditions.push(Condition { kind: "lost", subject, since, words });
        }
    }
    for edition in store.editions_with_left_out(now - RECENT)? {
        let subject = format!("{}/{}", edition.digest, edition.number);
        let articles = if edition.left_out == 1 {
            "an article".into()
        } else {
            format!("{} articles", edition.left_out)
        };
        let words = format!(
            "edition {subject} passed over {articles} for good after a week of waiting for room; lower `max_items`, raise `max_html`, or set up `[web]`, where everything is read"
        );
        conditions.push(Condition { kind: "left out", subject, since: edition.published, words });
    }
    if let Some(outage) = status.editor.as_ref().and_then(|editor| editor.outage.as_ref())
        && now - outage.since > WAITING
    {
        conditions.push(Condition {
            kind: "editor",
            subject: "outage".into(),
            since: outage.since,
            words: format!("editions come out without what the editor would write: {}", outage.why),
        });
    }
    for (digest, number, since) in store.editor_spent(now - RECENT)? {
        conditions.push(Condition {
            kind: "editor budget",
            subject: digest.clone(),
            since,
            words: format!(
                "`max_tokens_per_edition` was spent on edition {digest}/{number}, which came out with less than the editor would write"
            ),
        });
    }
    for suspended in status.suspended.iter().filter(|s| s.why != suppression::BY_HAND) {
        conditions.push(Condition {
            kind: "suspended",
            subject: suspended.address.clone(),
            since: suspended.since,
            words: format!(
                "{0} gets no more mails: {1} (`tidings recipients resume {0}` changes that)",
                suspended.address, suspended.why
            ),
        });
    }
    Ok(conditions)
}

fn feeds(status: &Status, now: DateTime<Utc>) -> Vec<Condition> {
    let day = |at: &DateTime<Utc>| at.format("%Y-%m-%d %H:%M UTC").to_string();
    let mut conditions = Vec::new();
    for feed in &status.feeds {
        let (since, words) = match &feed.state {
            FeedState::Failing { since, why, .. } if now - *since >= FAILING => {
                (*since, format!("the feed {} has failed since {}: {why}", feed.feed, day(since)))
            }
            FeedState::Held { why, gone: true, .. } => (now, format!("the feed {}: {why}", feed.feed)),
            FeedState::Silent { since } => {
                let words = format!(
                    "the feed {} has brought nothing since {}, which is longer than usual",
                    feed.feed,
                    day(since)
                );
                (*since, words)
            }
            _ => match &feed.moved_to {
                Some(to) => (now, format!("the feed {} has moved to {to}; change its `url`", feed.feed)),
                None => continue,
            },
        };
        conditions.push(Condition { kind: "feed", subject: feed.feed.clone(), since, words });
    }
    conditions
}

/// An edition that should have come out by now.
fn late(digest: &Digest, store: &Store, now: DateTime<Utc>) -> Result<Option<Condition>, store::Error> {
    let Some(settled) = store.settled(&digest.id)? else { return Ok(None) };
    let catch_up = Duration::from_std(digest.catch_up).unwrap_or(Duration::MAX);
    let (Due::Now(due) | Due::TooLate(due)) = due(&digest.schedule, digest.zone, settled, now, catch_up)
    else {
        return Ok(None);
    };
    Ok((now - due > LATE).then(|| Condition {
        kind: "late",
        subject: digest.id.clone(),
        since: due,
        words: format!(
            "{} should have come out at {} and has not",
            digest.title,
            due.with_timezone(&digest.zone).format("%Y-%m-%d %H:%M %Z")
        ),
    }))
}

fn mails(n: usize) -> String {
    if n == 1 { "1 mail".into() } else { format!("{n} mails") }
}

fn subject(alerts: &[Alert]) -> String {
    match alerts {
        [one] if one.ended.is_some() => format!("tidings: over: {}", one.words),
        [one] => format!("tidings: {}", one.words),
        several => format!("tidings: {} things you should know", several.len()),
    }
}

fn text(config: &Config, alerts: &[Alert]) -> String {
    let mut text = String::new();
    for one in alerts {
        match one.ended {
            None => text.push_str(&format!("- {}\n", one.words)),
            Some(ended) => {
                text.push_str(&format!(
                    "- over since {}: {}\n",
                    ended.format("%Y-%m-%d %H:%M UTC"),
                    one.words
                ));
            }
        }
    }
    text.push_str(&format!(
        "\nEach is told once, and once more when it is over. `tidings status` says how things are.\n\n-- \ntidings, {}\n",
        config.path.display()
    ));
    text
}

/// Asks the address of a digest whose due edition has been seen to.
pub async fn ping(app: &App, digest: &Digest, clock: &Clock) {
    let Some(url) = &digest.ping else { return };
    let source = Source::Web(url.clone());
    let answer = app
        .fetcher
        .fetch(
            &source,
            &Validators::default(),
            &FeedRequest {
                named_by: NamedBy::Owner,
                configured: Some(url.clone()),
                ..FeedRequest::default()
            },
            clock.now(),
        )
        .await;
    if let Fetched::Failed(why) | Fetched::Unreachable(why) = answer.fetched {
        tracing::warn!(digest = digest.id, "the ping was not heard: {why}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_single_trouble_stands_in_the_subject() {
        let alerts = |ended| Alert {
            kind: "feed".into(),
            subject: "dw".into(),
            since: Utc::now(),
            words: "the feed dw has failed".into(),
            ended,
        };
        assert_eq!(subject(&[alerts(None)]), "tidings: the feed dw has failed");
        assert_eq!(subject(&[alerts(Some(Utc::now()))]), "tidings: over: the feed dw has failed");
        assert_eq!(subject(&[alerts(None), alerts(None)]), "tidings: 2 things you should know");
    }
}
