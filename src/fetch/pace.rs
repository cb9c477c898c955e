//! When to ask a feed again. Pure.
//!
//! Not before the owner's interval; not before the feed or its server wants, within a day;
//! not in the hours it asks to be spared; and after failures ever more rarely, but at
//! least once a day, so that a feed that heals is noticed.

use chrono::{DateTime, Duration, DurationRound, Timelike, Utc};

/// Neither a server's hint nor our own back-off keeps us away longer.
pub const LONGEST: Duration = Duration::days(1);
/// A feed that is gone for good is looked at once more, in case it is not.
pub const GONE: Duration = Duration::days(30);
/// No rule puts a poll off for longer.
pub const FARTHEST: Duration = Duration::days(31);
/// So many polls in a row must find a permanent redirect before it is acted on.
pub const CONFIRMED_AFTER: u32 = 3;

/// How often a feed wants to be asked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PollHints {
    /// `<ttl>`, minutes.
    pub ttl: Option<u32>,
    /// `<skipHours>`, UTC: bit 0 is the hour after midnight.
    pub skip_hours: u32,
    /// `Cache-Control: max-age`
    pub max_age: Option<std::time::Duration>,
}

/// The next poll after one that went well.
pub fn after_success(now: DateTime<Utc>, interval: Duration, hints: &PollHints) -> DateTime<Utc> {
    let ttl = hints.ttl.map_or(Duration::zero(), |m| Duration::minutes(m.into()));
    let max_age = hints.max_age.and_then(|a| Duration::from_std(a).ok()).unwrap_or_default();
    let wait = ttl.max(max_age).min(LONGEST).max(interval);
    spared(now + wait, hints.skip_hours)
}

/// The next poll after `failures` in a row. `jitter` in 0..1 keeps feeds that failed
/// together from coming back together.
pub fn after_failure(now: DateTime<Utc>, interval: Duration, failures: u32, jitter: f64) -> DateTime<Utc> {
    let doubled = interval * 2_i32.pow(failures.saturating_sub(1).min(10));
    let wait = doubled.min(LONGEST.max(interval));
    let spread = 0.9 + 0.2 * jitter.clamp(0.0, 1.0);
    now + Duration::seconds((wait.num_seconds() as f64 * spread) as i64)
}

/// The next poll after `failures` in a row to reach anybody at all, whatever the feed: our own
/// network is away, and will soon be back.
pub fn after_unreachable(now: DateTime<Utc>, interval: Duration, failures: u32) -> DateTime<Utc> {
    let wait = Duration::minutes(2_i64.pow(failures.saturating_sub(1).min(4))).min(Duration::minutes(5));
    now + wait.min(interval)
}

/// When a server that asked to be left alone may be asked again.
pub fn after_throttling(
    now: DateTime<Utc>,
    interval: Duration,
    asked: Option<std::time::Duration>,
) -> DateTime<Utc> {
    let asked = asked.and_then(|a| Duration::from_std(a).ok()).unwrap_or(interval);
    now + asked.min(LONGEST).max(Duration::minutes(1))
}

/// How long a feed has been silent, if that is longer than its rhythm explains: three times
/// the longest gap between its last arrivals, and two days at least. `arrivals` are the
/// times at which something new came, the newest first.
pub fn silence(arrivals: &[DateTime<Utc>], now: DateTime<Utc>) -> Option<Duration> {
    if arrivals.len() < 5 {
        return None;
    }
    let longest = arrivals.windows(2).filter_map(|w| Some(*w.first()? - *w.get(1)?)).max()?;
    let silent = now - *arrivals.first()?;
    (silent > (longest * 3).max(Duration::days(2))).then_some(silent)
}

/// The first moment from `at` on that is not in an hour to be spared.
fn spared(at: DateTime<Utc>, skip_hours: u32) -> DateTime<Utc> {
    let mut at = at;
    for _ in 0..24 {
        if skip_hours & (1 << at.hour()) == 0 {
            return at;
        }
        at = at.duration_trunc(Duration::hours(1)).unwrap_or(at) + Duration::hours(1);
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    const HOUR: Duration = Duration::hours(1);

    #[test]
    fn the_longest_of_all_wishes_counts_up_to_a_day() {
        let now = at("2026-11-22T06:20:00Z");
        let next = |hints| after_success(now, HOUR, &hints);
        assert_eq!(next(PollHints::default()), at("2026-11-22T07:20:00Z"));
        assert_eq!(next(PollHints { ttl: Some(180), ..PollHints::default() }), at("2026-11-22T09:20:00Z"));
        let max_age = Some(std::time::Duration::from_secs(7200));
        assert_eq!(
            next(PollHints { ttl: Some(30), max_age, ..PollHints::default() }),
            at("2026-11-22T08:20:00Z")
        );
        assert_eq!(
            next(PollHints { ttl: Some(525_600), ..PollHints::default() }),
            at("2026-11-23T06:20:00Z")
        );
    }

    #[test]
    fn the_hours_to_be_spared_are_spared() {
        let now = at("2026-11-22T06:20:00Z");
        let skip_hours = (1 << 7) | (1 << 8);
        assert_eq!(
            after_success(now, HOUR, &PollHints { skip_hours, ..PollHints::default() }),
            at("2026-11-22T09:00:00Z")
        );
        let always = PollHints { skip_hours: 0xff_ffff, ..PollHints::default() };
        assert!(after_success(now, HOUR, &always) <= now + LONGEST + HOUR);
    }

    #[test]
    fn failures_are_asked_after_ever_more_rarely_but_every_day() {
        let now = at("2026-11-22T06:00:00Z");
        let waits: Vec<_> = (1..=8).map(|n| (after_failure(now, HOUR, n, 0.5) - now).num_hours()).collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 24, 24, 24]);
        assert!(after_failure(now, HOUR, u32::MAX, 1.0) - now <= Duration::hours(27));
    }

    #[test]
    fn a_feed_is_silent_by_its_own_rhythm() {
        let now = at("2026-11-22T06:00:00Z");
        let every = |hours: i64, last: i64| -> Vec<_> {
            (0..8).map(|n| now - Duration::hours(last + n * hours)).collect()
        };
        assert_eq!(silence(&every(24, 60), now), None);
        assert_eq!(silence(&every(24, 73), now), Some(Duration::hours(73)));
        assert_eq!(silence(&every(1, 40), now), None);
        assert_eq!(silence(&every(1, 49), now), Some(Duration::hours(49)));
        assert_eq!(silence(&every(24 * 7, 24 * 20), now), None);
        assert_eq!(silence(&every(1, 900)[..4], now), None);
    }

    #[test]
    fn a_server_is_left_alone_as_long_as_it_asks_within_reason() {
        let now = at("2026-11-22T06:00:00Z");
        let asked = |s| Some(std::time::Duration::from_secs(s));
        assert_eq!(after_throttling(now, HOUR, asked(7200)), at("2026-11-22T08:00:00Z"));
        assert_eq!(after_throttling(now, HOUR, None), at("2026-11-22T07:00:00Z"));
        assert_eq!(after_throttling(now, HOUR, asked(9_999_999)), at("2026-11-23T06:00:00Z"));
    }
}
