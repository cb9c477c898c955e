//! What is said of a name that means nothing, alike in every command.

/// So many names are listed; of more, the reader is told where they stand.
const MOST: usize = 12;

/// `there is no feed `cuorier`; did you mean `courier`?`
pub fn unknown_name<'a>(kind: &str, name: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    format!("there is no {kind} `{name}`; {}", hint(name, known))
}

/// What may be meant by a name among those that are known.
pub(super) fn hint<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let known: Vec<&str> = known.into_iter().collect();
    let alike = |known: &str| strsim::jaro_winkler(&known.to_lowercase(), &name.to_lowercase());
    let near = known.iter().map(|known| (alike(known), known)).max_by(|a, b| a.0.total_cmp(&b.0));
    match near.filter(|(score, _)| *score > 0.8) {
        Some((_, near)) => format!("did you mean `{near}`?"),
        None if known.is_empty() => "there is none yet".into(),
        None => {
            let listed: Vec<_> = known.iter().take(MOST).map(|known| format!("`{known}`")).collect();
            let more = if known.len() > MOST { ", …" } else { "" };
            format!("there is {}{more}", listed.join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::unknown_name;

    #[test]
    fn a_near_name_is_proposed_else_all_are_listed() {
        let said = |name| unknown_name("feed", name, ["courier", "post"]);
        assert_eq!(said("cuorier"), "there is no feed `cuorier`; did you mean `courier`?");
        assert_eq!(said("xyz"), "there is no feed `xyz`; there is `courier`, `post`");
        assert_eq!(unknown_name("edition", "a/1", []), "there is no edition `a/1`; there is none yet");
    }
}
