//! Display width, and cutting by it: a CJK character takes two columns.

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// How wide a text is in display columns: a CJK character takes two.
pub fn columns(text: &str) -> usize {
    text.width()
}

/// The beginning of `text`, never wider than `max` columns: whole sentences, or, where
/// the first is too long by itself, its beginning with an ellipsis.
pub fn cut(text: &str, max: usize) -> String {
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
    if columns(&whole) * 3 >= max { without_opening_mark(&whole).to_owned() } else { cut_words(&text, max) }
}

/// A text that ends before what it announces: an opening mark belongs to what follows it.
fn without_opening_mark(text: &str) -> &str {
    let is_opening = |c: char| {
        c.is_whitespace()
            || matches!(
                c,
                '“' | '‘'
                    | '„'
                    | '‚'
                    | '«'
                    | '‹'
                    | '「'
                    | '『'
                    | '《'
                    | '〈'
                    | '（'
                    | '('
                    | '【'
                    | '〔'
                    | '［'
                    | '['
                    | '｛'
                    | '{'
                    | '¿'
                    | '¡'
            )
    };
    text.trim_end_matches(is_opening)
}

fn cut_words(text: &str, max: usize) -> String {
    let mut out = String::new();
    // What fits with the ellipsis, up to the last place where a line may break.
    let mut safe = 0;
    for grapheme in text.graphemes(true) {
        if columns(&out) + columns(grapheme) + 1 > max {
            break;
        }
        let cjk = grapheme.chars().next().is_some_and(is_cjk);
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
    let kept = without_opening_mark(
        out.trim_end_matches(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '，' | '、' | '；')),
    );
    format!("{kept}…")
}

/// Whether a character is a Han ideograph or Japanese kana: no blanks separate their words.
pub fn is_cjk(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{323af}')
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
