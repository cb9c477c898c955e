//! Pages that send their readers on by themselves: `<meta http-equiv="refresh">`.

use std::sync::LazyLock;

use regex::Regex;
use url::Url;

/// Bytes of a page in which its head lies.
const HEAD: usize = 16 * 1024;
/// Seconds after which a page has something to say of its own.
const MOST_SECONDS: f64 = 30.0;

static TAG: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"(?is)<meta\b[^>]*?http-equiv\s*=\s*["']?\s*refresh\b[^>]*>"#).ok());
static COMMENT: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(?s)<!--.*?(?:-->|$)").ok());
static CONTENT: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"(?is)\bcontent\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+))"#).ok());

/// Where a page leads, if it is one that leads somewhere else. Feeds never do, whatever they quote.
pub(super) fn target(body: &[u8], base: &Url) -> Option<Url> {
    let head = String::from_utf8_lossy(body.get(..HEAD.min(body.len()))?);
    let start =
        head.trim_start_matches(['\u{feff}', '\u{fffd}']).trim_start().get(..14)?.to_ascii_lowercase();
    if !(start.starts_with("<!doctype html") || start.starts_with("<html") || start.starts_with("<head")) {
        return None;
    }
    let head = COMMENT.as_ref()?.replace_all(&head, "");
    let tag = TAG.as_ref()?.find(&head)?.as_str();
    let content = CONTENT.as_ref()?.captures(tag)?;
    let content = (1..=3).find_map(|group| content.get(group))?.as_str();
    let (seconds, rest) = content.split_once([';', ','])?;
    if seconds.trim().parse::<f64>().ok()? > MOST_SECONDS {
        return None;
    }
    let rest = rest.trim_start();
    let address = match rest.get(..3) {
        Some(url) if url.eq_ignore_ascii_case("url") => rest.get(3..)?.trim_start().strip_prefix('=')?,
        _ => rest,
    };
    let address = htmlize::unescape(address.trim().trim_matches(['"', '\'']));
    let target = base.join(&address).ok()?;
    // A page that refreshes itself stays where it is.
    (matches!(target.scheme(), "http" | "https") && target != *base).then_some(target)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leads(body: &str) -> Option<String> {
        target(body.as_bytes(), &Url::parse("https://a.example/feed").unwrap()).map(Into::into)
    }

    #[test]
    fn pages_that_lead_on_are_followed_in_every_spelling() {
        for tag in [
            r#"<meta http-equiv="refresh" content="0; url=/new.xml">"#,
            r#"<META HTTP-EQUIV=Refresh CONTENT="0;URL='https://a.example/new.xml'">"#,
            r#"<meta content='5, /new.xml' http-equiv='refresh'/>"#,
        ] {
            let page = format!("<!DOCTYPE html><html><head>{tag}</head></html>");
            assert_eq!(leads(&page).as_deref(), Some("https://a.example/new.xml"), "{tag}");
        }
    }

    #[test]
    fn feeds_and_pages_that_stay_are_not() {
        let quoted = r#"<rss><description>&lt;meta http-equiv="refresh" content="0;url=/x"&gt;<meta http-equiv="refresh" content="0;url=/x"></description></rss>"#;
        assert_eq!(leads(quoted), None);
        for tag in [
            r#"<meta http-equiv="refresh" content="300">"#,
            r#"<meta http-equiv="refresh" content="300; url=/later">"#,
            r#"<meta http-equiv="refresh" content="0; url=javascript:alert(1)">"#,
            r#"<meta http-equiv="refresh" content="0; url=/feed">"#,
            "<title>refresh</title>",
            r#"<!-- <meta http-equiv="refresh" content="0; url=/old.xml"> -->"#,
        ] {
            assert_eq!(leads(&format!("<html><head>{tag}</head>")), None, "{tag}");
        }
    }
}
