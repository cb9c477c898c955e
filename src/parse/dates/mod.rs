//! The dates of feeds. RFC 3339 and RFC 822 as they are written in practice; a time
//! without a zone is taken as UTC. What cannot be read is absent, never "now".

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};

const WITHOUT_ZONE: [&str; 5] = [
    "%Y-%m-%dT%H:%M:%S%.f",
    "%Y-%m-%d %H:%M:%S%.f",
    "%Y-%m-%d %H:%M",
    "%Y/%m/%d %H:%M:%S",
    "%a, %d %b %Y %H:%M:%S",
];

const WITH_ZONE: [&str; 3] = ["%Y-%m-%d %H:%M:%S %z", "%Y-%m-%dT%H:%M:%S%.f%z", "%d %b %Y %H:%M:%S %z"];

pub(super) fn parse(text: &str) -> Option<DateTime<Utc>> {
    let text = text.trim();
    if let Ok(date) = DateTime::parse_from_rfc3339(text).or_else(|_| DateTime::parse_from_rfc2822(text)) {
        return Some(date.to_utc());
    }
    let zoned = WITH_ZONE.iter().find_map(|f| DateTime::parse_from_str(text, f).ok());
    if let Some(date) = zoned {
        return Some(date.to_utc());
    }
    let bare = text.trim_end_matches('Z').trim_end();
    WITHOUT_ZONE
        .iter()
        .find_map(|f| NaiveDateTime::parse_from_str(bare, f).ok())
        .or_else(|| NaiveDate::parse_from_str(bare, "%Y-%m-%d").ok()?.and_hms_opt(0, 0, 0))
        .map(|date| date.and_utc())
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn dates_are_read_as_they_are_written() {
        for (text, wanted) in [
            ("Sun, 22 Nov 2026 06:40:00 GMT", "2026-11-22T06:40:00+00:00"),
            ("Sun, 22 Nov 2026 06:40:00 +0800", "2026-11-21T22:40:00+00:00"),
            ("2026-11-22T06:40:00+08:00", "2026-11-21T22:40:00+00:00"),
            ("2026-11-22 06:40:00 +0800", "2026-11-21T22:40:00+00:00"),
            ("2026-11-22T06:40:00", "2026-11-22T06:40:00+00:00"),
            ("2026-11-22", "2026-11-22T00:00:00+00:00"),
        ] {
            assert_eq!(parse(text).map(|d| d.to_rfc3339()).as_deref(), Some(wanted), "{text}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_absent() {
        for text in ["", "yesterday", "31 Feb 2026", "2026-13-01"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
