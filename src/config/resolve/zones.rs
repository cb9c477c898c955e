//! What people write for a time zone, and the name that the tz database has for it.

use chrono_tz::Tz;

/// Large cities whose zone is called after another one, some offices of the tz database's own, and
/// abbreviations, which mean several zones each.
const CITIES: [(&str, &str); 76] = [
    ("beijing", "Asia/Shanghai"),
    ("peking", "Asia/Shanghai"),
    ("china", "Asia/Shanghai"),
    ("shenzhen", "Asia/Shanghai"),
    ("guangzhou", "Asia/Shanghai"),
    ("北京", "Asia/Shanghai"),
    ("上海", "Asia/Shanghai"),
    ("香港", "Asia/Hong_Kong"),
    ("台北", "Asia/Taipei"),
    ("臺北", "Asia/Taipei"),
    ("taiwan", "Asia/Taipei"),
    ("东京", "Asia/Tokyo"),
    ("東京", "Asia/Tokyo"),
    ("osaka", "Asia/Tokyo"),
    ("kyoto", "Asia/Tokyo"),
    ("japan", "Asia/Tokyo"),
    ("korea", "Asia/Seoul"),
    ("busan", "Asia/Seoul"),
    ("hanoi", "Asia/Ho_Chi_Minh"),
    ("delhi", "Asia/Kolkata"),
    ("new delhi", "Asia/Kolkata"),
    ("mumbai", "Asia/Kolkata"),
    ("bombay", "Asia/Kolkata"),
    ("bangalore", "Asia/Kolkata"),
    ("chennai", "Asia/Kolkata"),
    ("india", "Asia/Kolkata"),
    ("islamabad", "Asia/Karachi"),
    ("abu dhabi", "Asia/Dubai"),
    ("tel aviv", "Asia/Jerusalem"),
    ("munich", "Europe/Berlin"),
    ("münchen", "Europe/Berlin"),
    ("hamburg", "Europe/Berlin"),
    ("frankfurt", "Europe/Berlin"),
    ("cologne", "Europe/Berlin"),
    ("köln", "Europe/Berlin"),
    ("germany", "Europe/Berlin"),
    ("geneva", "Europe/Zurich"),
    ("zürich", "Europe/Zurich"),
    ("bern", "Europe/Zurich"),
    ("barcelona", "Europe/Madrid"),
    ("spain", "Europe/Madrid"),
    ("milan", "Europe/Rome"),
    ("italy", "Europe/Rome"),
    ("lyon", "Europe/Paris"),
    ("france", "Europe/Paris"),
    ("edinburgh", "Europe/London"),
    ("manchester", "Europe/London"),
    ("england", "Europe/London"),
    ("uk", "Europe/London"),
    ("rotterdam", "Europe/Amsterdam"),
    ("kyiv", "Europe/Kyiv"),
    ("saint petersburg", "Europe/Moscow"),
    ("petersburg", "Europe/Moscow"),
    ("san francisco", "America/Los_Angeles"),
    ("seattle", "America/Los_Angeles"),
    ("california", "America/Los_Angeles"),
    ("boston", "America/New_York"),
    ("miami", "America/New_York"),
    ("washington", "America/New_York"),
    ("atlanta", "America/New_York"),
    ("dallas", "America/Chicago"),
    ("houston", "America/Chicago"),
    ("austin", "America/Chicago"),
    ("montreal", "America/Toronto"),
    ("ottawa", "America/Toronto"),
    ("rio de janeiro", "America/Sao_Paulo"),
    ("brasilia", "America/Sao_Paulo"),
    ("canberra", "Australia/Sydney"),
    ("cape town", "Africa/Johannesburg"),
    ("pst", "America/Los_Angeles"),
    ("pdt", "America/Los_Angeles"),
    ("cdt", "America/Chicago"),
    ("edt", "America/New_York"),
    ("bst", "Europe/London"),
    ("cest", "Europe/Berlin"),
    ("ist", "Asia/Kolkata"),
];

