//! A public archive of articles: a folder for each feed with a Markdown file for each of its articles, a list of
//! them beside it, and an index of the lists. Names stay, whatever becomes of titles and dates; so what
//! changes from one time to the next is what is new. Pure.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use crate::model::EntryKey;

/// An article as a list has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// On one line, as it is written in its file.
    pub heading: String,
    /// From the folder of the archive.
    pub path: String,
    pub date: DateTime<Utc>,
}

/// The folder of a feed, and of the list beside it the name without its ending: its id, as far as that can
/// be a name everywhere.
pub fn folder(feed: &str) -> String {
    let plain: String = feed
        .chars()
        .map(|c| if c.is_alphanumeric() || matches!(c, '-' | '_' | '.') { c } else { '-' })
        .take(60)
        .collect();
    // Beside it stand a list with `.md` behind its name, and the index.
    let is_taken = plain.to_lowercase().ends_with(".md") || plain.eq_ignore_ascii_case("readme");
    if plain == feed && !plain.starts_with('.') && !is_taken {
        return plain;
    }
    let hash = HEXLOWER.encode(&Sha256::digest(feed.as_bytes())).chars().take(8).collect::<String>();
    format!("{}-{hash}", plain.trim_matches(['-', '.']))
}

/// The file of an article, from the folder of the archive: by when it was first seen, and what it is known by.
pub fn file(folder: &str, key: EntryKey, first_seen: DateTime<Utc>) -> String {
    let name: String = HEXLOWER.encode(&key.0).chars().take(20).collect();
    format!("{folder}/{}/{name}.md", first_seen.format("%Y-%m"))
}

/// The list of a feed. `known` are those that are kept, the newest first; of what the list had before, the
/// others stand behind them as they did.
pub fn list(known: &[Listed], before: &str, zone: Tz) -> String {
    let mut out = String::new();
    let line = |listed: &Listed| {
        let day = listed.date.with_timezone(&zone).format("%-m-%-d");
        format!("{day} [{}]({})\n\n", listed.heading, listed.path)
    };
    known.iter().for_each(|listed| out.push_str(&line(listed)));
    let paths: std::collections::HashSet<&str> = known.iter().map(|listed| listed.path.as_str()).collect();
    for old in before.lines().filter(|line| !line.trim().is_empty()) {
        let path = old.trim_end().strip_suffix(')').and_then(|rest| Some(rest.rsplit_once("](")?.1));
        if path.is_some_and(|path| !paths.contains(path)) {
            out.push_str(old.trim_end());
            out.push_str("\n\n");
        }
    }
    out
}

/// The index of the lists: names of feeds and of their folders.
pub fn index(feeds: &[(String, String)]) -> String {
    feeds.iter().map(|(name, folder)| format!("[{name}]({folder}.md)\n\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_names_everywhere_and_tell_feeds_apart() {
        assert_eq!(folder("dw"), "dw");
        assert_eq!(folder("港口报"), "港口报");
        let [a, b] = ["https://a.example/feed?x=1", "https://a.example/feed?x-1"].map(folder);
        assert!(folder("README") != "README" && folder("dw.md") != "dw.md");
        assert!(a.starts_with("https---a.example-feed-x-1-") && a != b, "{a} {b}");
        assert!(!folder("../..").contains('/') && folder("..").starts_with('-'), "{}", folder(".."));
        let seen = "2026-11-29T12:00:00Z".parse().unwrap();
        assert_eq!(file("dw", EntryKey([0xab; 16]), seen), "dw/2026-11/abababababababababab.md");
    }

    #[test]
    fn a_list_begins_with_the_newest_and_keeps_what_is_older_than_memory() {
        let listed = |heading: &str, path: &str, day: u32| Listed {
            heading: heading.into(),
            path: path.into(),
            date: format!("2026-11-{day:02}T08:00:00Z").parse().unwrap(),
        };
        let first =
            list(&[listed("B [x](y)", "dw/2026-11/b.md", 9), listed("A", "dw/2026-11/a.md", 8)], "", Tz::UTC);
        assert_eq!(first, "11-9 [B [x](y)](dw/2026-11/b.md)\n\n11-8 [A](dw/2026-11/a.md)\n\n");
        let second = list(
            &[listed("C", "dw/2026-11/c.md", 10), listed("B, edited", "dw/2026-11/b.md", 9)],
            &first,
            Tz::UTC,
        );
        assert_eq!(
            second,
            "11-10 [C](dw/2026-11/c.md)\n\n11-9 [B, edited](dw/2026-11/b.md)\n\n11-8 [A](dw/2026-11/a.md)\n\n"
        );
        assert_eq!(
            list(
                &[listed("C", "dw/2026-11/c.md", 10), listed("B, edited", "dw/2026-11/b.md", 9)],
                &second,
                Tz::UTC
            ),
            second
        );
    }
}
