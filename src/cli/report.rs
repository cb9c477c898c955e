//! The jobs' reports in words.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use crate::app::collect::{Collected, Outcome};
use crate::app::dispatch::{Attempt, Report as DispatchReport};
use crate::app::publish;
use crate::app::status::{FeedState, FeedStatus, Status};
use crate::model::{Extent, NotShown, OutcomeKind};
use crate::text::{columns, cut};

/// Of more mails that went well, only their number is said.
const MOST_LINES: usize = 50;
/// Columns of a feed's name, on a terminal of eighty.
const MOST_COLUMNS: usize = 32;

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
    let width = collected.feeds.iter().map(|p| columns(&p.feed)).max().unwrap_or(0);
    for polled in &collected.feeds {
        let said = match &polled.outcome {
            Outcome::Read { new: 0 } | Outcome::Unchanged => "nothing new".to_owned(),
            Outcome::Read { new } => format!("{new} new"),
            Outcome::Held { until, why } => {
                format!("not asked before {}: {why}", until.format("%Y-%m-%d %H:%M UTC"))
            }
            Outcome::Failed { why } => format!("failed: {why}"),
        };
        out.push_str(&format!("  {}  {said}\n", padded(&polled.feed, width)));
    }
    out
}

pub(super) fn status(status: &Status, zone: Tz) -> String {
    let minute = |t: &DateTime<Utc>| t.with_timezone(&zone).format("%Y-%m-%d %H:%M").to_string();
    let mut out = match status.troubles.len() {
        0 if status.daemon => "all is well, and `tidings run` is at work\n".to_owned(),
        0 => "all is well; no daemon is at work\n".to_owned(),
        1 => "one thing is wrong\n".to_owned(),
        n => format!("{n} things are wrong\n"),
    };
    for trouble in &status.troubles {
        out.push_str(&format!("  {}\n    {}\n", trouble.what, trouble.remedy));
    }
    out.push_str(&format!("feeds (times in {})\n", status.zone));
    let is_alone =
        |title: &str| status.feeds.iter().filter(|f| f.title.as_deref() == Some(title)).count() == 1;
    let name = |feed: &FeedStatus| match &feed.title {
        Some(title) if is_alone(title) => cut(title, MOST_COLUMNS),
        Some(title) => cut(&format!("{title} ({})", feed.feed), MOST_COLUMNS + feed.feed.len()),
        None => cut(&feed.feed, MOST_COLUMNS),
    };
    let width = status.feeds.iter().map(|feed| columns(&name(feed))).max().unwrap_or(0);
    for feed in &status.feeds {
        let read =
            feed.last_success.as_ref().map(|t| format!(", last read {}", minute(t))).unwrap_or_default();
        let said = match &feed.state {
            FeedState::NeverPolled => "not polled yet".to_owned(),
            FeedState::Ok => format!("ok{read}"),
            FeedState::Failing { since, times, why } => {
                let times = count(*times as usize, "time", "times");
                format!("failing since {} ({times}): {why}{read}", minute(since))
            }
            FeedState::Held { until, why, .. } => format!("not asked before {}: {why}{read}", minute(until)),
            FeedState::Silent { since } => {
                format!("silent since {}, longer than it ever was{read}", minute(since))
            }
        };
        out.push_str(&format!("  {}  {said}\n", padded(&name(feed), width)));
    }
    out.push_str("digests\n");
    for digest in &status.digests {
        let next = digest.next.as_ref().map_or_else(|| "never".into(), minute);
        let last = match (digest.last_number, &digest.last_published) {
            (Some(number), Some(published)) => format!("edition {number} of {}", minute(published)),
            _ => "no edition yet".into(),
        };
        out.push_str(&format!("  {}  next {next}; {last}\n", digest.digest));
    }
    if !status.editions.is_empty() {
        out.push_str("last editions\n");
    }
    for edition in &status.editions {
        out.push_str(&format!(
            "  {}/{}  {}  {}, {}{}\n",
            edition.digest,
            edition.number,
            minute(&edition.published),
            count(edition.stories, "story", "stories"),
            deliveries(edition.delivered, edition.waiting, edition.held, edition.lost),
            editor_use(edition.editor_requests, edition.editor_tokens),
        ));
    }
    if let Some(editor) = &status.editor {
        out.push_str(&format!("editor\n  {}", editor.model));
        match &editor.outage {
            Some(outage) => out.push_str(&format!(", no answer since {}\n", minute(&outage.since))),
            None => out.push('\n'),
        }
        for used in &editor.next {
            let unusable = match used.unusable {
                0 => String::new(),
                n => format!(", {n} of the answers not used"),
            };
            let spent = if used.spent.is_some() { "; `max_tokens_per_edition` is spent" } else { "" };
            out.push_str(&format!(
                "  {}/{}, the next{}{unusable}{spent}\n",
                used.digest,
                used.number,
                editor_use(used.requests, used.tokens)
            ));
        }
    }
    out.push_str("outbox\n");
    out.push_str(&match status.outbox {
        0 => "  empty\n".to_owned(),
        n => format!("  {} to be delivered\n", count(n, "mail", "mails")),
    });
    if !status.suspended.is_empty() || !status.left.is_empty() {
        out.push_str("recipients\n");
    }
    for suspended in status.suspended.iter().take(MOST_LINES) {
        let since = minute(&suspended.since);
        out.push_str(&format!("  {} is suspended since {since}: {}\n", suspended.address, suspended.why));
    }
    for left in status.left.iter().take(MOST_LINES) {
        out.push_str(&format!("  {} has left {}\n", left.address, left.digest));
    }
    let beyond = |n: usize| n.saturating_sub(MOST_LINES);
    if let more @ 1.. = beyond(status.suspended.len()) + beyond(status.left.len()) {
        out.push_str(&format!("  and {more} more; see `tidings recipients list`\n"));
    }
    out
}

