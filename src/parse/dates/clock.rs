//! The time of day in a date, and its zone.

use std::collections::HashMap;
use std::sync::LazyLock;

use chrono::Duration;
use chrono_tz::Tz;
use regex::{Captures, Regex};

use super::{Time, Zone, pattern};

/// Offsets of zone names by their common meaning in feeds, in minutes.
const ZONES: [(&str, i64); 64] = [
    ("gmt", 0),
    ("utc", 0),
    ("ut", 0),
    ("z", 0),
    ("wet", 0),
    ("west", 60),
    ("est", -300),
    ("edt", -240),
    ("cst", -360),
    ("cdt", -300),
    ("mst", -420),
    ("mdt", -360),
    ("pst", -480),
    ("pdt", -420),
    ("akst", -540),
    ("akdt", -480),
    ("hst", -600),
    ("ast", -240),
    ("adt", -180),
    ("nst", -210),
    ("ndt", -150),
    ("brt", -180),
    ("art", -180),
    ("cet", 60),
    ("mez", 60),
    ("met", 60),
    ("cest", 120),
    ("mesz", 120),
    ("mest", 120),
    ("eet", 120),
    ("eest", 180),
    ("msk", 180),
    ("мск", 180),
    ("trt", 180),
    ("bst", 60),
    ("wat", 60),
    ("cat", 120),
    ("sast", 120),
    ("eat", 180),
    ("gst", 240),
    ("irst", 210),
    ("pkt", 300),
    ("ist", 330),
    ("npt", 345),
    ("ict", 420),
    ("wib", 420),
    ("wita", 480),
    ("wit", 540),
    ("jst", 540),
    ("kst", 540),
    ("sgt", 480),
    ("hkt", 480),
    ("pht", 480),
    ("myt", 480),
    ("awst", 480),
    ("acst", 570),
    ("acdt", 630),
    ("aest", 600),
    ("aedt", 660),
    ("nzst", 720),
    ("nzdt", 780),
    ("chst", 600),
    ("bjt", 480),
    ("uyt", -180),
];

/// Names that leave the season to the date.
const SEASONLESS: [(&str, Tz); 4] = [
    ("et", Tz::America__New_York),
    ("ct", Tz::America__Chicago),
    ("mt", Tz::America__Denver),
    ("pt", Tz::America__Los_Angeles),
];

/// The names of the tz database, in small letters.
static NAMED: LazyLock<HashMap<String, Tz>> =
    LazyLock::new(|| chrono_tz::TZ_VARIANTS.iter().map(|zone| (zone.name().to_lowercase(), *zone)).collect());

const AM: &str = r"a\.?\s?m\b\.?|上午|午前|오전|凌晨|早上|清晨|π\.?μ\.?|صباحا|صباحاً|ص\b";
const PM: &str = r"p\.?\s?m\b\.?|下午|午後|오후|晚上|傍晚|中午|μ\.?μ\.?|مساءً|مساء|م\b";