/// Reads the name of a zone.
///
/// # Errors
/// What it is instead, and what to write.
pub(super) fn zone(text: &str) -> Result<Tz, String> {
    let trimmed = text.trim();
    if let Ok(zone) = trimmed.parse() {
        return Ok(zone);
    }
    let lower = trimmed.to_lowercase().replace('_', " ");
    if matches!(lower.as_str(), "local" | "localtime" | "system" | "auto" | "") {
        return Err(format!("`{text}` is not a time zone; leave `timezone` out for the machine's own"));
    }
    if is_offset(&lower) {
        return Err(format!(
            "`{text}` is an offset, and an offset is no time zone, since clocks change; name a city of yours"
        ));
    }
    let zones = || chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name()).filter(|name| is_place(name));
    let city = |name: &&str| {
        name.rsplit('/').next().is_some_and(|city| city.replace('_', " ").eq_ignore_ascii_case(&lower))
    };
    let exact = zones().find(|name| name.replace('_', " ").eq_ignore_ascii_case(&lower));
    let last = lower.rsplit('/').next().unwrap_or_default();
    let known = CITIES.iter().find(|(name, _)| *name == last).map(|(_, zone)| *zone);
    let found = exact.or_else(|| zones().find(city)).or(known).or_else(|| nearest(&lower, zones()));
    Err(match found {
        Some(name) => format!("`{text}` is not a time zone; did you mean `{name}`?"),
        None => format!(
            "`{text}` is not a time zone of the tz database; its names are an area and a city, such as `Asia/Tokyo`"
        ),
    })
}

/// `GMT+2`, `+08:00`, `UTC-5`
fn is_offset(lower: &str) -> bool {
    let number =
        ["gmt", "utc", "z"].iter().find_map(|prefix| lower.strip_prefix(prefix)).unwrap_or(lower).trim();
    let digits = number.strip_prefix(['+', '-', '−', '±']);
    digits.is_some_and(|digits| {
        !digits.is_empty() && digits.chars().all(|c| c.is_ascii_digit() || matches!(c, ':' | '.'))
    })
}

/// An area and a city: other names of the database are offsets and relics.
fn is_place(name: &str) -> bool {
    name.split_once('/').is_some_and(|(area, _)| {
        matches!(
            area,
            "Africa"
                | "America"
                | "Antarctica"
                | "Asia"
                | "Atlantic"
                | "Australia"
                | "Europe"
                | "Indian"
                | "Pacific"
        )
    })
}

/// By spelling, of the whole name or its city.
fn nearest<'a>(lower: &str, zones: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let near = |name: &str| {
        let name = name.to_lowercase().replace('_', " ");
        let city = name.rsplit('/').next().unwrap_or_default().to_owned();
        strsim::jaro_winkler(lower, &name).max(strsim::jaro_winkler(lower, &city))
    };
    let scored = zones.map(|name| (near(name), name)).max_by(|a, b| a.0.total_cmp(&b.0));
    scored.filter(|(score, _)| *score > 0.87).map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_city_leads_to_a_zone_that_there_is() {
        for (city, name) in CITIES {
            assert!(name.parse::<Tz>().is_ok(), "{city}: {name}");
            assert_eq!(city, city.to_lowercase());
        }
    }

    #[test]
    fn what_people_write_leads_to_a_name_they_can_use() {
        for (written, meant) in [
            ("Berlin", "`Europe/Berlin`"),
            ("Beijing", "`Asia/Shanghai`"),
            ("europe/berlin", "`Europe/Berlin`"),
            ("New York", "`America/New_York`"),
            ("America/New York", "`America/New_York`"),
            ("Europe/Berlln", "`Europe/Berlin`"),
            ("Asia/Beijing", "`Asia/Shanghai`"),
            ("PST", "`America/Los_Angeles`"),
            ("local", "leave `timezone` out"),
            ("GMT+2", "is an offset"),
            ("+08:00", "is an offset"),
            ("UTC-5", "is an offset"),
            ("Nowhere/At_All", "such as `Asia/Tokyo`"),
        ] {
            let said = zone(written).unwrap_err();
            assert!(said.contains(meant), "{written}: {said}");
        }
        assert!(zone("UTC").is_ok() && zone("Europe/Berlin").is_ok());
    }
}
