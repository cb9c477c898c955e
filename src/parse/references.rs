//! Character and entity references, as feeds write them: HTML's names without a
//! declaration, numbers that mean Windows code points, and ampersands that are only
//! ampersands.

use std::borrow::Cow;
use std::collections::HashMap;

/// The longest name HTML knows has 31 letters.
const LONGEST: usize = 34;
/// What entities of a document's own may grow to, one in another and all together.
const MOST_EXPANDED: usize = 65_536;

/// The text with its references resolved, once. `entities` are the document's own.
pub(super) fn resolve<'a>(text: &'a str, entities: &HashMap<String, String>) -> Cow<'a, str> {
    if !text.contains('&') {
        return Cow::Borrowed(text);
    }
    let mut budget = MOST_EXPANDED;
    Cow::Owned(expand(text, entities, 4, &mut budget))
}

fn expand(text: &str, entities: &HashMap<String, String>, depth: usize, budget: &mut usize) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        let end = after.bytes().take(LONGEST).position(|b| b == b';').filter(|end| *end > 0);
        let name = end.and_then(|end| after.get(..end));
        let resolved = name.and_then(|name| one(name, entities, depth, budget).map(|c| (name, c)));
        match resolved {
            Some((name, characters)) => {
                out.push_str(&characters);
                rest = after.get(name.len() + 1..).unwrap_or_default();
            }
            None => {
                out.push('&');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

/// What stands between `&` and `;`, resolved; None when it is no reference.
fn one(name: &str, entities: &HashMap<String, String>, depth: usize, budget: &mut usize) -> Option<String> {
    if let Some(number) = name.strip_prefix('#') {
        let (digits, radix) = match number.strip_prefix(['x', 'X']) {
            Some(hex) => (hex, 16),
            None => (number, 10),
        };
        if digits.is_empty() || !digits.chars().all(|c| c.is_digit(radix)) {
            return None;
        }
        // A number too large for a code point is one that is too large.
        let code = u32::from_str_radix(digits, radix).unwrap_or(u32::MAX);
        return Some(character(code).map(String::from).unwrap_or_default());
    }
    if let Some(text) = entities.get(name) {
        *budget = budget.saturating_sub(text.len());
        return if *budget == 0 || depth == 0 {
            Some(String::new())
        } else {
            Some(expand(text, entities, depth - 1, budget))
        };
    }
    if !name.chars().all(|c| c.is_ascii_alphanumeric()) {
        return None;
    }
    let reference = format!("&{name};");
    let resolved = htmlize::unescape(reference.as_str());
    (resolved != reference.as_str() && !resolved.ends_with(';')).then(|| resolved.into_owned())
}

/// The character of a code point. The control characters of Latin-1 are meant as
/// Windows-1252; what XML forbids is nothing.
fn character(code: u32) -> Option<char> {
    char::from_u32(code).filter(|c| !super::decode::is_forbidden(*c)).map(super::decode::meant)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_resolved_once_and_ampersands_stay() {
        let none = HashMap::new();
        for (text, wanted) in [
            ("a &amp; b &lt;c&gt;", "a & b <c>"),
            ("&amp;amp;", "&amp;"),
            ("caf&eacute;&hellip;&#8217;&#x4e2d;", "café…’中"),
            ("&#146;&#0;&#xD800;&#x1F;", "’"),
            ("S&P 500 & more; A&B; ?a=1&copy=3", "S&P 500 & more; A&B; ?a=1&copy=3"),
        ] {
            assert_eq!(resolve(text, &none), wanted, "{text}");
        }
    }

    #[test]
    fn entities_of_the_document_expand_within_bounds() {
        let mut own: HashMap<String, String> = HashMap::new();
        own.insert("pub".into(), "The &who;".into());
        own.insert("who".into(), "Press".into());
        assert_eq!(resolve("&pub;!", &own), "The Press!");
        for n in 1..20 {
            own.insert(format!("l{n}"), format!("&l{};", n - 1).repeat(10));
        }
        own.insert("l0".into(), "laugh".into());
        assert!(resolve("&l19;", &own).len() < 100_000);
    }
}
