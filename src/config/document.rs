//! The raw shape of `digest.toml`: tables and keys with the place each stands at.
//!
//! A table is read by asking it for its keys. What was never asked for is unknown, so
//! the list of valid keys is written down once, where they are used. A wrong value is
//! noted and read as absent, so reading goes on and finds the next mistake too.

use std::cell::RefCell;
use std::collections::HashSet;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::problem::Findings;
use super::{schema, source};

/// What the file's own table is called.
pub(super) const TOP_LEVEL: &str = "the top level";

/// A file that is TOML.
pub(super) type Document<'a> = Spanned<DeTable<'a>>;

/// A value and the bytes of the file it was read from.
#[derive(Debug, Clone)]
pub(super) struct At<T> {
    pub(super) value: T,
    pub(super) span: Range<usize>,
}

/// Parses the file. None when it is not TOML, which is noted: what its keys mean cannot be
/// judged then.
pub(super) fn parse<'a>(text: &'a str, findings: &Findings) -> Option<Document<'a>> {
    let (document, errors) = DeTable::parse_recoverable(text);
    let spans: Vec<_> = errors.iter().map(|error| error.span().unwrap_or(0..0)).collect();
    let explained = source::note_lookalikes(text, &spans, findings);
    let mut known = HashSet::new();
    for (error, span) in errors.iter().zip(spans) {
        let line = text.get(..span.start).unwrap_or(text).matches('\n').count();
        // What follows on the same line follows from it.
        let is_said = explained.iter().any(|line| line.contains(&span.start) || line.end == span.start);
        if !is_said && known.insert(line) {
            findings.add(span, error.message().to_lowercase());
        }
    }
    errors.is_empty().then_some(document)
}

/// What a key takes, as its reader asks for it: the schema is made of that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// By an example.
    String(String),
    Choice(Vec<String>),
    Boolean,
    Number(u64, u64),
    /// One, or several.
    Strings,
    StringTable,
    Table,
    Tables,
    /// The table cannot do without it.
    Needed,
}

/// One table of the file, being read.
pub(super) struct Table<'a> {
    table: &'a DeTable<'a>,
    pub(super) span: Range<usize>,
    /// As it is written in the file: `[mail]`, `[[feed]]`.
    pub(super) name: String,
    asked: RefCell<Vec<(&'static str, Kind)>>,
    findings: &'a Findings,
}

impl<'a> Table<'a> {
    pub(super) fn root(document: &'a Spanned<DeTable<'a>>, findings: &'a Findings) -> Self {
        Self {
            table: document.get_ref(),
            span: document.span(),
            name: TOP_LEVEL.into(),
            asked: RefCell::default(),
            findings,
        }
    }

    fn take(&self, key: &'static str, kind: Kind) -> Option<&'a Spanned<DeValue<'a>>> {
        self.asked.borrow_mut().push((key, kind));
        self.table.get(key)
    }

    fn wrong_type(&self, key: &str, value: &Spanned<DeValue<'_>>, wanted: &str, example: &str) {
        let found = match value.get_ref().type_str() {
            vowel @ ("integer" | "array") => format!("an {vowel}"),
            other => format!("a {other}"),
        };
        let meant = meant(value.get_ref(), wanted);
        self.findings.add_with_help(
            value.span(),
            format!("`{key}` takes {wanted}, not {found}"),
            format!("write `{key} = {}`", meant.as_deref().unwrap_or(example)),
        );
    }

