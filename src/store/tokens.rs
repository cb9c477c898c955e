//! Tokens: what a link bears that only its reader knows. A token is found by its beginning and compared
//! in constant time, so that how long an answer takes tells nothing of the rest.

use subtle::ConstantTimeEq;

use super::Result;

/// So many characters find it, 5 bits each; 90 bits are left to know.
const FOUND_BY: usize = 8;

/// The tokens that begin like this one lie from the first of these to before the second.
fn range(token: &str) -> (String, String) {
    let beginning: String = token.chars().take(FOUND_BY).collect();
    // No token has a character after this one.
    let end = format!("{beginning}\u{10ffff}");
    (beginning, end)
}

/// The row of a token: `select` finds the rows whose tokens lie in a range, each with its token.
pub(super) fn find<T>(
    token: &str,
    select: impl FnOnce(&str, &str) -> rusqlite::Result<Vec<(String, T)>>,
) -> Result<Option<T>> {
    let (first, end) = range(token);
    let mut found = None;
    for (known, row) in select(&first, &end)? {
        if bool::from(known.as_bytes().ct_eq(token.as_bytes())) {
            found = Some(row);
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_whole_token_is_one() {
        let find = |token: &str| {
            let all = ["aaaaaaaabbbb", "aaaaaaaabbbc", "zzz"];
            find(token, |first, end| {
                let within = all.iter().filter(|known| **known >= first && **known < end);
                Ok(within.map(|known| ((*known).to_owned(), *known)).collect())
            })
            .unwrap()
        };
        assert_eq!(find("aaaaaaaabbbc"), Some("aaaaaaaabbbc"));
        assert_eq!(find("zzz"), Some("zzz"));
        for altered in ["aaaaaaaabbbd", "aaaaaaaa", "aaaaaaaabbbcc", "", "a", "zz"] {
            assert_eq!(find(altered), None, "{altered}");
        }
    }
}
