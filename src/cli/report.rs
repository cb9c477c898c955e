//! The jobs' reports in words.

use crate::app::collect::{Collected, Outcome};
use crate::app::dispatch::Dispatched;
use crate::app::publish;

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
