//! The beginning of an article in its own words: whole sentences, as many as fit, after
//! the datelines and bylines.

use std::sync::LazyLock;

use regex::Regex;

use super::blocks::{self, Block, Line, Span};
use super::plain::prose;
use crate::text::{columns, is_cjk};

/// A paragraph shorter than this is a caption or a byline as like as not.
const LEAST_PROSE: usize = 30;

/// Where and by whom a report was filed, before its first sentence: "BERLIN (AP) — ",
/// "（德国之声中文网）", "【本报讯】".
static DATELINE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?x)^(?:
        [（(【\[][^）)】\]\n]{0,24}(?:社|网|網|讯|訊|电|電|报道|報道|報導|综合|綜合|之声|之聲|台|报|報|Reuters|AFP|AP|dpa|DPA|RFI)[^）)】\]\n]{0,16}[）)】\]]\s*[:：]?\s*
        |\p{Lu}[\p{L}\ .,'’-]{1,40}\ ?\((?:AP|AFP|Reuters|REUTERS|dpa|DPA|ANSA|EFE|UPI|KNA|epd|taz|Xinhua|Kyodo)[^)]{0,20}\)\s*[-–—:.]*\s*
        |\p{Lu}{3}[\p{Lu}\ .,'’-]{0,40}\s*[–—]\s+
        )",
    )
    .ok()
});

/// The article's lead: its prose from the first real sentence on, as much as an excerpt of
/// `max` columns can need.
pub(super) fn lead(all: &[Block], max: usize) -> String {
    let lines: Vec<String> = prose(all).map(words).collect();
    let begins = lines.iter().position(|line| columns(line) >= LEAST_PROSE).unwrap_or(0);
    let mut lead = String::new();
    for line in lines.iter().skip(begins) {
        let line = if lead.is_empty() { without_dateline(line) } else { line };
        // Scripts that put no blanks between sentences want none between paragraphs.
        if lead.chars().last().is_some_and(|c| !"。！？」』”’）…".contains(c)) {
            lead.push(' ');
        }
        lead.push_str(line);
        if columns(&lead) > max {
            break;
        }
    }
    // An article that is all lists and tables has a beginning too.
    if lead.is_empty() { super::plain::text(all) } else { lead }
}

/// A line without the marks of its notes: [1], ². What follows a number, a bracket or a lone
/// letter is no note: 10², x².
fn words(line: &Line) -> String {
    let mut kept: Vec<Span> = Vec::new();
    for span in line {
        let mut end = kept.iter().rev().flat_map(|span| span.text.chars().rev());
        let (last, one_before) = (end.next(), end.next());
        let is_power = last.is_some_and(|last| {
            last.is_ascii_digit()
                || matches!(last, ')' | ']')
                || last.is_alphabetic()
                    && !last.is_uppercase()
                    && one_before.is_none_or(|c| !c.is_alphanumeric())
                    && !is_cjk(last)
        });
        let is_note = span.styles.has(blocks::Styles::SUPERSCRIPT)
            && span.text.trim_matches(['[', ']']).chars().all(|c| c.is_ascii_digit())
            && (!is_power || span.text.starts_with('['));
        if !is_note {
            kept.push(span.clone());
        }
    }
    super::plain::words(&kept)
}

fn without_dateline(line: &str) -> &str {
    let end = DATELINE.as_ref().and_then(|d| d.find(line)).map_or(0, |m| m.end());
    line.get(end..).filter(|rest| columns(rest) >= LEAST_PROSE).unwrap_or(line)
}
