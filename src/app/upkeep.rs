//! What keeps tidings well for years: the owner is told of what is wrong, and the old is
//! cleared away.

use chrono::{DateTime, Duration, Utc};

use super::dispatch::hand_over;
use super::status::{State, Status, status_of};
use super::{App, Clock, Error, MOST_LINES};
use crate::config::{Config, Digest, PassedOver};
use crate::deliver::message::Notice;
use crate::fetch::{Fetched, Manners, Validators};
use crate::model::{Mailbox, Outcome, Source};
use crate::schedule::{Due, due};
use crate::store::{self, News, Store, Trouble};

/// A feed may fail for so long before anybody is woken.
const PATIENCE: Duration = Duration::hours(48);
/// An edition that is due may take so long to come out,
const LATE: Duration = Duration::minutes(30);
/// and its mails so long to arrive.
const WAITING: Duration = Duration::hours(2);
/// What was lost is told of the editions of so many days; it is never over.
const RECENT: Duration = Duration::days(7);
const FOR_GOOD: [&str; 1] = ["lost"];
/// Between two mails to the owner, or attempts at one, by whatever process.
const BREATH: Duration = Duration::minutes(15);
const A_DAY: Duration = Duration::days(1);

/// Tells the owner what there is to tell, and clears away what is old, once a day.
///
/// # Errors
/// When the store fails.
pub async fn upkeep(app: &App, clock: &Clock) -> Result<(), Error> {
    let now = clock.now();
    if let Some(owner) = &app.config.alerts {
        tell(app, owner, now).await?;
    }
    let (config, keep) = (app.config.clone(), Duration::from_std(app.config.keep));
    let before = now - keep.unwrap_or(Duration::MAX);
    let pruned = app.db.call(move |store| {
        // A clock that was set back must not prune every minute.
        if (now - store.pruned()?).abs() < A_DAY {
            return Ok(None);
        }
        Ok::<_, store::Error>(Some(store.prune(before, &readers(&config), now)?))
    });
    if let Some((entries, editions)) = pruned.await? {
        app.db.outside(Store::shrink).await?;
        if entries + editions > 0 {
            tracing::info!(entries, editions, "cleared away what is older than `keep`");
        }
    }
    Ok(())
}

/// Each digest with its feeds.
fn readers(config: &Config) -> Vec<(String, Vec<String>)> {
    let feeds = |digest: &Digest| config.feeds_of(digest).iter().map(|feed| feed.id.clone()).collect();
    config.digests.iter().map(|digest| (digest.id.clone(), feeds(digest))).collect()
}

/// Tells the owner of troubles that began or ended.
async fn tell(app: &App, owner: &Mailbox, now: DateTime<Utc>) -> Result<(), Error> {
    let config = app.config.clone();
    let news = app.db.call(move |store| {
        store.note_troubles(&troubles(&config, store, now)?, &FOR_GOOD, now)?;
        if (now - store.mute()?).abs() < BREATH {
            return Ok(Vec::new());
        }
        let news = store.news()?;
        if !news.is_empty() {
            store.set_mute(now)?;
        }
        Ok::<_, store::Error>(news)
    });
    let news = news.await?;
    if news.is_empty() {
        return Ok(());
    }
    let notice = Notice {
        from: &app.config.mail.from,
        to: owner,
        subject: &subject(&news),
        text: &text(&app.config, &news),
        date: now,
        signers: &app.signers()?,
    };
    let mail = notice.bytes().map_err(|e| Error::Setup(e.to_string()))?;
    match hand_over(app, owner, &mail).await {
        // The line may have broken after the mail was taken; twice is better than never.
        Ok(Outcome::Delivered(_)) => {
            tracing::info!(troubles = news.len(), "told the owner");
            app.db.call(move |store| store.told(&news, now)).await?;
        }
        Ok(failed) => tracing::error!("cannot tell the owner what is wrong: {}", failed.reply()),
        Err(e) => tracing::error!("cannot tell the owner what is wrong: {e}"),
    }
    Ok(())
}

