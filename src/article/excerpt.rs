//! The beginning of an article in its own words: whole sentences, as many as fit, after
//! the datelines and bylines.

use std::sync::LazyLock;

use regex::Regex;

use super::blocks::{self, Block, Line, Span};
use super::boilerplate;
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
        |\p{Lu}[\p{L}\ .'’-]{1,40},\s+\p{Lu}\p{Ll}{2,8}\.?\s+\d{1,2}\s+\([^)]{2,20}\)\s*[-–—:.]+\s*
        |\p{Han}{2,8}\s*[—–]{1,2}\s+
        |\p{Han}{2,14}\d{1,2}月\d{1,2}日(?:综合|綜合|专|專)?[电電讯訊](?:\s*[（(][^）)]{1,20}[）)][\s:：，,]*|[\s:：，,]+)
        )",
    )
    .ok()
});

/// "19 minutes ago", before the words of a summary: true when the page was fetched.
pub(super) fn without_age(text: &str) -> &str {
    static AGE: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(
            r"(?i)^(?:(?:更新|发布|發布|updated|aktualisiert)\s*[:：]?\s*)?(?:\d+\s*(?:秒|分钟|分鐘|分|小时|小時|時間|天|日)前|\d+ (?:minutes?|hours?|days?) ago|vor \d+ (?:minuten?|stunden?|tagen?)|il y a \d+ (?:minutes?|heures?|jours?)|قبل \d+ (?:دقائق|دقيقة|ساعات|ساعة))\s+",
        )
        .ok()
    });
    let end = AGE.as_ref().and_then(|age| age.find(text)).map_or(0, |found| found.end());
    text.get(end..).unwrap_or(text)
}

/// The article's lead: its prose from the first real sentence on, as much as an excerpt of
/// `max` columns can need.
pub(super) fn lead(all: &[Block], max: usize) -> String {
    let lines: Vec<String> = prose(all)
        .filter(|line| !is_card(line) && !boilerplate::is_credits(&blocks::text(line)))
        .map(words)
        .collect();
    let begins = lines.iter().position(|line| columns(line) >= LEAST_PROSE).unwrap_or(0);
    let mut lead = String::new();
    for line in lines.iter().skip(begins) {
        let line = if lead.is_empty() { without_dateline(line) } else { line };
        // Scripts that put no blanks between sentences want none between paragraphs.
        if !lead.is_empty() && !ends_a_cjk_sentence(&lead) {
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

/// Whether a text ends in the full stop of a script that puts no blank after it, whatever closing
/// marks follow. A name in quotation marks is no sentence.
fn ends_a_cjk_sentence(text: &str) -> bool {
    text.trim_end_matches(['」', '』', '”', '’', '）', '】', '》']).ends_with(['。', '！', '？', '…'])
}

/// The card of an archive: "标题：…", "作者：…", one under the other.
fn is_card(line: &Line) -> bool {
    let text = blocks::text(line);
    let is_entry = |line: &str| line.split_once(['：', ':']).is_some_and(|(label, _)| columns(label) <= 16);
    text.lines().count() >= 3 && text.lines().all(is_entry)
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
            && span.text.trim().trim_matches(['[', ']']).chars().all(|c| c.is_ascii_digit())
            && (!is_power || span.text.starts_with('['));
        if !is_note {
            kept.push(span.clone());
        } else if span.text.ends_with(' ') {
            kept.push(Span { text: " ".into(), ..Span::default() });
        }
    }
    super::plain::words(&kept)
}

fn without_dateline(line: &str) -> &str {
    let end = DATELINE.as_ref().and_then(|d| d.find(line)).map_or(0, |m| m.end());
    // "The Associated Press (AP) reported", "NASA — the agency": those are subjects.
    let goes_on = |rest: &&str| rest.starts_with(|c: char| c.is_lowercase() || ",，.。)）".contains(c));
    line.get(end..).filter(|rest| columns(rest) >= LEAST_PROSE && !goes_on(rest)).unwrap_or(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_with_its_abbreviation_is_no_dateline() {
        for line in [
            "国防部5月3日电视讲话中说，港口将在下月重新开放。",
            "5月3日电动车展在港口开幕，来自三十个国家的厂商参加。",
            "The Associated Press (AP) reported on Monday that the port is open.",
            "NASA — the American agency for space — opens its harbour.",
            "The concert in Paris, May 12 (Saturday), begins at eight in the evening.",
        ] {
            assert_eq!(without_dateline(line), line);
        }
        assert!(
            without_dateline(
                "新华社北京5月3日电（记者王五）港口将在下月重新开放，渡轮全部复航，码头也会延长。"
            )
            .starts_with("港口")
        );
        assert!(
            without_dateline("财联社5月3日电，港口将在下月重新开放，渡轮全部复航，码头也会延长。")
                .starts_with("港口")
        );
        assert!(
            without_dateline("BERLIN (AP) — The harbour opens again next month, and the ferries sail.")
                .starts_with("The")
        );
    }
}
