//! What makes an entry the same one tomorrow: its guid, else its link, else its content.
//! Never its title, which editors correct after publishing; only an entry that has
//! nothing but a title is known by it.

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};

use crate::model::{EntryKey, stable_link};

pub(super) fn key(
    id: Option<&str>,
    link: Option<&str>,
    content: Option<&str>,
    title: Option<&str>,
    published: Option<DateTime<Utc>>,
) -> EntryKey {
    // The kind stands in front, so that a guid can never be taken for a link.
    if let Some(id) = id {
        hash("id", id.trim())
    } else if let Some(link) = link {
        hash("link", &stable_link(link))
    } else if let Some(content) = content {
        hash("content", content.trim())
    } else {
        let date = published.map(|d| d.to_rfc3339()).unwrap_or_default();
        hash("title", &format!("{}\n{date}", title.unwrap_or_default()))
    }
}

fn hash(kind: &str, text: &str) -> EntryKey {
    let hash = Sha256::new().chain_update(kind).chain_update("\0").chain_update(text).finalize();
    let mut key = [0; 16];
    for (to, from) in key.iter_mut().zip(hash) {
        *to = from;
    }
    EntryKey(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_campaign_parameter_does_not_make_another_entry() {
        let key = |link| key(None, Some(link), None, None, None);
        let plain = key("https://courier.example/a?id=7");
        assert_eq!(plain, key("http://courier.example/a?utm_source=rss&id=7&utm_medium=feed"));
        assert_eq!(plain, key("https://courier.example/a?id=7#top"));
        assert_ne!(plain, key("https://courier.example/a?id=8"));
    }
}