/// A name with blanks behind it, by what a terminal shows: a Chinese character takes two columns.
pub(super) fn padded(name: &str, width: usize) -> String {
    format!("{name}{}", " ".repeat(width.saturating_sub(columns(name))))
}

/// `, 12 questions to the editor with 9800 tokens`; nothing where it was not asked.
pub(super) fn editor_use(requests: u64, tokens: u64) -> String {
    match requests {
        0 => String::new(),
        1 => format!(", 1 question to the editor with {tokens} tokens"),
        n => format!(", {n} questions to the editor with {tokens} tokens"),
    }
}

/// `5 delivered, 1 waiting`.
pub(super) fn deliveries(delivered: usize, waiting: usize, held: usize, lost: usize) -> String {
    let mut words = format!("{delivered} delivered");
    if waiting > 0 {
        words.push_str(&format!(", {waiting} waiting"));
    }
    if held > 0 {
        words.push_str(&format!(", {held} held"));
    }
    if lost > 0 {
        words.push_str(&format!(", {lost} not arrived"));
    }
    words
}

pub(super) fn published(title: &str, outcome: &publish::Outcome) -> String {
    match outcome {
        publish::Outcome::Published { number, extent, in_web, passed_over, not_shown, recipients } => {
            let mut words = format!(
                "published {title}, edition {number}, for {}: {}\n",
                count(*recipients, "recipient", "recipients"),
                self::extent(extent, *in_web),
            );
            words.push_str(&kept_out(not_shown));
            if *passed_over > 0 {
                words.push_str(&format!(
                    "  {} waited for room for a week and {} passed over for good\n",
                    count(*passed_over, "article", "articles"),
                    if *passed_over == 1 { "is" } else { "are" },
                ));
            }
            words
        }
        publish::Outcome::NothingNew => format!("nothing new for {title}\n"),
        publish::Outcome::Overtaken => format!("{title} was published by another process meanwhile\n"),
    }
}

/// `  145 new entries are not shown: 140 beyond first_run, 5 filtered`
fn kept_out(not_shown: &NotShown) -> String {
    let NotShown { filtered, beyond_first_run, beyond_max_items } = *not_shown;
    let parts = [
        (beyond_first_run, "beyond `first_run` of feeds that are new"),
        (beyond_max_items, "beyond `max_items`"),
        (filtered, "by `include`, `exclude` or `max_age`"),
    ];
    let said: Vec<_> = parts.iter().filter(|(n, _)| *n > 0).map(|(n, why)| format!("{n} {why}")).collect();
    match filtered + beyond_first_run + beyond_max_items {
        0 => String::new(),
        1 => format!("  1 entry is not shown: {}\n", said.join(", ")),
        n => format!("  {n} entries are not shown: {}\n", said.join(", ")),
    }
}

/// `36 stories: 12 whole, 20 excerpts, 4 titles; 7 wait for the next edition`.
pub(super) fn extent(extent: &Extent, in_web: bool) -> String {
    let forms = [
        (extent.whole > 0).then(|| format!("{} whole", extent.whole)),
        (extent.excerpts > 0).then(|| count(extent.excerpts, "excerpt", "excerpts")),
        (extent.titles > 0).then(|| count(extent.titles, "title", "titles")),
    ];
    let mut words = count(extent.stories, "story", "stories");
    if extent.stories > 0 {
        words.push_str(&format!(": {}", forms.into_iter().flatten().collect::<Vec<_>>().join(", ")));
    }
    if extent.shortened > 0 {
        words.push_str(&format!(" ({} shortened)", extent.shortened));
    }
    match (extent.left_out, in_web) {
        (0, _) => {}
        (n, true) => words.push_str(&format!("; {n} more in the web edition")),
        (1, false) => words.push_str("; 1 waits for the next edition"),
        (n, false) => words.push_str(&format!("; {n} wait for the next edition")),
    }
    words
}

pub(super) fn dispatched(dispatched: &DispatchReport) -> String {
    let mut out = String::new();
    if dispatched.delivered > MOST_LINES {
        out.push_str(&format!("{} mails delivered\n", dispatched.delivered));
    }
    let is_named = |a: &&Attempt| a.outcome != OutcomeKind::Delivered || dispatched.delivered <= MOST_LINES;
    for attempt in dispatched.attempts.iter().filter(is_named) {
        let next = attempt
            .next
            .map(|t| format!("; next try at {}", t.format("%Y-%m-%d %H:%M UTC")))
            .unwrap_or_default();
        out.push_str(&format!("{} to {}: {}{next}\n", attempt.outcome.word(), attempt.to, attempt.reply));
    }
    if dispatched.outstanding > 0 {
        out.push_str(&format!(
            "{} in the outbox\n",
            count(dispatched.outstanding, "mail waits", "mails wait")
        ));
    }
    out
}
