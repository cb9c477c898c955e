//! When two addresses are the same page.

use url::Url;

/// Parameters that tell who clicked and where, not which page is meant.
const TRACKING: [&str; 44] = [
    "fbclid",
    "gclid",
    "gclsrc",
    "dclid",
    "gbraid",
    "wbraid",
    "msclkid",
    "yclid",
    "ysclid",
    "twclid",
    "ttclid",
    "igshid",
    "igsh",
    "li_fat_id",
    "mc_cid",
    "mc_eid",
    "_hsenc",
    "_hsmi",
    "mkt_tok",
    "oly_enc_id",
    "oly_anon_id",
    "vero_id",
    "vero_conv",
    "wickedid",
    "rb_clickid",
    "s_cid",
    "s_kwcid",
    "ef_id",
    "epik",
    "xtor",
    "xtref",
    "at_medium",
    "at_campaign",
    "at_custom1",
    "at_custom2",
    "ito",
    "ns_mchannel",
    "ns_source",
    "ns_campaign",
    "ns_linkname",
    "ns_fee",
    "maca",
    "spm",
    "share_token",
];

fn is_tracking(name: &str) -> bool {
    name.starts_with("utm_")
        || name.starts_with("pk_")
        || name.starts_with("mtm_")
        || name.starts_with("xtor")
        || TRACKING.contains(&name)
}

/// The same address without the parameters that only follow its reader around. An address
/// without any is not touched: some servers insist on their own spelling.
pub fn without_tracking(mut url: Url) -> Url {
    let Some(query) = url.query() else { return url };
    let kept: Vec<&str> =
        query.split('&').filter(|pair| !is_tracking(pair.split('=').next().unwrap_or_default())).collect();
    if kept.len() < query.split('&').count() {
        let kept = kept.join("&");
        url.set_query(Some(kept.as_str()).filter(|q| !q.is_empty()));
    }
    url
}

/// A link without what differs from day to day and from feed to feed: scheme, fragment,
/// campaign parameters and a closing slash.
pub fn stable_link(link: &str) -> String {
    let Ok(mut url) = Url::parse(link.trim()) else { return link.trim().to_owned() };
    url.set_fragment(None);
    let kept: Vec<(String, String)> = url
        .query_pairs()
        .filter(|(name, _)| !is_tracking(name))
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect();
    url.set_query(None);
    if !kept.is_empty() {
        url.query_pairs_mut().extend_pairs(kept);
    }
    let text = url.as_str();
    let text = text.split_once("://").map_or(text, |(_, rest)| rest);
    text.trim_end_matches('/').to_owned()
}

/// The fragment of a link, as far as it names a part of the page: without what only follows its
/// reader around.
pub fn link_fragment(link: &str) -> Option<String> {
    let (_, fragment) = link.trim().split_once('#')?;
    let kept: Vec<&str> = fragment
        .split('&')
        .filter(|part| !part.is_empty() && !is_tracking(part.split('=').next().unwrap_or_default()))
        .collect();
    (!kept.is_empty()).then(|| kept.join("&"))
}

/// What an address says of the page behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageIdentity {
    /// The address without what varies between copies of one page: besides what
    /// [`stable_link`] leaves out, `www`, `m` and `amp`.
    pub page: String,
    /// The site and the number it gave the page, which outlives its headline:
    /// `dw.com/55211629`.
    pub number: Option<String>,
}

/// None for what is no web address.
pub fn page_identity(link: &str) -> Option<PageIdentity> {
    let url = Url::parse(link.trim()).ok()?;
    let host = url.host_str()?.to_ascii_lowercase();
    let site = ["www.", "m.", "mobile.", "amp.", "wap."]
        .iter()
        .fold(host.as_str(), |h, p| h.strip_prefix(p).unwrap_or(h));
    let stable = stable_link(link);
    let (_, rest) = stable.split_once('/').unwrap_or((&stable, ""));
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    let segments: Vec<&str> =
        path.split('/').filter(|s| !matches!(*s, "" | "amp" | "m" | "mobile" | "index.html")).collect();
    let mut path = segments.join("/");
    for ending in [".amp.html", ".amp", ".html", ".htm", "-amp"] {
        if let Some(stem) = path.strip_suffix(ending) {
            path = stem.to_owned();
        }
    }
    let query: Vec<&str> = query
        .split('&')
        .filter(|p| !matches!(*p, "" | "amp" | "amp=1" | "amp=true" | "outputType=amp" | "m=1"))
        .collect();
    let page = if query.is_empty() {
        format!("{site}/{path}")
    } else {
        format!("{site}/{path}?{}", query.join("&"))
    };
    let number = segments.last().and_then(|last| trailing_number(last)).map(|n| format!("{site}/{n}"));
    // The front page is no article.
    (!path.is_empty() || !query.is_empty()).then_some(PageIdentity { page, number })
}

/// The number at an end of a path's last part, if it is long enough to be the page's own
/// and is not a date.
fn trailing_number(segment: &str) -> Option<&str> {
    let stem = segment.split('.').next().unwrap_or(segment);
    let digits = |s: &&str| s.len() >= 5 && s.len() <= 12 && s.bytes().all(|b| b.is_ascii_digit());
    let parts: Vec<&str> = stem.split(['-', '_']).collect();
    let number = [parts.last(), parts.first()].into_iter().flatten().copied().find(digits);
    let number = number.or_else(|| {
        // a55211629, art123456
        parts.last().map(|last| last.trim_start_matches(|c: char| c.is_ascii_alphabetic())).filter(digits)
    })?;
    let is_date = number.len() == 8 && (number.starts_with("19") || number.starts_with("20"));
    (!is_date).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_of_a_page_are_one_page() {
        let page = |link: &str| page_identity(link).map(|i| i.page);
        let plain = page("https://www.courier.example/a/ferry.html");
        for copy in [
            "http://courier.example/a/ferry.html?utm_source=rss#top",
            "https://m.courier.example/a/ferry",
            "https://amp.courier.example/a/ferry.amp.html",
            "https://www.courier.example/amp/a/ferry/",
            "https://www.courier.example/a/ferry.html?amp=1",
        ] {
            assert_eq!(page(copy), plain, "{copy}");
        }
        assert_ne!(page("https://courier.example/a/ferry?p=2"), plain);
        assert_eq!(page("https://courier.example/"), None);
    }

    #[test]
    fn a_site_numbers_its_pages_and_dates_are_no_numbers() {
        let number = |link: &str| page_identity(link).and_then(|i| i.number);
        assert_eq!(
            number("https://www.dw.example/zh/普京/a-70111745").as_deref(),
            Some("dw.example/70111745")
        );
        assert_eq!(
            number("https://m.dw.example/zh/other/a-70111745").as_deref(),
            Some("dw.example/70111745")
        );
        assert_eq!(number("https://c.example/news/12345678.html").as_deref(), Some("c.example/12345678"));
        assert_eq!(number("https://c.example/1234567-ferry").as_deref(), Some("c.example/1234567"));
        assert_eq!(number("https://c.example/2026/ferry-20261122"), None);
        assert_eq!(number("https://c.example/2026/ferry-7"), None);
    }
}
