//! Where the links of an article lead: made absolute, without the parameters that follow a
//! reader around, and told apart from those that lead nowhere a reader wants to go.

use dom_query::NodeRef;
use url::Url;

use crate::model::without_tracking;

/// What a link is to a reader.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum LinkTarget {
    To(String),
    /// Words that are no link: an anchor within the page, an address for machines.
    Nowhere,
    /// A button to share the page: nothing to read.
    Share,
}

/// Hosts, and what their paths begin with, where pages are shared.
const SHARING: [(&str, &str); 24] = [
    ("facebook.com", "/sharer"),
    ("facebook.com", "/share.php"),
    ("facebook.com", "/dialog/"),
    ("twitter.com", "/intent/"),
    ("twitter.com", "/share"),
    ("x.com", "/intent/"),
    ("x.com", "/share"),
    ("linkedin.com", "/shareArticle"),
    ("linkedin.com", "/sharing/"),
    ("pinterest.com", "/pin/create"),
    ("reddit.com", "/submit"),
    ("tumblr.com", "/share"),
    ("t.me", "/share"),
    ("telegram.me", "/share"),
    ("api.whatsapp.com", "/send"),
    ("wa.me", "/"),
    ("line.me", "/R/"),
    ("social-plugins.line.me", "/lineit"),
    ("service.weibo.com", "/share"),
    ("connect.qq.com", "/widget/shareqq"),
    ("sns.qzone.qq.com", "/"),
    ("addtoany.com", "/"),
    ("getpocket.com", "/save"),
    ("feeds.feedburner.com", "/~ff"),
];

/// Redirectors that name their goal in a parameter.
const REDIRECTORS: [(&str, &str, &str); 5] = [
    ("google.com", "/url", "q"),
    ("google.com", "/url", "url"),
    ("l.facebook.com", "/l.php", "u"),
    ("lm.facebook.com", "/l.php", "u"),
    ("t.umblr.com", "/redirect", "z"),
];

pub(super) fn leads(node: &NodeRef<'_>, base: Option<&Url>) -> LinkTarget {
    let Some(href) = node.attr("href") else { return LinkTarget::Nowhere };
    let rel = node.attr("rel").unwrap_or_default().to_ascii_lowercase();
    match href.trim() {
        href if href.starts_with("whatsapp:") || href.starts_with("fb-messenger:") => LinkTarget::Share,
        href if href.to_ascii_lowercase().starts_with("mailto:") => mail(href),
        href if href.is_empty()
            || href.starts_with('#')
            || rel.split_whitespace().any(|r| r == "articleref") =>
        {
            LinkTarget::Nowhere
        }
        href => match absolute(href, base) {
            Some(url) if is_sharing(&url) => LinkTarget::Share,
            Some(url) if is_for_machines(&url) => LinkTarget::Nowhere,
            Some(url) => LinkTarget::To(url.into()),
            None => LinkTarget::Nowhere,
        },
    }
}

/// An address that a mail may hold: `http` or `https`, without trackers.
pub(super) fn absolute(href: &str, base: Option<&Url>) -> Option<Url> {
    // Escaped twice: no address means this by itself.
    let unescaped = href.trim().replace("&amp;", "&");
    let url = match base {
        Some(base) => base.join(&unescaped).ok()?,
        None => Url::parse(&unescaped).ok()?,
    };
    let mut url = goal(&url).unwrap_or(url);
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() || url.as_str().len() > 4000 {
        return None;
    }
    // A password in a link would reach every reader.
    if url.password().is_some() || !url.username().is_empty() {
        let _ = url.set_password(None);
        let _ = url.set_username("");
    }
    Some(without_tracking(url))
}

fn goal(url: &Url) -> Option<Url> {
    let (_, _, parameter) = REDIRECTORS.iter().find(|(host, path, name)| {
        is_host(url, host) && url.path() == *path && url.query_pairs().any(|(n, _)| n == *name)
    })?;
    let goal = url.query_pairs().find(|(name, _)| name == parameter)?.1.into_owned();
    Url::parse(&goal).ok().filter(|u| matches!(u.scheme(), "http" | "https"))
}

