//! When an edition is due. Pure: a schedule, a zone and a time go in, a time comes out.
//! What was published last is the database's to know, so restarts, clock changes and
//! overlapping runs cannot confuse it. [`heartbeat`] alone has a clock.
//!
//! Times are found on the wall clock first, where no hour is missing or doubled, and only
//! then placed in the zone. That keeps the changes of daylight saving in one function, and
//! away from croner, which knows them for patterns of a single time only: to it a list of
//! hours is an interval, run twice in autumn and left out in spring.

pub mod heartbeat;

use std::iter::successors;

use chrono::{DateTime, Datelike, NaiveDateTime, NaiveTime, TimeDelta, TimeZone, Utc, Weekday};
use chrono_tz::{GapInfo, Tz};
use croner::parser::{CronParser, Seconds, Year};
use croner::{Cron, Direction};

/// Nobody needs to know more exactly how many editions were missed.
const MANY: usize = 1000;

/// Due times of a week and a day, one a minute.
const MOST_A_WEEK: usize = 8 * 24 * 60;

/// The due times of a digest.
#[derive(Debug, Clone)]
pub struct Schedule(Kind);

#[derive(Debug, Clone)]
enum Kind {
    /// Times of day, as clocks on the wall show them: each comes due once on its day,
    /// whatever the clocks do.
    Times(Vec<Cron>),
    /// Every hour of the day, as with `*/10 * * * *`. It goes by the time that passes: an hour
    /// the clocks repeat is two hours, and one they skip leaves nothing to make up for.
    Hourly(Box<Cron>),
    /// Of each week, Monday to Sunday, the last time of another schedule.
    LastOfWeek(Box<Schedule>),
}

impl Schedule {
    /// At these times of day, to the minute, on these days of the week.
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
        Ok(Self(Kind::Times(patterns)))
    }

    /// By a cron pattern of five fields. As in every cron since Vixie's, a day of the month
    /// and a day of the week mean either: `0 8 1 * 1` is the first and each Monday; but both, when
    /// one of them begins with a star: `0 8 */2 * 1` is Mondays with an odd date.
    ///
    /// # Errors
    /// What croner dislikes about it, or that it never comes due.
    pub fn cron(pattern: &str) -> Result<Self, String> {
        let cron = parse(pattern)?;
        let hours = cron.pattern.hours.values().len();
        // A lone comma is to croner a list of nothing, which it searches for many seconds.
        let timeless = hours == 0 || cron.pattern.minutes.values().is_empty();
        // The thirty-first of February parses too, and is found out only by looking for it.
        if timeless || cron.find_next_occurrence(&DateTime::UNIX_EPOCH, false).is_err() {
            return Err(format!("`{pattern}` never comes due; name a time and a day that exist"));
        }
        Ok(Self(if hours == 24 { Kind::Hourly(cron.into()) } else { Kind::Times(vec![cron]) }))
    }

    /// Once a week: when this one comes due for the last time in it.
    pub fn last_of_week(&self) -> Self {
        Self(Kind::LastOfWeek(Box::new(self.clone())))
    }

    /// Whether it comes due no more in the week of a due time.
    fn is_last_of_week(&self, zone: Tz, due: DateTime<Utc>) -> bool {
        let week = |at: DateTime<Utc>| at.with_timezone(&zone).iso_week();
        self.next(zone, due).is_none_or(|next| week(next) != week(due))
    }

    /// The first due time after `after`.
    pub fn next(&self, zone: Tz, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let local = after.with_timezone(&zone);
        match &self.0 {
            Kind::LastOfWeek(each) => successors(each.next(zone, after), |due| each.next(zone, *due))
                .take(MOST_A_WEEK)
                .find(|due| each.is_last_of_week(zone, *due)),
            Kind::Hourly(cron) => cron.find_next_occurrence(&local, false).ok().map(|due| due.to_utc()),
            Kind::Times(patterns) => patterns
                .iter()
                .filter_map(|cron| {
                    let mut later = cron.iter_after(local.naive_local());
                    later.find_map(|wall| instant(zone, wall).filter(|due| *due > after))
                })
                .min(),
        }
    }

    /// The newest due time in `(after, until]`.
    pub fn newest(&self, zone: Tz, after: DateTime<Utc>, until: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let local = until.with_timezone(&zone);
        let newest = match &self.0 {
            Kind::LastOfWeek(each) => {
                let earlier = |before: DateTime<Utc>| each.newest(zone, DateTime::UNIX_EPOCH, before);
                successors(earlier(until), |due| earlier(*due - TimeDelta::seconds(1)))
                    .take(MOST_A_WEEK)
                    .find(|due| each.is_last_of_week(zone, *due))
            }
            Kind::Hourly(cron) => cron.find_previous_occurrence(&local, true).ok().map(|due| due.to_utc()),
            Kind::Times(patterns) => {
                // Clocks just set back have shown later times before; yesterday's offset tells.
                let day = TimeDelta::days(1);
                let shown = local.naive_local().max((local - day).naive_local() + day);
                patterns
                    .iter()
                    .filter_map(|cron| {
                        let mut earlier = cron.iter_from(shown, Direction::Backward);
                        earlier.find_map(|wall| instant(zone, wall).filter(|due| *due <= until))
                    })
                    .max()
            }
        };
        newest.filter(|due| *due > after)
    }

    /// How many due times lie in `(after, until]`, counted up to a thousand.
    pub fn missed(&self, zone: Tz, after: DateTime<Utc>, until: DateTime<Utc>) -> usize {
        successors(self.next(zone, after), |due| self.next(zone, *due))
            .take_while(|due| *due <= until)
            .take(MANY)
            .count()
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
    catch_up: TimeDelta,
) -> Due {
    match schedule.newest(zone, settled, now) {
        None => Due::NotYet,
        Some(due) if now - due > catch_up => Due::TooLate(due),
        Some(due) => Due::Now(due),
    }
}