/// Takes the time and the zone out of a date; what is left is its day. None when the time
/// cannot be.
pub(super) fn take(plain: &str, chinese: bool) -> Option<(Time, String)> {
    static LOG: LazyLock<Regex> = LazyLock::new(|| pattern(r"(\d{4}):(\d\d:\d\d)"));
    static BASIC: LazyLock<Regex> = LazyLock::new(|| {
        pattern(r"^(\d{8})(?:[t ]+(\d\d)(\d\d)(\d\d)?(?:\.\d+)?z?\b|(\d\d)(\d\d)(\d\d)?$)?")
    });
    let plain = LOG.replace(plain, "$1 $2");
    // 20261120T063000, 20261120063000, and 20261120 alone.
    if let Some(basic) = BASIC
        .captures(&plain)
        .filter(|c| !plain.get(c[0].len()..).unwrap_or_default().starts_with(|x: char| x.is_ascii_digit()))
    {
        let part = |a: usize, b: usize| basic.get(a).or(basic.get(b)).map(|m| m.as_str());
        let rest = plain.get(basic[0].len()..).unwrap_or_default();
        if let (Some(hour), Some(minute)) = (part(2, 5), part(3, 6)) {
            let time = since_midnight(hour, minute, part(4, 7).unwrap_or("0"), Half::None)?;
            let (zone, rest) = zone(rest, chinese);
            return Some((Time { since_midnight: time, zone }, format!("{} {rest}", &basic[1])));
        }
    }
    // A day alone may have a zone.
    static DAY_AND_ZONE: LazyLock<Regex> =
        LazyLock::new(|| pattern(r"^(\d{4}-\d\d?-\d\d?)\s*(z|[+-]\d\d:?\d\d)$"));
    let (time, before, after) = if let Some(found) = DAY_AND_ZONE.captures(&plain) {
        (Duration::zero(), found[1].to_owned(), found[2].to_owned())
    } else if let Some(found) = find(&plain)? {
        found
    } else {
        let none = Time { since_midnight: Duration::zero(), zone: Zone::Unsaid };
        return Some((none, plain.into_owned()));
    };
    let (zone, after) = zone(&after, chinese);
    Some((Time { since_midnight: time, zone }, format!("{before} {after}")))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Half {
    None,
    Am,
    Pm,
}

/// The time, what stands before it and what after. `Some(None)` when there is none;
/// `None` when there is one that cannot be.
#[allow(clippy::option_option)]
fn find(plain: &str) -> Option<Option<(Duration, String, String)>> {
    static COLONS: LazyLock<Regex> = LazyLock::new(|| {
        pattern(&format!(
            r"(?:\b|(?P<pm0>{PM})\s*|(?P<am0>{AM})\s*)t?\s?(?P<h>\d{{1,2}})\s?:\s?(?P<m>\d{{1,2}})(?:\s?:\s?(?P<s>\d{{1,2}})(?:[.,]\d+)?)?\s*(?:(?P<pm>{PM})|(?P<am>{AM}))?"
        ))
    });
    static UNITS: LazyLock<Regex> = LazyLock::new(|| {
        pattern(&format!(
            r"(?:(?P<pm0>{PM})\s*|(?P<am0>{AM})\s*)?(?P<h>\d{{1,2}})\s*[时時시点點](?:\s*(?P<m>\d{{1,2}})\s*[分분](?:\s*(?P<s>\d{{1,2}})\s*[秒초])?)?(?P<pm>x{{9}})?(?P<am>x{{9}})?"
        ))
    });
    static LETTER_H: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"\b(?P<h>\d{1,2})\s?h\s?(?P<m>\d{2})?\b(?P<s>x{9})?(?P<pm0>x{9})?(?P<am0>x{9})?(?P<pm>x{9})?(?P<am>x{9})?",
        )
    });
    static HALF_ONLY: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"\b(?P<h>\d{1,2})\s?(?:(?P<pm>pm)|(?P<am>am))\b(?P<m>x{9})?(?P<s>x{9})?(?P<pm0>x{9})?(?P<am0>x{9})?",
        )
    });
    // A dot between hours and minutes only where it cannot be one of a date.
    static DOT: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"(?:\d{4}\.?|um|kl\.?|klo|pukul|ore|om|godz\.?|ob)[\s,]+(?:(?:um|kl\.?|klo|pukul|ore|om)\s+)?(?P<h>\d{1,2})\.(?P<m>\d{2})(?:\s*(?:uhr|uur))?$(?P<s>x{9})?(?P<pm0>x{9})?(?P<am0>x{9})?(?P<pm>x{9})?(?P<am>x{9})?",
        )
    });
    static HOUR_OF_ISO: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"\d\s+t(?P<h>\d\d)(?P<m>x{9})?(?P<s>x{9})?(?:z|$)(?P<pm0>x{9})?(?P<am0>x{9})?(?P<pm>x{9})?(?P<am>x{9})?",
        )
    });
    for pattern in [&COLONS, &UNITS, &LETTER_H, &HALF_ONLY, &DOT, &HOUR_OF_ISO] {
        let Some(found) = pattern.captures(plain) else { continue };
        let text = |name: &str| found.name(name).map_or("0", |m| m.as_str());
        let has = |a: &str, b: &str| found.name(a).or(found.name(b)).is_some();
        let half = match (has("am", "am0"), has("pm", "pm0")) {
            (true, _) => Half::Am,
            (_, true) => Half::Pm,
            _ => Half::None,
        };
        let time = since_midnight(text("h"), text("m"), text("s"), half)?;
        let hour = found.name("h")?;
        // What is in front of the hour belongs to the day; a half of the day does not.
        let start = half_start(&found).unwrap_or(hour.start());
        let before = plain.get(..start)?.trim_end_matches('t').to_owned();
        return Some(Some((time, before, plain.get(found.get(0)?.end()..)?.to_owned())));
    }
    Some(None)
}

