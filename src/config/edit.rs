//! Changes to `digest.toml` by commands: feeds that are added and taken out. Comments, order and
//! everything else stay as their owner wrote them, and a change that would break the file is refused
//! before anything is written.

use std::fs;
use std::io::Write;
use std::path::Path;

use toml_edit::{ArrayOfTables, DocumentMut, Item, Table, value};

use super::Config;
use super::resolve::default_id;

/// A feed to be added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewFeed {
    pub url: String,
    pub name: Option<String>,
    pub section: Option<String>,
}

/// The text with these feeds besides, behind those that are there.
///
/// # Errors
/// When the text is no TOML, or its `feed` is no list of tables.
pub fn with_feeds(text: &str, feeds: &[NewFeed]) -> Result<String, String> {
    let mut document: DocumentMut = text.parse().map_err(|e| format!("it is no TOML: {e}"))?;
    let list = document.entry("feed").or_insert_with(|| Item::ArrayOfTables(ArrayOfTables::new()));
    let list = list.as_array_of_tables_mut().ok_or("its `feed` is no list of `[[feed]]` tables")?;
    for feed in feeds {
        let mut table = Table::new();
        table.decor_mut().set_prefix("\n");
        table.insert("url", value(&feed.url));
        for (key, words) in [("name", &feed.name), ("section", &feed.section)] {
            if let Some(words) = words {
                table.insert(key, value(words));
            }
        }
        list.push(table);
    }
    Ok(document.to_string())
}

/// The text without the feed of this id or address; None when it has none such.
///
/// # Errors
/// When the text is no TOML.
pub fn without_feed(text: &str, name: &str) -> Result<Option<String>, String> {
    let mut document: DocumentMut = text.parse().map_err(|e| format!("it is no TOML: {e}"))?;
    let Some(list) = document.get_mut("feed").and_then(Item::as_array_of_tables_mut) else { return Ok(None) };
    let text_of = |table: &Table, key: &str| table.get(key).and_then(Item::as_str).map(str::to_owned);
    let place = list.iter().position(|table| {
        let url = text_of(table, "url").unwrap_or_default();
        let id = text_of(table, "id").unwrap_or_else(|| default_id(&url));
        id == name || url == name
    });
    // By what it is called, if that is one.
    let called = |table: &Table| text_of(table, "name").is_some_and(|called| called == name);
    let place = place.or_else(|| {
        let several = list.iter().filter(|table| called(table)).count() > 1;
        list.iter().position(called).filter(|_| !several)
    });
    let Some(place) = place else { return Ok(None) };
    let kept = list.get(place).and_then(|table| table.decor().prefix()?.as_str()).map(apart);
    list.remove(place);
    // What stood over it without a blank line between was about it alone.
    if let Some(kept) = kept.filter(|kept| kept.contains('#')) {
        match list.get_mut(place) {
            Some(next) => {
                let own = next.decor().prefix().and_then(|prefix| prefix.as_str()).unwrap_or_default();
                let prefix = format!("{kept}{own}");
                next.decor_mut().set_prefix(prefix);
            }
            None => {
                document.set_trailing(format!("{}{kept}", document.trailing().as_str().unwrap_or_default()));
            }
        }
    }
    Ok(Some(document.to_string()))
}

/// What stands over a table, up to the last blank line.
fn apart(prefix: &str) -> String {
    prefix.rfind("\n\n").map_or("", |end| prefix.split_at(end + 1).0).to_owned()
}

/// Writes the file anew, whole or not at all, if it is a configuration that works.
///
/// # Errors
/// What would be wrong with it, or why it cannot be written.
pub fn replace(path: &Path, text: &str) -> Result<(), String> {
    Config::parse(path, text.as_bytes().to_vec())
        .map_err(|invalid| format!("the file would not be right:\n{invalid}"))?;
    // A link stays one, and leads to the new file.
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let cannot = |e: std::io::Error| format!("cannot write {}: {e}", path.display());
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(cannot)?;
    file.write_all(text.as_bytes()).map_err(cannot)?;
    if let Ok(about) = fs::metadata(&path) {
        file.as_file().set_permissions(about.permissions()).map_err(cannot)?;
    }
    file.as_file().sync_all().map_err(cannot)?;
    file.persist(&path).map_err(|e| cannot(e.error))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = r#"# mine
timezone = "UTC" # here

[[feed]]
url = "https://a.example/feed" # the first

# the second
[[feed]]
id = "b"
url = "https://b.example/feed"

# when
[[digest]]
id = "daily"
"#;

    fn feed(url: &str) -> NewFeed {
        NewFeed { url: url.into(), name: Some("Say \"hi\"".into()), section: None }
    }

    #[test]
    fn a_feed_is_added_behind_the_others_and_everything_else_stays() {
        let text = with_feeds(FILE, &[feed("https://c.example/feed")]).unwrap();
        let (before, after) = FILE.split_once("\n# when").unwrap();
        let added = "\n[[feed]]\nurl = \"https://c.example/feed\"\nname = 'Say \"hi\"'\n";
        assert_eq!(text, format!("{before}{added}\n# when{after}"));
        assert_eq!(
            with_feeds("a = 1\n", &[feed("https://c.example/feed")]).unwrap(),
            format!("a = 1\n{added}")
        );
    }

    #[test]
    fn words_that_stand_apart_from_a_feed_stay_when_it_goes() {
        let text = "[mail]\nfrom = \"a@example.org\"\n\n# my feeds\n\n# this one\n[[feed]]\nurl = \"a\"\n\n[[feed]]\nurl = \"b\"\n";
        let without = without_feed(text, "a").unwrap().unwrap();
        assert_eq!(without, "[mail]\nfrom = \"a@example.org\"\n\n# my feeds\n\n[[feed]]\nurl = \"b\"\n");
        let last = without_feed(&without, "b").unwrap().unwrap();
        assert!(last.contains("# my feeds"), "{last}");
    }

    #[test]
    fn a_feed_is_taken_out_by_id_or_address() {
        let text = without_feed(FILE, "b").unwrap().unwrap();
        assert!(
            !text.contains("b.example") && text.contains("# the first") && text.contains("# when"),
            "{text}"
        );
        assert_eq!(without_feed(FILE, "https://b.example/feed").unwrap().as_ref(), Some(&text));
        assert!(without_feed(FILE, "a.example/feed").unwrap().is_some());
        assert_eq!(without_feed(FILE, "c").unwrap(), None);
    }
}