/// The first instant at which clocks in `zone` show `wall` or, if they skip it, a later
/// time. A day skipped whole, such as Samoa's 30 December 2011, has no instants: its
/// editions would double those of the next.
fn instant(zone: Tz, wall: NaiveDateTime) -> Option<DateTime<Utc>> {
    if let Some(first) = zone.from_local_datetime(&wall).earliest() {
        return Some(first.to_utc());
    }
    let GapInfo { begin: Some((begin, _)), end: Some(end) } = GapInfo::new(&wall, &zone)? else {
        return None;
    };
    let began_today = begin > wall.date().and_time(NaiveTime::MIN);
    let ends_today = end.date_naive() == wall.date();
    (began_today || ends_today).then(|| end.to_utc())
}

fn parse(pattern: &str) -> Result<Cron, String> {
    let mut fields = pattern.split_whitespace();
    let days = [fields.nth(2), fields.nth(1)];
    // DOM_STAR and DOW_STAR in entry.c of Vixie's cron.
    let is_both = days.iter().flatten().any(|field| field.starts_with('*'));
    let parser = CronParser::builder()
        .seconds(Seconds::Disallowed)
        .year(Year::Disallowed)
        .dom_and_dow(is_both)
        .build();
    parser.parse(pattern).map_err(|e| {
        let what = format!("`{pattern}` is not a cron pattern");
        let fields: Vec<&str> = pattern.split_whitespace().collect();
        if fields.len() != FIELDS.len() {
            let count = if fields.len() == 1 { "1 field".into() } else { format!("{} fields", fields.len()) };
            let named = FIELDS.map(|(name, _)| name).join(", ");
            return format!("{what}: it has {count}, and needs {}: {named}", FIELDS.len());
        }
        let alone = |place: usize, field: &str| {
            let others = (0..FIELDS.len()).map(|i| if i == place { field } else { "*" });
            others.collect::<Vec<_>>().join(" ")
        };
        let wrong = fields.iter().zip(FIELDS).enumerate();
        let mut wrong = wrong.filter(|(place, (field, _))| parser.parse(&alone(*place, field)).is_err());
        match wrong.next() {
            Some((_, (field, (name, range)))) => format!("{what}: `{field}` is no {name} ({range})"),
            None => format!("{what}: {}", e.to_string().to_lowercase().trim_end_matches('.')),
        }
    })
}

