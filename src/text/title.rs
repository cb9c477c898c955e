//! What a web page calls itself, by which an owner knows what was served in place of a feed.

use std::sync::LazyLock;

use regex::Regex;

use super::one_line;

/// A title stands in so much of a page, bytes.
const HEAD: usize = 64 * 1024;

static TITLE: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?is)<title\b[^>]{0,200}>([^<]{1,500})").ok());

/// The title of a page, on one line.
pub fn page_title(page: &str) -> Option<String> {
    let title = TITLE.as_ref()?.captures(head(page, HEAD))?.get(1)?.as_str();
    one_line(&htmlize::unescape(title), 80)
}

/// So many bytes of a text, or a character less.
pub fn head(text: &str, bytes: usize) -> &str {
    let end = (0..=bytes.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
    end.and_then(|end| text.get(..end)).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_on_one_line_and_unescaped() {
        let page = "<html><head><TITLE lang=en>\n Harbour &amp;\n Sea </TITLE>";
        assert_eq!(page_title(page).as_deref(), Some("Harbour & Sea"));
        assert_eq!(page_title("<rss>"), None);
    }
}