fn mail(href: &str) -> LinkTarget {
    let address = href.split_once(':').map_or("", |(_, rest)| rest);
    let plain = address.split('?').next().unwrap_or_default();
    if plain.is_empty() {
        // "Mail this page to a friend": no address, the page in the body.
        LinkTarget::Share
    } else if plain.contains('@') && plain.chars().all(|c| c.is_ascii_graphic() && c != '"') {
        LinkTarget::To(format!("mailto:{plain}"))
    } else {
        LinkTarget::Nowhere
    }
}

/// Whether a link's words are but an address, and one that says nothing to a reader:
/// encoded, or longer than a line.
pub(super) fn is_address(words: &str) -> bool {
    let encoded = words
        .split('%')
        .skip(1)
        .filter(|rest| rest.chars().take(2).filter(char::is_ascii_hexdigit).count() == 2);
    !words.contains(|c: char| c.is_whitespace() || matches!(c, '"' | '<' | '>'))
        && (words.starts_with("http://") || words.starts_with("https://") || words.contains('/'))
        && (encoded.count() > 2 || words.chars().count() > 60)
}

/// The host of an address.
pub(super) fn shortened(address: &str) -> String {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    rest.split('/').next().unwrap_or(rest).trim_start_matches("www.").to_owned()
}

pub(super) fn is_host(url: &Url, name: &str) -> bool {
    url.host_str().is_some_and(|host| {
        host == name || host.strip_suffix(name).is_some_and(|before| before.ends_with('.'))
    })
}

fn is_sharing(url: &Url) -> bool {
    SHARING.iter().any(|(host, path)| is_host(url, host) && url.path().starts_with(path))
}

/// The record of an article, by its number, in a publisher's API: JSON, which no reader wants.
fn is_for_machines(url: &Url) -> bool {
    let number = url.path().rsplit('/').next().is_some_and(|last| {
        let stem = last.strip_suffix(".json").unwrap_or(last);
        !stem.is_empty() && stem.bytes().all(|b| b.is_ascii_digit())
    });
    number && url.host_str().is_some_and(|host| host.starts_with("api."))
}

#[cfg(test)]
mod tests {
    use dom_query::Document;

    use super::*;

    fn leads_of(attributes: &str) -> LinkTarget {
        let document = Document::fragment(format!("<a {attributes}>x</a>"));
        let base = Url::parse("https://courier.example/a/1").unwrap();
        let link = document.select("a");
        leads(link.nodes().first().unwrap(), Some(&base))
    }

    #[test]
    fn links_lead_to_pages_without_what_follows_the_reader() {
        let to = |url: &str| LinkTarget::To(url.into());
        assert_eq!(leads_of("href=' /b?id=7&amp;utm_source=rss '"), to("https://courier.example/b?id=7"));
        assert_eq!(
            leads_of("href='https://www.google.com/url?q=https%3A%2F%2Fa.example%2F%3Ffbclid%3D1&sa=D'"),
            to("https://a.example/")
        );
        assert_eq!(leads_of("href=mailto:ada@example.org?subject=x"), to("mailto:ada@example.org"));
        assert_eq!(leads_of("href='https://ada:secret@a.example/'"), to("https://a.example/"));
    }

    #[test]
    fn what_is_no_page_is_no_link() {
        for attributes in [
            "name=top",
            "href='#top'",
            "href='javascript:x()'",
            "href='JaVaScRiPt:x()'",
            "href='data:text/html,x'",
            "href='https://api.dw.com/api/detail/article/71590287'",
            "href='/x' rel=ArticleRef",
        ] {
            assert_eq!(leads_of(attributes), LinkTarget::Nowhere, "{attributes}");
        }
    }

    #[test]
    fn share_buttons_are_known() {
        for attributes in [
            "href='whatsapp://send?text=x'",
            "href='https://www.facebook.com/sharer/sharer.php?u=x'",
            "href='https://x.com/intent/post?url=x'",
            "href='mailto:?subject=x&body=y'",
        ] {
            assert_eq!(leads_of(attributes), LinkTarget::Share, "{attributes}");
        }
    }
}
