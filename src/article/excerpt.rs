//! The beginning of an article in its own words: whole sentences, as many as fit, after
//! the datelines and bylines.

use std::sync::LazyLock;

use regex::Regex;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use super::blocks::{self, Block, Line, Span};
use super::text::prose;

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
    if lead.is_empty() { super::text::text(all) } else { lead }
}

/// A line without the marks of its notes: [1], ².
fn words(line: &Line) -> String {
    let is_note = |span: &Span| {
        span.styles.has(blocks::Styles::SUPERSCRIPT)
            && span.text.trim_matches(['[', ']']).chars().all(|c| c.is_ascii_digit())
    };
    line.iter().filter(|span| !is_note(span)).map(|span| span.text.as_str()).collect()
}

fn without_dateline(line: &str) -> &str {
    let end = DATELINE.as_ref().and_then(|d| d.find(line)).map_or(0, |m| m.end());
    line.get(end..).filter(|rest| columns(rest) >= LEAST_PROSE).unwrap_or(line)
}

/// How wide a text is in display columns: a CJK character takes two.
pub(super) fn columns(text: &str) -> usize {
    text.width()
}

/// The beginning of `text`, never wider than `max` columns: whole sentences, or, where
/// the first is too long by itself, its beginning with an ellipsis.
pub(super) fn cut(text: &str, max: usize) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if columns(&text) <= max {
        return text;
    }
    let mut whole = String::new();
    for sentence in text.split_sentence_bounds() {
        if columns(whole.trim_end()) + columns(sentence.trim_end()) + 1 > max {
            break;
        }
        whole.push_str(sentence);
    }
    // "Mr." is no sentence; a third of the room is.
    if columns(&whole) * 3 >= max { whole.trim_end().to_owned() } else { cut_words(&text, max) }
}

fn cut_words(text: &str, max: usize) -> String {
    let mut out = String::new();
    // What fits with the ellipsis, up to the last place where a line may break.
    let mut safe = 0;
    for grapheme in text.graphemes(true) {
        if columns(&out) + columns(grapheme) + 1 > max {
            break;
        }
        let cjk = grapheme.chars().next().is_some_and(super::language::is_cjk);
        if grapheme == " " || cjk {
            safe = out.len();
        }
        out.push_str(grapheme);
        if cjk {
            safe = out.len();
        }
    }
    if columns(out.get(..safe).unwrap_or_default()) * 2 >= max {
        out.truncate(safe);
    }
    let kept =
        out.trim_end_matches(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '，' | '、' | '；'));
    format!("{kept}…")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_stay_whole() {
        let text = "The vote ends an argument. Work starts in spring. The gates close before autumn.";
        assert_eq!(cut(text, 55), "The vote ends an argument. Work starts in spring.");
        let text = "渡轮公司周四表示北线改班。乘客需改乘另一班！大雾已持续四天。";
        assert_eq!(cut(text, 50), "渡轮公司周四表示北线改班。乘客需改乘另一班！");
    }

    #[test]
    fn a_long_sentence_is_cut_between_words_or_characters() {
        assert_eq!(
            cut("Engineers describe a scheduler which leaves cores asleep", 30),
            "Engineers describe a…"
        );
        let cut = cut("工程师介绍了一种调度器让三分之二的核心休眠而日常任务却仍然最先完成", 21);
        assert_eq!(cut, "工程师介绍了一种调度…");
    }

    #[test]
    fn no_cut_is_ever_wider_than_asked_or_splits_a_character() {
        let text = "👩‍👩‍👧‍👦 family é̂ 字字字字字字字字字字字字字字字字字字字字";
        for max in 1..80 {
            assert!(columns(&cut(text, max)) <= max.max(1), "{max}");
        }
    }
}
