//! Numbers in figures: how digits are grouped, what stands around them, and by what they are multiplied.

use super::han::han_unit;
use super::{Number, ONE, Value, primary};

/// Digits of other scripts as those of ASCII.
pub(super) fn plain_digits(text: &str) -> String {
    let plain = |c: char| match c {
        '０'..='９' => char::from_digit(c as u32 - '０' as u32, 10).unwrap_or(c),
        '٠'..='٩' => char::from_digit(c as u32 - '٠' as u32, 10).unwrap_or(c),
        '۰'..='۹' => char::from_digit(c as u32 - '۰' as u32, 10).unwrap_or(c),
        '०'..='९' => char::from_digit(c as u32 - '०' as u32, 10).unwrap_or(c),
        '．' | '٫' => '.',
        '，' | '٬' => ',',
        '\u{a0}' | '\u{2009}' | '\u{202f}' => ' ',
        '：' => ':',
        c => c,
    };
    text.chars().map(plain).collect()
}

/// What a word after a number multiplies it by: tenfold so often. A billion is one thing in English,
/// another elsewhere.
fn scale(word: &str, language: &str) -> &'static [u32] {
    match word.to_lowercase().as_str() {
        "k" | "thousand" | "thousands" | "tausend" | "mille" | "mil" | "mila" | "duizend" | "тыс"
        | "тысяч" | "тысячи" | "тысяча" | "ألف" | "آلاف" => &[3],
        "lakh" | "lakhs" => &[5],
        "m" => &[0, 6],
        "million" | "millions" | "mio" | "mln" | "mn" | "millionen" | "millón" | "millones" | "milione"
        | "milioni" | "milhão" | "milhões" | "miljoen" | "millioner" | "млн" | "миллион" | "миллиона"
        | "миллионов" | "مليون" | "ملايين" => &[6],
        "crore" | "crores" => &[7],
        "bilhão" | "bilhões" => &[9],
        "bn"
        | "milliard"
        | "milliards"
        | "milliarde"
        | "milliarden"
        | "mrd"
        | "miliardo"
        | "miliardi"
        | "mld"
        | "miljard"
        | "milliarder"
        | "млрд"
        | "миллиард"
        | "миллиарда"
        | "миллиардов"
        | "مليار"
        | "مليارات" => &[9],
        "billion" | "billions" | "billionen" | "billón" | "billones" | "bilione" | "bilioni" | "biljoen" => {
            match language {
                "en" => &[9],
                "" => &[9, 12],
                _ => &[12],
            }
        }
        "tn" | "trn" | "trillion" | "trillions" | "trillionen" | "триллион" | "триллиона" | "триллионов" => {
            match language {
                "en" | "ru" => &[12],
                "" => &[12, 18],
                _ => &[18],
            }
        }
        _ => &[],
    }
}

/// The numbers in figures of a text, and what is left of it without them.
pub(super) fn in_figures(text: &str, language: Option<&str>) -> (Vec<Number>, String) {
    let (mut found, mut others): (Vec<Number>, _) = (Vec::new(), String::with_capacity(text.len()));
    let mut rest = text;
    let mut before_last = ' ';
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let (before, number) = rest.split_at(start);
        others.push_str(before);
        let mut near = before.chars().rev();
        let (last, one_before) = (near.next().unwrap_or(before_last), near.next().unwrap_or(before_last));
        let groups = groups(number);
        let length = groups.iter().map(|(sign, digits)| sign.map_or(0, char::len_utf8) + digits.len()).sum();
        let (written, after) = number.split_at(length);
        let is_clock = after.trim_start().starts_with("Uhr");
        let is_hour = is_clock || after.starts_with([':', '点', '點', '时', '時', '시', 'h']);
        let is_in_name = (last == '-' && one_before.is_alphabetic()) || last == '/' || after.starts_with('/');
        let is_evening = is_evening(&others, after);
        let numbers = match groups.as_slice() {
            // 20.15 Uhr
            [(_, hours), (Some('.'), minutes)] if is_clock && minutes.len() == 2 => [hours, minutes]
                .iter()
                .filter_map(|digits| Some(vec![digits.parse::<Value>().ok()? * ONE]))
                .collect(),
            groups => meanings(groups, primary(language)),
        };
        let (factors, more, left) = scales(after, primary(language));
        let count = numbers.len();
        if is_range(before)
            && let Some(first) = found.last_mut()
        {
            first.readings.extend(multiplied(&first.readings.clone(), &factors, 0));
        }
        for (i, readings) in numbers.into_iter().enumerate() {
            let is_last = i + 1 == count;
            let readings = if is_last { multiplied(&readings, &factors, more) } else { readings };
            let written = written.to_owned();
            found.push(Number { written, readings, is_hour, is_evening, is_in_name });
        }
        rest = if count == 0 { after } else { left };
        others.push(' ');
        before_last = written.chars().next_back().unwrap_or(' ');
    }
    others.push_str(rest);
    (found, others)
}

