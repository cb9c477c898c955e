//! What is wrong with an installation as a whole, and what to do about it: the judgement behind
//! `tidings status`. Pure, of what the status and the machine say.

use chrono::{DateTime, Duration, Utc};
use serde::Serialize;

use super::status::{FeedState, Status};

/// Something that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Trouble {
    pub what: String,
    pub remedy: String,
}

/// What the machine says.
#[derive(Debug, Clone, Copy)]
pub(super) struct Surroundings {
    /// Whether a daemon is at work on this database.
    pub daemon: bool,
    pub has_database: bool,
    /// Bytes on the disk of the database.
    pub free: Option<u64>,
}

/// A mail that has been due for so long is sent by nobody.
const IDLE: Duration = Duration::minutes(10);
/// Servers have bad days.
const FAILING: Duration = Duration::days(1);
/// A feed that could not be read so often since it was named was hardly named right.
const NEVER_READ: u32 = 3;
/// News is told of for so long.
const LATELY: Duration = Duration::days(7);
/// A database needs room for what a day brings.
const LEAST_FREE: u64 = 20_000_000;
/// Clocks are put right by less all the time.
const AHEAD: Duration = Duration::hours(1);

/// What is wrong, the worst first. `at` writes a time.
pub(super) fn troubles(
    status: &Status,
    around: Surroundings,
    now: DateTime<Utc>,
    at: impl Fn(DateTime<Utc>) -> String,
) -> Vec<Trouble> {
    let mut found = Vec::new();
    let mut say = |what: String, remedy: &str| found.push(Trouble { what, remedy: remedy.to_owned() });
    if !around.has_database {
        say("nothing has been collected yet".into(), "start `tidings run`, or try `tidings send`");
    }
    if let Some(free) = around.free.filter(|free| *free < LEAST_FREE) {
        let megabytes = free / 1_000_000;
        say(format!("only {megabytes} MB are free on the disk of the database"), "make room on it");
    }
    if let Some(latest) = status.latest.filter(|latest| *latest > now + AHEAD) {
        say(
            format!("this machine's clock is behind: the database knows of {}", at(latest)),
            "set the clock, which a service for time should do",
        );
    }
    for digest in &status.digests {
        if let Some(due) = digest.overdue {
            let what =
                format!("the edition of `{}` that was due at {} has not come out", digest.digest, at(due));
            say(
                what,
                if around.daemon {
                    "the log of `tidings run` says why"
                } else {
                    "no daemon is at work: start `tidings run`, or have cron run `tidings send`"
                },
            );
        }
    }
    if let Some(outage) = &status.relay_outage {
        say(
            format!("no mail leaves since {}: {}", at(outage.since), outage.why),
            "`tidings check` tries the mail server; what waits is sent when it takes mails again",
        );
    } else if let Some(since) = status.waits_since.filter(|since| !around.daemon && now - *since > IDLE) {
        say(
            format!("mails wait since {}, and nobody sends them", at(since)),
            "start `tidings run`, or send them with `tidings outbox retry`",
        );
    }
    if let Some(outage) = status.editor.as_ref().and_then(|editor| editor.outage.as_ref()) {
        say(
            format!("the editor has not answered since {}: {}", at(outage.since), outage.why),
            "editions come out without it; `tidings editor try FILE` asks it about one article",
        );
    }
    feeds(status, now, &at, &mut say);
    if status.held > 0 {
        let what = match status.held {
            1 => "1 mail may have arrived and is held for you to decide".into(),
            n => format!("{n} mails may have arrived and are held for you to decide"),
        };
        say(what, "see `tidings outbox list`, then `tidings outbox retry` or `drop`");
    }
    if status.lost > 0 {
        let mails = if status.lost == 1 { "mail was" } else { "mails were" };
        say(
            format!("{} {mails} refused, given up or sent back in the last seven days", status.lost),
            "see `tidings outbox list`",
        );
    }
    let suspended: Vec<_> = status.suspended.iter().filter(|s| now - s.since < LATELY).collect();
    if let Some(first) = suspended.first() {
        let others = match suspended.len() - 1 {
            0 => String::new(),
            n => format!(" and {n} more"),
        };
        say(
            format!("{}{others} is no longer written to: {}", first.address, first.why),
            "take it out of the configuration, or write again with `tidings recipients resume`",
        );
    }
    found
}

fn feeds(
    status: &Status,
    now: DateTime<Utc>,
    at: &impl Fn(DateTime<Utc>) -> String,
    say: &mut impl FnMut(String, &str),
) {
    let is_failing = |state: &FeedState| matches!(state, FeedState::Failing { .. } | FeedState::Held { .. });
    if status.feeds.len() > 1 && status.feeds.iter().all(|feed| is_failing(&feed.state)) {
        let why = status.feeds.iter().find_map(|feed| match &feed.state {
            FeedState::Failing { why, .. } | FeedState::Held { why, .. } => Some(why.as_str()),
            _ => None,
        });
        say(
            format!("no feed can be read: {}", why.unwrap_or_default()),
            if why.is_some_and(|why| why.contains("the server answered")) {
                "`tidings check` tries each feed"
            } else {
                "is the network there? `tidings check` tries each feed"
            },
        );
        return;
    }
    for feed in &status.feeds {
        let name = &feed.feed;
        match &feed.state {
            FeedState::Failing { since, why, times }
                if now - *since > FAILING
                    || status.feeds.len() == 1
                    || (feed.last_success.is_none() && *times >= NEVER_READ) =>
            {
                say(
                    format!("feed {name} cannot be read since {}: {why}", at(*since)),
                    "see whether its address is still right; `tidings check` tries it",
                );
            }
            FeedState::Held { gone: true, why, .. } => say(
                format!("feed {name} is gone: {why}"),
                "take it out of the configuration, or give its new address",
            ),
            FeedState::Silent { since } => say(
                format!("feed {name} brings nothing since {}, longer than it ever did", at(*since)),
                "see whether its page still has news, and another feed",
            ),
            _ => {}
        }
    }
}

/// Since when an edition is overdue: it was due, nobody has made it, and that was not for want of news.
pub(super) fn overdue(
    due: Option<DateTime<Utc>>,
    polled: Option<DateTime<Utc>>,
    has_new: bool,
) -> Option<DateTime<Utc>> {
    // Whoever polled the feeds since and found nothing new had nothing to make.
    due.filter(|due| has_new || polled.is_none_or(|polled| polled < *due))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edition_is_overdue_unless_there_was_nothing_to_make() {
        let time = |hour: i64| DateTime::from_timestamp(hour * 3600, 0);
        for (due, polled, has_new, expected) in [
            (None, None, false, None),
            (time(7), time(6), false, time(7)),
            (time(7), None, false, time(7)),
            // A command of cron was there, and nothing was new.
            (time(7), time(8), false, None),
            (time(7), time(8), true, time(7)),
        ] {
            assert_eq!(overdue(due, polled, has_new), expected);
        }
    }
}
