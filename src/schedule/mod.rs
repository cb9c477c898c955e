//! When an edition is due. Pure: a schedule, a zone and a time go in, a time comes out.
//! What was published last is the database's to know, so restarts, clock changes and
//! overlapping runs cannot confuse it. [`heartbeat`] alone has a clock.

pub mod heartbeat;

use chrono::{DateTime, NaiveTime, Utc, Weekday};
use chrono_tz::Tz;
use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};

/// The due times of a digest, as wall-clock times in its zone.
///
/// Each time of day is a pattern of its own: croner treats a single hour as a fixed
/// time, which the overlap and the gap of daylight saving must neither repeat nor
/// swallow, but a list of hours as a range.
#[derive(Debug, Clone)]
pub struct Schedule {
    patterns: Vec<Cron>,
}

impl Schedule {
    /// At these times of day on these days of the week.
    ///
    /// # Errors
    /// When no time or no day is given.
    pub fn at(times: &[NaiveTime], days: &[Weekday]) -> Result<Self, String> {
        if times.is_empty() || days.is_empty() {
            return Err("a schedule needs at least one time and one day".into());
        }
        let days: Vec<_> = days.iter().map(|d| d.num_days_from_sunday().to_string()).collect();
        let patterns = times
            .iter()
            .map(|time| parse(&format!("{} * * {}", time.format("%-M %-H"), days.join(","))))
            .collect::<Result<_, _>>()?;
        Ok(Self { patterns })
    }

    /// By a cron pattern of five fields.
    ///
    /// # Errors
    /// What croner dislikes about it, or that it never comes due.
    pub fn cron(pattern: &str) -> Result<Self, String> {
        let cron = parse(pattern)?;
        // The thirty-first of February parses, and is found out only by looking for it.
        cron.find_next_occurrence(&DateTime::UNIX_EPOCH, false)
            .map_err(|_| format!("`{pattern}` never comes due"))?;
        Ok(Self { patterns: vec![cron] })
    }

    /// The first due time after `after`.
    pub fn next(&self, zone: Tz, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let after = after.with_timezone(&zone);
        self.patterns
            .iter()
            .filter_map(|cron| cron.find_next_occurrence(&after, false).ok())
            .map(|due| due.to_utc())
            .min()
    }

    /// The newest due time in `(after, until]`.
    pub fn newest(&self, zone: Tz, after: DateTime<Utc>, until: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let until = until.with_timezone(&zone);
        self.patterns
            .iter()
            .filter_map(|cron| cron.find_previous_occurrence(&until, true).ok())
            .map(|due| due.to_utc())
            .filter(|due| *due > after)
            .max()
    }
}

/// What a digest should do now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    NotYet,
    /// Publish the edition of this time.
    Now(DateTime<Utc>),
    /// This time passed while nobody was there, longer ago than the digest catches up.
    TooLate(DateTime<Utc>),
}

/// Whether an edition is due at `now`, when everything up to `settled` has been seen to.
/// Of several missed times only the newest counts.
pub fn due(
    schedule: &Schedule,
    zone: Tz,
    settled: DateTime<Utc>,
    now: DateTime<Utc>,
    catch_up: chrono::Duration,
) -> Due {
    match schedule.newest(zone, settled, now) {
        None => Due::NotYet,
        Some(due) if now - due > catch_up => Due::TooLate(due),
        Some(due) => Due::Now(due),
    }
}

fn parse(pattern: &str) -> Result<Cron, String> {
    CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build().parse(pattern).map_err(
        |e| {
            format!(
                "`{pattern}` is not a cron pattern of five fields: {}",
                e.to_string().to_lowercase().trim_end_matches('.')
            )
        },
    )
}

#[cfg(test)]
mod tests {
    use chrono::{Duration, TimeZone};
    use chrono_tz::{America::New_York, Europe::Berlin};

    use super::*;

    const DAILY: [Weekday; 7] =
        [Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri, Weekday::Sat, Weekday::Sun];

    fn at(hour: u32, minute: u32) -> Schedule {
        Schedule::at(&[NaiveTime::from_hms_opt(hour, minute, 0).unwrap()], &DAILY).unwrap()
    }

    fn utc(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn a_daily_edition_keeps_its_wall_clock_time_across_both_changes() {
        let schedule = at(9, 0);
        let mut now = utc("2026-01-01T00:00:00Z");
        let mut runs = 0;
        while let Some(due) = schedule.next(New_York, now).filter(|d| *d < utc("2027-01-01T00:00:00Z")) {
            assert_eq!(due.with_timezone(&New_York).format("%H:%M").to_string(), "09:00");
            now = due;
            runs += 1;
        }
        assert_eq!(runs, 365);
    }

    #[test]
    fn a_time_in_the_spring_gap_comes_once_and_not_in_the_gap() {
        let schedule = at(2, 30);
        let day = Berlin.with_ymd_and_hms(2026, 3, 29, 0, 0, 0).unwrap().to_utc();
        let due = schedule.next(Berlin, day).unwrap();
        assert_eq!(due, utc("2026-03-29T01:00:00Z"));
        assert_eq!(schedule.next(Berlin, due).unwrap(), utc("2026-03-30T00:30:00Z"));
    }

    #[test]
    fn a_time_in_the_autumn_overlap_comes_once() {
        let schedule = at(2, 30);
        let due = schedule.next(Berlin, utc("2026-10-24T22:00:00Z")).unwrap();
        assert_eq!(due, utc("2026-10-25T00:30:00Z"));
        assert_eq!(schedule.next(Berlin, due).unwrap(), utc("2026-10-26T01:30:00Z"));
    }

    #[test]
    fn after_a_week_away_only_the_newest_missed_edition_is_due() {
        let schedule = at(7, 30);
        let now = utc("2026-11-22T08:00:00Z");
        let settled = utc("2026-11-15T06:30:00Z");
        let half_a_day = Duration::hours(12);
        assert_eq!(due(&schedule, Berlin, settled, now, half_a_day), Due::Now(utc("2026-11-22T06:30:00Z")));
        assert_eq!(due(&schedule, Berlin, utc("2026-11-22T06:30:00Z"), now, half_a_day), Due::NotYet);
        assert_eq!(
            due(&schedule, Berlin, settled, now, Duration::hours(1)),
            Due::TooLate(utc("2026-11-22T06:30:00Z"))
        );
    }

    #[test]
    fn patterns_that_are_wrong_or_never_come_due_are_refused() {
        for pattern in ["", "30 7", "61 7 * * *", "0 0 31 2 *", "0 30 7 * * *"] {
            assert!(Schedule::cron(pattern).is_err(), "{pattern}");
        }
        assert!(Schedule::cron("30 7 * * 1-5").is_ok());
    }
}