fn half_start(found: &Captures<'_>) -> Option<usize> {
    found.name("am0").or(found.name("pm0")).map(|m| m.start())
}

fn since_midnight(hour: &str, minute: &str, second: &str, half: Half) -> Option<Duration> {
    let (mut hour, minute, second): (i64, i64, i64) =
        (hour.parse().ok()?, minute.parse().ok()?, second.parse().ok()?);
    match half {
        Half::Pm if hour < 12 => hour += 12,
        Half::Am if hour == 12 => hour = 0,
        _ => {}
    }
    // Midnight may be the end of a day, and a leap second is the second before it.
    let possible = minute < 60 && second <= 60 && (hour < 24 || (hour == 24 && minute == 0 && second == 0));
    possible.then(|| Duration::seconds(hour * 3600 + minute * 60 + second.min(59)))
}

/// The zone at the start of `text`, and what follows it.
fn zone(text: &str, chinese: bool) -> (Zone, String) {
    static OFFSET: LazyLock<Regex> = LazyLock::new(|| {
        pattern(r"^[\s,]*(?:gmt|utc|ut)?\s*([+-])(\d{1,2}):?(\d{2})?\b\s*(?:[a-z]{1,5}\b)?")
    });
    static IANA: LazyLock<Regex> =
        LazyLock::new(|| pattern(r"^(?:\s*uhr)?[\s,]*([a-z]+(?:/[a-z0-9_+-]+){1,2})(?:$|[\s,])"));
    static NAME: LazyLock<Regex> = LazyLock::new(|| pattern(r"^[\s,]*([\p{L}]{1,5})\b"));
    let rest = |found: &Captures<'_>| text.get(found[0].len()..).unwrap_or_default().to_owned();
    if let Some(found) = OFFSET.captures(text) {
        let number = |i: usize| found.get(i).and_then(|m| m.as_str().parse::<i64>().ok()).unwrap_or(0);
        let minutes = number(2) * 60 + number(3);
        if minutes <= 15 * 60 {
            let signed = if &found[1] == "-" { -minutes } else { minutes };
            return (Zone::Offset(Duration::minutes(signed)), rest(&found));
        }
    }
    if let Some(found) = IANA.captures(text) {
        // A name that nobody knows says nothing.
        let zone = NAMED.get(&found[1]).map_or(Zone::Unsaid, |zone| Zone::Named(*zone));
        return (zone, rest(&found));
    }
    if let Some(found) = NAME.captures(text) {
        let name = &found[1];
        if chinese && name == "cst" {
            return (Zone::Offset(Duration::hours(8)), rest(&found));
        }
        if let Some((_, zone)) = SEASONLESS.iter().find(|(zone, _)| *zone == name) {
            return (Zone::Named(*zone), rest(&found));
        }
        if let Some((_, minutes)) = ZONES.iter().find(|(zone, _)| *zone == name) {
            return (Zone::Offset(Duration::minutes(*minutes)), rest(&found));
        }
    }
    // date(1) puts the year in between.
    static YEAR_BETWEEN: LazyLock<Regex> = LazyLock::new(|| pattern(r"^(\s*\d{4})(\s+[+-]\d{4})$"));
    if let Some(found) = YEAR_BETWEEN.captures(text) {
        return (zone(&found[2], chinese).0, found[1].to_owned());
    }
    (Zone::Unsaid, text.to_owned())
}