/// All that is wrong now.
fn troubles(config: &Config, store: &Store, now: DateTime<Utc>) -> Result<Vec<Trouble>, store::Error> {
    let status = status_of(config, store, now)?;
    let mut troubles = feeds(&status, now);
    for PassedOver { line, why } in config.passed_over.iter().take(MOST_LINES) {
        let words = format!("nobody is written to for {line}: {why}");
        troubles.push(Trouble { kind: "recipient", subject: why.clone(), since: now, words });
    }
    for digest in &config.digests {
        troubles.extend(late(digest, store, now)?);
    }
    for edition in store.troubled_editions(now - RECENT)? {
        let subject = format!("{}/{}", edition.digest, edition.number);
        let since = edition.published;
        if edition.waiting > 0 && now - since > WAITING {
            let why = status.standstill.as_ref().map(|s| format!(": {}", s.why)).unwrap_or_default();
            let have = if edition.waiting == 1 { "has" } else { "have" };
            let words =
                format!("{} of edition {subject} {have} not arrived yet{why}", mails(edition.waiting));
            troubles.push(Trouble { kind: "waiting", subject: subject.clone(), since, words });
        }
        if edition.lost > 0 && now - since < RECENT {
            let words = format!(
                "{} of edition {subject} did not arrive; `tidings outbox list` says why",
                mails(edition.lost)
            );
            // It is told again when there are twice as many.
            let subject = format!("{subject} {}", edition.lost.ilog2());
            troubles.push(Trouble { kind: "lost", subject, since, words });
        }
    }
    for suspended in status.suspended.iter().filter(|s| s.why != super::mailboxes::BY_HAND) {
        troubles.push(Trouble {
            kind: "suspended",
            subject: suspended.address.clone(),
            since: suspended.since,
            words: format!(
                "{0} gets no more mails: {1} (`tidings recipients resume {0}` changes that)",
                suspended.address, suspended.why
            ),
        });
    }
    Ok(troubles)
}

fn feeds(status: &Status, now: DateTime<Utc>) -> Vec<Trouble> {
    let day = |at: &DateTime<Utc>| at.format("%Y-%m-%d %H:%M UTC").to_string();
    let mut troubles = Vec::new();
    for feed in &status.feeds {
        let (since, words) = match &feed.state {
            State::Failing { since, why, .. } if now - *since >= PATIENCE => {
                (*since, format!("the feed {} has failed since {}: {why}", feed.feed, day(since)))
            }
            State::Held { why, gone: true, .. } => (now, format!("the feed {}: {why}", feed.feed)),
            State::Silent { since } => {
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
        troubles.push(Trouble { kind: "feed", subject: feed.feed.clone(), since, words });
    }
    troubles
}

/// An edition that should have come out by now.
fn late(digest: &Digest, store: &Store, now: DateTime<Utc>) -> Result<Option<Trouble>, store::Error> {
    let Some(settled) = store.settled(&digest.id)? else { return Ok(None) };
    let catch_up = Duration::from_std(digest.catch_up).unwrap_or(Duration::MAX);
    let (Due::Now(due) | Due::TooLate(due)) = due(&digest.schedule, digest.zone, settled, now, catch_up)
    else {
        return Ok(None);
    };
    Ok((now - due > LATE).then(|| Trouble {
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

fn subject(news: &[News]) -> String {
    match news {
        [one] if one.over.is_some() => format!("tidings: over: {}", one.words),
        [one] => format!("tidings: {}", one.words),
        several => format!("tidings: {} things you should know", several.len()),
    }
}

fn text(config: &Config, news: &[News]) -> String {
    let mut text = String::new();
    for one in news {
        match one.over {
            None => text.push_str(&format!("- {}\n", one.words)),
            Some(over) => {
                text.push_str(&format!(
                    "- over since {}: {}\n",
                    over.format("%Y-%m-%d %H:%M UTC"),
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

/// Asks the addresses of digests whose editions have just come out.
pub(super) async fn ping(app: &App, digest: &Digest, clock: &Clock) {
    let Some(url) = &digest.ping else { return };
    let source = Source::Web(url.clone());
    let answer = app.fetcher.fetch(&source, &Validators::default(), &Manners::default(), clock.now()).await;
    if let Fetched::Failed(why) = answer.fetched {
        tracing::warn!(digest = digest.id, "the ping was not heard: {why}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_single_trouble_stands_in_the_subject() {
        let news = |over| News {
            kind: "feed".into(),
            subject: "dw".into(),
            since: Utc::now(),
            words: "the feed dw has failed".into(),
            over,
        };
        assert_eq!(subject(&[news(None)]), "tidings: the feed dw has failed");
        assert_eq!(subject(&[news(Some(Utc::now()))]), "tidings: over: the feed dw has failed");
        assert_eq!(subject(&[news(None), news(None)]), "tidings: 2 things you should know");
    }
}
