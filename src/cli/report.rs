//! The jobs' reports in words.

use chrono::{DateTime, Utc};

use crate::app::collect::{Collected, Outcome};
use crate::app::dispatch::Dispatched;
use crate::app::publish;
use crate::app::status::{State, Status};

/// `1 story`, `2 stories`.
pub(super) fn count(n: usize, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

pub(super) fn collected(collected: &Collected) -> String {
    let mut out = format!(
        "collected {}: {}\n",
        count(collected.feeds.len(), "feed", "feeds"),
        count(collected.new_entries(), "new entry", "new entries"),
    );
    let width = collected.feeds.iter().map(|p| p.feed.chars().count()).max().unwrap_or(0);
    for polled in &collected.feeds {
        let said = match &polled.outcome {
            Outcome::Read { new: 0 } | Outcome::Unchanged => "nothing new".to_owned(),
            Outcome::Read { new } => format!("{new} new"),
            Outcome::Held { until, why } => {
                format!("not asked before {}: {why}", until.format("%Y-%m-%d %H:%M UTC"))
            }
            Outcome::Failed { why } => format!("failed: {why}"),
        };
        out.push_str(&format!("  {:width$}  {said}\n", polled.feed));
    }
    out
}

pub(super) fn status(status: &Status) -> String {
    let minute = |t: &DateTime<Utc>| t.format("%Y-%m-%d %H:%M UTC").to_string();
    let mut out = String::from("feeds\n");
    let width = status.feeds.iter().map(|f| f.feed.chars().count()).max().unwrap_or(0);
    for feed in &status.feeds {
        let read =
            feed.last_success.as_ref().map(|t| format!(", last read {}", minute(t))).unwrap_or_default();
        let said = match &feed.state {
            State::NeverPolled => "not polled yet".to_owned(),
            State::Ok => format!("ok{read}"),
            State::Failing { since, times, why } => {
                format!(
                    "failing since {} ({}): {why}{read}",
                    minute(since),
                    count(*times as usize, "time", "times")
                )
            }
            State::Held { until, why } => format!("not asked before {}: {why}{read}", minute(until)),
            State::Silent { since } => {
                format!("silent since {}, longer than it ever was{read}", minute(since))
            }
        };
        out.push_str(&format!("  {:width$}  {said}\n", feed.feed));
    }
    out.push_str("digests\n");
    for digest in &status.digests {
        let next = digest.next_local.as_deref().unwrap_or("never");
        let last = match (digest.last_number, &digest.last_published) {
            (Some(number), Some(published)) => format!("edition {number} of {}", minute(published)),
            _ => "no edition yet".into(),
        };
        out.push_str(&format!("  {}  next {next}; {last}\n", digest.digest));
    }
    out.push_str("outbox\n");
    out.push_str(&match status.outbox {
        0 => "  empty\n".to_owned(),
        n => format!("  {} to be delivered\n", count(n, "mail", "mails")),
    });
    if status.lost > 0 {
        let lost = count(status.lost, "mail was", "mails were");
        out.push_str(&format!("  {lost} refused or given up in the last seven days\n"));
    }
    out
}

pub(super) fn published(title: &str, outcome: &publish::Outcome) -> String {
    match outcome {
        publish::Outcome::Published { number, stories, left_out, recipients } => {
            let rest = if *left_out > 0 { format!(" ({left_out} more did not fit)") } else { String::new() };
            format!(
                "published {title}, edition {number}: {}{rest} for {}\n",
                count(*stories, "story", "stories"),
                count(*recipients, "recipient", "recipients"),
            )
        }
        publish::Outcome::NothingNew => format!("nothing new for {title}\n"),
        publish::Outcome::Overtaken => format!("{title} was published by another process meanwhile\n"),
    }
}

pub(super) fn dispatched(dispatched: &Dispatched) -> String {
    let mut out = String::new();
    for attempt in &dispatched.attempts {
        let next = attempt
            .next
            .map(|t| format!("; next try at {}", t.format("%Y-%m-%d %H:%M UTC")))
            .unwrap_or_default();
        out.push_str(&format!("{} to {}: {}{next}\n", attempt.outcome, attempt.to, attempt.reply));
    }
    if let Some(trouble) = &dispatched.trouble {
        out.push_str(&format!("cannot send: {trouble}\n"));
    }
    if dispatched.outstanding > 0 {
        out.push_str(&format!(
            "{} in the outbox\n",
            count(dispatched.outstanding, "mail waits", "mails wait")
        ));
    }
    out
}
