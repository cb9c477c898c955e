//! Authors in a single line: `ada@example.org (Ada)`, `Ada <ada@example.org>`, or a name.

use super::plain;
use crate::model::{Address, Person};

/// Name and address, however they are put together.
pub(super) fn from_line(line: &str) -> Option<Person> {
    let line = plain::folded(line);
    let (name, email) = if let Some((before, inside, after)) = bracketed(&line, '<', '>') {
        (format!("{before} {after}"), inside)
    } else if let Some((before, inside, after)) = bracketed(&line, '(', ')') {
        // Whichever of the two is the address.
        let outside = format!("{before} {after}");
        if is_address(&inside) { (outside, inside) } else { (inside, outside) }
    } else {
        (line.clone(), String::new())
    };
    let clean = |text: &str| {
        let text = text.trim().trim_start_matches("mailto:").trim_matches(['"', ',', ';']).trim().to_owned();
        (!text.is_empty()).then_some(text)
    };
    let (mut name, mut email) = (clean(&name), clean(&email));
    if email.as_deref().is_some_and(|e| !is_address(e)) {
        // Neither is an address: it was all a name.
        return Some(Person { name: clean(&line), ..Person::default() });
    }
    if email.is_none() {
        // A name and an address side by side, or only one of them.
        let words: Vec<_> = line.split(' ').collect();
        if let Some(address) = words.iter().find(|w| is_address(w.trim_matches(['"', ',', ';', '[', ']']))) {
            let rest: Vec<_> = words.iter().filter(|w| *w != address).copied().collect();
            email = clean(address.trim_matches(['[', ']']));
            name = clean(rest.join(" ").trim_end_matches(['-', ' ']));
        }
    }
    (name.is_some() || email.is_some()).then_some(Person { name, email, uri: None })
}

fn is_address(text: &str) -> bool {
    text.contains('@') && text.trim().trim_start_matches("mailto:").parse::<Address>().is_ok()
}

fn bracketed(line: &str, open: char, close: char) -> Option<(String, String, String)> {
    let (before, rest) = line.split_once(open)?;
    let (inside, after) = rest.split_once(close)?;
    Some((before.trim().to_owned(), inside.trim().to_owned(), after.trim().to_owned()))
}