    /// A string.
    pub(super) fn string(&self, key: &'static str, example: &str) -> Option<At<&'a str>> {
        let value = self.take(key, Kind::String(example.trim_matches('"').to_owned()))?;
        match value.get_ref() {
            DeValue::String(text) => Some(At { value: text.as_ref(), span: value.span() }),
            _ => {
                self.wrong_type(key, value, "a string", example);
                None
            }
        }
    }

    /// A string that means something; `read` says what is wrong with it.
    pub(super) fn parsed<T>(
        &self,
        key: &'static str,
        example: &str,
        read: impl Fn(&str) -> Result<T, String>,
    ) -> Option<At<T>> {
        let text = self.string(key, example)?;
        match read(text.value) {
            Ok(value) => Some(At { value, span: text.span }),
            Err(message) => {
                self.findings.add_with_help(text.span, message, format!("such as {example}"));
                None
            }
        }
    }

    /// One of a few words.
    pub(super) fn choice<T: Copy>(&self, key: &'static str, words: &[(&str, T)]) -> Option<T> {
        let example = format!("\"{}\"", words.first().map_or("", |w| w.0));
        let kind = Kind::Choice(words.iter().map(|(word, _)| (*word).to_owned()).collect());
        self.asked.borrow_mut().push((key, kind));
        let text = self.string(key, &example)?;
        if let Some((_, value)) = words.iter().find(|(word, _)| *word == text.value) {
            return Some(*value);
        }
        let list: Vec<_> = words.iter().map(|(word, _)| format!("\"{word}\"")).collect();
        self.findings.add_with_help(
            text.span,
            format!("`{key}` cannot be \"{}\"", text.value),
            format!("one of {}", list.join(", ")),
        );
        None
    }

    pub(super) fn boolean(&self, key: &'static str) -> Option<bool> {
        let value = self.take(key, Kind::Boolean)?;
        match value.get_ref() {
            DeValue::Boolean(flag) => Some(*flag),
            _ => {
                self.wrong_type(key, value, "true or false", "true");
                None
            }
        }
    }

    /// A whole number within `range`.
    pub(super) fn number(&self, key: &'static str, range: std::ops::RangeInclusive<u64>) -> Option<u64> {
        let value = self.take(key, Kind::Number(*range.start(), *range.end()))?;
        let DeValue::Integer(number) = value.get_ref() else {
            self.wrong_type(key, value, "a whole number", &range.start().to_string());
            return None;
        };
        match i128::from_str_radix(number.as_str(), number.radix()) {
            Ok(n) if n >= i128::from(*range.start()) && n <= i128::from(*range.end()) => {
                u64::try_from(n).ok()
            }
            _ => {
                self.findings.add(
                    value.span(),
                    format!("`{key}` must be between {} and {}", range.start(), range.end()),
                );
                None
            }
        }
    }

    /// A string, or several in an array.
    pub(super) fn strings(&self, key: &'static str, example: &str) -> Option<Vec<At<&'a str>>> {
        let value = self.take(key, Kind::Strings)?;
        match value.get_ref() {
            DeValue::String(text) => Some(vec![At { value: text.as_ref(), span: value.span() }]),
            DeValue::Array(items) => {
                let mut strings = Vec::new();
                for item in items.iter() {
                    match item.get_ref() {
                        DeValue::String(text) => {
                            strings.push(At { value: text.as_ref(), span: item.span() });
                        }
                        _ => self.wrong_type(key, item, "strings", example),
                    }
                }
                Some(strings)
            }
            _ => {
                self.wrong_type(key, value, "a string or an array of strings", example);
                None
            }
        }
    }

    /// `key = { name = "value", … }`
    pub(super) fn string_table(&self, key: &'static str) -> Vec<(At<&'a str>, At<&'a str>)> {
        let Some(value) = self.take(key, Kind::StringTable) else { return Vec::new() };
        let DeValue::Table(table) = value.get_ref() else {
            self.wrong_type(key, value, "a table of strings", "{ X-Api-Key = \"env:API_KEY\" }");
            return Vec::new();
        };
        let mut pairs = Vec::new();
        for (name, value) in table.iter() {
            match value.get_ref() {
                DeValue::String(text) => pairs.push((
                    At { value: name.get_ref().as_ref(), span: name.span() },
                    At { value: text.as_ref(), span: value.span() },
                )),
                _ => self.wrong_type(name.get_ref(), value, "a string", "\"env:API_KEY\""),
            }
        }
        pairs
    }

    /// `[key]`, or None when it is not there.
    pub(super) fn table(&self, key: &'static str) -> Option<Table<'a>> {
        let value = self.take(key, Kind::Table)?;
        match value.get_ref() {
            DeValue::Table(table) => Some(self.child(table, value.span(), format!("[{key}]"))),
            DeValue::Array(_) => {
                self.findings.add_with_help(
                    value.span(),
                    format!("there is only one `{key}`"),
                    format!("write `[{key}]`"),
                );
                None
            }
            _ => {
                self.findings.add_with_help(
                    value.span(),
                    format!("`{key}` is a table"),
                    format!("write `[{key}]` on a line of its own"),
                );
                None
            }
        }
    }

    /// Every `[[key]]`.
    pub(super) fn tables(&self, key: &'static str) -> Vec<Table<'a>> {
        let Some(value) = self.take(key, Kind::Tables) else { return Vec::new() };
        let DeValue::Array(items) = value.get_ref() else {
            self.findings.add_with_help(
                value.span(),
                format!("there can be several of `{key}`"),
                format!("write `[[{key}]]`"),
            );
            return Vec::new();
        };
        let mut tables = Vec::new();
        for item in items.iter() {
            match item.get_ref() {
                DeValue::Table(table) => {
                    tables.push(self.child(table, item.span(), format!("[[{key}]]")));
                }
                _ => self.findings.add_with_help(
                    item.span(),
                    format!("each `{key}` is a table"),
                    format!("write `[[{key}]]` on a line of its own"),
                ),
            }
        }
        tables
    }

    fn child(&self, table: &'a DeTable<'a>, span: Range<usize>, name: String) -> Table<'a> {
        Table { table, span, name, asked: RefCell::default(), findings: self.findings }
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// Notes that a key this table cannot do without is not there.
    pub(super) fn lacks(&self, key: &'static str, example: &str) {
        self.asked.borrow_mut().push((key, Kind::Needed));
        if !self.has(key) {
            self.findings.add_with_help(
                self.span.clone(),
                format!("{} needs `{key}`", self.name),
                format!("add `{key} = {example}`"),
            );
        }
    }

    /// Notes something wrong with a value that nobody is to see.
    pub(super) fn wrong_unseen(
        &self,
        span: Range<usize>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.findings.hide(span.clone());
        self.findings.add_with_help(span, message, help);
    }

    pub(super) fn wrong(&self, span: Range<usize>, message: impl Into<String>, help: impl Into<String>) {
        self.findings.add_with_help(span, message, help);
    }

    /// Where a key that is there has its value.
    pub(super) fn span_of(&self, key: &str) -> Range<usize> {
        self.table.get(key).map_or_else(|| self.span.clone(), Spanned::span)
    }
}

impl Drop for Table<'_> {
    /// Done reading: every key that nobody asked for is unknown.
    fn drop(&mut self) {
        let asked = self.asked.borrow();
        self.findings.note_asked(&self.name, &asked);
        for (key, value) in self.table {
            let name: &str = key.get_ref();
            if asked.iter().any(|(known, _)| *known == name) {
                continue;
            }
            let nearest = asked
                .iter()
                .map(|(known, _)| (strsim::damerau_levenshtein(name, known), known))
                .min()
                .filter(|(distance, known)| *distance <= 2.max(known.len() / 3));
            // A table in a wrong place is a typing mistake; a single key may only be misplaced.
            let is_table = match value.get_ref() {
                DeValue::Table(_) => true,
                DeValue::Array(items) => items.iter().any(|item| matches!(item.get_ref(), DeValue::Table(_))),
                _ => false,
            };
            let home = if is_table { None } else { schema::home(name) };
            let help = match (home, nearest) {
                (Some(home), _) => home,
                (None, Some((_, known))) => format!("did you mean `{known}`?"),
                (None, None) => {
                    let mut known: Vec<_> = asked.iter().map(|(known, _)| *known).collect();
                    known.sort_unstable();
                    known.dedup();
                    format!("{} knows {}", self.name, known.join(", "))
                }
            };
            self.findings.add_with_help(key.span(), format!("unknown key `{name}`"), help);
        }
    }
}

/// The same value in the type that is wanted, where it can be told.
fn meant(value: &DeValue<'_>, wanted: &str) -> Option<String> {
    match value {
        DeValue::String(text) if wanted.contains("number") => {
            text.trim().parse::<u64>().ok().map(|n| n.to_string())
        }
        DeValue::String(text) if wanted.contains("true") => match text.to_lowercase().as_str() {
            "true" | "yes" | "on" | "1" => Some("true".into()),
            "false" | "no" | "off" | "0" => Some("false".into()),
            _ => None,
        },
        DeValue::Integer(number) if wanted.contains("true") => match number.as_str() {
            "0" => Some("false".into()),
            "1" => Some("true".into()),
            _ => None,
        },
        DeValue::Datetime(time) if wanted.contains("string") => {
            let time = time.to_string();
            Some(format!(
                "\"{}\"",
                time.strip_suffix(":00").filter(|short| short.len() == 5).unwrap_or(&time)
            ))
        }
        _ => None,
    }
}

/// Reads a length of time such as `90s`, `20 min`, `12h` or `7d`.
pub(super) fn duration(text: &str) -> Result<std::time::Duration, String> {
    let (number, unit) = quantity(text, "min, h or d")?;
    let seconds = match unit {
        "s" | "sec" => 1.0,
        "m" | "min" => 60.0,
        "h" => 3600.0,
        "d" => 86_400.0,
        _ => {
            return Err(format!("`{text}` is not a length of time; its units are s, min, h and d"));
        }
    };
    let seconds = number * seconds;
    // Longer than any of this will run; and arithmetic with dates has its limits.
    if !(1.0..=315_360_000.0).contains(&seconds) {
        return Err(format!("`{text}` is not between a second and ten years"));
    }
    std::time::Duration::try_from_secs_f64(seconds).map_err(|_| format!("`{text}` is not a length of time"))
}

/// Reads a size such as `90kB` or `10MB`; a kilobyte is 1000 bytes.
pub(super) fn size(text: &str) -> Result<u64, String> {
    let (number, unit) = quantity(text, "kB or MB")?;
    let bytes = match unit {
        "B" => 1.0,
        "kB" | "KB" => 1e3,
        "MB" => 1e6,
        "GB" => 1e9,
        _ => return Err(format!("`{text}` is not a size; its units are kB, MB and GB")),
    };
    let bytes = number * bytes;
    if !(1000.0..=1e10).contains(&bytes) {
        return Err(format!("`{text}` is not between 1kB and 10GB"));
    }
    Ok(bytes as u64)
}

fn quantity<'a>(text: &'a str, units: &str) -> Result<(f64, &'a str), String> {
    let text = text.trim();
    let split = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .ok_or_else(|| format!("`{text}` lacks its unit, such as {units}"))?;
    let (number, unit) = text.split_at(split);
    let number = number.parse().map_err(|_| format!("`{text}` does not start with a number"))?;
    Ok((number, unit.trim()))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{duration, size};

    #[test]
    fn lengths_of_time_are_read_in_their_units() {
        assert_eq!(duration("90s"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("1.5 h"), Ok(Duration::from_secs(5400)));
        assert_eq!(duration("7d"), Ok(Duration::from_secs(604_800)));
        for wrong in ["", "h", "12", "12 parsecs", "-3h", "1..5h"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn sizes_are_read_in_their_units() {
        assert_eq!(size("90kB"), Ok(90_000));
        assert_eq!(size("10 MB"), Ok(10_000_000));
        assert!(size("10 apples").is_err());
    }
}