/// Whether an hour between these words is one after noon.
fn is_evening(before: &str, after: &str) -> bool {
    const BEFORE: [&str; 7] = ["下午", "晚上", "晚", "傍晚", "夜里", "午後", "오후"];
    const AFTER: [&str; 5] = ["pm", "p.m", "abends", "вечера", "du soir"];
    let near: String = after.chars().take(24).collect::<String>().to_lowercase();
    let near = near.trim_start_matches(|c: char| c == ':' || c == ' ' || c.is_ascii_digit());
    let near = near.strip_prefix("uhr").unwrap_or(near);
    let near = near.trim_start_matches(|c: char| c == ' ' || c.is_ascii_digit());
    let before = before.trim_end();
    BEFORE.iter().any(|word| before.ends_with(word)) || AFTER.iter().any(|word| near.starts_with(word))
}

/// The groups of digits at the beginning of a text, each with the sign before it: `1`, `,234`, `.5`.
fn groups(text: &str) -> Vec<(Option<char>, &str)> {
    let digits = |text: &str| text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (first, mut rest) = text.split_at(digits(text));
    let mut groups = vec![(None, first)];
    while let Some(sign) = rest.chars().next() {
        let after = rest.strip_prefix(sign).unwrap_or_default();
        let (group, others) = after.split_at(digits(after));
        let joins = match sign {
            '.' | ',' => !group.is_empty(),
            '\'' | '’' | ' ' => group.len() == 3 && first.len() <= 3,
            _ => false,
        };
        if !joins {
            break;
        }
        groups.push((Some(sign), group));
        rest = others;
    }
    groups
}

/// What groups of digits mean: one number, of two readings where the language is not known, or several numbers.
fn meanings(groups: &[(Option<char>, &str)], language: &str) -> Vec<Vec<Value>> {
    // The sign before decimals.
    let point = match language {
        "en" | "zh" | "ja" | "ko" | "th" | "he" | "hi" => Some('.'),
        "da" | "de" | "es" | "fr" | "id" | "it" | "nl" | "pl" | "pt" | "ru" | "sv" | "tr" | "uk" | "vi" => {
            Some(',')
        }
        _ => None,
    };
    let value = |digits: &str| digits.parse::<Value>().ok().filter(|v| *v < 1_000_000_000_000_000_000);
    let joined = |groups: &[(Option<char>, &str)]| {
        value(&groups.iter().map(|(_, digits)| *digits).collect::<String>()).map(|v| v * ONE)
    };
    // In threes, in India in twos before the last.
    let are_thousands = |groups: &[(Option<char>, &str)]| {
        let Some(((_, first), others)) = groups.split_first() else { return false };
        let sign = others.first().and_then(|(sign, _)| *sign);
        let is_last = |i: usize| i + 1 == others.len();
        let fits = |(i, (own, group)): (usize, &(Option<char>, &str))| {
            *own == sign && (group.len() == 3 || (group.len() == 2 && !is_last(i)))
        };
        first.len() <= 3 && others.iter().enumerate().all(fits)
    };
    let mut readings = Vec::new();
    if are_thousands(groups) {
        readings.extend(joined(groups));
    }
    if let Some(((Some(sign @ ('.' | ',')), decimals), whole)) = groups.split_last()
        && (whole.len() == 1 || are_thousands(whole))
        && whole.iter().all(|(other, _)| *other != Some(*sign))
    {
        let shown: String = decimals.chars().take(6).collect();
        let millionths = format!("{shown:0<6}").parse::<Value>().ok();
        let decimal = joined(whole).zip(millionths).map(|(whole, millionths)| whole + millionths);
        match (point, readings.is_empty()) {
            // 1,234 in English is no decimal, 1.234 no thousand.
            (Some(point), false) if point == *sign => readings = decimal.into_iter().collect(),
            (Some(_), false) => {}
            _ => readings.extend(decimal),
        }
    }
    if readings.is_empty() && groups.len() == 1 {
        readings.extend(joined(groups));
    }
    if !readings.is_empty() {
        return vec![readings];
    }
    // A date, a version.
    groups.iter().filter_map(|(_, digits)| Some(vec![value(digits)? * ONE])).collect()
}