/// The fields of a pattern, and what each takes.
const FIELDS: [(&str, &str); 5] = [
    ("minute", "0 to 59"),
    ("hour", "0 to 23"),
    ("day of the month", "1 to 31"),
    ("month", "1 to 12 or jan to dec"),
    ("day of the week", "0 to 7 or sun to sat"),
];

#[cfg(test)]
mod tests {
    use std::env;
    use std::ops::Range;

    use chrono::{Datelike, Offset, Timelike};
    use chrono_tz::Africa::{Cairo, Casablanca, Monrovia};
    use chrono_tz::America::{Havana, New_York, Nuuk};
    use chrono_tz::Australia::Lord_Howe;
    use chrono_tz::Europe::Berlin;
    use chrono_tz::Pacific::Apia;
    use chrono_tz::TZ_VARIANTS;

    use super::*;

    const DAILY: [Weekday; 7] =
        [Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri, Weekday::Sat, Weekday::Sun];

    fn time(hour: u32, minute: u32) -> NaiveTime {
        NaiveTime::from_hms_opt(hour, minute, 0).unwrap()
    }

    /// Each line of the table: a pattern, from when on, and the next times in UTC.
    #[test]
    fn the_last_of_a_week_is_on_its_last_day_whatever_the_clocks_do() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let zone = Tz::Europe__Berlin;
        let times = [NaiveTime::from_hms_opt(7, 30, 0).unwrap(), NaiveTime::from_hms_opt(18, 0, 0).unwrap()];
        let workdays = [Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri];
        let weekly = Schedule::at(&times, &workdays).unwrap().last_of_week();
        let dues: Vec<_> =
            successors(weekly.next(zone, at("2026-10-20T00:00:00Z")), |due| weekly.next(zone, *due))
                .take(3)
                .collect();
        // The clocks were set back on the 25th.
        assert_eq!(
            dues,
            [at("2026-10-23T16:00:00Z"), at("2026-10-30T17:00:00Z"), at("2026-11-06T17:00:00Z")]
        );
        assert_eq!(
            weekly.newest(zone, at("2026-10-20T00:00:00Z"), at("2026-11-01T00:00:00Z")),
            Some(dues[1])
        );
        assert_eq!(weekly.newest(zone, dues[1], at("2026-11-06T16:59:00Z")), None);
        let rare = Schedule::cron("0 8 1 * *").unwrap().last_of_week();
        assert_eq!(rare.next(Tz::UTC, at("2026-11-02T00:00:00Z")), Some(at("2026-12-01T08:00:00Z")));
        let often = Schedule::cron("* * * * *").unwrap().last_of_week();
        assert_eq!(often.next(Tz::UTC, at("2026-11-02T00:00:00Z")), Some(at("2026-11-08T23:59:00Z")));
    }

    #[test]
    fn days_of_the_month_and_of_the_week_mean_what_they_mean_to_cron() {
        let rows =
            include_str!("crons.tsv").lines().filter(|line| !line.starts_with('#') && !line.is_empty());
        let mut seen = 0;
        for row in rows {
            let mut columns = row.split('\t');
            let (pattern, from) = (columns.next().unwrap(), columns.next().unwrap());
            let schedule = Schedule::cron(pattern).unwrap();
            let mut at: DateTime<Utc> = from.parse().unwrap();
            for wanted in columns {
                at = schedule.next(Tz::UTC, at).unwrap();
                assert_eq!(at.format("%Y-%m-%dT%H:%M").to_string(), wanted, "{row}");
            }
            seen += 1;
        }
        assert!(seen > 10, "{seen}");
    }

    fn at(hour: u32, minute: u32) -> Schedule {
        Schedule::at(&[time(hour, minute)], &DAILY).unwrap()
    }

    fn cron(pattern: &str) -> Schedule {
        Schedule::cron(pattern).unwrap()
    }

    fn utc(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn new_year(year: i32) -> DateTime<Utc> {
        Utc.with_ymd_and_hms(year, 1, 1, 0, 0, 0).unwrap()
    }

    /// All that is due in `(after, until]`.
    fn all(schedule: &Schedule, zone: Tz, after: DateTime<Utc>, until: DateTime<Utc>) -> Vec<DateTime<Utc>> {
        successors(schedule.next(zone, after), |due| schedule.next(zone, *due))
            .take_while(|due| *due <= until)
            .collect()
    }

    /// What the clocks show at all that is due from one date until another.
    fn shown(schedule: &Schedule, zone: Tz, from: &str, to: &str) -> Vec<String> {
        let midnight = |date: &str| format!("{date}T00:00:00").parse::<NaiveDateTime>().unwrap();
        let second = TimeDelta::seconds(1);
        let bounds = [from, to].map(|date| instant(zone, midnight(date)).unwrap() - second);
        all(schedule, zone, bounds[0], bounds[1])
            .iter()
            .map(|due| due.with_timezone(&zone).format("%-d %H:%M %:::z").to_string())
            .collect()
    }

    #[test]
    fn a_daily_edition_keeps_its_wall_clock_time_across_both_changes() {
        let due = all(&at(9, 0), New_York, new_year(2026), new_year(2027));
        assert!(due.iter().all(|due| due.with_timezone(&New_York).time() == time(9, 0)));
        assert_eq!(due.len(), 365);
    }

    #[test]
    fn a_time_in_the_spring_gap_comes_once_and_not_in_the_gap() {
        let days = shown(&at(2, 30), Berlin, "2026-03-28", "2026-03-31");
        assert_eq!(days, ["28 02:30 +01", "29 03:00 +02", "30 02:30 +02"]);
    }

    #[test]
    fn a_time_in_the_autumn_overlap_comes_once() {
        let days = shown(&at(2, 30), Berlin, "2026-10-24", "2026-10-27");
        assert_eq!(days, ["24 02:30 +02", "25 02:30 +02", "26 02:30 +01"]);
    }

    #[test]
    fn a_list_of_times_comes_once_too() {
        let list = cron("30 1,2,14 * * *");
        let spring = shown(&list, Berlin, "2026-03-29", "2026-03-30");
        assert_eq!(spring, ["29 01:30 +01", "29 03:00 +02", "29 14:30 +02"]);
        let autumn = shown(&list, Berlin, "2026-10-25", "2026-10-26");
        assert_eq!(autumn, ["25 01:30 +02", "25 02:30 +02", "25 14:30 +01"]);
        // The gap of Cairo is at midnight.
        let steps = shown(&cron("0 */6 * * *"), Cairo, "2026-04-24", "2026-04-25");
        assert_eq!(steps, ["24 01:00 +03", "24 06:00 +03", "24 12:00 +03", "24 18:00 +03"]);
    }

    #[test]
    fn two_times_in_one_gap_are_one_edition() {
        let schedule = Schedule::at(&[time(2, 15), time(2, 45), time(3, 0)], &DAILY).unwrap();
        assert_eq!(shown(&schedule, Berlin, "2026-03-29", "2026-03-30"), ["29 03:00 +02"]);
        // Saturday's last hour is skipped in Nuuk, and midnight is already Sunday's.
        let schedule = Schedule::at(&[time(23, 30), time(0, 0)], &DAILY).unwrap();
        let nights = shown(&schedule, Nuuk, "2026-03-28", "2026-03-30");
        assert_eq!(nights, ["28 00:00 -02", "29 00:00 -01", "29 23:30 -01"]);
    }

    #[test]
    fn an_edition_of_saturday_pushed_past_midnight_is_still_saturdays() {
        let schedule = Schedule::at(&[time(23, 30)], &[Weekday::Sat]).unwrap();
        assert_eq!(shown(&schedule, Nuuk, "2026-03-28", "2026-04-04"), ["29 00:00 -01"]);
    }

    #[test]
    fn a_day_that_never_came_has_no_edition() {
        let days = shown(&at(7, 30), Apia, "2011-12-29", "2012-01-01");
        assert_eq!(days, ["29 07:30 -10", "31 07:30 +14"]);
    }

    #[test]
    fn a_gap_ends_to_the_second() {
        let due = at(0, 30).next(Monrovia, utc("1972-01-06T12:00:00Z"));
        assert_eq!(due, Some(utc("1972-01-07T00:44:30Z")));
    }

    #[test]
    fn an_hourly_edition_comes_in_both_passes_and_not_in_the_gap() {
        let hourly = cron("0 * * * *");
        let spring = shown(&hourly, Berlin, "2026-03-29", "2026-03-30");
        assert_eq!(spring[..3], ["29 00:00 +01", "29 01:00 +01", "29 03:00 +02"]);
        assert_eq!(spring.len(), 23);
        let autumn = shown(&hourly, Berlin, "2026-10-25", "2026-10-26");
        assert_eq!(autumn[1..5], ["25 01:00 +02", "25 02:00 +02", "25 02:00 +01", "25 03:00 +01"]);
        assert_eq!(autumn.len(), 25);
    }

    #[test]
    fn weekdays_are_right_over_a_decade() {
        let schedule = Schedule::at(&[time(0, 0)], &[Weekday::Mon, Weekday::Thu]).unwrap();
        let due = all(&schedule, Havana, new_year(2024), new_year(2034));
        let days: Vec<_> = due.iter().map(|due| due.with_timezone(&Havana).date_naive()).collect();
        let calendar: Vec<_> = days[0]
            .iter_days()
            .filter(|day| matches!(day.weekday(), Weekday::Mon | Weekday::Thu))
            .take(days.len())
            .collect();
        assert_eq!(days, calendar);
        assert_eq!(days.len(), 1044);
    }

    #[test]
    fn a_leap_day_comes_every_four_years() {
        let due = all(&cron("0 8 29 2 *"), Berlin, new_year(2020), new_year(2030));
        let leap = ["2020-02-29T07:00:00Z", "2024-02-29T07:00:00Z", "2028-02-29T07:00:00Z"];
        assert_eq!(due, leap.map(utc));
    }

    #[test]
    fn a_day_of_the_month_and_a_day_of_the_week_mean_either() {
        let days = shown(&cron("0 8 1 * 1"), Berlin, "2026-07-01", "2026-07-15");
        assert_eq!(days, ["1 08:00 +02", "6 08:00 +02", "13 08:00 +02"]);
    }

    #[test]
    fn last_nth_and_nearest_days_are_understood() {
        for (pattern, days) in [
            ("0 8 L * *", ["31 08:00 +02"]),
            ("0 8 LW * *", ["29 08:00 +02"]),
            ("0 8 16W * *", ["15 08:00 +02"]),
            ("0 8 * * 5L", ["29 08:00 +02"]),
            ("0 8 * * TUE#2", ["12 08:00 +02"]),
        ] {
            assert_eq!(shown(&cron(pattern), Berlin, "2026-05-01", "2026-06-01"), days, "{pattern}");
        }
    }

    #[test]
    fn after_a_week_away_only_the_newest_missed_edition_is_due() {
        let schedule = at(7, 30);
        let now = utc("2026-11-22T08:00:00Z");
        let settled = utc("2026-11-15T06:30:00Z");
        let half_a_day = TimeDelta::hours(12);
        assert_eq!(due(&schedule, Berlin, settled, now, half_a_day), Due::Now(utc("2026-11-22T06:30:00Z")));
        assert_eq!(due(&schedule, Berlin, utc("2026-11-22T06:30:00Z"), now, half_a_day), Due::NotYet);
        assert_eq!(
            due(&schedule, Berlin, settled, now, TimeDelta::hours(1)),
            Due::TooLate(utc("2026-11-22T06:30:00Z"))
        );
        assert_eq!(schedule.missed(Berlin, settled, now), 7);
    }

    #[test]
    fn what_was_missed_is_counted_up_to_a_thousand() {
        let hourly = cron("0 * * * *");
        assert_eq!(hourly.missed(Berlin, new_year(2026), utc("2026-01-02T00:30:00Z")), 24);
        assert_eq!(hourly.missed(Berlin, new_year(2026), new_year(2027)), 1000);
        assert_eq!(hourly.missed(Berlin, new_year(2027), new_year(2026)), 0);
    }

    #[test]
    fn patterns_that_are_wrong_or_never_come_due_are_refused() {
        for pattern in ["", "30 7", "61 7 * * *", "0 30 7 * * *"] {
            let why = Schedule::cron(pattern).unwrap_err();
            assert!(why.starts_with(&format!("`{pattern}` is not a cron pattern")), "{why}");
        }
        for pattern in ["0 0 31 2 *", "0 8 30 2 *", ", * * * *", "0 , * * *", "0 8 , * *"] {
            let why = Schedule::cron(pattern).unwrap_err();
            assert!(why.starts_with(&format!("`{pattern}` never comes due")), "{why}");
        }
        assert!(Schedule::cron("30 7 * * 1-5").is_ok());
        assert!(Schedule::at(&[], &DAILY).is_err());
        assert!(Schedule::at(&[time(7, 30)], &[]).is_err());
    }

    /// A time during which a zone keeps its offset, and what its clocks show meanwhile.
    struct Stretch {
        from: NaiveDateTime,
        shows: Range<NaiveDateTime>,
    }

    /// The stretches of some years, learnt only by asking over and over what time it is.
    fn watch(zone: Tz, years: &Range<i32>) -> Vec<Stretch> {
        let offset = |utc: NaiveDateTime| {
            TimeDelta::seconds(zone.offset_from_utc_datetime(&utc).fix().local_minus_utc().into())
        };
        let (second, margin) = (TimeDelta::seconds(1), TimeDelta::days(9));
        let mut from = new_year(years.start).naive_utc() - margin;
        let end = new_year(years.end).naive_utc() + margin;
        let mut stretches = Vec::new();
        while from < end {
            let kept = offset(from);
            let mut until = from;
            for step in [TimeDelta::days(2), TimeDelta::hours(1), TimeDelta::minutes(1), second] {
                while until < end && offset(until + step) == kept {
                    until += step;
                }
            }
            until += second;
            stretches.push(Stretch { from, shows: from + kept..until + kept });
            from = until;
        }
        stretches
    }

    /// When somebody who watches the clock sees each time of day reached or passed for the
    /// first time, on every day that comes at all.
    fn sightings(
        stretches: &[Stretch],
        times: &[NaiveTime],
        after: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Vec<DateTime<Utc>> {
        let day = TimeDelta::days(1);
        let mut seen: Vec<_> = (after - day * 2)
            .date_naive()
            .iter_days()
            .take_while(|date| *date <= (until + day * 2).date_naive())
            .map(|date| date.and_time(NaiveTime::MIN))
            .filter(|midnight| {
                stretches.iter().any(|s| s.shows.start < *midnight + day && s.shows.end > *midnight)
            })
            .flat_map(|midnight| times.iter().map(move |time| midnight.date().and_time(*time)))
            .filter_map(|wall| {
                let stretch = stretches.iter().find(|s| s.shows.end > wall)?;
                let waited = (wall - stretch.shows.start).max(TimeDelta::zero());
                Some((stretch.from + waited).and_utc())
            })
            .filter(|seen| *seen > after && *seen <= until)
            .collect();
        seen.sort_unstable();
        seen.dedup();
        seen
    }

    fn changes(stretches: &[Stretch]) -> impl Iterator<Item = DateTime<Utc>> {
        stretches.iter().skip(1).map(|stretch| stretch.from.and_utc())
    }

    /// Looks at the days around each change of the clocks in all zones, and at all days in
    /// some. `TIDINGS_EVERY_DAY=1` looks at all days in all zones, which takes minutes.
    fn each_day_has_each_time_once(years: &Range<i32>) {
        let every_day = env::var_os("TIDINGS_EVERY_DAY").is_some();
        let times = [time(0, 0), time(0, 30), time(1, 30), time(2, 0), time(2, 30), time(3, 0), time(23, 59)];
        let mut schedules = Vec::from(times.map(|t| (at(t.hour(), t.minute()), vec![t])));
        schedules.push((cron("30 1-2,14 * * *"), vec![time(1, 30), time(2, 30), time(14, 30)]));
        let around = TimeDelta::days(2);
        for zone in TZ_VARIANTS {
            let stretches = watch(zone, years);
            let spans = if every_day || [Apia, Berlin, Nuuk].contains(&zone) {
                vec![(new_year(years.start), new_year(years.end))]
            } else {
                changes(&stretches).map(|change| (change - around, change + around)).collect()
            };
            for (after, until) in spans {
                for (schedule, times) in &schedules {
                    let due = all(schedule, zone, after, until);
                    assert_eq!(due, sightings(&stretches, times, after, until), "{zone} {times:?}");
                    assert_eq!(schedule.newest(zone, after, until), due.last().copied(), "{zone}");
                }
            }
        }
    }

    #[test]
    fn each_day_of_every_zone_will_have_each_time_once() {
        each_day_has_each_time_once(&(2024..2034));
    }

    #[test]
    fn each_day_of_every_zone_has_had_each_time_once() {
        each_day_has_each_time_once(&(2005..2015));
    }

    #[test]
    fn an_hourly_edition_comes_whenever_the_clock_shows_its_minute() {
        let schedule = cron("5,35 * * * *");
        for zone in [Berlin, Cairo, Casablanca, Havana, Lord_Howe, Nuuk] {
            for change in changes(&watch(zone, &(2024..2034))) {
                let (after, until) = (change - TimeDelta::hours(6), change + TimeDelta::hours(6));
                let minutes = successors(Some(after), |minute| Some(*minute + TimeDelta::minutes(1)));
                let due: Vec<_> = minutes
                    .take_while(|minute| *minute <= until)
                    .filter(|minute| matches!(minute.with_timezone(&zone).minute(), 5 | 35))
                    .collect();
                assert_eq!(all(&schedule, zone, after, until), due, "{zone} {change}");
            }
        }
    }

    #[test]
    fn from_any_instant_to_any_other_the_same_times_are_due() {
        let mut random = fastrand::Rng::with_seed(2026);
        let mut schedules =
            Vec::from(["0,30 0-3 * * 0,6", "59 23 * * *", "*/20 * * * *", "30 * 1 * 0"].map(cron));
        schedules.push(Schedule::at(&[time(2, 30), time(3, 0), time(18, 0)], &DAILY).unwrap());
        let week = TimeDelta::days(7);
        for zone in [Apia, Berlin, Cairo, Havana, Lord_Howe, Nuuk] {
            for change in changes(&watch(zone, &(2009..2013))) {
                for schedule in &schedules {
                    let due = all(schedule, zone, change - week, change + week);
                    let mut any = || match random.u8(..3) {
                        0 => random.choice(&due).copied().unwrap_or(change),
                        1 => change + TimeDelta::milliseconds(random.i64(-5_400_000..5_400_000)),
                        _ => change + TimeDelta::milliseconds(random.i64(-604_800_000..604_800_000)),
                    };
                    for _ in 0..8 {
                        let (after, until) = (any(), any());
                        let between: Vec<_> =
                            due.iter().copied().filter(|due| *due > after && *due <= until).collect();
                        let newest = schedule.newest(zone, after, until);
                        assert_eq!(newest, between.last().copied(), "{zone} {after} {until}");
                        assert_eq!(all(schedule, zone, after, until), between, "{zone} {after} {until}");
                        assert_eq!(
                            schedule.missed(zone, after, until),
                            between.len(),
                            "{zone} {after} {until}"
                        );
                    }
                }
            }
        }
    }
}
