//! What language an article is in: what it declares, unless its letters say otherwise.

/// Characters that exist in one of the two Chinese scripts only, common enough that a
/// few sentences hold some.
const SIMPLIFIED: &str = "们这个来时说对为过国会发后经学进现关动种还开实业么样长见问间当没应电话两听书门边给让从头东万车语马观马师专义乌习买争亚产亲仅众优传伤华单卖历压厂双变号叶吗";
const TRADITIONAL: &str = "們這個來時說對為過國會發後經學進現關動種還開實業麼樣長見問間當沒應電話兩聽書門邊給讓從頭東萬車語馬觀師專義烏習買爭亞產親僅眾優傳傷華單賣歷壓廠雙變號葉嗎";

pub(super) fn is_cjk(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{323af}')
}

/// A BCP 47 tag, or None for a Latin text that declares nothing.
pub(super) fn of(text: &str, declared: Option<&str>) -> Option<String> {
    by_letters(text).or_else(|| declared.and_then(normalised))
}

/// What the letters alone decide. A declared `en` over Chinese text is a template's default.
fn by_letters(text: &str) -> Option<String> {
    let sample = || text.chars().filter(|c| c.is_alphabetic()).take(2000);
    let total = sample().count();
    let share = |is: fn(char) -> bool| sample().filter(|c| is(*c)).count() * 5 > total;
    if total == 0 {
        None
    } else if share(|c| matches!(c, '\u{3040}'..='\u{30ff}')) {
        Some("ja".into())
    } else if share(|c| matches!(c, '\u{ac00}'..='\u{d7af}')) {
        Some("ko".into())
    } else if share(is_cjk) {
        let simplified = sample().filter(|c| SIMPLIFIED.contains(*c)).count();
        let traditional = sample().filter(|c| TRADITIONAL.contains(*c)).count();
        Some(if traditional > simplified { "zh-Hant" } else { "zh-Hans" }.into())
    } else {
        None
    }
}

fn normalised(tag: &str) -> Option<String> {
    let tag = tag.trim().replace('_', "-");
    let lower = tag.to_ascii_lowercase();
    let plausible =
        (2..=20).contains(&tag.len()) && tag.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    match lower.as_str() {
        _ if !plausible => None,
        "zh-tw" | "zh-hk" | "zh-mo" | "zh-hant" => Some("zh-Hant".into()),
        _ if lower == "zh" || lower.starts_with("zh-") => Some("zh-Hans".into()),
        _ => Some(tag),
    }
}

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn letters_outvote_what_is_declared() {
        assert_eq!(of("渡轮公司说这个国家还会发电", Some("en")).as_deref(), Some("zh-Hans"));
        assert_eq!(of("渡輪公司說這個國家還會發電", Some("zh")).as_deref(), Some("zh-Hant"));
        assert_eq!(of("フェリー会社は木曜日に発表した", None).as_deref(), Some("ja"));
        assert_eq!(of("Ferry timetable returns", Some("en_GB")).as_deref(), Some("en-GB"));
        assert_eq!(of("Ferry timetable returns", None), None);
    }
}