/// What the words after a number multiply it by, in one way or another, what is added to that, and what is left of
/// the text after them.
fn scales<'a>(text: &'a str, language: &str) -> (Vec<Value>, Value, &'a str) {
    let mut rest = text;
    // "Two hundred and some thousand".
    let some =
        rest.strip_prefix(['多', '余', '餘']).filter(|rest| rest.chars().next().and_then(han_unit).is_some());
    rest = some.unwrap_or(rest);
    let mut factor: Value = 1;
    while let Some((c, unit)) = rest.chars().next().and_then(|c| Some((c, han_unit(c)?))) {
        factor = factor.saturating_mul(unit);
        rest = rest.strip_prefix(c).unwrap_or_default();
    }
    if factor > 1 {
        // 1亿2000万, 3万5000
        let (digits, after) = rest.split_at(rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len()));
        let smaller = after.chars().next().and_then(|c| Some((c, han_unit(c)?)));
        return match (digits.parse::<Value>(), smaller) {
            (Ok(more), Some((c, unit))) if unit < factor => {
                let more = more.saturating_mul(unit).saturating_mul(ONE);
                (vec![factor], more, after.strip_prefix(c).unwrap_or_default())
            }
            (Ok(more), None) if digits.len() <= 4 && factor >= 10_000 => (vec![factor], more * ONE, after),
            _ => (vec![factor], 0, rest),
        };
    }
    let mut factors = vec![1];
    // `mil millones`
    for _ in 0..2 {
        let after = rest.trim_start_matches([' ', '-']);
        let (word, after) = after.split_at(after.find(|c: char| !c.is_alphabetic()).unwrap_or(after.len()));
        let exponents = scale(word, language);
        if exponents.is_empty() {
            break;
        }
        let powers: Vec<Value> = exponents.iter().filter_map(|e| (10 as Value).checked_pow(*e)).collect();
        factors = factors
            .iter()
            .flat_map(|f: &Value| powers.iter().filter_map(move |p| f.checked_mul(*p)))
            .collect();
        rest = after;
    }
    (factors, 0, rest)
}

/// Readings multiplied. A year is not: "in 2025 thousands of people".
fn multiplied(readings: &[Value], factors: &[Value], more: Value) -> Vec<Value> {
    let is_year = |v: &Value| (1900 * ONE..2100 * ONE).contains(v);
    let years = readings.iter().copied().filter(is_year);
    let times =
        |v: &Value| factors.iter().filter_map(|f| v.checked_mul(*f)?.checked_add(more)).collect::<Vec<_>>();
    readings.iter().flat_map(times).chain(years).collect()
}

/// Whether words between two numbers make a range of them, whose unit is that of both.
fn is_range(between: &str) -> bool {
    const WORDS: [&str; 14] =
        ["to", "and", "or", "bis", "und", "oder", "à", "et", "ou", "y", "o", "e", "a", "до"];
    let between = between.trim().trim_start_matches(['$', '€', '£', '¥']).trim();
    let between = between.trim_end_matches(['$', '€', '£', '¥']).trim();
    matches!(between, "-" | "–" | "—" | "~" | "～" | "至" | "到" | "から" | "和") || WORDS.contains(&between)
}
